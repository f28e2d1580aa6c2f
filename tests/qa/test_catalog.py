import pytest

from embeddings.corpus import Document
from qa import QA
from qa.catalog import Catalog


def document(name: str, text: str, **metadata: str) -> Document:
    return Document(name, name, name.removesuffix(".md").title(), text, metadata)


LEEDS = {"city": "Leeds", "country": "United Kingdom"}
RENO = {"city": "Reno", "region": "Nevada", "country": "United States"}
SHOP = Catalog(
    [
        document("anna.md", "A", kind="posting", role="Baker", **LEEDS),
        document("bert.md", "B", kind="posting", role="Cook", **RENO),
        document("carl.md", "B", kind="posting", role="Cook", **RENO),
        document("dora.md", "D", kind="recipe", cuisine="French"),
    ]
)


def chosen(question: str) -> list[str] | None:
    selection = SHOP.select(question)
    return None if selection is None else [document.id for document in selection.documents]


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("How many postings are in Leeds?", ["anna.md"]),
        ("Which jobs are in the UK?", ["anna.md"]),
        ("Which jobs are in the USA?", ["bert.md"]),
        ("which jobs are in NV", ["bert.md"]),
        ("List all bakers", ["anna.md"]),
        ("Are there any cooks in Reno?", ["bert.md"]),
        ("What French recipes are there?", ["dora.md"]),
        ("How many documents are there?", ["anna.md", "bert.md", "dora.md"]),
        ("Which countries are the postings in?", ["anna.md", "bert.md"]),
        ("Where is the baker job?", ["anna.md"]),
        ("Which jobs are in Leeds or Reno?", ["anna.md", "bert.md"]),
        ("How many jobs are in Leeds and Nevada?", ["anna.md", "bert.md"]),
        ("Which jobs are not in Leeds?", ["bert.md"]),
        ("Which jobs are outside the US?", ["anna.md"]),
        ("all jobs except cooks", ["anna.md"]),
        ("Which jobs are neither in Leeds nor in Reno?", []),
        ("Which jobs in the US are not in Reno?", []),
        ("postings excluding jobs in NV", ["anna.md"]),
        ("Which documents are not jobs in Reno?", None),
        ("Which jobs are not in Berlin?", ["anna.md", "bert.md"]),
        ("Which jobs are in the United States?", ["bert.md"]),
        ("Which jobs are in the United Kingdom except Leeds?", []),
        ("jobs in Leeds", ["anna.md"]),
        ("bakers in Leeds", ["anna.md"]),
        ("How many roles are there?", ["anna.md", "bert.md"]),
        ("What cuisine is the French recipe?", ["dora.md"]),
        ("What is the role of the Reno job?", ["bert.md"]),
        ("有几个职位？", ["anna.md", "bert.md"]),
        ("利兹有职位吗？", ["anna.md"]),
        ("哪些岗位在美国？", ["bert.md"]),
        ("内华达州有哪些厨师的职位？", ["bert.md"]),
        ("不在英国的职位有哪些？", ["bert.md"]),
        ("英国以外的职位", ["bert.md"]),
        ("除了厨师以外有哪些职位？", ["anna.md"]),
        ("利兹和雷诺一共有多少个职位？", ["anna.md", "bert.md"]),
        ("这些职位在哪些城市？", ["anna.md", "bert.md"]),
        ("有哪些食谱？", ["dora.md"]),
    ],
)
def test_documents_are_chosen_by_kind_value_and_the_other_names_of_places(
    question: str, documents: list[str] | None
) -> None:
    assert chosen(question) == documents


