from itertools import islice

from embeddings.corpus import Document
from qa import QA
from web.examples import examples, questions_about


def document(title: str, text: str, **metadata: str) -> Document:
    return Document(title, title, title, text, metadata)


def test_questions_are_of_different_sorts() -> None:
    documents = [
        document("Keeper", "## The lamp\n\n## Form", kind="story", city="Skagen"),
        document("灯塔", "## 天气\n\n## Form", kind="story", city="Skagen"),
    ]

    assert list(questions_about(documents)) == [
        "What do the sources say about The lamp?",
        "How many stories are in Skagen?",
        "What is “Keeper” about?",
        "“灯塔”讲了什么？",
    ]


def test_no_question_is_made_twice() -> None:
    assert len(list(questions_about([document("Same", "a"), document("Same", "b")]))) == 1


def test_questions_are_made_one_at_a_time() -> None:
    documents = [document(str(number), "text") for number in range(10_000)]

    assert list(islice(questions_about(documents), 1)) == ["What is “0” about?"]


def test_only_questions_that_are_answered_are_offered(bot: QA) -> None:
    offered = examples(bot)

    assert offered
    assert all(bot.ask(question).answered for question in offered)
