from math import isclose

import pytest

from qa.lexical import BM25Index
from qa.ranking import (
    PASSAGE_WEIGHTS,
    SENTENCE_WEIGHTS,
    PassageWords,
    SentenceWords,
    Weighting,
    Words,
    passage_parts,
    passage_score,
    sentence_parts,
    sentence_score,
)

# Each term stands in one of two passages, so all weigh the same.
LEXICAL = BM25Index([["lamp", "turn"], ["bread", "oven"]])


def words(*sentences: str) -> PassageWords:
    lines = [SentenceWords.of(sentence, sentence.rstrip(".").split()) for sentence in sentences]
    return PassageWords.of([term for s in sentences for term in s.rstrip(".").split()], lines)


def test_a_share_is_of_the_questions_weight() -> None:
    weighting = Weighting(["lamp", "turn", "bread", "oven"], LEXICAL)
    assert isclose(weighting.share(Words.of(["lamp", "bread", "sea"])), 0.5)


def test_a_longer_term_that_begins_alike_counts_half() -> None:
    assert isclose(Weighting(["invasion"], LEXICAL).share(Words.of(["invaded"])), 0.0)
    assert isclose(Weighting(["keeping"], LEXICAL).share(Words.of(["keepings"])), 0.5)


def test_a_sentence_is_helped_by_the_one_before_it() -> None:
    weighting = Weighting(["lamp", "oven"], LEXICAL)
    assert weighting.held(words("lamp sea", "oven sea").sentences) == pytest.approx([0.5, 0.75])


def test_neighbouring_terms_count_where_they_are_neighbours() -> None:
    weighting = Weighting(["lamp", "turn", "oven"], LEXICAL)
    assert isclose(weighting.bigram(words("lamp turn sea oven").pairs), 0.5)


def test_a_question_without_terms_has_no_share_of_anything() -> None:
    weighting = Weighting([], LEXICAL)
    assert (weighting.share(Words.of(["lamp"])), weighting.bigram(frozenset())) == (0.0, 0.0)


@pytest.mark.parametrize("leg", PASSAGE_WEIGHTS)
def test_every_leg_can_change_the_order_of_passages(leg: str) -> None:
    same = dict.fromkeys(PASSAGE_WEIGHTS, 0.5)
    assert passage_score({**same, leg: 0.6}) > passage_score(same)


@pytest.mark.parametrize("part", SENTENCE_WEIGHTS)
def test_every_feature_can_change_the_order_of_sentences(part: str) -> None:
    same = dict.fromkeys(SENTENCE_WEIGHTS, 0.5)
    assert sentence_score(0.5, {**same, part: 0.6}) != sentence_score(0.5, same)


def test_the_parts_of_a_passage_are_worked_out_by_hand() -> None:
    weighting = Weighting(["lamp", "turn"], LEXICAL)
    parts = passage_parts(weighting, words("lamp turn", "sea"), dense=0.4, cosines=[0.7, 0.2], bm25=0.3)
    assert parts == {"dense": 0.4, "sentence": 0.7, "bm25": 0.3, "share": 1.0, "held": 1.0, "bigram": 1.0}


@pytest.mark.parametrize(
    ("sentence", "repeats"),
    [
        ("The lamp turns once in nine seconds by night", 0.0),
        ("The lamp turns.", 1.0),
        ("US, WA, Seattle", 1.0),
        ('Figure from "The lamp that turns, and who turns it by night".', 1.0),
        ("“The lamp turns, and the keeper sleeps in the tower.”", 0.0),
        ("入职日期:2026年6月及之前", 0.0),
    ],
)
def test_labels_and_captions_that_repeat_the_question_are_told_from_statements(
    sentence: str, repeats: float
) -> None:
    from qa.lexical import analyse

    weighting = Weighting(analyse("Where does the lamp turn?"), LEXICAL)
    line = SentenceWords.of(sentence, analyse(sentence))
    passage = PassageWords.of(analyse(sentence), [line])
    (parts,) = sentence_parts("Where does the lamp turn?", weighting, passage, [sentence], cosines=[0.5])
    assert max(parts["label"], parts["repeat"]) == repeats
