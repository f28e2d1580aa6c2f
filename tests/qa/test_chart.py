import numpy as np
import pytest

from qa import QA
from qa.chart import principal_axes


def test_the_axes_are_those_of_the_greatest_spread() -> None:
    rows = np.array([[0.0, -3.0, 0.0], [0.0, 3.0, 0.0], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])

    axes = principal_axes(rows)

    assert axes == pytest.approx(np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]))


def test_every_passage_is_a_point_that_says_where_it_is_from(bot: QA) -> None:
    drawn = bot.chart()

    assert len(drawn.points) == drawn.total == bot.passages
    assert {point.document_id for point in drawn.points} == {document.id for document in bot.documents()}
    assert drawn.question is None
    assert bot.chart() == drawn


def test_a_question_stands_among_its_hits(bot: QA) -> None:
    hits = bot.retrieve("Who has kept the lamp?", k=3)

    drawn = bot.chart("Who has kept the lamp?", hits)

    assert [(point.rank, point.document_id) for point in drawn.hits] == [
        (h.rank, h.document_id) for h in hits
    ]
    assert {(p.x, p.y) for p in drawn.hits} <= {(p.x, p.y) for p in drawn.points}
    assert drawn.question is not None


def test_of_many_passages_an_even_sample_is_drawn(bot: QA, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.chart.MOST", 3)

    drawn = bot.chart()

    assert (len(drawn.points), drawn.total) == (3, bot.passages)
