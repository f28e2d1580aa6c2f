"""The words of a question over metadata, each with what it means, in English and in Chinese.

    "Which jobs are not in the US?"  → which · kind · verb · not · filler · filler · value
    "伦敦有几个职位？"                  → value · filler · count · kind

English is read word by word, Chinese by the longest word that is known at each place. A word that is
none of these is unknown, and then the question is not one over metadata.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from embeddings.corpus import Document
from qa.gazetteer import CHINESE, chinese_places, names_of_language
from qa.lexical import STOPWORDS, analyse
from qa.places import PLACE_KEYS, as_text, place_names
from qa.words import ANY_KIND, KEY_WORDS, KIND_WORDS, MEANINGS, PLACE_WORDS, THINGS, VALUE_WORDS, Meaning

_WORD = re.compile(
    r"(?P<chinese>[\u3400-\u9fff]+)|(?P<sign>[,，、])|(?P<latin>[^\s,;:?!()\"“”。，、；：？！（）\u3400-\u9fff]+)"
)
_LATIN = re.compile(r"\w+")
_POSSESSIVE = re.compile(r"'s$|(?<=s)'$")
# A piece of a Chinese title names its document from so many signs on.
_PIECE = 2
_LONGEST = 40
_LONGEST_NAME = 6  # words


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question, or a few of them that mean one thing.

    ``terms`` choose the documents that have them all; ``start`` and ``end`` are its place in the
    question. ``named`` says that it stands for documents like a noun would, "bakers", and ``thing`` that
    it does for one, "the internship"; no "Leeds" ever does.
    """

    meaning: Meaning
    said: str
    start: int
    end: int
    terms: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    named: bool = False
    thing: bool = False


