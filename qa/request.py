"""Words → what a question asks of the metadata, or None where it asks something else.

    "Which jobs in the UK or the US are not internships?"
    → kinds posting, wanted [UK | US], unwanted [internships]

A question is taken only if every one of its words is understood, and if it says what it wants: a kind of
document, a thing that documents are ("bakers"), or, for a value, two neighbouring words of a title.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from qa.language import speaks_chinese
from qa.lexical import analyse
from qa.places import PLACE_KEYS
from qa.vocabulary import Vocabulary, Word
from qa.words import ASKING, CONTINENTS

Terms: TypeAlias = frozenset[str]
Extreme: TypeAlias = Literal["", "most", "fewest"]

# In signs. A longer question says more than which documents it means.
_LONGEST = 500
# A list without a verb, "jobs in Leeds", is at most so long.
_LONGEST_VERBLESS = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """Neighbouring values, of which a document has all, or, where there are many ``terms``, one.

    ``either`` says that the question joins them by "or" alone.
    """

    terms: tuple[Terms, ...]
    either: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a question asks of the metadata.

    ``asked`` are the keys whose values are wanted. ``unknown`` are the words of a place that no
    document has. ``said`` are the question's own words for what is wanted.
    """

    intent: Literal["count", "list"]
    kinds: frozenset[str]
    asked: tuple[str, ...]
    wanted: tuple[Choice, ...]
    unwanted: tuple[Choice, ...]
    extreme: Extreme = ""
    unknown: str = ""
    said: str = ""
    named: bool = False


def request(question: str, vocabulary: Vocabulary, *, missing: Set[str] = frozenset()) -> Request | None:
    """Return what a question asks of the metadata; None where a word of it is not understood.

    ``missing`` are terms that may be unknown, since they name a place.
    """
    if len(question) > _LONGEST:
        return None
    words = [_as_place(word) if _may_be_place(word, missing) else word for word in vocabulary.read(question)]
    chinese = speaks_chinese(question)
    words = words if chinese else _relatives(words)
    if any(word.meaning in ("unknown", "beyond") for word in words):
        return None
    words = [_alone(word, words) for word in words]
    asking = _asking(words, chinese=chinese)
    if asking is None:
        return None
    asked = _asked(words, asking)
    extremes = {word.meaning for word in words} & {"most", "fewest"}
    if asked is None or (extremes and (len(asked) != 1 or len(extremes) > 1)):
        return None
    wanted, unwanted = _choices(words)
    negated = any(word.meaning in ("not", "but") for word in words)
    places = [word for word in words if word.meaning == "place"]
    kinds = {word.kinds for word in words if word.meaning == "kind"}
    if negated and (len(kinds) > 1 or not (unwanted or places)):
        return None
    return Request(
        intent="count" if asking == "count" else "list",
        kinds=frozenset().union(*kinds),
        asked=asked,
        wanted=wanted,
        unwanted=unwanted,
        extreme="most" if "most" in extremes else "fewest" if extremes else "",
        unknown="" if negated else " ".join(word.said for word in places),
        said=_said(question, [word for word in words if word.meaning in ("value", "place")], chinese=chinese),
        named=_names(words, vocabulary, asking, asked),
    )


def _asking(words: Sequence[Word], *, chinese: bool) -> str | None:
    """Return what kind of asking it is; "list" for a list without a verb; None where nothing is asked."""
    meant = [word.meaning for word in words]
    if chinese:
        found = [meaning for meaning in meant if meaning in ASKING]
        if "most" in meant or "fewest" in meant:
            return found[0] if found else None
        for meaning in ("count", "where", "when", "who", "which", "what", "any"):
            if meaning in found:
                return meaning
        return "list" if _names_things(words) and len(words) <= _LONGEST_VERBLESS else None
    first = next((n for n, word in enumerate(words) if word.meaning not in ("filler", "and", "it")), None)
    if first is None:
        return None
    if any(meaning in ("what", "where", "when", "who") for meaning in meant[first + 1 :]):
        return None
    asks = meant[first]
    if asks == "what":
        return _what(words[first + 1 :])
    return asks if asks in ASKING else _verbless(words)


def _what(rest: Sequence[Word]) -> str | None:
    """Return what "what" asks for: never for an explanation, as in "what is a baker"."""
    plain = [word for word in rest if word.meaning != "filler"]
    if not plain:
        return None
    if plain[0].meaning != "verb":
        return "which"
    if any(word.meaning == "count" for word in plain):
        return "count"
    if plain[0].said.casefold() == "are" and any(w.meaning == "kind" and w.named for w in plain):
        return "which"
    of = any(
        {one.meaning, other.meaning} == {"key", "of"} or (one.meaning, other.meaning) == ("it", "key")
        for one, other in pairwise(plain)
    )
    return "what" if of or any(word.meaning in ("most", "fewest") for word in plain) else None


def _verbless(words: Sequence[Word]) -> str | None:
    """Return "list" for a few words that name documents in the plural and say nothing of them."""
    plural = any(word.named and word.said.isascii() for word in words)
    whole = all(word.meaning not in ("verb", *ASKING, "it", "most", "fewest") for word in words)
    return "list" if plural and whole and len(words) <= _LONGEST_VERBLESS else None


