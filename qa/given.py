"""What a caller gives, made something that can be searched, or refused by name.

    a question          one line, NFC, without control characters, lone surrogates or NUL
    a history           the last few of its questions; of 10,000 no more is looked at
    a filter            keys that are text; values that are text, numbers, truths, or lists of these
    a number of hits    from 1 on

Programs and pages pass on whatever they were sent, so nothing is taken for what its type says.
"""

import operator
import re
from collections.abc import Mapping, Sequence, Set

from embeddings.corpus import MetadataValue
from embeddings.errors import FilterError, QuestionError
from embeddings.metadata import encodable, one_line

# A longer text is a document, not a question; the encoder reads about 1,000 characters of it anyway.
LONGEST_QUESTION = 4_000
# Earlier questions that a follow-up can lean on, and how far back they are looked for: what was blank,
# or too long to be answered, is none.
_REMEMBERED = 4
_LOOKED_BACK = 20
_REMEDY = 'Give keys with their values, such as {"city": ["London"]}.'
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


def question_of(given: object) -> str:
    """Return a question as it is searched. Raises QuestionError where it is none."""
    if not isinstance(given, str):
        raise QuestionError(f"the question is no text ({_type(given)})", remedy="Ask something, in words.")
    if len(given) > LONGEST_QUESTION and len(given.strip()) > LONGEST_QUESTION:
        raise QuestionError(
            f"the question has {len(given.strip()):,} characters, and {LONGEST_QUESTION:,} is the most",
            remedy="Ask in a sentence or two; put longer texts into the data folder.",
        )
    text = one_line(_CONTROLS.sub(" ", given.strip()))
    if not text:
        raise QuestionError("the question is blank", remedy="Ask something, in words.")
    return text


def as_typed(question: str) -> str:
    """Return a question as it is shown: without blanks around it, and what cannot be written replaced."""
    return encodable(question.strip())


def history_of(given: object) -> list[str]:
    """Return the last questions of a conversation, oldest first. Raises QuestionError for no list of them."""
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        raise QuestionError(
            f"the history is no list ({_type(given)})", remedy="Give the earlier questions, oldest first."
        )
    found: list[str] = []
    for earlier in given[: -_LOOKED_BACK - 1 : -1]:
        if not isinstance(earlier, str):
            raise QuestionError(
                f"an earlier question is no text ({_type(earlier)})",
                remedy="Give the earlier questions, oldest first.",
            )
        if len(earlier) <= LONGEST_QUESTION and (text := one_line(_CONTROLS.sub(" ", earlier))):
            found.append(text)
        if len(found) == _REMEMBERED:
            break
    return found[::-1]


def count_of(given: object) -> int:
    """Return how many hits are wanted. Raises QuestionError where it is no whole number from 1 on."""
    try:
        count = 0 if isinstance(given, bool) else operator.index(given)  # type: ignore[arg-type]
    except TypeError:
        count = 0
    if count < 1:
        raise QuestionError(
            "a search returns at least one passage", place=f"k={given!r}"[:40], remedy="Ask for 1 or more."
        )
    return count


def filter_of(given: object) -> Mapping[str, Sequence[MetadataValue]] | None:
    """Return a filter, each value in a list; None where there is none. Raises FilterError."""
    if given is None or (isinstance(given, Mapping) and not given):
        return None
    if not isinstance(given, Mapping):
        raise FilterError(f"a filter is no {_type(given)}", remedy=_REMEDY)
    return {_key(key): [_value(one, key) for one in _listed(values)] for key, values in given.items()}


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise FilterError(f"a filter's key is no {_type(key)}", remedy=_REMEDY)
    return key


def _listed(values: object) -> Sequence[object]:
    return list(values) if isinstance(values, list | tuple | Set) else [values]


def _value(value: object, key: object) -> MetadataValue:
    if not isinstance(value, str | int | float | bool):
        raise FilterError(f"a filter's value is no {_type(value)}", place=str(key), remedy=_REMEDY)
    return value


def _type(given: object) -> str:
    return type(given).__name__
