"""What a file says of itself: front matter and record fields, made flat metadata.

    location:            location.city    "London"
      city: London       language         ("English", "中文")
    language:            remote           True
      - English          since            "2022-04-25"
      - 中文
    remote: true
    since: 2022-04-25
    team: null

A first line ``---`` opens front matter when the next line that is neither blank nor a ``#`` comment is
``key: value`` with a key of at most three words, or when a YAML list or mapping begins right below it;
then, if a second ``---`` line closes it, it must be a valid mapping. Never closed, it is front matter
gone wrong if ``key: value`` stands right below it. Anything else is a thematic break and stays text.
"""

import datetime
import math
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import yaml
from yaml.composer import ComposerError
from yaml.reader import ReaderError

from embeddings.corpus import Metadata, MetadataValue, normalise
from embeddings.errors import DocumentError

# More is no longer what a file says of itself. PyYAML takes 1.5 s for so much.
_MOST_CHARACTERS = 64_000
# Each is looked for in all of the text.
_MOST_SECTIONS = 100
_LONGEST_SECTION = 200

_KEY = re.compile(r"""(?:"[^"\n]*"|'[^'\n]*'|[\w.-]+(?: [\w.-]+){0,2}):(?:\s|$)""")
_COLLECTION = re.compile(r"(?:- |\[|\{)")

Fields: TypeAlias = dict[str, object]
_Scalar: TypeAlias = str | int | float | bool


def split_front_matter(text: str, *, source: str) -> tuple[str, str]:
    """Return the front matter, without its fences, and the rest of a normalised text."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return "", text
    below = lines[1] if len(lines) > 1 else ""
    end = next((number for number, line in enumerate(lines[1:], start=1) if line.rstrip() == "---"), None)
    if end is not None and _is_front_matter(lines[1:end]):
        return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])
    if end is None and _KEY.match(below):
        raise DocumentError(
            "The front matter that opens in line 1 is never closed",
            place=source,
            remedy="End it with a line that is only ---.",
        )
    return "", text


def read_front_matter(front: str, *, source: str) -> tuple[str, tuple[str, ...], Metadata]:
    """Return what the front matter says: the title, empty if it has none, the sections, and the rest."""
    try:
        if len(front) > _MOST_CHARACTERS:
            raise ValueError(f"it has more than {_MOST_CHARACTERS:,} characters")
        fields = _parse(front)
        return pop_string(fields, "title"), pop_sections(fields), flatten(fields)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        line, reason = _where_and_why(error, front)
        raise DocumentError(
            f"The front matter cannot be read (line {line}: {reason})",
            place=source,
            remedy="Write one 'key: value' a line, and quote values that hold a colon.",
        ) from error


def pop_string(fields: Fields, key: str) -> str:
    """Take a string or whole number out of the fields, as one line; empty where there is none."""
    value = fields.pop(key, None)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{key} is not a string")
    return one_line(str(value))


def pop_sections(fields: Fields) -> tuple[str, ...]:
    """Take ``sections``, the headings inside the text's own lines, out of the fields."""
    sections = fields.pop("sections", None)
    if sections is None:
        return ()
    if not isinstance(sections, list) or not all(isinstance(section, str | int) for section in sections):
        raise ValueError("sections is not a list of headings; quote those that hold a colon")
    names = tuple(one_line(str(section)) for section in sections)
    if len(names) > _MOST_SECTIONS or any(len(name) > _LONGEST_SECTION for name in names):
        raise ValueError(
            f"sections are at most {_MOST_SECTIONS} headings of at most {_LONGEST_SECTION} characters"
        )
    return names


def flatten(fields: Mapping[str, object]) -> Metadata:
    """Return the fields as metadata: nested keys joined by dots, lists as tuples of words, no nulls."""
    single: dict[str, MetadataValue] = {}
    listed: dict[str, list[str]] = {}
    characters = 0
    for key, value, in_list in _leaves("", fields, in_list=False):
        characters += len(key) + len(_word(value))
        if characters > _MOST_CHARACTERS:
            raise ValueError(f"its metadata have more than {_MOST_CHARACTERS:,} characters")
        if in_list:
            listed.setdefault(key, []).append(_word(value))
        else:
            single[key] = value
    return single | {key: tuple(words) for key, words in listed.items()}


def one_line(text: str) -> str:
    """Return the normalised text without byte-order marks, every run of white space made one space."""
    return " ".join(normalise(encodable(text).replace("\ufeff", "")).split())


def encodable(text: str) -> str:
    """Return the text with U+FFFD for what UTF-8 or C strings cannot hold: lone surrogates, NUL."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


class _Loader(yaml.SafeLoader):
    """Plain YAML: no aliases, which can grow without bound, and no tags, which can ask for any type."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise ComposerError(None, None, "anchors, aliases and tags are not allowed", event.start_mark)
        return super().compose_node(parent, index)


def _is_front_matter(lines: list[str]) -> bool:
    first = next((line for line in lines if line.strip() and not line.startswith("#")), None)
    if first is None:
        return not any(line.strip() for line in lines)
    return bool(_KEY.match(first) or _COLLECTION.match(lines[0]))


def _parse(front: str) -> Fields:
    loader = _Loader(front)
    root = loader.get_single_node()
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise ValueError("it does not say 'key: value'")
    fields = {_word(key): value for key, value in loader.construct_document(root).items()}
    for key, value in root.value:
        if key.value == "title" and isinstance(value, yaml.ScalarNode) and fields["title"] is not None:
            fields["title"] = value.value  # as written: YAML takes No, 1.10 and 12:30 for something else
    return fields


def _where_and_why(error: Exception, front: str) -> tuple[int, str]:
    match error:
        case yaml.MarkedYAMLError():
            mark = error.problem_mark or error.context_mark
            return (mark.line if mark else 0) + 2, error.problem or error.context or "not YAML"
        case ReaderError():
            return front.count(
                "\n", 0, error.position
            ) + 2, f"character U+{error.character:04X} is not allowed"
        case RecursionError():
            return 2, "it is nested too deeply"
        case _:
            return 2, str(error)[:200]


def _leaves(key: str, value: object, *, in_list: bool) -> Iterator[tuple[str, _Scalar, bool]]:
    match value:
        case dict():
            for name, inner in value.items():
                word = one_line(_word(name))
                yield from _leaves(f"{key}.{word}" if key else word, inner, in_list=in_list)
        case list():
            for inner in value:
                yield from _leaves(key, inner, in_list=True)
        case None:
            return
        case float() if not math.isfinite(value):  # how tables exported to JSON write null
            return
        case int() if abs(value) >= 2**63:
            raise ValueError(f"{key} is too large a number; put it in quotes")
        case bool() | int() | float():
            yield key, value, in_list
        case _:
            yield key, _word(value), in_list


def _word(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case datetime.date():
            return value.isoformat()
        case _:
            return normalise(encodable(str(value)))