@pytest.mark.parametrize(
    "question",
    [
        "Which posting mentions sourdough?",
        "What is a baker?",
        "What does the cook earn?",
        "Where is Reno?",
        "Who is the cook in Reno?",
        "How many eggs does the French recipe need?",
        "Tell us about Leeds",
        "Which city is newest?",
        "Which jobs are in Europe?",
        "Which city is French?",
        "Which cities have no postings?",
        "Which jobs are most wanted?",
        "Why are there jobs in Leeds?",
        "When was the baker job posted?",
        "What is the Reno cook?",
        "the baker",
        "Reno",
        "灯塔在哪里?",
        "职位是什么？",
        "利兹的面包师几点上班？",
        "为什么职位在利兹？",
    ],
)
def test_a_question_with_a_word_more_is_left_to_the_search(question: str) -> None:
    assert chosen(question) is None


def test_repeats_are_counted_once_and_their_number_is_told() -> None:
    selection = SHOP.select("How many jobs are in Reno?")
    assert selection is not None
    assert (selection.intent, len(selection.documents), selection.repeats) == ("count", 1, 1)


def test_an_asked_key_is_told_from_a_value() -> None:
    selection = SHOP.select("Which cities are the cooks in?")
    assert selection is not None
    assert (selection.asked, [d.id for d in selection.documents]) == (("city",), ["bert.md"])


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("Which country has the most jobs?", ["anna.md"]),
        ("Which country has the fewest jobs?", ["bert.md"]),
        ("哪个国家的职位最多？", ["anna.md"]),
    ],
)
def test_the_most_and_the_fewest_are_counted(question: str, documents: list[str]) -> None:
    york = document("york.md", "E", kind="posting", city="York", country="United Kingdom")
    leeds, reno, *_ = SHOP._documents
    catalog = Catalog([leeds, reno, york])
    selection = catalog.select(question)
    assert selection is not None
    expected = {"anna.md": ["anna.md", "york.md"], "bert.md": ["bert.md"]}[documents[0]]
    assert ([d.id for d in selection.documents], selection.total) == (expected, 3)


def test_a_place_that_nobody_is_in_selects_nothing_and_names_it() -> None:
    selection = SHOP.select("Are there any jobs in Berlin?")
    assert selection is not None
    assert (selection.documents, selection.nothing_in) == ((), "Berlin")
    assert [document.id for document in selection.others] == ["anna.md", "bert.md"]


def test_known_words_that_no_document_joins_select_nothing() -> None:
    selection = SHOP.select("Which bakers are in Reno?")
    assert selection is not None
    assert (selection.documents, selection.nothing_in) == ((), "bakers Reno")


def test_us_is_a_country_and_us_is_not() -> None:
    assert SHOP.elsewhere("What do they offer in the US?") == {"anna.md"}
    assert SHOP.elsewhere("What do they offer us?") == set()


def test_a_filter_keeps_to_its_documents(bot: QA) -> None:
    answer = bot.ask("How many jobs are there?", where={"country": "Denmark"})
    assert answer.text.splitlines()[0] == "1 job (1 more file repeats it word for word):"


def test_a_count_cites_each_document_and_names_its_repeats(bot: QA) -> None:
    answer = bot.ask("How many jobs are there?")
    assert answer.text == (
        "3 jobs (1 more file repeats one of them word for word):\n"
        "- Island cook (Bergen, Norway) [1]\n"
        "- Assistant keeper (Skagen, Denmark) [2]\n"
        "- 灯塔实习生 (大连, China) [3]"
    )
    assert [citation.also_in for citation in answer.citations] == [(), ("jobs/keeper.md",), ()]


def test_a_list_of_values_names_each_with_its_document(bot: QA) -> None:
    answer = bot.ask("Which cities are the internships in?")
    assert answer.text.splitlines()[1:] == [
        "- Island cook: Bergen [1]",
        "- 灯塔实习生: 大连 (as the document's metadata says) [2]",
    ]


def test_none_is_not_in_the_sources_and_says_where_there_are_some(bot: QA) -> None:
    answer = bot.ask("Is there a job in Oslo?")
    assert (answer.status, answer.citations) == ("not_in_sources", ())
    assert answer.text == (
        'None of the 3 jobs in the sources goes with "Oslo". '
        "There are some in Bergen (1), Skagen (1), 大连 (1)."
    )
