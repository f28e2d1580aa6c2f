import random
import string
from bisect import bisect_left

import pytest

from embeddings.lexicon import Lexicon, Postings, lexicon_columns

# Accents, signs and Chinese among them; some hundreds, so that they are more than one stretch of terms.
_LETTERS = string.ascii_lowercase[:6] + "é+中文"


def lexicon_of(terms: list[str]) -> Lexicon:
    return Lexicon(lexicon_columns([Postings.of([[term] for term in terms])], {}), passages=len(terms))


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 128, 1_000])
def test_every_term_has_its_place_and_no_other_word_has_one(count: int) -> None:
    chance = random.Random(count)
    words = {"".join(chance.choices(_LETTERS, k=chance.randint(1, 7))) for _ in range(3 * count + 9)}
    held, absent = sorted(words)[1::2][:count], sorted(words)[::2]
    lexicon = lexicon_of(held)
    ordered = sorted(held, key=str.encode)
    assert [lexicon.place(term) for term in ordered] == list(range(len(held)))
    assert {lexicon.place(term) for term in absent} <= {-1}


def test_terms_that_begin_alike_lie_together() -> None:
    words = sorted({a + b + c for a in _LETTERS for b in _LETTERS for c in _LETTERS}, key=str.encode)
    lexicon = lexicon_of(words)
    for prefix in ("a", "ab", "abc", "é", "中", "文", "+", "z", "abcd", ""):
        first = bisect_left([word.encode() for word in words], prefix.encode())
        alike = [word for word in words if word.startswith(prefix)]
        assert lexicon.beginning(prefix) == range(first, first + len(alike))
