import json
from dataclasses import replace
from math import log2
from pathlib import Path

import pytest

from qa import QA, InputError
from qa.cases import Case, read_beir, read_questions
from qa.evaluate import evaluate_beir, evaluate_hold_out, evaluate_questions
from qa.metrics import (
    Evaluation,
    Figure,
    Outcome,
    RiskPoint,
    evaluation,
    mean,
    ranking_measures,
    risk_coverage,
    separation,
    share,
)
from tests.hashing_encoder import HashingEncoder

ANSWERED = Outcome("q", "kind", "Who?", "Who?", answerable=True, answered=True, confidence=0.9)
UNANSWERABLE = Outcome("u", "unanswerable", "Why?", "Why?", answerable=False, answered=False, confidence=0.2)

RECORDS = [
    {"_id": "lamp", "title": "Lighthouse", "text": "Mira Holm has kept the lamp since 1987."},
    {"_id": "lens", "title": "Lighthouse", "text": "A storm broke the old lens in 1953."},
    {
        "_id": "ferry",
        "title": "Harbour",
        "text": "The ferry leaves at 7.45 every morning. Tickets cost 12 euros.",
    },
]
QUERIES = [
    {"_id": "1", "text": "Who has kept the lamp since 1987?", "metadata": {"answers": ["mira holm"]}},
    {
        "_id": "2",
        "text": "When does the ferry leave every morning?",
        "metadata": {"answers": ["8.30", "7.45"]},
    },
    {"_id": "3", "text": "Which volcano erupted in Iceland?", "metadata": {"answerable": False}},
    {"_id": "4", "text": "Is this a query of the training set?"},
]
QRELS = "query-id\tcorpus-id\tscore\n1\tlamp\t1\n1\tlens\t0\n2\tferry\t2\n"


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    """A BEIR folder of three documents on two titles, and three test queries."""
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    write(folder / "corpus.jsonl", *RECORDS)
    write(folder / "queries.jsonl", *QUERIES)
    (folder / "qrels" / "test.tsv").write_text(QRELS, encoding="utf-8")
    return folder


def write(file: Path, *records: object) -> Path:
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return file


def ask(bot: QA, tmp_path: Path, **record: object) -> Outcome:
    """Return the outcome of one question."""
    return evaluate_questions(bot, write(tmp_path / "questions.jsonl", record)).outcomes[0]


def test_a_share_has_wilsons_interval() -> None:
    figure = share("answered", [True] * 8 + [False] * 2)
    assert (figure.value, figure.n) == (0.8, 10)
    assert (figure.low, figure.high) == pytest.approx((0.4902, 0.9433), abs=5e-5)


def test_a_share_of_all_does_not_reach_beyond_one() -> None:
    figure = share("answered", [True] * 5)
    assert (figure.value, figure.high) == (1.0, 1.0)
    assert figure.low == pytest.approx(0.5655, abs=5e-5)


def test_a_mean_has_a_bootstrap_interval_that_is_the_same_in_every_run() -> None:
    figure = mean("MRR@10", [0.0, 1.0] * 50)
    assert figure.value == 0.5
    assert (figure.low, figure.high) == pytest.approx((0.4, 0.6), abs=0.02)
    assert mean("MRR@10", [0.0, 1.0] * 50) == figure


def test_a_mean_of_equal_values_is_certain() -> None:
    assert mean("MRR@10", [0.25, 0.25]) == Figure("MRR@10", 0.25, 0.25, 0.25, 2)


def test_auroc_is_the_share_of_pairs_in_order_and_a_tie_counts_half() -> None:
    assert separation("a / b", [0.9, 0.4], [0.5, 0.1]).value == 0.75
    assert separation("a / b", [0.5], [0.5, 0.1]).value == 0.75
    assert separation("a / b", [0.9, 0.8], [0.1]) == Figure("a / b", 1.0, 1.0, 1.0, 3)


def test_a_higher_threshold_covers_less() -> None:
    points = risk_coverage(
        [0.9, 0.7, 0.5, 0.2], [True, False, False, False], thresholds=(0.1, 0.6, 0.8, 0.95)
    )
    assert points == (
        RiskPoint(0.1, 1.0, 0.75),
        RiskPoint(0.6, 0.5, 0.5),
        RiskPoint(0.8, 0.25, 0.0),
        RiskPoint(0.95, 0.0, 0.0),
    )