def _names_things(words: Sequence[Word]) -> bool:
    """Tell whether Chinese words end in a kind of document, or say a place and end in what is there."""
    last = words[-1]
    own = last.meaning == "value" and last.named and last.terms == {last.said}
    placed = any(word.meaning == "place" or (word.meaning == "value" and not word.named) for word in words)
    return last.meaning == "kind" or (own and placed)


def _relatives(words: Sequence[Word]) -> list[Word]:
    """Return the words with "which" and the like as mere fillers where they do not open the question."""
    opened = False
    done = []
    for word in words:
        late = opened and word.meaning in ("which", "any")
        done.append(_as(word, "verb" if word.said.casefold() == "which" else "filler") if late else word)
        opened = opened or word.meaning not in ("filler", "and", "it")
    return done


def _alone(word: Word, words: Sequence[Word]) -> Word:
    """Return a word that is a kind and a key as the key where another word is the kind, and asks for it."""
    if word.meaning != "kind" or not word.keys:
        return word
    before = [other for other in words if other.end <= word.start and other.meaning != "filler"]
    others = any(other.meaning == "kind" and other is not word for other in words)
    after = next((other for other in words if other.start >= word.end and other.meaning != "filler"), word)
    asks = after.meaning == "of" or (before and before[-1].meaning in ("which", "what", "count", "it"))
    return _as(word, "key") if others and asks else word


def _asked(words: Sequence[Word], asking: str) -> tuple[str, ...] | None:
    """Return the keys whose values are wanted, none where documents are; None where it is not sure."""
    keys: list[str] = []
    plain = [word for word in words if word.meaning not in ("filler", "most", "fewest")]
    for n, word in enumerate(plain):
        if word.meaning != "key":
            continue
        before = plain[n - 1].meaning if n else ""
        after = [other.meaning for other in plain[n + 1 : n + 3]] + ["", ""]
        asks = asking in ("when", "who") or before in (*ASKING, "it", "of") or after[0] in ASKING
        asks = asks or (after[0] == "verb" and after[1] in ASKING)
        if asks or (after[0] == "of" and before != "value"):
            keys += word.keys
        elif "value" not in (before, after[0]) and "place" not in (before, after[0]):
            return None
    if asking == "where":
        return tuple(PLACE_KEYS) if not keys or set(keys) <= set(PLACE_KEYS) else None
    if asking in ("when", "who", "what") and not keys:
        return None
    return tuple(dict.fromkeys(keys))


def _choices(words: Sequence[Word]) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    """Return what is wanted and what is not, each in its choices."""
    wanted: list[_Draft] = []
    unwanted: list[_Draft] = []
    inside, leaves_out, join = False, False, ""
    for word in words:
        if word.meaning == "value":
            into = unwanted if leaves_out else wanted
            if inside:
                into[-1].phrases[-1] |= word.terms
            elif join and into:
                into[-1].phrases.append(word.terms)
                into[-1].joins.add(join)
            else:
                into.append(_Draft([word.terms], set()))
            inside, join = True, ""
            continue
        inside = False
        if word.meaning in ("or", "and"):
            join = word.meaning
        elif word.meaning not in ("filler", "of", "place", "key"):
            join = ""
        if word.meaning == "not":
            leaves_out = True
        elif word.meaning == "but" and wanted and not unwanted:
            unwanted.append(wanted.pop())
        chinese = not word.said.isascii()
        if word.meaning in ("verb", "but") or (chinese and word.meaning in ("of", "kind", "which")):
            leaves_out = False
    return tuple(draft.choice for draft in wanted), tuple(draft.choice for draft in unwanted)


@dataclass(slots=True)
class _Draft:
    """A choice while it is read: its phrases, and the words that join them."""

    phrases: list[Terms]
    joins: set[str]

    @property
    def choice(self) -> Choice:
        return Choice(tuple(self.phrases), either=self.joins == {"or"})


def _names(words: Sequence[Word], vocabulary: Vocabulary, asking: str, asked: Sequence[str]) -> bool:
    """Tell whether a question says which documents it means."""
    meant = {word.meaning for word in words}
    if "kind" in meant:
        # "Sources of law" are no documents.
        return not any(
            word.meaning == "kind" and not word.kinds and after.meaning == "of" and after.said.isascii()
            for word, after in pairwise(words)
        )
    if not meant & {"value", "place", "it"} and asking in ("count", "which"):
        return any(w.meaning == "key" and (w.said.endswith("s") or not w.said.isascii()) for w in words)
    if any(word.named for word in words if word.meaning == "value"):
        return asking != "where" or any(word.named and word.said.isascii() for word in words)
    if asked and any(word.thing for word in words):
        return True
    terms = [term for word in words if word.meaning == "value" for term in analyse(word.said)]
    return bool(asked) and any(pair in vocabulary.title_pairs for pair in pairwise(terms))


def _said(question: str, words: Sequence[Word], *, chinese: bool) -> str:
    return ("" if chinese else " ").join(question[word.start : word.end] for word in words)


def _may_be_place(word: Word, missing: Set[str]) -> bool:
    unknown = word.meaning == "unknown" and bool(word.terms)
    return unknown and word.terms <= missing and word.said.casefold() not in CONTINENTS


def _as_place(word: Word) -> Word:
    return _as(word, "place")


def _as(word: Word, meaning: Literal["place", "verb", "filler", "key"]) -> Word:
    return Word(meaning, word.said, word.start, word.end, word.terms, word.keys, word.kinds, word.named)
