"""Every error the project raises by itself.

    FootnoteError                     something here failed                  exit 1
    ├── InputError                    what the user gave is wrong            exit 2
    │   ├── QuestionError             blank, or too long to be a question
    │   ├── FilterError               a filter key no document has
    │   ├── DocumentError             one file that cannot be read (never stops the others)
    │   │   └── ReadingStopped        it took too long or too much, or was ended from outside
    │   ├── CorpusError               the data folder is missing, empty, or unreadable
    │   ├── ModelError                no such model, or its weights are not the published ones
    │   │   └── NotConvertible        OpenVINO cannot run it; torch can
    │   └── IndexLocationError        the index folder cannot be made or written
    ├── StorageError                  the disk is full, or would not write
    └── SnapshotError                 the index cannot be served
        ├── SnapshotMissing           nothing was published there yet
        ├── SnapshotDamaged           a file is missing, cut short, or has another digest
        └── SnapshotMismatch          made by another format, splitter or encoder

A message is one line: the fact, the place, the remedy.
"""

import re

# Controls but for line ends and tabs, line separators, directions, byte-order marks, lone surrogates.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
# Whatever a file or a caller says is told no longer than this.
_LONGEST = 500


class FootnoteError(Exception):
    """Say what failed, where, and what to do next, in one line."""

    def __init__(self, fact: str, *, place: str = "", remedy: str = "") -> None:
        self.fact = _one_line(fact)
        self.place = _one_line(place)
        self.remedy = _one_line(remedy)
        message = f"{self.fact}: {self.place}" if self.place else self.fact
        super().__init__(f"{message}. {self.remedy}" if self.remedy else message)


class InputError(FootnoteError):
    """What the user gave is wrong."""


class QuestionError(InputError):
    """The question is blank or too long."""


class FilterError(InputError):
    """A filter names a key that no document has."""


class DocumentError(InputError):
    """One file cannot be read; the others can."""


class ReadingStopped(DocumentError):
    """The reading of a file came to no end; another time, or on another machine, it may."""


class CorpusError(InputError):
    """The data folder is missing, empty or unreadable."""


class ModelError(InputError):
    """The encoder cannot be loaded, or is not the one it should be."""


class NotConvertible(ModelError):
    """The model can be run by torch only."""


class IndexLocationError(InputError):
    """The index folder cannot be made or written."""


class StorageError(FootnoteError):
    """The disk is full, or would not write."""


class SnapshotError(FootnoteError):
    """The index cannot be served."""


class SnapshotMissing(SnapshotError):
    """Nothing was published in this index folder yet."""


class SnapshotDamaged(SnapshotError):
    """A file of the index is missing, cut short, or has another digest."""


class SnapshotMismatch(SnapshotError):
    """The index was made by another format, splitter or encoder."""


def visible(text: str) -> str:
    r"""Return a text as a terminal can show it: signs that would steer it become ``\x1b`` or ``\u202e``.

    Line ends and tabs stay.
    """
    return _STEERING.sub(_escaped, text)


def _escaped(sign: re.Match[str]) -> str:
    return ascii(sign[0])[1:-1]


def _one_line(text: str) -> str:
    line = visible(" ".join(text[: 2 * _LONGEST].split()))
    return f"{line[:_LONGEST]}…" if len(line) > _LONGEST else line
