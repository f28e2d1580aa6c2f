import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa import QA, Answer, Citation

CITATION = Citation(1, "It  is.", "a.md", "A", "a.md", 3, 10, also_in=("b.md",))


def test_an_answer_without_the_citation_of_its_mark_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="same numbers"):
        Answer("q", "q", "It is. [1] [2]", (CITATION,), (), 0.9, "answered")


def test_an_answer_that_says_it_is_answered_has_citations() -> None:
    with pytest.raises(ValueError, match="exactly when"):
        Answer("q", "q", "It is.", (), (), 0.9, "answered")


def test_markdown_ends_with_the_sources() -> None:
    answer = Answer("q", "q", "It is. [1]", (CITATION,), (), 0.9, "answered")
    assert answer.to_markdown() == (
        'It is. [1]\n\n[1] A (a.md, characters 3 to 10; also in b.md)\n    "It is."'
    )


def test_an_answer_is_plain_json(bot: QA) -> None:
    answer = bot.ask("Who has kept the lamp since 1987?")
    assert json.loads(json.dumps(answer.to_dict())) == answer.to_dict()
    assert answer.to_dict()["answered"] is answer.answered


WORDS = st.sampled_from(
    [
        "who",
        "has",
        "kept",
        "the lamp",
        "since 1987",
        "where is",
        "it",
        "keeper",
        "job",
        "cook",
        "bread",
        "how many",
        "jobs",
        "are in",
        "Denmark",
        "C++",
        "灯塔",
        "入职日期",
        "是什么时候",
        "?",
        "[1]",
        "list",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS, min_size=1, max_size=8), history=st.lists(WORDS, max_size=2))
def test_every_quote_is_exact_and_every_mark_has_its_citation(
    bot: QA, words: list[str], history: list[str]
) -> None:
    answer = bot.ask(" ".join(words), history)
    quoted = [bot.document(c.document_id).text[c.start : c.end] == c.quote for c in answer.citations]
    assert all(quoted)
    assert 0 <= answer.confidence <= 1
    assert {hit.passage_id for hit in answer.hits} >= {c.passage_id for c in answer.citations}
