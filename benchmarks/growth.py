"""How time and memory grow with the corpus: ``python benchmarks/growth.py [RECORDS …]``.

Texts are real sentences (of the shipped documents, or of those given with ``--texts``) put together
anew, four to seven a record, each with a made-up name, so that the vocabulary grows too; a hundred
records are a file, and five records some six passages. Vectors are real ones of those sentences with
noise added: the default encoder runs once a sentence, and a forward pass costs nothing here. So all but
the forward pass is measured, and the recall is that of an index over such vectors. Memory is the
process's peak, mapped files included.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import numpy as np

from embeddings.corpus import Span
from embeddings.encoder import EncoderCard, Vectors, load_encoder
from embeddings.readers import SUFFIXES, read
from embeddings.splitter import embedded_text, split
from qa import QA

T = TypeVar("T")

SIZES = (1_000, 10_000, 100_000)
RECORDS = 100  # in a file
QUESTIONS = 200
WORDS = 10  # of a sentence, in a question
_NOISE = 0.5  # of a vector's length; the noise has the directions in which real vectors differ
ROOT = Path(__file__).parent.parent
_SHOWN = {
    "build": (" s", 1, ",.1f"),
    "build memory": (" GB", 1e-9, ".2f"),
    "disk": (" GB", 1e-9, ".3f"),
    "open": (" s", 1, ".2f"),
    "first hit": (" s", 1, ".2f"),
    "p50": (" ms", 1e3, ".1f"),
    "p95": (" ms", 1e3, ".1f"),
    "memory": (" GB", 1e-9, ".2f"),
    "nothing changed": (" s", 1, ".3f"),
    "one change": (" s", 1, ".2f"),
    "recall passages": ("", 1, ".3f"),
    "recall sentences": ("", 1, ".3f"),
}


class PerturbedEncoder:
    """Vectors of known sentences with noise added; a text gets the same ones each time."""

    def __init__(self, base: Path) -> None:
        held = json.loads((base / "sentences.json").read_text(encoding="utf-8"))
        self._rows = {sentence: n for n, sentence in enumerate(held)}
        self._rows |= {" ".join(sentence.split()[:WORDS]): n for n, sentence in enumerate(held)}
        self._base: Vectors = np.load(base / "vectors.npy")
        covariance = np.cov(self._base.T) + 1e-8 * np.eye(self._base.shape[1])
        self._shape = np.linalg.cholesky(covariance).astype(np.float32).T
        self.card = EncoderCard("perturbed", "1", self._base.shape[1], 256)
        self.seconds = 0.0

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count four characters as a token."""
        return [2 + len(text) // 4 for text in texts]

    def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
        """Return a text's vector, the mean of its sentences', and theirs."""
        started = time.perf_counter()
        found = []
        for text, spans in zip(texts, parts, strict=True):
            rows = self._noisy(text, [self._rows.get(text[s.start : s.end], 0) for s in spans])
            whole = rows.mean(axis=0)
            found.append(np.vstack([whole / np.linalg.norm(whole), rows]).astype(np.float32))
        self.seconds += time.perf_counter() - started
        return found

    def encode_query(self, text: str) -> Vectors:
        """Return the vector of a known sentence with noise."""
        row: Vectors = self._noisy(f"query {text}", [self._rows.get(text, 0)])[0]
        return row

    def _noisy(self, text: str, rows: Sequence[int]) -> Vectors:
        seed = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
        noise = np.random.default_rng(seed).standard_normal((len(rows), self._base.shape[1]), np.float32)
        mixed = self._base[list(rows)] + _NOISE * (noise @ self._shape)
        unit: Vectors = (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)
        return unit


def make_base(texts: Path, base: Path) -> None:
    """Encode the sentences of some documents with the default encoder, once."""
    if (base / "vectors.npy").exists():
        return
    encoder = load_encoder()
    rows: dict[str, Vectors] = {}
    for file in sorted(file for file in texts.rglob("*") if file.suffix in SUFFIXES):
        for document in read(file, source=file.name):
            for passage in split(
                document, count_tokens=encoder.count_tokens, max_tokens=encoder.card.max_tokens
            ):
                text, spans = embedded_text(document, passage)
                vectors = encoder.encode_passages([text], [spans])[0][1:]
                for span, vector in zip(spans, vectors, strict=True):
                    sentence = " ".join(text[span.start : span.end].split())
                    if 40 <= len(sentence) <= 300:
                        rows.setdefault(sentence, vector)
    base.mkdir(parents=True, exist_ok=True)
    (base / "sentences.json").write_text(json.dumps(list(rows), ensure_ascii=False), encoding="utf-8")
    np.save(base / "vectors.npy", np.stack(list(rows.values())))


def make_corpus(base: Path, data: Path, size: int) -> None:
    """Write records of real sentences, each a passage or two, a hundred a file."""
    sentences = json.loads((base / "sentences.json").read_text(encoding="utf-8"))
    chance = random.Random(size)  # noqa: S311 (nothing is secret here)
    data.mkdir(parents=True, exist_ok=True)
    for number in range(0, size, RECORDS):
        lines = []
        for n in range(number, min(size, number + RECORDS)):
            body = " ".join(chance.sample(sentences, chance.randint(4, 7)))
            lines.append(
                json.dumps({"_id": str(n), "title": f"Zq{n:x} notes", "text": body}, ensure_ascii=False)
            )
        (data / f"{number:07}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def build(base: Path, data: Path, index: Path) -> dict[str, float]:
    encoder = PerturbedEncoder(base)
    seconds, _ = timed(lambda: QA.open(data, index, encoder=encoder, follow=False))
    return {"build": seconds - encoder.seconds, "build memory": peak()}


def serve(base: Path, data: Path, index: Path) -> dict[str, float]:
    encoder = PerturbedEncoder(base)
    questions = json.loads((base / "sentences.json").read_text(encoding="utf-8"))
    questions = random.Random(1).sample(questions, min(QUESTIONS, len(questions)))  # noqa: S311
    questions = [" ".join(question.split()[:WORDS]) for question in questions]
    opened, bot = timed(lambda: QA.open(data, index, encoder=encoder, follow=False))
    first, _ = timed(lambda: bot.retrieve(questions[0]))
    times = []
    for question in questions[1:]:
        encoding, _ = timed(lambda question=question: encoder.encode_query(question))  # type: ignore[misc]
        whole, _ = timed(lambda question=question: bot.retrieve(question))  # type: ignore[misc]
        times.append(whole - encoding)
    memory = peak()
    nothing = min(timed(bot.refresh)[0] for _ in range(3))
    changed = [timed(lambda n=n: edited(bot, data, n))[0] for n in range(3)]  # type: ignore[misc]
    return {
        "passages": bot.passages,
        "open": opened,
        "first hit": opened + first,
        "p50": float(np.percentile(times, 50)),
        "p95": float(np.percentile(times, 95)),
        "memory": memory,
        "nothing changed": nothing,
        "one change": sorted(changed)[1],
    }


def edited(bot: QA, data: Path, number: int) -> None:
    """Change a record in the middle, and take it in."""
    file = sorted(data.iterdir())[len(list(data.iterdir())) // 2]
    lines = file.read_text(encoding="utf-8").splitlines()
    record = json.loads(lines[len(lines) // 2])
    before = record["text"].partition(" Edit ")[0]
    record["text"] = f"{before} Edit {number} of {time.time_ns()} was made."
    lines[len(lines) // 2] = json.dumps(record, ensure_ascii=False)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = bot.refresh()
    if report.changed != 1 or not 1 <= report.encoded <= 2:  # one text, or two where it was cut anew
        raise RuntimeError(f"one change was taken for {report}, encoded {report.encoded}")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    done = work()
    return time.perf_counter() - started, done


def peak() -> float:
    """Return the most memory this process had, in bytes; mapped files that were read are counted."""
    told = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024.0 * int(next(line for line in told.splitlines() if line.startswith("VmHWM")).split()[1])


def measured(size: int, work: Path, texts: Path) -> dict[str, float]:
    base, data, index = work / "base", work / f"data-{size}", work / f"index-{size}"
    make_base(texts, base)
    if not data.exists():
        make_corpus(base, data, size)
    found: dict[str, float] = {"passages": size}
    built = work / f"built-{size}.json"  # an index that an earlier run left in --work is served again
    if not built.exists():
        built.write_text(json.dumps(apart("build", work, size)), encoding="utf-8")
    found |= json.loads(built.read_text(encoding="utf-8")) | apart("serve", work, size)
    manifests = sorted((index / "generations").glob("*/manifest.json"))
    if manifests:
        recall = json.loads(manifests[-1].read_text(encoding="utf-8")).get("recall", {})
        found |= {f"recall {what}": told["recall"] for what, told in recall.items()}
    files = [file for part in ("generations", "parts") for file in (index / part).rglob("*")]
    found["disk"] = float(sum(file.stat().st_size for file in files if file.is_file()))
    return found


def apart(phase: str, work: Path, size: int) -> dict[str, float]:
    """Return what a phase finds in a process of its own."""
    command = [sys.executable, __file__, "--phase", phase, "--work", str(work), str(size)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def table(rows: Sequence[dict[str, float]]) -> str:
    """Return the figures as a Markdown table, a size a column."""
    lines = ["| | " + " | ".join(f"{row['passages']:,.0f} passages" for row in rows) + " |"]
    lines.append("| --- |" + " --- |" * len(rows))
    for name, (unit, factor, form) in _SHOWN.items():
        none = "exact" if name.startswith("recall") else "–"
        told = [f"{row[name] * factor:{form}}{unit}" if name in row else none for row in rows]
        lines.append(f"| {name} | " + " | ".join(told) + " |")
    return "\n".join(lines)


def plot(rows: Sequence[dict[str, float]], file: Path) -> None:
    """Draw times and memory over the number of passages."""
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    sizes = [row["passages"] for row in rows]
    for name in ("p50", "p95", "open", "one change", "nothing changed"):
        left.plot(sizes, [row[name] for row in rows], marker="o", label=name)
    for name in ("memory", "disk"):
        right.plot(sizes, [row[name] / 1e9 for row in rows], marker="o", label=name)
    for axes, unit in ((left, "seconds"), (right, "GB")):
        axes.set(xscale="log", yscale="log", xlabel="passages", ylabel=unit)
        axes.legend(frameon=False, fontsize=8)
        axes.grid(alpha=0.3)
    figure.savefig(file, dpi=120)


def write(rows: Sequence[dict[str, float]], folder: Path) -> None:
    """Write the table and the plot."""
    head = " ".join((__doc__ or "").split("\n\n", 1)[1].split()).replace("``", "`")
    machine = f"Measured on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}."
    page = f"# Growth\n\n{head}\n\n{machine}\n\n{table(rows)}\n\n![Times and memory](images/growth.png)\n"
    (folder / "growth.md").write_text(page, encoding="utf-8")
    plot(rows, folder / "images" / "growth.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--texts", type=Path, default=ROOT / "data")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--phase", choices=["build", "serve"])
    given = parser.parse_args()
    if given.phase:
        place, amount = given.work, given.sizes[0]
        phase = build if given.phase == "build" else serve
        print(json.dumps(phase(place / "base", place / f"data-{amount}", place / f"index-{amount}")))
    else:
        with tempfile.TemporaryDirectory() as folder:
            results = []
            for amount in sorted(given.sizes):
                results.append(measured(amount, given.work or Path(folder), given.texts))
                print(json.dumps(results[-1]), flush=True)
        write(results, ROOT / "docs")