def test_a_document_found_second_has_half_its_rank() -> None:
    assert ranking_measures([{"x": 1}], [["y", "x"]]) == {
        "recall@1": [0.0],
        "recall@5": [1.0],
        "recall@10": [1.0],
        "MRR@10": [0.5],
        "nDCG@10": [pytest.approx(1 / log2(3))],
    }


def test_graded_documents_are_discounted_by_rank() -> None:
    measures = ranking_measures([{"best": 2, "good": 1}], [["good", "other", "best"]])
    assert measures["recall@1"] == [0.5]
    assert measures["nDCG@10"] == [pytest.approx((1 + 2 / log2(4)) / (2 + 1 / log2(3)))]


def test_a_document_counts_at_its_best_passage_and_none_below_the_tenth() -> None:
    ten = [str(n) for n in range(10)]
    measures = ranking_measures([{"x": 1}, {"x": 1}, {"x": 1}], [["y", "y", "x"], [*ten, "x"], []])
    assert measures["MRR@10"] == [0.5, 0.0, 0.0]
    assert measures["recall@10"] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("outcome", "right"),
    [
        (ANSWERED, True),
        (replace(ANSWERED, answered=False), False),
        (replace(ANSWERED, said=True, cited=True), True),
        (replace(ANSWERED, said=False, cited=True), False),
        (replace(ANSWERED, said=True, cited=False), False),
        (UNANSWERABLE, True),
        (replace(UNANSWERABLE, answered=True), False),
    ],
)
def test_an_answer_is_right_that_holds_all_that_is_known_of_it(outcome: Outcome, right: bool) -> None:
    assert outcome.right is right


@pytest.fixture
def measured() -> Evaluation:
    """Two answered questions, one of them wrong, and one that was declined."""
    right = replace(ANSWERED, said=True, citations=2, ask_ms=10.0, retrieve_ms=4.0)
    wrong = replace(ANSWERED, id="w", said=False, citations=1, inexact=1, confidence=0.5, ask_ms=20.0)
    groups = {"answerable": [right, wrong], "unanswerable": [UNANSWERABLE], "of no question": []}
    return evaluation("set", groups, apart=[("answerable", "unanswerable"), ("answerable", "of no question")])


def test_an_evaluation_is_written_as_tables(measured: Evaluation) -> None:
    assert measured.to_markdown() == (
        "# set\n\n"
        "|  | questions | answered | right | answer in text |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| answerable | 2 | 1.000 [0.342, 1.000] | 0.500 [0.095, 0.905] | 0.500 [0.095, 0.905] |\n"
        "| unanswerable | 1 | 0.000 [0.000, 0.793] | – | – |\n\n"
        "| AUROC of the confidence |  |\n"
        "| --- | --- |\n"
        "| answerable / unanswerable | 1.000 [1.000, 1.000] |\n\n"
        "| answered from a confidence of | coverage | risk |\n"
        "| --- | --- | --- |\n"
        "| 0.5 | 0.667 | 0.500 |\n"
        "| 0.6 | 0.333 | 0.000 |\n"
        "| 0.7 | 0.333 | 0.000 |\n"
        "| 0.8 | 0.333 | 0.000 |\n"
        "| 0.9 | 0.333 | 0.000 |\n"
        "| 0.95 | 0.000 | 0.000 |\n"
        "| 0.99 | 0.000 | 0.000 |\n\n"
        "Citations that are not exact: 1 of 3. Milliseconds a question: 10.0 to ask, 4.0 to retrieve.\n\n"
        "Not right: 1 of 3.\n\n"
        "| id | kind | question | query | answered | confidence | said | cited |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| w | kind | Who? | Who? | True | 0.5 | False | None |\n"
    )


def test_an_evaluation_is_plain_json(measured: Evaluation) -> None:
    told = json.loads(json.dumps(measured.to_dict()))
    assert [figure["value"] for figure in told["groups"]["answerable"]] == [1.0, 0.5, 0.5]
    assert told["auroc"] == [
        {"name": "answerable / unanswerable", "value": 1.0, "low": 1.0, "high": 1.0, "n": 3}
    ]
    assert told["risk_coverage"][1] == {"threshold": 0.6, "coverage": pytest.approx(1 / 3), "risk": 0.0}
    assert (told["citations"], told["inexact"]) == (3, 1)
    assert told["milliseconds"] == {"ask": 10.0, "retrieve": 4.0}
    assert [each["id"] for each in told["wrong"]] == ["w"]


