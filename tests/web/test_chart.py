from embeddings.corpus import Document
from qa.chart import Chart, Point
from tests.web.answers import HOSTILE
from web.chart import chart
from web.figures import figures

POINTS = (Point(0.0, 0.0, "a.md", "A", "one"), Point(2.0, 1.0, "b.md", HOSTILE, HOSTILE))
DOCUMENTS = [
    Document(id="a.md", text="one", title="A", source="a.md", metadata={"kind": "guide"}),
    Document(id="b.md", text="two", title="B", source="b.md", metadata={"kind": "job"}),
]


def test_a_sample_says_that_it_is_one() -> None:
    assert "2 of 5,000 passages are shown" in chart(Chart(POINTS, 5_000), DOCUMENTS)


def test_kinds_have_their_own_colours() -> None:
    drawn = chart(Chart(POINTS, 2), DOCUMENTS)

    assert drawn.count("#0072b2") == drawn.count("#e69f00") == 2  # the dot, and its line in the legend


def test_what_a_document_says_is_escaped() -> None:
    drawn = chart(Chart(POINTS, 2, (1.0, 1.0), POINTS[1:]), DOCUMENTS, question=HOSTILE)

    assert "<script>" not in drawn
    assert "<img" not in drawn


def test_a_single_passage_can_be_drawn() -> None:
    assert chart(Chart(POINTS[:1], 1), DOCUMENTS[:1]).count("<circle") == 1


def test_figures_that_are_not_as_they_should_be_are_left_out() -> None:
    kept = {"time": HOSTILE, "measured": [3, {"name": HOSTILE, "groups": {"all": [{"name": HOSTILE}, 4]}}]}

    drawn = figures(kept)  # type: ignore[arg-type]

    assert "<script>" not in drawn
    assert drawn.count("<tr>") == 1
