"""Every regular expression of the project takes time that grows with its text, and no faster."""

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from embeddings.corpus import Document, Span
from embeddings.sentences import sentence_spans
from embeddings.splitter import split
from qa.places import mentions
from tests.hashing_encoder import HashingEncoder
from tests.nasty_files import LINES
from tests.pumping import pumped

ROOT = Path(__file__).parent.parent
FILES = [file for folder in ("embeddings", "qa", "web") for file in sorted((ROOT / folder).glob("*.py"))]
CALLS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
# Patterns that are made of a text's own words, each where it is used.
MADE = {
    ("embeddings/blocks.py", "_under_sections"),
    ("qa/evaluate.py", "_said"),
    ("qa/places.py", "mentions"),
}
SIZES = (300, 2_000, 12_000)


def patterns_in(value: object, name: str) -> Iterator[tuple[str, "re.Pattern[str]"]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield name, value
    elif isinstance(value, tuple):
        for inner in value:
            yield from patterns_in(inner, name)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from patterns_in(inner, name)


def module_patterns() -> Iterator[tuple[str, "re.Pattern[str]"]]:
    for file in FILES:
        module = importlib.import_module(f"{file.parent.name}.{file.stem}")
        for name, value in vars(module).items():
            yield from patterns_in(value, f"{file.parent.name}/{file.stem}: {name}")


def calls_of_re() -> Iterator[tuple[str, str, ast.Call]]:
    """Yield where the project calls re: the file, the function, the call."""
    for file in FILES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            told = call.func
            if isinstance(told, ast.Attribute) and told.attr in CALLS and ast.unparse(told.value) == "re":
                inside = [f.name for f in functions if f.lineno <= call.lineno <= (f.end_lineno or 0)]
                yield f"{file.parent.name}/{file.name}", inside[-1] if inside else "", call


def inline_patterns() -> Iterator[tuple[str, "re.Pattern[str]"]]:
    for file, function, call in calls_of_re():
        if function and isinstance(call.args[0], ast.Constant):
            yield f"{file.removesuffix('.py')}: {function}", re.compile(str(call.args[0].value))


def uses() -> dict[str, set[str]]:
    """Return by which methods each pattern that has a name is used."""
    found: dict[str, set[str]] = {}
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in CALLS and isinstance(node.value, ast.Name):
                found.setdefault(node.value.id, set()).add(node.attr)
    return found


USES = uses()
PATTERNS = {(name, pattern.pattern): pattern for name, pattern in (*module_patterns(), *inline_patterns())}


def ways(name: str, pattern: "re.Pattern[str]") -> list[Callable[[str], object]]:
    """Return the methods by which a pattern is used; to search for all of it is as dear as to replace it."""
    used = USES.get(name.rpartition(" ")[2], {"search"})
    anchored = [pattern.match] * ("match" in used) + [pattern.fullmatch] * ("fullmatch" in used)
    return [*anchored, *([pattern.findall] if used - {"match", "fullmatch"} else [])]


def seconds(run: Callable[[], object]) -> float:
    """Return the processor's time, which others' work on the machine does not lengthen."""
    started = time.thread_time()
    run()
    return time.thread_time() - started


def too_slow(run: Callable[[str], object], text: str) -> bool:
    """Tell whether a text takes more than its length allows, in the best of three runs."""
    allowed = 0.004 + 2e-6 * len(text)
    return all(seconds(lambda: run(text)) > allowed for _ in range(3))


@pytest.mark.parametrize("name", PATTERNS, ids=lambda name: name[0])
def test_a_pattern_takes_linear_time_on_what_was_made_to_slow_it(name: tuple[str, str]) -> None:
    pattern = PATTERNS[name]
    slow = (
        (run.__name__, text[:60], len(text))
        for size in SIZES  # a pattern that fails does so on a short text first, and is not run on a long one
        for text in pumped(pattern, size)
        for run in ways(name[0], pattern)
        if too_slow(run, text)
    )
    assert next(slow, None) is None


def test_no_pattern_is_overlooked() -> None:
    made = {
        (file, function)
        for file, function, call in calls_of_re()
        if function and not isinstance(call.args[0], ast.Constant)
    }
    assert made == MADE
    assert len(PATTERNS) > 100


def test_a_slow_pattern_would_be_noticed() -> None:
    for slow in (r"(a+)+b", r"\s+$", r"\w+@", r"^\W*x?\W*$", r".*a.*b.*c"):
        pattern = re.compile(slow)
        assert any(too_slow(pattern.search, text) for size in (18, *SIZES) for text in pumped(pattern, size))


def test_the_names_of_places_are_looked_for_in_linear_time() -> None:
    assert not too_slow(lambda text: mentions(text, "a" * 500), "a" * 100_000 + "b")


# Parsers


@pytest.mark.parametrize("suffix", ["txt", "md"])
@pytest.mark.parametrize("line", LINES)
def test_a_text_is_split_in_time_that_grows_with_its_length(line: str, suffix: str) -> None:
    encoder = HashingEncoder()

    def divide(size: int) -> None:
        text = "b " + LINES[line] * (size // len(LINES[line]))
        document = Document(f"x.{suffix}", f"x.{suffix}", "x", text)
        split(document, count_tokens=encoder.count_tokens, max_tokens=256)

    short, long = (min(seconds(partial(divide, size)) for _ in range(2)) for size in (12_000, 96_000))
    assert long < max(0.5, 24 * short)  # a square would be 64


@pytest.mark.parametrize("line", ["instructions", "ticks", "quotes", "signs", "dates"])
def test_sentences_are_found_in_time_that_grows_with_their_number(line: str) -> None:
    text = LINES[line] * (150_000 // len(LINES[line]))
    assert seconds(lambda: sentence_spans(text, Span(0, len(text)))) < 2
