"""A follow-up made a whole question, without a language model.

    What is Cold Brew?               What does its student network do?
                                   → What does Cold Brew's student network do?
    Which economist jobs are there?  Which cities are they in?
                                   → Which cities are economist jobs in?
    Which jobs are in Seattle?       What about London?
                                   → Which jobs are in London?

What a pronoun stands for is the name in the question before, or, without a name or for a plural, all
that question was about. A question that does not lean on the conversation stays as it is.
"""

import re
from collections.abc import Sequence

_PLURAL = r"they|them|their|theirs|these|those"
_SINGULAR = r"it|its|he|him|his|she|her|hers"
_PRONOUN = re.compile(rf"\b(?:(?P<plural>{_PLURAL})|{_SINGULAR})\b", re.IGNORECASE)
# "that" and "this" are pronouns only where the question turns on them; elsewhere they join clauses.
_DEMONSTRATIVE = re.compile(
    r"(?P<before>^(?:and |but |so )?(?:where|what|who|when|why|how|which) (?:\w+ )?"
    r"(?:is|are|was|were|do|does|did) )"
    r"(?:that|this)(?: \w+)?(?P<after>\W*$)",
    re.IGNORECASE,
)
_POSSESSIVE = frozenset({"its", "his", "her", "their"})
_WHAT_ABOUT = re.compile(
    r"^(?:(?:and |but |or )?(?:what|how) about |and (?=(?:in|at|from|for) ))"
    r"(?:the (?:one|ones|other) )?(?P<rest>.*?)\W*$",
    re.IGNORECASE,
)
_IN_PLACE = re.compile(r"^(?P<head>.*\b(?:in|at|from|for) )(?P<place>[^?]*?)\W*$", re.IGNORECASE)
_CHINESE = re.compile("它|他们?|她们?|[这那]个(?=[的是呢吗在有要？?]|$)|那里|呢[?？]?$")
_NAME = re.compile(r"\b[^\W\d_a-z][\w'’+#.-]*(?: [^\W\d_a-z][\w'’+#.-]*)*")
_ASKING = re.compile(
    r"^(?:(?:what|which|who|whose|where|when|why|how|many|much|is|are|was|were|do|does|did|can|could|will|would|has"
    r"|have|had|tell|me|about|list|show|explain|describe|the|a|an|any|there|and|so|please)\b\W*)+",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\W*(?:\b(?:is|are) there)?\W*$", re.IGNORECASE)


def standalone(question: str, history: Sequence[str]) -> str:
    """Return the question as it is to be searched; ``history`` is the user's questions, oldest first."""
    asked = [earlier.strip() for earlier in history if earlier.strip()]
    if not asked:
        return question
    before = standalone(asked[-1], asked[-2:-1])
    if _CHINESE.search(question):
        return f"{before} {question}"
    if about := _WHAT_ABOUT.match(question):
        return _moved(before, about["rest"]) or question
    if turn := _DEMONSTRATIVE.match(question):
        return f"{turn['before']}{_topic(before)}{turn['after']}"
    pronoun = _PRONOUN.search(question)
    if pronoun is None or _names_something(question[: pronoun.start()]):
        return question
    topic = _topic(before, whole=pronoun["plural"] is not None)
    if not topic:
        return f"{before} {question}"
    if pronoun.group().lower() in _POSSESSIVE:
        topic += "'" if topic.endswith("s") else "'s"
    return question[: pronoun.start()] + topic + question[pronoun.end() :]


def _topic(question: str, *, whole: bool = False) -> str:
    """Return what a question is about: its first name, or all of it but the asking."""
    asking = _ASKING.match(question)
    rest = question[asking.end() :] if asking else question
    name = None if whole else _NAME.search(rest)
    return name.group() if name else _TAIL.sub("", rest)


def _moved(before: str, rest: str) -> str:
    """Return the question before, asked of another place or thing."""
    if not rest:
        return ""
    placed = _IN_PLACE.match(before)
    bare = re.sub(r"^(?:in|at|from|for) ", "", rest, flags=re.IGNORECASE)
    if placed:
        return f"{placed['head']}{bare}?"
    return f"{_TAIL.sub('', before)} {rest}?"


def _names_something(text: str) -> bool:
    return _NAME.search(_ASKING.sub("", text)) is not None
