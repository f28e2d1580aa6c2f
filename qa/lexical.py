"""BM25 over the terms of a snapshot's passages: scores, weights of terms, and the best passages."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.analyser import STOPWORDS, analyse
from embeddings.lexicon import K1, B, Lexicon, Postings, lexicon_columns

__all__ = ["STOPWORDS", "BM25Index", "analyse"]

Rows = NDArray[np.int64]
# Words that begin with the same so many letters are taken for forms of one word.
_ALIKE: Final = 5
# Times as many stretches as scores that are wanted.
_STRETCHES: Final = 8


class BM25Index:
    """BM25 scores of a fixed list of passages, each given by its terms."""

    def __init__(self, passages: Sequence[Sequence[str]], *, k1: float = K1, b: float = B) -> None:
        columns = lexicon_columns([Postings.of(passages)], {}, k1=k1, b=b)
        self.lexicon = Lexicon(columns, passages=len(passages))

    @classmethod
    def over(cls, lexicon: Lexicon) -> "BM25Index":
        """Return the index of a snapshot's passages."""
        index = cls.__new__(cls)
        index.lexicon = lexicon
        return index

    @property
    def vocabulary(self) -> Mapping[str, int]:
        """Return each term of the corpus with the number of passages that hold it."""
        return self.lexicon

    def idf(self, term: str) -> float:
        """Return the weight of a term; one that no passage holds weighs most."""
        return self.lexicon.idf(term)

    def alike(self, term: str) -> list[str]:
        """Return the terms of the corpus that a term begins alike with (5 letters), itself included."""
        places = self.lexicon.beginning(term[:_ALIKE]) if len(term) >= _ALIKE else range(0)
        found = [self.lexicon.term(place) for place in places]
        return found if found or term not in self.lexicon else [term]

    def score(self, terms: Sequence[str], rows: Rows | None = None) -> NDArray[np.float32]:
        """Score every passage, or those of ``rows``, in their order; one that shares no term scores 0.

        A term counts once, however often the question says it.
        """
        scores = np.zeros(self.lexicon.passages, dtype=np.float32)
        for term in sorted(set(terms)):
            held, added = self.lexicon.postings(term)
            scores[held] += added
        return scores if rows is None else scores[rows]

    def best(self, scores: NDArray[np.float32], k: int) -> Rows:
        """Return the rows of the k best scores that are above 0, best first, equal ones by row.

        The k-th best of all scores is no less than the k-th best of the highest scores of stretches, so
        all but the few rows that reach that are passed over (a million: 1 ms).
        """
        if k < len(scores):
            stretches = np.arange(0, len(scores), max(1, len(scores) // (_STRETCHES * k)))
            least = np.partition(np.maximum.reduceat(scores, stretches), -k)[-k]
        else:
            least = np.float32(0)
        found = np.flatnonzero(scores >= least) if least > 0 else np.flatnonzero(scores > 0)
        if len(found) > k:  # many may reach it alike
            own = scores[found]
            last = np.partition(own, -k)[-k]
            above, equal = found[own > last], found[own == last]
            found = np.concatenate([above, equal[: k - len(above)]])
        return found[np.lexsort((found, -scores[found]))]
