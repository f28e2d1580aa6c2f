"""From the first file read to the answer, nothing is unpickled, no other program runs, nobody is called."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Reports what Python itself announces, and pickles, which it announces only where they name a class.
# Imports read modules by marshal, as they should.
WATCHED = """
import os, pickle, sys
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
EVENTS = {
    "pickle.find_class", "marshal.load", "marshal.loads", "os.system", "os.exec", "os.posix_spawn", "os.fork",
    "subprocess.Popen", "socket.connect",
}
seen, written = [], set()
def hear(event, args):
    if event == "open" and (args[2] or 0) & WRITES or event in ("os.mkdir", "os.rename", "sqlite3.connect"):
        written.add(os.path.abspath(os.fsdecode(args[0])))
    if event in EVENTS:
        caller = sys._getframe(1).f_code.co_filename
        if caller != "<frozen importlib._bootstrap_external>":
            seen.append(f"{event} by {caller}")
sys.addaudithook(hear)
def watch(name):
    watched = getattr(pickle, name)
    def call(*args, **kwargs):
        seen.append(f"pickle.{name} by {sys._getframe(1).f_code.co_filename}")
        return watched(*args, **kwargs)
    setattr(pickle, name, call)
class Unpickler(pickle.Unpickler):
    def __init__(self, *args, **kwargs):
        seen.append(f"pickle.Unpickler by {sys._getframe(1).f_code.co_filename}")
        super().__init__(*args, **kwargs)
watch("load"), watch("loads")
pickle.Unpickler = Unpickler
"""
USED = """
from pathlib import Path
from qa import QA
data, index, backend, temporary = sys.argv[1:]
QA.open(data, index, backend=backend)
Path(data, "notes.txt").write_text("The ferry leaves at noon, says Captain Holm.")
bot = QA.open(data, index, backend=backend)
answer = bot.ask("When does the ferry leave?")
assert answer.answered and bot.retrieve("bread") and bot.report.encoded == 1
print(seen)
print(sorted(path for path in written if not path.startswith((index, data, temporary))))
"""


@pytest.mark.model
@pytest.mark.parametrize("backend", ["openvino", "torch"])
def test_refreshing_opening_and_asking_unpickle_nothing_call_nobody_and_write_to_the_index_alone(
    backend: str, data: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"  # where torch looks what it may do
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    command = [sys.executable, "-B", "-c", WATCHED + USED, *map(str, (data, index, backend, temporary))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n[]\n"


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("pickle.loads(pickle.dumps(1))", "pickle.loads"),
        ("import _pickle; _pickle.loads(pickle.dumps(print))", "pickle.find_class"),
        ("import io; pickle.Unpickler(io.BytesIO(pickle.dumps(1))).load()", "pickle.Unpickler"),
        ("import marshal; marshal.loads(marshal.dumps(1))", "marshal.loads"),
        ("import os; os.system('true')", "os.system"),
    ],
)
def test_what_must_not_happen_would_be_seen(code: str, event: str) -> None:
    command = [sys.executable, "-c", f"{WATCHED}\n{code}\nprint(seen)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{event} by <string>" in done.stdout
