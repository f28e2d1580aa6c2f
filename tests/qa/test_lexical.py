"""The analyser's terms and BM25's scores, with values worked out by hand."""

import subprocess
import sys
from math import log

import numpy as np
import pytest

from qa.lexical import BM25Index, analyse


def test_words_are_folded_and_stemmed_and_function_words_dropped() -> None:
    assert analyse("What do the Graph neural NETWORKS produce?") == ["graph", "neural", "network", "produc"]


def test_programming_languages_keep_their_signs() -> None:
    assert analyse("R, C, C++, C# and .NET") == ["r", "c", "c++", "c#", "net", ".net"]


def test_a_number_sign_that_leads_to_a_number_is_no_part_of_a_name() -> None:
    assert analyse("room#5") == ["room", "5"]


def test_a_range_keeps_its_dash_whichever_dash_it_is() -> None:
    assert analyse("4-5 or 4–5") == ["4", "5", "4-5", "4", "5", "4-5"]


def test_a_hyphenated_name_is_found_with_and_without_its_hyphen() -> None:
    assert analyse("GPT-4 GPT4 GPT-3.5") == ["gpt", "4", "gpt4", "gpt4", "gpt", "3.5", "gpt3.5"]


def test_a_compound_gives_its_parts_and_its_whole() -> None:
    assert analyse("time-series A/B AT&T") == ["time", "seri", "timeseri", "b", "a/b", "at&t"]


def test_quantities_keep_number_and_unit() -> None:
    assert analyse("5% of $3.50, 200M") == ["5", "percent", "dollar", "3.50", "200m"]


def test_commas_between_thousands_are_dropped_and_others_part() -> None:
    assert analyse("1,250,000 and 7,8") == ["1250000", "7", "8"]


def test_a_decade_is_its_year() -> None:
    assert analyse("the 1990s, the 1990's") == ["1990", "1990"]


def test_initials_lose_their_points() -> None:
    assert analyse("the U.S. and a Ph.D.") == ["us", "phd"]


def test_a_name_in_capitals_is_not_the_function_word_it_looks_like() -> None:
    assert analyse("Does IT like it?") == ["it", "like"]


def test_a_text_all_in_capitals_has_function_words() -> None:
    assert analyse("HOW DO I FIND IT") == ["find"]


def test_possessives_and_contractions_vanish_with_either_quote() -> None:
    assert analyse("Amazon's Amazon’s teams’ don't don’t we'll") == ["amazon", "amazon", "team"]


def test_accents_ligatures_and_full_width_letters_are_one_form() -> None:
    assert analyse("Fécamp Fe\u0301camp ﬁnd ＡＩ") == ["fecamp", "fecamp", "find", "ai"]


def test_trade_marks_and_soft_hyphens_leave_the_word_whole() -> None:
    assert analyse("Kindle™ re\u00adsearch") == ["kindl", "research"]


def test_chinese_gives_characters_and_their_pairs() -> None:
    assert analyse("应用科学") == ["应", "用", "科", "学", "应用", "用科", "科学"]


def test_chinese_particles_and_question_words_part_the_words_around_them() -> None:
    assert analyse("团队的成员在哪里？") == ["团", "队", "团队", "成", "员", "成员"]


def test_latin_words_inside_chinese_are_words() -> None:
    assert analyse("使用GPT-4模型") == ["使", "用", "使用", "gpt", "4", "gpt4", "模", "型", "模型"]


def test_vowel_signs_do_not_cut_a_word() -> None:
    assert analyse("हिन्दी ভাষা") == ["हिन्दी", "ভাষা"]


@pytest.mark.parametrize("text", ["", " \n", "?! -- … ''", "the of and"])
def test_a_text_without_content_words_has_no_terms(text: str) -> None:
    assert analyse(text) == []


@pytest.fixture
def index() -> BM25Index:
    return BM25Index([["cat", "cat", "dog"], ["dog"], ["fish", "bone"], []], k1=1.0, b=0.5)


def test_a_term_scores_its_idf_times_its_saturated_frequency(index: BM25Index) -> None:
    # Average length 6 / 4 = 1.5. "cat" is in 1 of 4 passages: idf = ln(1 + 3.5 / 1.5).
    # Passage 0 has 3 terms, "cat" twice: 2 / (2 + 1.0 × (0.5 + 0.5 × 3 / 1.5)) = 2 / 3.5.
    assert index.score(["cat"]) == pytest.approx([log(1 + 3.5 / 1.5) * 2 / 3.5, 0, 0, 0])


