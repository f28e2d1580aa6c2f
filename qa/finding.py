"""What an examination finds, and how one check that fails never keeps the others from being made."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from embeddings.errors import FootnoteError

State: TypeAlias = Literal["ok", "warning", "wrong"]

_LOG = logging.getLogger("footnote")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; of all but ``ok``, ``remedy`` says what to do."""

    check: str
    state: State
    fact: str
    remedy: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the finding as plain JSON values."""
        return {"check": self.check, "state": self.state, "fact": self.fact, "remedy": self.remedy}

    def __str__(self) -> str:
        """Return the finding as one line."""
        told = f"{self.fact}. {self.remedy}" if self.remedy else self.fact
        return f"{self.state:<8} {self.check:<13} {told}"


def isolated(check: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield what a check finds; whatever goes wrong in it is a finding too."""
    try:
        yield from look()
    except FootnoteError as error:
        fact = f"{error.fact}: {error.place}" if error.place else error.fact
        yield Finding(check, "wrong", fact, error.remedy)
    except Exception as error:  # noqa: BLE001 (an examination ends, whatever is broken)
        _LOG.debug("the check of %s failed", check, exc_info=True)
        fact = f"cannot be checked ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
        yield Finding(check, "wrong", fact, "Reinstall Footnote; if that does not help, report this line.")
