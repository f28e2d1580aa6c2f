"""What a question asks for: which thing, and what kind of thing a text must hold: a date, a number, a name.

Rules, in English and Chinese, for what a reader looks for when skimming: "when" wants a date, "how
many" a number, "who" and "where" a name, "why" and "how" a turn of phrase. A question without such a
word expects nothing, and every text is as good.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from qa.lexical import STOPWORDS, analyse

Expectation: TypeAlias = Literal["date", "number", "phone", "email", "who", "where", "why", "how", "anything"]

# Kinds that a text holds or does not, whatever words are around them.
GIVEN: Final = frozenset[Expectation]({"date", "number", "phone", "email"})

_MONTHS = "january|february|(?-i:March)|april|(?-i:May)|june|july|august|september|october|november|december"
_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    "|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand"
    "|million|billion|trillion|dozen|half|third|quarter|twice"
)
_TIMES = "year|date|day|month|decade|century"
_PLACES = (
    "country|countries|city|cities|state|region|place|location|continent|river|province|area|town|island"
)
_ASKED: tuple[tuple[Expectation, re.Pattern[str]], ...] = (
    (
        "date",
        re.compile(
            # "What happens when …?" asks for no date.
            r"^(?!.*\b(?:what|which|who|whom|whose|how|why)\b).*\bwhen\b"
            rf"|\b(?:(?:what|which) (?:{_TIMES}|time)|how (?:recent|early|late)(?:ly)?"
            rf"|(?:in|on|by|since|during|until) (?:what|which) (?:{_TIMES}|era|period))\b"
            r"|什么时候|何时|哪年|哪一年|几月|几号|日期",
            re.IGNORECASE,
        ),
    ),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|old|far|tall|big|large|high|deep|wide|fast|often|heavy|hot|cold)\b"
            r"|\bwhat (?:is the )?(?:percent\w*|number|amount|proportion|fraction|population|age|size"
            r"|distance|length|rate|price|cost|fee|salary|weight|height|width|depth|speed|capacity|duration)\b|多少|几[个种名年]|多[长大久远]",
            re.IGNORECASE,
        ),
    ),
    (
        "phone",
        re.compile(r"^\W*(?:what|which)\b.*\b(?:tele)?(?:phone|fax)(?: number)?\b|电话", re.IGNORECASE),
    ),
    ("email", re.compile(r"^\W*(?:what|which)\b.*\be-?mail\b|邮箱|邮件地址", re.IGNORECASE)),
    ("who", re.compile(r"\b(?:who|whom|whose)\b|谁", re.IGNORECASE)),
    (
        "where",
        re.compile(rf"\bwhere\b|\b(?:what|which) (?:{_PLACES})\b|哪里|哪儿|何处|什么地方", re.IGNORECASE),
    ),
    (
        "why",
        re.compile(
            r"\bwhy\b|\bwhat (?:causes?|caused|(?:is |was )?(?:the )?reason)\b|为什么|为何", re.IGNORECASE
        ),
    ),
    ("how", re.compile(r"^\W*how\b|怎么|怎样|如何", re.IGNORECASE)),
)
_DATE = re.compile(
    rf"\b(?:1\d{{3}}|20\d\d)s?\b|\b\d{{1,2}}(?:st|nd|rd|th)?[ -]centur|\bcentur(?:y|ies)\b|\b(?:{_MONTHS})\b"
    r"|\b\d{1,4} ?(?:BC|AD|BCE|CE)\b|\d{1,4}年|\d{1,2}月|世纪",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"\d[\d,.]*|\b(?:{_NUMBER_WORDS})\b|[一二两三四五六七八九十百千万亿]+", re.IGNORECASE)
_LABEL = re.compile(r"\b([^\W\d]+) \d+\b(?! ?[^\W\d])")
_NAME = re.compile(r"\b[A-Z][\w'’-]+")
_PHONE = re.compile(r"\+?\(?\d[\d ()/.-]{4,}\d")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++\.\w")
_REASON = re.compile(
    r"\b(?:because|due to|since|so that|in order to|as a result|result(?:s|ed|ing)? (?:in|from)|caus\w+"
    r"|reason\w*|lead(?:s|ing)? to|led to|thus|therefore|owing to|to)\b|因为|由于|因此",
    re.IGNORECASE,
)
_MEANS = re.compile(r"\b(?:by|through|using|via|with|use[sd]?)\b|通过|采用|使用", re.IGNORECASE)
_LAST = r"(?P<thing>\w+)\W*$"
_IS = r"^\W*(?:what|which|who) (?:is|are|was|were) "
_OF = r"(?P<thing>\w+)(?: \w+ed)? (?:of|for) (?P<of>.+)"
# What a question asks for, and what it asks it of, where it says so by one of these turns.
_TURNS = (
    re.compile(
        r"\b(?i:what|which) (?P<thing>[A-Z]{2}[\w'’.-]*"
        r"|[A-Z][\w'’.-]*(?= (?:is|are|was|were|do|does|did|has)\b))"
    ),
    re.compile(r"\bhow many (?P<thing>\w+)", re.IGNORECASE),
    re.compile(rf"^(?>.*?\bhow (?:much|long) (?:does|do|did) )(?P<of>.+) {_LAST}", re.IGNORECASE),
    re.compile(rf"{_IS}(?:the|a|an) (?:\w+ )??{_OF}", re.IGNORECASE),
    re.compile(rf"{_IS}(?:the|a|an) (?:\w+ )?{_LAST}", re.IGNORECASE),
    re.compile(rf"{_IS}(?P<of>.+?)['’]s? {_LAST}", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The terms of the thing a question asks for, and of what it is asked; either may be empty."""

    thing: tuple[str, ...] = ()
    of: tuple[str, ...] = ()


@lru_cache(maxsize=1024)
def expectation(question: str) -> Expectation:
    """Return what a question asks for."""
    return next((kind for kind, pattern in _ASKED if pattern.search(question)), "anything")


@lru_cache(maxsize=1024)
def asked_for(question: str) -> Asked:
    """Return what is asked for by name or as somebody's attribute; nothing where it is not."""
    for pattern in _TURNS:
        if found := pattern.search(question):
            groups = found.groupdict()
            thing = tuple(analyse(groups["thing"]))
            return Asked(thing, tuple(analyse(groups.get("of") or "")))
    return Asked()


def meets(kind: Expectation, question: str, text: str) -> bool:
    """Tell whether a text holds such a thing that the question does not say itself."""
    match kind:
        case "date":
            return bool(_found(_DATE, text) - _found(_DATE, question))
        case "number":
            return bool(_found(_NUMBER, _without_labels(text)) - _found(_NUMBER, question))
        case "phone":
            return _PHONE.search(text) is not None
        case "email":
            return _EMAIL.search(text) is not None
        case "who" | "where":
            said = question.lower()
            names = {name.removesuffix("'s").removesuffix("’s") for name in _found(_NAME, text)}
            return any(name not in said and name not in STOPWORDS for name in names)
        case "why":
            return _REASON.search(text) is not None
        case "how":
            return _MEANS.search(text) is not None
        case "anything":
            return False


def _without_labels(text: str) -> str:
    """Leave out numbers that only tell things of one name apart: "figure 1 | figure 2"."""
    labels = Counter(match.group(1).lower() for match in _LABEL.finditer(text))
    return _LABEL.sub(lambda match: " " if labels[match.group(1).lower()] > 1 else match.group(), text)


def _found(pattern: re.Pattern[str], text: str) -> set[str]:
    return {match.group().lower() for match in pattern.finditer(text)}
