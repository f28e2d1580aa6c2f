import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from embeddings.corpus import Span
from embeddings.encoder import Vectors
from embeddings.errors import CorpusError, DocumentError, FilterError, QuestionError
from embeddings.refresh import refresh
from qa import QA
from tests.hashing_encoder import HashingEncoder


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_hit_points_into_its_document(bot: QA) -> None:
    hit = bot.retrieve("Who has kept the lamp since 1987?")[0]
    assert hit.source == hit.document_id == "guide.md"
    assert hit.text == bot.document("guide.md").text[hit.start : hit.end]
    assert (hit.rank, hit.title, hit.headings) == (1, "The lighthouse guide", ("The keeper",))
    assert hit.metadata["kind"] == "guide"


def test_hits_come_best_first_and_are_counted_from_one(bot: QA) -> None:
    hits = bot.retrieve("bread", k=4)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_repeat_is_one_hit_that_names_the_other_source(bot: QA) -> None:
    hits = [hit for hit in bot.retrieve("assistant keeper storms and silence") if "storms" in hit.text]
    assert [(hit.source, hit.also_in) for hit in hits] == [("jobs/keeper-again.md", ("jobs/keeper.md",))]


def test_a_filter_keeps_to_one_value_or_another(bot: QA) -> None:
    hits = bot.retrieve("lighthouse", where={"kind": "job", "city": ["bergen", "大连"]})
    assert {hit.source for hit in hits} == {"jobs/cook.md", "灯塔.md"}


def test_a_filter_that_nothing_meets_finds_nothing(bot: QA) -> None:
    assert bot.retrieve("lighthouse", where={"city": "Oslo"}) == []


def test_an_unknown_filter_key_names_the_known_ones(bot: QA) -> None:
    with pytest.raises(FilterError, match=r"town\. Known are: city, country, .*kind"):
        bot.retrieve("lighthouse", where={"town": "Oslo"})


@pytest.mark.parametrize("question", ["", " \n\t"])
def test_a_blank_question_is_an_error(bot: QA, question: str) -> None:
    with pytest.raises(QuestionError, match="blank"):
        bot.ask(question)


def test_a_question_of_20000_characters_is_an_error_that_says_the_limit(bot: QA) -> None:
    with pytest.raises(QuestionError, match=r"20,000 characters, and 4,000 is the most"):
        bot.ask("a" * 20_000)


def test_a_search_for_no_passages_is_an_error(bot: QA) -> None:
    with pytest.raises(QuestionError, match="at least one"):
        bot.retrieve("lamp", k=0)


def test_an_unknown_document_is_an_error(bot: QA) -> None:
    with pytest.raises(DocumentError, match=r"nowhere\.md"):
        bot.document("nowhere.md")


def test_an_edit_is_in_the_next_answer(bot: QA, data: Path) -> None:
    edit(data / "guide.md", "since 1987", "since 1991")
    assert "1991" in bot.retrieve("Who has kept the lamp?")[0].text


def test_a_new_file_is_in_the_next_answer(bot: QA, data: Path) -> None:
    (data / "seals.txt").write_text("Grey seals rest on the eastern pier in August.", encoding="utf-8")
    assert bot.retrieve("Where do grey seals rest?")[0].source == "seals.txt"


def test_what_another_process_published_is_in_the_next_answer(bot: QA, data: Path, index: Path) -> None:
    edit(data / "guide.md", "since 1987", "since 1991")
    refresh(data, index, encoder=HashingEncoder())
    assert "1991" in bot.retrieve("Who has kept the lamp?")[0].text


def test_without_following_only_a_refresh_takes_an_edit_in(
    data: Path, index: Path, encoder: HashingEncoder
) -> None:
    bot = QA.open(data, index, encoder=encoder, follow=False)
    edit(data / "guide.md", "since 1987", "since 1991")
    before = bot.retrieve("Who has kept the lamp?")[0].text
    report = bot.refresh()
    assert ("1987" in before, report.changed, report.encoded) == (True, 1, 1)
    assert "1991" in bot.retrieve("Who has kept the lamp?")[0].text


def test_a_data_folder_that_vanishes_leaves_the_last_good_generation_in_service(bot: QA, data: Path) -> None:
    data.rename(data.with_name("elsewhere"))
    assert bot.retrieve("Who has kept the lamp?")[0].source == "guide.md"
    with pytest.raises(CorpusError, match="missing"):
        bot.refresh()


def test_a_file_that_goes_bad_stays_in_service_and_its_hits_say_so(bot: QA, data: Path) -> None:
    (data / "guide.md").write_bytes(b"\x00")
    hit = bot.retrieve("Who has kept the lamp?")[0]
    assert (hit.source, hit.stale) == ("guide.md", True)


def test_questions_and_refreshes_at_once_never_mix_generations(bot: QA, data: Path) -> None:
    wrong: list[str] = []

    def ask() -> None:
        for _ in range(40):
            hit = bot.retrieve("Who has kept the lamp?", k=1)[0]
            if not hit.text.startswith("Mira Holm has kept the lamp since 19"):
                wrong.append(hit.text)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for year in range(1960, 1970):
        text = (data / "guide.md").read_text(encoding="utf-8")
        start = text.index("since 19") + len("since ")
        (data / "guide.md").write_text(f"{text[:start]}{year}{text[start + 4 :]}", encoding="utf-8")
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_long_refresh_lets_questions_be_answered_from_the_generation_before(
    data: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, reached = threading.Event(), threading.Event()

    class Slow(HashingEncoder):
        def encode_passages(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
            if any("1991" in text for text in texts):
                reached.set()
                let_go.wait(30.0)
            return super().encode_passages(texts, parts)

    monkeypatch.setattr("qa.following._PATIENCE", 0.05)
    bot = QA.open(data, index, encoder=Slow())
    edit(data / "guide.md", "since 1987", "since 1991")
    while_refreshing = [bot.retrieve("Who has kept the lamp?")[0].text for _ in range(3)]
    assert reached.wait(10.0)
    let_go.set()
    bot.refresh()
    assert all("1987" in text for text in while_refreshing)
    assert "1991" in bot.retrieve("Who has kept the lamp?")[0].text


def test_a_literal_question_is_searched_as_it_was_typed(bot: QA) -> None:
    history = ["Who is Mira Holm?"]
    question = "Does she use sofware?"

    answer = bot.ask(question, history, literal=True)

    assert answer.query == question
    assert bot.ask(question, history).query == "Does Mira Holm use software?"
