"""Strings that make a regular expression work: each of its repetitions pumped up, after what leads to it.

A pattern that backtracks takes time that grows faster than the text on one of these.
"""

import importlib
import random
import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

_parser: Any = importlib.import_module("re._parser")
_Tree: TypeAlias = "Sequence[tuple[object, Any]]"

# What makes a match fail at last, or lets it go on.
_ENDS = ("", "\x00", "\n\x00", " \x00", "x\x00", "qq", "!")
_LETTERS = string.ascii_letters + string.digits + string.punctuation + " \n\t的灯。é\u0301"
_CLASSES = {"WORD": "a", "NOT_WORD": "-", "DIGIT": "1", "NOT_DIGIT": "a", "SPACE": " ", "NOT_SPACE": "a"}


def pumped(pattern: "re.Pattern[str]", size: int) -> Iterator[str]:
    """Yield texts of about this many characters, without repeats."""
    seen: set[str] = set()
    for lead, pump in _pumps(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)):
        for unit in dict.fromkeys((pump, pump + lead, lead + pump)):
            if not unit:
                continue
            body = lead + unit * (size // len(unit) + 1)
            for end in _ENDS:
                if (text := body + end) not in seen:
                    seen.add(text)
                    yield text


def _pumps(tree: _Tree) -> list[tuple[str, str]]:
    """Return for each repetition what leads to it, and what it repeats in a few of its forms."""
    found: list[tuple[str, str]] = [("", "a"), ("", " "), ("", "的"), ("", "- "), ("", "a "), ("", "A ")]
    _walk(tree, "", found)
    return list(dict.fromkeys(found))


def _walk(tree: _Tree, lead: str, found: list[tuple[str, str]]) -> str:
    """Gather the repetitions of a pattern; return a text that it matches."""
    for kind, value in tree:
        name = str(kind)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, body = value
            _walk(body, lead, found)
            if most > 1:
                found += [(lead, form) for form in _forms(body)]
                found += [("", form) for form in _forms(body)]
            lead += _example(body) * max(least, 1 if most else 0)
        elif name == "SUBPATTERN":
            lead = _walk(value[3], lead, found)
        elif name == "ATOMIC_GROUP":
            lead = _walk(value, lead, found)
        elif name == "BRANCH":
            leads = [_walk(branch, lead, found) for branch in value[1][:40]]
            lead = leads[0]
        elif name in ("ASSERT", "ASSERT_NOT"):
            _walk(value[1], lead, found)
        else:
            lead += _example([(kind, value)])
    return lead


def _forms(body: _Tree) -> list[str]:
    """Return a few texts that a repeated body matches."""
    chosen = random.Random(1)
    forms = [_example(body), *(_example(body, chosen) for _ in range(4))]
    return [form for form in dict.fromkeys(forms) if form]


def _example(tree: _Tree, chosen: random.Random | None = None) -> str:
    """Return a text that a pattern matches, its assertions aside: the first one, or one by chance."""
    said = ""
    for kind, value in tree:
        match str(kind):
            case "LITERAL":
                said += chr(value)
            case "NOT_LITERAL":
                said += "b" if chr(value) == "a" else "a"
            case "ANY":
                said += "a" if chosen is None else chosen.choice("a 1")
            case "IN":
                said += _member(value, chosen)
            case "BRANCH":
                said += _example(chosen.choice(value[1]) if chosen else value[1][0], chosen)
            case "SUBPATTERN":
                said += _example(value[3], chosen)
            case "ATOMIC_GROUP":
                said += _example(value, chosen)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, body = value
                some = chosen.randint(least, min(int(most), least + 2)) if chosen else max(least, 1)
                said += _example(body, chosen) * some
            case _:
                continue
    return said


def _member(items: Sequence[tuple[object, Any]], chosen: random.Random | None) -> str:
    """Return a character of a class: the first that is a letter, or one by chance."""
    pattern = _class_of(items)
    members = [sign for sign in _LETTERS if pattern(sign)]
    members += [
        chr(value if str(kind) == "LITERAL" else value[0])
        for kind, value in items
        if str(kind) in ("LITERAL", "RANGE")
    ][:5]
    members = [sign for sign in members if pattern(sign)]
    if not members:
        return ""
    return chosen.choice(members) if chosen else members[0]


def _class_of(items: Sequence[tuple[object, Any]]) -> Callable[[str], bool]:
    single = {value for kind, value in items if str(kind) == "LITERAL"}
    others = [(str(kind), value) for kind, value in items if str(kind) in ("RANGE", "CATEGORY")]
    negated = any(str(kind) == "NEGATE" for kind, _ in items)

    def holds(sign: str) -> bool:
        held = ord(sign) in single or any(
            value[0] <= ord(sign) <= value[1] if kind == "RANGE" else _of_category(sign, str(value))
            for kind, value in others
        )
        return held != negated

    return holds


def _of_category(sign: str, name: str) -> bool:
    bare = name.removeprefix("CATEGORY_")
    positive = bare.removeprefix("NOT_")
    told = {
        "WORD": sign.isalnum() or sign == "_",
        "DIGIT": unicodedata.category(sign) == "Nd",
        "SPACE": sign.isspace(),
    }
    return told[positive] != bare.startswith("NOT_")
