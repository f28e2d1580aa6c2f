"""A follow-up made a whole question, without a language model.

    What is Cold Brew?               What does its student network do?
                                   → What does Cold Brew's student network do?
    Which economist jobs are there?  Which cities are they in?
                                   → Which cities are economist jobs in?
    Which jobs are in Seattle?       What about London?
                                   → Which jobs are in London?

What a pronoun stands for is the thing, or the name, that the question before was about; for a plural,
all of it. Where it is not sure where the name of the thing ends, the two questions are asked as one. A
question that does not lean on the conversation stays as it is.
"""

import re
from collections.abc import Sequence

from qa.gazetteer import CHINESE, chinese_places

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
    r"(?:the (?:one|ones|other) )?(?P<rest>(?:\W*+\w++)*+)\W*+$",
    re.IGNORECASE,
)
_IN_PLACE = re.compile(r"^(?P<head>.*\b(?:in|at|from|for) )(?P<place>[^?]*?)\W*$", re.IGNORECASE)
_CHINESE = re.compile("它|他们?|她们?|[这那]个(?=[的是呢吗在有要？?]|$)|那里|呢[?？]?$")
# "And in London?" in Chinese, with or without "and".
_CHINESE_WHAT_ABOUT = re.compile("^(?:那么?|还有)?[,，]?在?(?P<rest>[\u3400-\u9fff]+?)(?:的)?呢[?？]?$")
# What a question asks of the document that the conversation is about, beside the pronouns.
_CHINESE_THIS = re.compile("[这那该][个份篇家]?")
_NAME = re.compile(r"\b[^\W\d_a-z][\w'’+#.-]*(?: [^\W\d_a-z][\w'’+#.-]*)*")
_ASKING = re.compile(
    r"^(?:(?:what|which|who|whose|where|when|why|how|many|much|is|are|was|were|do|does|did|can|could|will|would|has"
    r"|have|had|tell|me|about|list|show|explain|describe|the|a|an|any|there|and|so|please)\b\W*)+",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(
    r"^\W*(?:\w+\W+){0,4}?(?:(?P<be>is|are|was|were)|do|does|did|can|could|will|would|should|has|have|had)\b\W*",
    re.IGNORECASE,
)
_DETERMINER = re.compile(r"\b(?:the|a|an|my|our|your)\b", re.IGNORECASE)
# A word left over at the end of a question, once what it asks for has gone to its front.
_STRANDED = re.compile(
    r"(?:about|for|in|on|at|of|with|to|from|by|like|called|used|named|there|\w+ed)", re.IGNORECASE
)
_PREPOSITION = re.compile(
    r"(?<!\s)\s++(?:about|for|in|on|at|with|to|from|by|as|before|after|during|when|all|every|each)\b.*",
    re.IGNORECASE | re.DOTALL,
)
# More words than this are a clause, and no name of a thing.
_LONGEST_TOPIC = 7
_LONGEST_PLACE = 12  # signs
# "Jobs are in London", said of them, are jobs in London.
_IS_IN = re.compile(r"\b(?:is|are|was|were) (?=(?:in|at|on|from|near|outside|not)\b)", re.IGNORECASE)
_TAIL = re.compile(r"(?<!\W)\W*+(?:\b(?:is|are) there)?\W*+$", re.IGNORECASE)


def standalone(question: str, history: Sequence[str]) -> str:
    """Return the question as it is to be searched; ``history`` is the user's questions, oldest first."""
    asked = [earlier.strip() for earlier in history if earlier.strip()]
    if not asked:
        return question
    before = standalone(asked[-1], asked[-2:-1])
    if moved := _moved_in_chinese(before, question):
        return moved
    if _CHINESE.search(question):
        return f"{before} {question}"
    if about := _WHAT_ABOUT.match(question):
        return _moved(before, about["rest"]) or question
    if turn := _DEMONSTRATIVE.match(question):
        topic = _topic(before)
        return f"{turn['before']}{topic}{turn['after']}" if topic else f"{before} {question}"
    pronoun = _PRONOUN.search(question)
    if pronoun is None or _names_something(question[: pronoun.start()]):
        return question
    topic = _topic(before, whole=pronoun["plural"] is not None)
    if not topic:
        return f"{before} {question}"
    if pronoun["plural"] and question[: pronoun.start()].endswith("of ") and not _DETERMINER.match(topic):
        topic = f"the {topic}"
    if pronoun.group().lower() in _POSSESSIVE:
        topic += "'" if topic.endswith("s") else "'s"
    return question[: pronoun.start()] + topic + question[pronoun.end() :]


def leans(question: str) -> bool:
    """Tell whether a question speaks of one thing that it does not name."""
    pronoun = _PRONOUN.search(question)
    return bool(
        (pronoun and not pronoun["plural"])
        or _DEMONSTRATIVE.match(question)
        or _CHINESE.search(question)
        or _CHINESE_THIS.search(question)
    )


def _topic(question: str, *, whole: bool = False) -> str:
    """Return what a question is about: all of it but the asking, or the first thing it names.

    Empty where it is not sure where the name of the thing ends.
    """
    asking = _ASKING.match(question)
    rest = question[asking.end() :] if asking else question
    if whole:
        return _IS_IN.sub("", _TAIL.sub("", rest), count=1)
    name = _NAME.search(rest)
    thing = _thing(question)
    return thing or (name.group() if name else "")


def _thing(question: str) -> str:
    """Return the thing that a question without a name is about, with its article; empty where not sure.

    "What is the lamp made of?" → the lamp; "Who founded the bakery?" → the bakery;
    "What does the keeper do?" → the keeper.
    """
    auxiliary = _AUXILIARY.match(question)
    rest = _TAIL.sub("", question[auxiliary.end() :] if auxiliary else question)
    determiner = _DETERMINER.search(rest)
    if auxiliary and auxiliary["be"]:
        thing = _without_stranded(rest)
        sure = bool(determiner and determiner.start() == 0) or not _NAME.search(thing)
    elif auxiliary:
        # The verb stands behind the thing, and what belongs to it behind that.
        words = _PREPOSITION.sub("", _without_stranded(rest)).split()
        thing = " ".join(words[:-1])
        sure = bool(determiner and determiner.start() == 0 and 2 < len(words) < 5 and not _NAME.search(rest))
    else:
        thing = rest[determiner.start() :] if determiner else ""
        sure = True
    return thing if sure and len(thing.split()) <= _LONGEST_TOPIC else ""


def _without_stranded(text: str) -> str:
    """Return a text without the words that are left over at its end."""
    words = list(re.finditer(r"\S+", text))
    if not words:
        return text
    last = re.sub(r"(?<!\W)\W+$", "", words[-1][0])
    kept, least = len(words), 0 if text[0].isspace() else 1
    while kept > least and _STRANDED.fullmatch(last if kept == len(words) else words[kept - 1][0]):
        kept -= 1
    if kept == len(words):
        return text
    return text[: words[kept - 1].end()] if kept else ""


def _moved_in_chinese(before: str, question: str) -> str:
    """Return the question before, asked of the place that this one names; empty where it names none."""
    about = _CHINESE_WHAT_ABOUT.match(question)
    if about is None or about["rest"] not in chinese_places() or not CHINESE.search(before):
        return ""
    pieces = (
        run[0][i:j]
        for run in re.finditer("[\u3400-\u9fff]+", before)
        for i in range(len(run[0]))
        for j in range(i + 2, min(i + _LONGEST_PLACE, len(run[0])) + 1)
    )
    earlier = max((piece for piece in pieces if piece in chinese_places()), key=len, default="")
    return before.replace(earlier, about["rest"]) if earlier else f"在{about['rest']}{before}"


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
