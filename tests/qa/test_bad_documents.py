"""Whatever a document holds: what is quoted of it is what stands there."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from embeddings.errors import CorpusError
from qa import QA
from tests.hashing_encoder import HashingEncoder

SIGNS = st.characters(codec=None, exclude_categories=())
WORDS = (
    "lamp The keeper storms. Ships! 灯塔 。 ； > - | --- # * `` [1] (GAN) 1. \t \r\n \u2028 \x0b \x85 \ufeff"
    " e\u0301 \ud800"
)
TEXTS = st.one_of(
    st.text(SIGNS, min_size=1, max_size=300),
    st.lists(
        st.sampled_from([*WORDS.split(" "), "\n", "\n\n", " ", "<b>", "&amp;", "\u202e", "👨‍👩‍👧"]),
        max_size=120,
    ).map(" ".join),
)


def exact(bot: QA, question: str) -> None:
    """Check that what is found and what is quoted are spans of the documents, as they are marked."""
    for hit in bot.retrieve(question, 50):
        assert bot.document(hit.document_id).text[hit.start : hit.end] == hit.text
    answer = bot.ask(question)
    for citation in answer.citations:
        assert bot.document(citation.document_id).text[citation.start : citation.end] == citation.quote
    json.dumps(answer.to_dict(), ensure_ascii=False).encode()


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".jsonl"])
@settings(max_examples=25, deadline=None)
@given(text=TEXTS, title=TEXTS)
@example(text="lamp\r\n\u2028e\u0301\ud800 lamp。", title="\x1b[31m")
def test_quotes_of_any_text_are_exact(suffix: str, text: str, title: str) -> None:
    record = json.dumps({"title": title, "text": f"The lamp. {text} lamp", title[:9]: text[:50]})
    content = record if suffix == ".jsonl" else f"The lamp. {text} lamp"
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        data.mkdir()
        (data / f"x{suffix}").write_bytes(content.encode("utf-8", "replace"))
        (data / "good.txt").write_text("The keeper sees the lamp.", encoding="utf-8")
        bot = QA.open(data, Path(name) / "index", encoder=HashingEncoder(), follow=False)
        exact(bot, "What does the keeper say of the lamp?")
        exact(bot, text[:200] + "lamp")


def test_a_folder_in_which_nothing_can_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.md").write_bytes(b"\0\x1b")
    with pytest.raises(CorpusError, match=r"^no document could be read, the first because: Not text"):
        QA.open(tmp_path / "data", tmp_path / "index", encoder=HashingEncoder())