class Vocabulary:
    """The words by which questions can speak of some documents' metadata."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self.terms = {document.id: terms_of(document) for document in documents}
        self._all = frozenset().union(*self.terms.values())
        self._names = _names_of(documents)
        self._any_kind = frozenset(term for word in ANY_KIND for term in analyse(word))
        values = {as_text(d.metadata[key]) for d in documents for key in d.metadata if not _is_place(d, key)}
        self._spelt = frozenset(word.casefold() for value in values for word in re.findall(r"[\w-]+", value))
        kinds = sorted({str(d.metadata["kind"]) for d in documents if "kind" in d.metadata})
        self._kinds = _by_word({kind: kind for kind in kinds}, KIND_WORDS)
        keys = sorted({key for document in documents for key in document.metadata})
        self._keys = _by_word({key: re.sub(r"[._-]", " ", key) for key in keys}, KEY_WORDS)
        for word in PLACE_WORDS:
            self._keys.setdefault(word, tuple(key for key in PLACE_KEYS if key in keys))
        pairs = (analyse(document.title) for document in documents)
        self.title_pairs = frozenset(pair for title in pairs for pair in pairwise(title))

    def read(self, question: str) -> list[Word]:
        """Return the words of a question in their order."""
        return list(self._words(question.replace("’", "'")))

    def _words(self, question: str) -> Iterator[Word]:
        end = 0
        for match in _WORD.finditer(question):
            if match.start() < end:
                continue
            if match["chinese"]:
                yield from self._chinese(match[0], match.start())
            elif match["sign"]:
                yield Word("and", match[0], *match.span())
            else:
                if name := self._name(question, match.start()):
                    end = match.start() + len(name)
                    yield Word("value", name, match.start(), end, frozenset(analyse(f"a {name}")))
                    continue
                phrase = _ENGLISH.match(question, match.start())
                if phrase and not _is_name(phrase[0], question):
                    end = phrase.end()
                    yield Word(MEANINGS[phrase[0].casefold()], phrase[0], *phrase.span())
                    continue
                yield from self._english(match[0].rstrip("."), match.start(), question)

    def _name(self, question: str, start: int) -> str:
        """Return the longest name of words that begins here: "states" in "United States" is no key."""
        first = _LATIN.match(question, start)
        for name in self._names.get(first[0].casefold(), ()) if first else ():
            said = question[start : start + len(name)]
            if said.casefold() == name and not _LATIN.match(question, start + len(name)):
                return said
        return ""

    def _english(self, said: str, start: int, question: str) -> Iterator[Word]:
        bare = _POSSESSIVE.sub("", said)
        # A word in capitals is a name only among others: "jobs in OR".
        terms = frozenset(analyse(f"a {bare}" if question != question.upper() else bare))
        end = start + len(said)
        keys = self._known(self._keys, terms)
        kinds = frozenset(self._known(self._kinds, terms))
        known = terms <= self._all
        word = bare.casefold()
        named = word.endswith("s") and word not in self._spelt and word[:-1] in self._spelt
        if not terms or (word in STOPWORDS and not _is_name(bare, question)):
            yield Word("filler", said, start, end)
        elif kinds or terms & self._any_kind:
            yield Word("kind", said, start, end, terms, keys, kinds, named=bare.endswith("s"))
        elif keys:
            yield Word("key", said, start, end, terms, keys)
        else:
            yield Word(
                "value" if known else "unknown", said, start, end, terms, named=named, thing=word in THINGS
            )
        if bare != said:
            yield Word("of", said[len(bare) :], end, end)

    def _known(self, words: dict[str, tuple[str, ...]], terms: frozenset[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for term in sorted(terms) for name in words.get(term, ())))

    def _chinese(self, run: str, offset: int) -> Iterator[Word]:
        at = 0
        while at < len(run):
            word = self._longest(run, at)
            yield Word(
                word.meaning, word.said, offset + at, offset + at + len(word.said),
                word.terms, word.keys, word.kinds, word.named,
            )  # fmt: skip
            at += len(word.said)

    def _longest(self, run: str, at: int) -> Word:
        """Return the longest word that begins here: one that is known, or a piece of a title."""
        most = min(len(run) - at, _LONGEST)
        longest = next((n for n in range(most, 0, -1) if run[at : at + n] in self._signs), 0)
        found = self._signs[run[at : at + longest]] if longest else Word("unknown", run[at], 0, 1)
        if found.meaning not in ("unknown", "kind", "key", "value", "place"):
            return found
        for n in range(most, max(longest, _PIECE - 1), -1):
            piece = run[at : at + n]
            if piece in self._titles:
                return Word("value", piece, 0, n, frozenset(analyse(piece)), named=True)
        return found

    @cached_property
    def _titles(self) -> str:
        said = [document.title for document in self._documents]
        return "\n".join(text for text in said if CHINESE.search(text))

    @cached_property
    def _signs(self) -> dict[str, Word]:
        """Return every Chinese word that is known."""
        known: dict[str, Word] = {name: Word("place", name, 0, 0) for name in chinese_places()}
        for document in self._documents:
            places = frozenset(place_names(document))
            for name in self.terms[document.id]:
                if len(name) > 1 and CHINESE.match(name):
                    known[name] = Word("value", name, 0, 0, frozenset([name]), named=name not in places)
        for group in KIND_WORDS:
            kinds = frozenset(kind for word in group.split() for kind in self._kinds.get(word, ()))
            if kinds or group is KIND_WORDS[2]:
                known |= {w: Word("kind", w, 0, 0, kinds=kinds) for w in group.split() if CHINESE.match(w)}
        for name, keys in self._keys.items():
            if CHINESE.match(name):
                known[name] = Word("key", name, 0, 0, keys=keys)
        return known | {sign: Word(MEANINGS[sign], sign, 0, 0) for sign in MEANINGS if CHINESE.match(sign)}


def terms_of(document: Document) -> frozenset[str]:
    """Return what may choose a document: terms of title and values, whole Chinese values, other names."""
    texts = [document.title, *(as_text(value) for value in document.metadata.values())]
    texts += place_names(document)
    texts += names_of_language(as_text(document.metadata.get("language", "")))
    terms = {term for text in texts for term in analyse(text)}
    terms |= {text for text in texts[1:] if CHINESE.search(text)}
    for words, alike in _values_alike():
        if any(word <= terms for word in words):
            terms |= alike
    return frozenset(terms)


@lru_cache(maxsize=1)
def _values_alike() -> tuple[tuple[tuple[frozenset[str], ...], frozenset[str]], ...]:
    """Return for each line of values that mean the same the terms of each word, and all of them."""
    lines = [[frozenset(_as_term(word)) for word in group.split()] for group in VALUE_WORDS]
    return tuple((tuple(words), frozenset().union(*words)) for words in lines)


def _names_of(documents: Sequence[Document]) -> dict[str, list[str]]:
    """Return the names of several words that places and values have, by the first word, longest first."""
    values = (as_text(value) for document in documents for value in document.metadata.values())
    places = (name for document in documents for name in place_names(document))
    found: dict[str, list[str]] = {}
    for name in sorted({name.casefold() for name in (*values, *places)}, key=len, reverse=True):
        words = _LATIN.findall(name)
        if 1 < len(words) <= _LONGEST_NAME and _LATIN.match(name):
            found.setdefault(words[0], []).append(name)
    return found


def _by_word(names: dict[str, str], groups: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the names, of kinds or keys, that each word can mean."""
    found: dict[str, dict[str, None]] = {}
    for name, spoken in names.items():
        own = set(analyse(spoken))
        words = own | {spoken}
        for group in groups:
            if any(own & _as_term(word) for word in group.split()) or spoken in group.split():
                words |= {term for word in group.split() for term in _as_term(word)}
        for word in words:
            found.setdefault(word, {})[name] = None
    return {word: tuple(meant) for word, meant in found.items()}


def _as_term(word: str) -> set[str]:
    return set(analyse(word)) if word.isascii() else {word}


def _is_place(document: Document, key: str) -> bool:
    return key in PLACE_KEYS and key in document.metadata


def _is_name(word: str, question: str) -> bool:
    """Tell whether a function word is written as a name: OR, IT, US."""
    return len(word) > 1 and word.isupper() and question != question.upper()


_ENGLISH = re.compile(
    rf"(?:{'|'.join(re.escape(w) for w in sorted(MEANINGS, key=len, reverse=True) if w.isascii())})"
    r"(?![\w'-])",
    re.IGNORECASE,
)
