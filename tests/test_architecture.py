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
CAN_RUN = {"pickle", "joblib", "shelve", "marshal", "dill", "cloudpickle"}
# Calls that run what a file holds, or read a form that can.
RUNS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "np.load",
    "numpy.load",
    "torch.load",
    "yaml.load",
    "yaml.full_load",
    "yaml.unsafe_load",
    "faiss.read_index",
}


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def calls(file: Path) -> set[str]:
    """Return what a module calls, and the options that it gives."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            found |= {ast.unparse(node.func), *(str(keyword.arg) for keyword in node.keywords)}
    return found


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


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_nothing_is_loaded_that_can_run(file: Path) -> None:
    assert imports(file) & CAN_RUN == set()
    assert calls(file) & (RUNS | {"trust_remote_code", "allow_pickle"}) == set()


def test_importing_qa_loads_nothing_heavy() -> None:
    names = "torch sentence_transformers transformers openvino gradio faiss bm25s pycountry"
    heavy = set(names.split())
    code = f"import qa, sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