def test_an_answer_is_compared_in_any_case_and_spacing(bot: QA, tmp_path: Path) -> None:
    outcome = ask(
        bot, tmp_path, question="Who has kept the lamp since 1987?", answer=[["mira\nholm", "Ann"], ["1987"]]
    )
    assert (outcome.answered, outcome.said, outcome.first, outcome.right) == (True, True, True, True)


def test_an_answer_that_lacks_one_group_is_wrong(bot: QA, tmp_path: Path) -> None:
    outcome = ask(
        bot, tmp_path, question="Who has kept the lamp since 1987?", answer=[["Mira Holm"], ["Ann"]]
    )
    assert (outcome.answered, outcome.said, outcome.right) == (True, False, False)


def test_a_mark_is_no_number_that_was_said(bot: QA, tmp_path: Path) -> None:
    outcome = ask(bot, tmp_path, question="Who has kept the lamp since 1987?", answer=[["[1]"]])
    assert (outcome.answered, outcome.said) == (True, False)


def test_a_count_must_be_said_as_a_number_of_its_own(bot: QA, tmp_path: Path) -> None:
    assert ask(bot, tmp_path, question="How many jobs are in Skagen?", count=1).said is True
    assert ask(bot, tmp_path, question="Who has kept the lamp since 1987?", count=198).said is False


def test_evidence_must_be_cited_and_is_looked_for_in_the_passages(bot: QA, tmp_path: Path) -> None:
    question = "When did a storm break the old lens?"
    outcome = ask(bot, tmp_path, question=question, evidence=["a storm broke the old lens"])
    assert (outcome.cited, outcome.found[0], outcome.relevant) == (True, "evidence", {"evidence": 1})
    assert ask(bot, tmp_path, question=question, evidence=["no storm at all"]).cited is False


def test_what_is_not_known_is_not_measured(bot: QA, tmp_path: Path) -> None:
    outcome = ask(bot, tmp_path, question="Who has kept the lamp since 1987?")
    assert (outcome.id, outcome.kind, outcome.answerable) == ("1", "question", True)
    assert (outcome.said, outcome.first, outcome.three, outcome.cited) == (None, None, None, None)
    assert (outcome.found, outcome.retrieve_ms) == ((), None)


def test_a_follow_up_is_asked_with_its_history(bot: QA, tmp_path: Path) -> None:
    outcome = ask(
        bot, tmp_path, question="And in Bergen?", history=["Which jobs are in Skagen?"], answer=[["cook"]]
    )
    assert (outcome.query, outcome.said) == ("Which jobs are in Bergen?", True)


def test_a_refusal_that_names_the_answer_has_not_said_it(bot: QA, tmp_path: Path) -> None:
    outcome = ask(bot, tmp_path, question="Which volcano erupted in Iceland?", answer=[["Harbour notes"]])
    assert (outcome.answered, outcome.said) == (False, False)


def test_questions_are_grouped_by_kind(bot: QA, tmp_path: Path) -> None:
    file = write(
        tmp_path / "questions.jsonl",
        {"question": "Who has kept the lamp since 1987?", "kind": "guide", "answer": [["Mira"]]},
        {"question": "Which jobs are in Bergen?", "kind": "job", "answer": [["cook"]]},
        {"question": "Which volcano erupted in Iceland?", "kind": "unanswerable"},
    )
    found = evaluate_questions(bot, file)
    assert list(found.groups) == ["answerable", "guide", "job", "unanswerable"]
    assert found.figure("answerable", "right").value == 1.0
    assert found.figure("unanswerable", "answered").value == 0.0
    assert [figure.value for figure in found.separations] == [1.0]
    assert (found.name, found.inexact, found.wrong) == ("questions.jsonl", 0, ())


