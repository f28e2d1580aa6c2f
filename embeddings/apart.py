"""Pages read in a process apart, which can be stopped: PDFs, and web pages that are long.

The libraries behind them can be made to run for ever, or to fill the memory, by a file that is built to
do it. The process has bounds on both, and only it is lost when a file goes past them; the next file
gets a new one. It is started by the first file that needs it, and serves all of a refresh. On macOS,
which heeds no bound on a process's memory (RLIMIT_AS), only the time is bounded.

    to it      a line of JSON (what the file is, its size, where it stands), then its bytes
    from it    a line of JSON: title, text and metadata; the fact and the remedy of an error; or null,
               where the memory was too little
"""

import contextlib
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import IO, Final

from embeddings.errors import DocumentError, ReadingStopped
from embeddings.extract import Extract

# pypdf reads some 20 to 200 pages a second (2 cores of an AMD EPYC): at its slowest, a PDF of 2,400.
DEADLINE_S: Final = 120.0
# A PDF of 250 MB is read in some 600 MB, a web page of 10 MB in about as much.
MEMORY_MB: Final = 1_500
# Of one answer; ten times the text of the longest books.
_LONGEST_ANSWER = 400_000_000
# Whoever asked is looked for so often (seconds).
_BEAT = 1.0


class Apart:
    """A process that reads pages, started when it is first needed. For one thread."""

    def __init__(self, *, deadline: float = DEADLINE_S, memory_mb: int = MEMORY_MB) -> None:
        self._deadline = deadline
        self._memory_mb = memory_mb
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Apart":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def read(self, data: bytes, *, suffix: str, source: str) -> Extract:
        """Read a PDF, or a web page in UTF-8, as ``pages`` does.

        Raises DocumentError, and ReadingStopped where that says nothing against the file: it took too
        long or too much, or somebody ended the process.
        """
        what = {"suffix": suffix, "size": len(data), "source": source}
        deadline = time.monotonic() + self._deadline
        process = self._process = self._process or self._started()
        stdin, stdout = _pipe(process.stdin), _pipe(process.stdout)
        line = b""
        try:
            stdin.write(json.dumps(what).encode() + b"\n" + data)
            stdin.flush()
            line = _line(stdout, deadline)
        except BrokenPipeError:
            pass
        except TimeoutError as error:
            self.close()
            raise ReadingStopped(
                f"Reading it takes longer than {self._deadline:.0f} seconds", place=source, remedy=_REMEDY
            ) from error
        if not line.endswith(b"\n"):
            ended = process.wait()
            self.close()
            raise ReadingStopped(
                f"The process that read it was ended ({_why(ended)})", place=source, remedy=_REMEDY
            )
        told = json.loads(line)
        if told is None:
            raise ReadingStopped(
                f"Reading it takes more than {self._memory_mb:,} MB of memory", place=source, remedy=_REMEDY
            )
        if "fact" in told:
            raise DocumentError(told["fact"], place=source, remedy=told["remedy"])
        return Extract(told["title"], told["text"], told["metadata"])

    def _started(self) -> "subprocess.Popen[bytes]":
        """Start the process with the modules that this one has, and nothing else of it."""
        path = os.pathsep.join(filter(None, sys.path))
        return subprocess.Popen(  # noqa: S603 (a module of ours, by the interpreter that runs)
            [sys.executable, "-P", "-m", "embeddings.apart", str(self._memory_mb), str(self._deadline)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl+C is for us: its end would be taken for the file's fault
        )


_SMALLER = "Divide it, or save it as text."
_REMEDY = "Divide it, save it as text, or touch it to have it tried again."


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without pipes")
    return pipe


def _line(pipe: IO[bytes], deadline: float) -> bytes:
    """Return the next line, or what there is of it when the pipe ends. Raises TimeoutError."""
    pieces: list[bytes] = []
    while not pieces or not pieces[-1].endswith(b"\n"):
        with selectors.DefaultSelector() as waiting:
            waiting.register(pipe, selectors.EVENT_READ)
            if not waiting.select(max(deadline - time.monotonic(), 0)):
                raise TimeoutError
        piece = os.read(pipe.fileno(), 1 << 20)
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)


def _why(ended: int) -> str:
    return signal.Signals(-ended).name if ended < 0 else f"exit code {ended}"


def _serve(memory_mb: int, deadline: float) -> None:
    """Read what is asked for, until nobody asks any more."""
    asked, said = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints is no answer
    _end_with(os.getppid())
    _bound(resource.RLIMIT_AS, memory_mb << 20)
    while line := asked.readline():
        _bound_time(deadline)
        told = _told(json.loads(line), asked)
        said.write(told.encode() + b"\n")
        said.flush()


def _end_with(asker: int) -> None:
    """Have this process end soon after whoever asked is gone, were it in the midst of a file."""

    def look(*_: object) -> None:
        if os.getppid() != asker:
            os._exit(1)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _BEAT, _BEAT)


def _bound_time(deadline: float) -> None:
    """Have the system end this process where whoever asked is gone and cannot."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + 2 * deadline) + 1)


def _bound(what: int, most: int) -> None:
    """Bound what this process may use, within what the system allows it: only root may have more."""
    _, allowed = resource.getrlimit(what)
    most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
    with contextlib.suppress(ValueError, OSError):  # where the system knows no such bound
        resource.setrlimit(what, (most, allowed))


def _told(what: dict[str, str], asked: IO[bytes]) -> str:
    from embeddings.pages import read_html, read_pdf  # heavy, and of no use to whoever asks

    source = what["source"]
    try:
        data = asked.read(int(what["size"]))
        if what["suffix"] == ".pdf":
            extract = read_pdf(data, source=source)
        else:
            extract = read_html(data.decode(), source=source)
        told = json.dumps({"title": extract.title, "text": extract.text, "metadata": dict(extract.metadata)})
        if len(told) <= _LONGEST_ANSWER:
            return told
        error = DocumentError("It holds too much text", remedy=_SMALLER)
    except MemoryError:
        return json.dumps(None)
    except DocumentError as refused:
        error = refused
    return json.dumps({"fact": error.fact, "remedy": error.remedy})


if __name__ == "__main__":
    _serve(int(sys.argv[1]), float(sys.argv[2]))
