"""The shape of the house: arrows run one way, doors are few, rooms are small, nothing loaded can run."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ["embeddings", "qa", "web", "ui"]
MODULES = sorted(
    file
    for name in LAYERS
    for file in [*ROOT.glob(f"{name}.py"), *(ROOT / name).rglob("*.py")]
    if file.exists()
)
DOORS = {
    # Behind embeddings/encoder.py, which chooses between them.
    "torch": {
        "embeddings/encoder.py",
        "embeddings/conversion.py",
        "embeddings/reranker.py",
        "embeddings/torch_encoder.py",
    },
    "sentence_transformers": {"embeddings/reranker.py", "embeddings/torch_encoder.py"},
    "transformers": {"embeddings/torch_encoder.py"},
    "openvino": {"embeddings/conversion.py", "embeddings/openvino_encoder.py"},
    "nncf": {"embeddings/conversion.py"},
    "tokenizers": {"embeddings/openvino_encoder.py"},
    "huggingface_hub": {"embeddings/weights.py"},
    "faiss": {"embeddings/index.py"},
    "sqlite3": {"embeddings/cache.py"},
}
# By these, what is read could run.
CAN_RUN = {
    "pickle",
    "_pickle",
    "cPickle",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
    "dill",
    "imp",
    "code",
}
RUNS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "torch.load", "torch.hub.load",
    "yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load", "subprocess.getoutput",
}  # fmt: skip
RUN_BY = {"allow_pickle", "shell", "trust_remote_code"}
SCRIPTS = [*MODULES, *(ROOT / "benchmarks").glob("*.py"), *(ROOT / ".ci").glob("*.py")]


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def running(tree: ast.Module) -> list[str]:
    """Return what of a module could run what it reads."""
    nodes = list(ast.walk(tree))
    names: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update({each.asname: each.name for each in node.names if each.asname})
        elif isinstance(node, ast.ImportFrom):
            names.update({each.asname or each.name: f"{node.module}.{each.name}" for each in node.names})
    said = [*names.values(), *(_dotted(node, names) for node in nodes)]
    by = [node.arg for node in nodes if isinstance(node, ast.keyword) and _is_on(node)]
    return [each for each in said if each in RUNS] + [each for each in by if each in RUN_BY]


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, names)}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _is_on(keyword: ast.keyword) -> bool:
    return not (isinstance(keyword.value, ast.Constant) and keyword.value.value in (False, None))


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_a_module_imports_only_what_lies_below_it(file: Path) -> None:
    layer = LAYERS.index(name(file).partition("/")[0].removesuffix(".py"))
    assert imports(file) & set(LAYERS[layer + 1 :]) == set()


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_a_module_is_small(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_one_door(library: str) -> None:
    assert {name(file) for file in MODULES if library in imports(file)} == DOORS[library]


def test_gradio_has_the_page_for_its_door() -> None:
    users = {name(file).partition("/")[0] for file in MODULES if "gradio" in imports(file)}
    assert users <= {"ui.py", "web"}


@pytest.mark.parametrize("file", SCRIPTS, ids=name)
def test_nothing_is_loaded_that_can_run(file: Path) -> None:
    assert imports(file) & CAN_RUN == set()
    assert running(ast.parse(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    [
        "torch.load(file)",
        "import yaml as y\ny.load(text)",
        "from yaml import unsafe_load",
        "from torch import load as read",
        "np.load(file, allow_pickle=True)",
        "getattr(builtins, 'x')(eval)",
        "subprocess.run(line, shell=True)",
        "os.system(line)",
        "SentenceTransformer(name, trust_remote_code=True)",
    ],
)
def test_what_can_run_is_seen_in_whatever_way_it_is_written(code: str) -> None:
    assert running(ast.parse(code)) != []


def test_importing_qa_loads_nothing_heavy() -> None:
    names = "torch sentence_transformers transformers openvino gradio faiss bm25s pycountry"
    heavy = set(names.split())
    code = f"import qa, sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