def test_progress_is_told_for_each_question(bot: QA, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    file = write(
        tmp_path / "q.jsonl", {"question": "Who kept the lamp?"}, {"question": "Which jobs are there?"}
    )
    evaluate_questions(bot, file, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ('{"question": "Who?"', "Expecting ',' delimiter"),
        ('["Who?"]', "it is not a JSON object"),
        ('{"kind": "guide"}', "it has no question"),
        ('{"question": " "}', "its question is no text"),
        ('{"question": "Who?", "evidence": "Mira"}', "its evidence is not a list of strings"),
        ('{"question": "Who?", "answer": ["Mira"]}', "its answer is not a list of strings"),
        ('{"question": "Who?", "answer": 3}', "not iterable"),
        ('{"question": "Who?", "count": "3"}', "its count is not a whole number"),
    ],
)
def test_a_wrong_line_is_told_by_its_number(bot: QA, tmp_path: Path, line: str, fact: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(f'{{"question": "Who kept the lamp?"}}\n\n{line}\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        evaluate_questions(bot, file)
    assert fact in caught.value.fact
    assert caught.value.place == f"{file}, line 3"


def test_a_file_without_questions_is_refused(bot: QA, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no question"):
        evaluate_questions(bot, write(tmp_path / "questions.jsonl"))
    with pytest.raises(InputError, match="cannot be read"):
        evaluate_questions(bot, tmp_path / "missing.jsonl")


def test_queries_come_with_what_the_folder_knows_of_them(beir: Path) -> None:
    assert read_beir(beir) == [
        Case(
            "1",
            "Who has kept the lamp since 1987?",
            "answerable",
            True,
            answer=(("mira holm",),),
            relevant={"lamp": 1},
        ),
        Case(
            "2",
            "When does the ferry leave every morning?",
            "answerable",
            True,
            answer=(("8.30", "7.45"),),
            relevant={"ferry": 2},
        ),
        Case("3", "Which volcano erupted in Iceland?", "unanswerable", False),
    ]


def test_a_beir_folder_is_measured_on_its_corpus_alone(beir: Path, index: Path) -> None:
    found = evaluate_beir(beir, index, encoder=HashingEncoder())
    assert found.figure("answerable", "recall@1") == Figure("recall@1", 1.0, 1.0, 1.0, 2)
    assert found.figure("answerable", "source cited").value == 1.0
    assert found.figure("answerable", "in the first").value == 1.0
    assert found.figure("unanswerable", "answered").value == 0.0
    assert {document for outcome in found.outcomes for document in outcome.found} == {"lamp", "lens", "ferry"}


def test_measuring_again_encodes_no_passage_again(beir: Path, index: Path) -> None:
    evaluate_beir(beir, index, encoder=HashingEncoder())
    encoder = HashingEncoder()
    evaluate_beir(beir, index, encoder=encoder)
    assert encoder.encoded == []


def test_half_of_the_titles_are_left_out_and_then_the_other_half(beir: Path, index: Path) -> None:
    found = evaluate_hold_out(beir, index, encoder=HashingEncoder())
    asked = [(outcome.id, outcome.kind, outcome.answered) for outcome in found.outcomes]
    assert sorted(asked) == [
        ("1", "held", True),
        ("1", "not held", False),
        ("2", "held", True),
        ("2", "not held", False),
    ]
    assert [figure.name for figure in found.separations] == [
        "held / not held",
        "held, half 1 / not held, half 1",
        "held, half 2 / not held, half 2",
    ]
    assert [figure.value for figure in found.separations] == [1.0, 1.0, 1.0]
    assert [o.id for o in found.outcomes if o.kind == "held"] == ["2", "1"]


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_a_beir_folder_lacks_no_file(beir: Path, index: Path, name: str) -> None:
    (beir / name).unlink()
    with pytest.raises(InputError) as caught:
        evaluate_beir(beir, index, encoder=HashingEncoder())
    assert caught.value.place == str(beir / name)


def test_a_wrong_line_of_the_qrels_is_told_by_its_number(beir: Path) -> None:
    (beir / "qrels" / "test.tsv").write_text(f"{QRELS}3 lamp 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"test\.tsv, line 5"):
        read_beir(beir)


def test_a_corpus_without_a_document_is_named_where_it_is(beir: Path, index: Path) -> None:
    (beir / "corpus.jsonl").write_text('{"_id": "lamp"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="it has no text") as caught:
        evaluate_beir(beir, index, encoder=HashingEncoder())
    assert caught.value.place == str(beir / "corpus.jsonl")


def test_a_question_is_asked_with_its_filters_and_an_open_one_is_left_aside(bot: QA, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(
        '{"question": "Who has kept the lamp?", "where": {"kind": "job"}, "kind": "unanswerable"}\n'
        '{"question": "How long is a piece of string?", "kind": "open"}\n',
        encoding="utf-8",
    )

    (case,) = read_questions(file)

    assert case.where == {"kind": ("job",)}
    assert evaluate_questions(bot, file).wrong == ()


def test_filters_that_are_no_object_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"question": "Who?", "where": ["kind"]}\n', encoding="utf-8")

    with pytest.raises(InputError, match="its where is not a JSON object"):
        read_questions(file)
