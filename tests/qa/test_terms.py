"""What is picked out of a passage's terms for a question scores as the whole passage does."""

from pathlib import Path

import pytest

from embeddings.refresh import refresh
from embeddings.snapshot import Snapshot
from qa.lexical import BM25Index, analyse
from qa.ranking import PassageWords, Weighting, passage_parts
from qa.terms import PassageTerms
from tests.hashing_encoder import HashingEncoder

QUESTIONS = [
    "Who has kept the lamp since 1987?",
    "Which lighthouse keeper climbs steps every evening?",
    "Does the keeper's software run on .NET or C++?",
    "What is a generative adversarial network?",
    "Who trains GANs in Bergen?",
    "宿舍免费提供吗？",
    "Nothing of this stands anywhere xyzzy",
    "",
]


@pytest.fixture
def snapshot(data: Path, index: Path, encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    monkeypatch.setattr("embeddings.part.PASSAGES", 2)
    (data / "gans.txt").write_text(
        "They train generative adversarial networks (GANs). One GAN learns from another network.\n\n"
        "Generative models are many; adversarial ones are few. A network has nodes and edges.",
        encoding="utf-8",
    )
    return refresh(data, index, encoder=encoder)[1]


@pytest.mark.parametrize("question", QUESTIONS)
def test_features_are_those_of_the_whole_passage(snapshot: Snapshot, question: str) -> None:
    terms = tuple(dict.fromkeys(analyse(question)))
    weighting = Weighting(terms, BM25Index.over(snapshot.lexicon))
    passages = PassageTerms(snapshot)
    rows = range(len(snapshot.passages))

    def parts(words: PassageWords) -> dict[str, float]:
        return passage_parts(weighting, words, dense=0, cosines=[0] * len(words.sentences), bm25=0)

    met = [parts(words) for words in passages.meeting(terms, rows)]
    assert met == [pytest.approx(parts(passages.whole(row))) for row in rows]
    assert len(snapshot.parts) > 1


def test_a_passage_is_found_by_the_long_form_of_what_it_says_in_short(snapshot: Snapshot) -> None:
    lexical = BM25Index.over(snapshot.lexicon)
    rows = [n for n, passage in enumerate(snapshot.passages) if passage.document_id == "gans.txt"]
    assert (lexical.score(["gan"])[rows] > 0).any()
    assert (lexical.score(["adversari"])[rows] > 0).all()


def test_a_term_is_counted_in_each_passage_that_holds_it(snapshot: Snapshot) -> None:
    held, _ = snapshot.lexicon.postings("keeper")
    texts = [snapshot.passages[row] for row in held.tolist()]
    documents = [snapshot.documents[passage.document_id] for passage in texts]
    assert snapshot.lexicon["keeper"] == len(held) == len(texts)
    assert all("keeper" in f"{d.title} {d.text} {d.metadata}".casefold() for d in documents)
