"""What passages say, as the terms that were kept when they were embedded.

Ranking needs of thirty passages only the terms that a question can meet: its own, and those that begin
alike. They are picked out of all tokens at once, by their places in the vocabulary. The passages that
are quoted are read whole.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from embeddings.abbreviations import Abbreviations, spell_out
from embeddings.part import starts_of
from embeddings.remembering import remembered
from embeddings.snapshot import Snapshot
from qa.ranking import PassageWords, SentenceWords, Words

# Passages whose terms are kept in memory once they were read whole.
_REMEMBERED = 1_000
_PREFIX = 5
_NONE: frozenset[str] = frozenset()
_SILENT = SentenceWords(Words(_NONE, _NONE), _NONE, label=False)


class PassageTerms:
    """The terms of a snapshot's passages. Never changes; safe to share between threads."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._abbreviations = Abbreviations(snapshot.abbreviations)
        self._first_term = starts_of([part.terms for part in snapshot.parts]).tolist()
        self.whole = remembered(self._whole, most=_REMEMBERED)

    def meeting(self, terms: Sequence[str], rows: Sequence[int]) -> list[PassageWords]:
        """Return of each passage the words that a question of these terms can meet."""
        concerned = self._abbreviations.alike(terms)
        low, high = self._places(terms, concerned)
        several = [self._tokens(row) for row in rows]
        tokens = np.concatenate([own for _, own in several])
        run = low.searchsorted(tokens, side="right") - 1
        met = np.flatnonzero(tokens < high[run])
        names = [self._snapshot.lexicon.term(place) for place in tokens[met].tolist()]
        lengths = [length for edges, _ in several for length in edges]
        cuts = met.searchsorted(np.cumsum([0, *lengths])).tolist()
        places = met.tolist()
        found, piece = [], 0
        alike: dict[tuple[str, ...], SentenceWords] = {(): _SILENT}
        for edges, _ in several:
            first = piece
            piece += len(edges)
            held = [names[cuts[n] : cuts[n + 1]] for n in range(first, piece)]
            found.append(self._met(held, places[cuts[first] : cuts[piece]], concerned, alike))
        return found

    def _met(
        self,
        held: Sequence[list[str]],
        places: Sequence[int],
        concerned: dict[str, tuple[str, ...]],
        alike: dict[tuple[str, ...], SentenceWords],
    ) -> PassageWords:
        """Join what a passage's pieces hold: its heading path, its sentences, its metadata."""
        named = [name for piece in held for name in piece]
        pairs = {(named[n], named[n + 1]) for n in range(len(named) - 1) if places[n] + 1 == places[n + 1]}
        said = held[-1]
        text = named[: len(named) - len(said)]
        spelt = spell_out(text, concerned) if concerned else text
        pairs.update(pairwise(spelt[len(text) :]))
        sentences = []
        for terms in map(tuple, held[1:-1]):
            if terms not in alike:
                words = Words.of(spell_out(terms, concerned) if concerned else terms)
                alike[terms] = SentenceWords(words, _NONE, label=False)
            sentences.append(alike[terms])
        return PassageWords(Words.of([*spelt, *said]), frozenset(pairs), tuple(sentences))

    def _whole(self, row: int) -> PassageWords:
        """Return all words of a passage, and of its sentences."""
        held = [[self._snapshot.lexicon.term(place) for place in piece] for piece in self._pieces(row)]
        passage = self._snapshot.passages[row]
        text = self._snapshot.documents[passage.document_id].text
        sentences = [
            SentenceWords.of(text[span.start : span.end], self._spelt(terms))
            for span, terms in zip(passage.sentences, held[1:-1], strict=True)
        ]
        said = self._spelt([term for piece in held[:-1] for term in piece])
        return PassageWords.of([*said, *held[-1]], sentences)

    def _spelt(self, terms: Sequence[str]) -> list[str]:
        return spell_out(terms, self._abbreviations.concerning(terms))

    def _pieces(self, row: int) -> list[list[int]]:
        """Return the places of a passage's terms: heading path, sentences, and what its metadata says."""
        lengths, places = self._tokens(row)
        ends = np.cumsum(lengths).tolist()
        return [places[a:b].tolist() for a, b in pairwise([0, *ends])]

    def _tokens(self, row: int) -> tuple[list[int], NDArray[np.int32]]:
        """Return how many terms each of a passage's pieces has, and the places of them all."""
        number, own = self._snapshot.part_of(row)
        part, start = self._snapshot.parts[number], self._first_term[number]
        edges, tokens = part.tokens_of(own)
        return edges, self._snapshot.lexicon.numbers[start:][tokens]

    def _places(
        self, terms: Sequence[str], concerned: Mapping[str, tuple[str, ...]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the runs of the vocabulary that hold what a question can meet: where they begin and end."""
        lexicon = self._snapshot.lexicon
        alike = [lexicon.beginning(term[:_PREFIX]) for term in terms if len(term) >= _PREFIX]
        wanted = {*terms, *concerned, *(term for long in concerned.values() for term in long)}
        exact = [range(place, place + 1) for term in wanted if (place := lexicon.place(term)) >= 0]
        runs = [range(0)]
        for run in sorted((*alike, *exact), key=lambda run: run.start):
            if run.start < runs[-1].stop:
                runs[-1] = range(runs[-1].start, max(run.stop, runs[-1].stop))
            else:
                runs.append(run)
        return np.array([run.start for run in runs]), np.array([run.stop for run in runs])