def test_a_term_said_twice_counts_once(index: BM25Index) -> None:
    assert index.score(["cat", "dog", "cat"]).tolist() == index.score(["dog", "cat"]).tolist()


def test_scores_of_chosen_rows_come_in_their_order(index: BM25Index) -> None:
    whole = index.score(["dog"])
    assert index.score(["dog"], rows=np.array([1, 3, 0])).tolist() == [whole[1], 0, whole[0]]


def test_unknown_terms_and_no_terms_score_nothing(index: BM25Index) -> None:
    assert index.score(["salary"]).tolist() == [0, 0, 0, 0]
    assert index.score([]).tolist() == [0, 0, 0, 0]
    assert index.score([]).dtype == np.float32


def test_a_rarer_term_weighs_more_and_an_unknown_one_most(index: BM25Index) -> None:
    assert index.idf("dog") == pytest.approx(log(1 + 2.5 / 2.5))
    assert index.idf("cat") == pytest.approx(log(1 + 3.5 / 1.5))
    assert index.idf("salary") == pytest.approx(log(1 + 4.5 / 0.5))


def test_a_score_never_exceeds_the_idf_of_its_terms() -> None:
    index = BM25Index([["cat"] * 1000, ["dog"]])
    assert 0.9 < index.score(["cat"])[0] / index.idf("cat") < 1


def test_the_vocabulary_counts_the_passages_of_a_term(index: BM25Index) -> None:
    assert dict(index.vocabulary) == {"cat": 1, "dog": 2, "fish": 1, "bone": 1}


def test_no_passages_is_an_index_too() -> None:
    index = BM25Index([])
    assert index.score(["cat"]).tolist() == []
    assert dict(index.vocabulary) == {}
    assert index.idf("cat") == pytest.approx(log(2))


def test_passages_without_a_term_score_nothing() -> None:
    assert BM25Index([[], []]).score(["cat"]).tolist() == [0, 0]


def test_a_chinese_passage_is_found_by_a_chinese_question() -> None:
    index = BM25Index([analyse("该职位位于北京，从事语音识别研究。"), analyse("该团队在上海研究推荐系统。")])
    scores = index.score(analyse("哪个职位做语音识别？"))
    assert scores[0] > scores[1]


def test_the_module_loads_neither_stemmer_nor_bm25s() -> None:
    code = "import sys, qa.lexical; print({'Stemmer', 'bm25s'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_scores_are_those_of_bm25s() -> None:
    bm25s = pytest.importorskip("bm25s")
    passages = [[f"t{(row * word) % 23}" for word in range(1, 9 + row % 5)] for row in range(60)]
    numbers = {term: n for n, term in enumerate(sorted({t for terms in passages for t in terms}))}
    theirs = bm25s.BM25(k1=0.9, b=0.7, method="lucene")
    theirs.index(([[numbers[t] for t in terms] for terms in passages], numbers), show_progress=False)
    expected = theirs.get_scores_from_ids(sorted(numbers[t] for t in ("t1", "t7", "t22")))
    assert BM25Index(passages).score(["t22", "t7", "t1"]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("count", [1, 9, 10, 11, 79, 80, 500, 20_000])
@pytest.mark.parametrize("values", [1, 3, 1_000])
@pytest.mark.parametrize("share", [0.001, 0.5, 1])
def test_the_best_are_those_of_all_scores(index: BM25Index, count: int, values: int, share: float) -> None:
    chance = np.random.default_rng(count)
    scores = (chance.integers(1, values + 1, count) * (chance.random(count) < share)).astype(np.float32)
    ordered = np.lexsort((np.arange(count), -scores))
    assert index.best(scores, 10).tolist() == [n for n in ordered.tolist() if scores[n] > 0][:10]


def test_the_best_of_no_known_terms_are_none(index: BM25Index) -> None:
    assert index.best(index.score(["salary"]), 3).tolist() == []


def test_terms_that_begin_alike_are_found(index: BM25Index) -> None:
    other = BM25Index([["printed", "prints", "printing", "press"]])
    assert other.alike("printer") == ["printed", "printing", "prints"]
    assert (index.alike("cat"), index.alike("cow")) == (["cat"], [])
