from pathlib import Path

import pytest

from embeddings.errors import DocumentError
from qa import QA
from qa.uploads import Uploads, safe_name
from tests.hashing_encoder import HashingEncoder

TEXT = "The parrot sings loudly at noon.\n"


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "new" / "uploads")


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    file = tmp_path / "sent.md"
    file.write_text(TEXT, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("parrot.md", "parrot.md"),
        ("../../etc/parrot.md", "parrot.md"),
        ("C:\\papers\\parrot.PDF", "parrot.PDF"),
        ("/abs/鹦鹉.txt", "鹦鹉.txt"),
        (".hidden.md", "hidden.md"),
        ("a\x00b\n.md", "ab.md"),
    ],
)
def test_a_name_stays_in_its_folder(name: str, kept: str) -> None:
    assert safe_name(name) == kept


@pytest.mark.parametrize(
    "name", ["", "..", "/", "tune.mp3", ".md", "md", "x" * 300 + ".md", "CON.md", "nul.tar.txt"]
)
def test_a_name_that_cannot_be_served_is_refused(name: str) -> None:
    with pytest.raises(DocumentError):
        safe_name(name)


def test_a_file_is_added_then_replaced_then_removed(uploads: Uploads, sent: Path) -> None:
    assert [uploads.add(sent, "parrot.md"), uploads.add(sent, "parrot.md")] == [False, True]
    assert uploads.names() == ["parrot.md"]

    uploads.remove("parrot.md")

    assert list(uploads.folder.iterdir()) == []


def test_a_new_version_that_cannot_be_read_leaves_the_earlier_one(uploads: Uploads, sent: Path) -> None:
    uploads.add(sent, "parrot.md")
    sent.write_bytes(b"\xfa\xff broken")

    with pytest.raises(DocumentError):
        uploads.add(sent, "parrot.md")

    assert (uploads.folder / "parrot.md").read_text(encoding="utf-8") == TEXT
    assert [file.name for file in uploads.folder.iterdir()] == ["parrot.md"]


def test_size_and_number_are_bounded(uploads: Uploads, sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.uploads.MOST", 1)
    uploads.add(sent, "one.md")
    with pytest.raises(DocumentError, match="1 added files"):
        uploads.add(sent, "two.md")
    uploads.add(sent, "one.md")

    monkeypatch.setattr("qa.uploads.LARGEST_MB", 0)
    with pytest.raises(DocumentError, match="is the most"):
        uploads.add(sent, "one.md")


@pytest.mark.parametrize("name", ["../data/guide.md", "guide.md", ".hidden.md", ""])
def test_only_an_added_file_is_removed(uploads: Uploads, sent: Path, name: str) -> None:
    uploads.add(sent, "parrot.md")

    with pytest.raises(DocumentError, match="no such added file"):
        uploads.remove(name)


def test_added_files_are_served_beside_the_data_folder(
    data: Path, index: Path, uploads: Uploads, sent: Path
) -> None:
    bot = QA.open(data, index, encoder=HashingEncoder(), uploads=uploads.folder)

    uploads.add(sent, "parrot.md")

    answer = bot.ask("When does the parrot sing?")
    assert answer.citations[0].source == "uploads/parrot.md"
    assert bot.document("uploads/parrot.md").text == TEXT
    assert bot.ask("How many steps does Mira Holm climb every evening?").answered
    uploads.remove("parrot.md")
    assert not bot.ask("When does the parrot sing?").answered


def test_a_file_of_the_data_folder_is_never_hidden_by_an_added_one(
    data: Path, index: Path, uploads: Uploads, sent: Path
) -> None:
    (data / "uploads").mkdir()
    (data / "uploads" / "parrot.md").write_text("The parrot sings at dusk.\n", encoding="utf-8")
    uploads.add(sent, "parrot.md")

    bot = QA.open(data, index, encoder=HashingEncoder(), uploads=uploads.folder)

    assert "dusk" in bot.document("uploads/parrot.md").text
