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
# So many scores are sooner gone through than the passages of each term: .1 ms.
_FEW: Final = 16_384


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

    def best(self, terms: Sequence[str], scores: NDArray[np.float32], k: int) -> Rows:
        """Return the rows of the k best scores that are above 0, best first, equal ones by row.

        ``scores`` are those of the same terms. Rare terms are looked at first: once k passages score
        more than all remaining terms can add up to, none that holds only those can be among the best.
        """
        if len(scores) <= _FEW:
            return _ordered(scores, _top(scores, np.flatnonzero(scores), k))
        weights = sorted(
            ((self.idf(term), term) for term in set(terms) if term in self.lexicon), reverse=True
        )
        left = sum(weight for weight, _ in weights)
        found = np.empty(0, dtype=np.int64)
        for weight, term in weights:
            if len(found) >= k and scores[found].min() > left:
                break
            held, _ = self.lexicon.postings(term)
            found = _top(scores, np.union1d(found, _top(scores, held, k)), k)
            left -= weight
        return _ordered(scores, found)


def _ordered(scores: NDArray[np.float32], rows: Rows) -> Rows:
    """Return the rows that score above 0, best first, equal ones by row."""
    found = rows[scores[rows] > 0]
    return found[np.lexsort((found, -scores[found]))]


def _top(scores: NDArray[np.float32], rows: "NDArray[np.int64] | NDArray[np.int32]", k: int) -> Rows:
    """Return the k rows that score best, in no order."""
    if len(rows) <= k:
        return rows.astype(np.int64)
    own = scores[rows]
    least = -np.partition(-own, k - 1)[k - 1]
    above = rows[own > least]
    equal = rows[own == least][: k - len(above)]
    return np.concatenate([above, equal]).astype(np.int64)
