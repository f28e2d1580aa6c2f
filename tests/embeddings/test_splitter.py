import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.corpus import Document, Span, normalise
from embeddings.errors import ModelError
from embeddings.splitter import LONGEST, SPLITTER_VERSION, embedded_text, split
from tests.hashing_encoder import HashingEncoder

ENCODER = HashingEncoder()


def document(text: str, *, source: str = "a.md", title: str = "", sections: tuple[str, ...] = ()) -> Document:
    return Document(source, source, title, text, sections=sections)


def pieces(given: Document, max_tokens: int = 256) -> list[tuple[tuple[str, ...], str]]:
    passages = split(given, count_tokens=ENCODER.count_tokens, max_tokens=max_tokens)
    return [(passage.headings, given.text[passage.start : passage.end]) for passage in passages]


def sentences(given: Document) -> list[str]:
    passages = split(given, count_tokens=ENCODER.count_tokens, max_tokens=256)
    return [given.text[span.start : span.end] for passage in passages for span in passage.sentences]


LONG = (
    "This first paragraph has enough words in it to stand as a passage alone, "
    "since it says all that it has to say at great length."
)
OTHER = (
    "Another paragraph follows it, and this one too is long enough to be found "
    "and to be quoted without any of its near neighbours."
)


def test_each_paragraph_is_a_passage_under_its_headings() -> None:
    text = f"# Title\n\n{LONG}\n\n## Part\n\n### Detail\n\n{OTHER}\n"
    assert pieces(document(text, title="Title")) == [((), LONG), (("Part", "Detail"), OTHER)]


def test_a_scrap_joins_the_paragraph_after_it() -> None:
    assert pieces(document(f"Figure: a.png\n\n{LONG}\n")) == [((), f"Figure: a.png\n\n{LONG}")]


def test_a_scrap_at_the_end_joins_the_paragraph_before_it() -> None:
    assert pieces(document(f"{LONG}\n\nThat is all.\n")) == [((), f"{LONG}\n\nThat is all.")]


def test_a_block_quote_stays_apart_and_together() -> None:
    text = f"{LONG}\n\n> Aside: related\n>\n> A teaser.\n\n{OTHER}\n"
    assert pieces(document(text)) == [((), LONG), ((), "Aside: related\n>\n> A teaser."), ((), OTHER)]


def test_list_items_fill_one_passage_and_are_sentences_of_their_own() -> None:
    text = "We offer:\n\n- work without end\n- play now and then\n"
    assert pieces(document(text)) == [((), "We offer:\n\n- work without end\n- play now and then")]
    assert sentences(document(text)) == ["We offer:", "work without end", "play now and then"]


def test_a_heading_in_a_code_fence_is_code() -> None:
    text = f"# Real\n\n```sh\n# not a heading\nls\n```\n\n{LONG}\n"
    assert pieces(document(text)) == [(("Real",), f"```sh\n# not a heading\nls\n```\n\n{LONG}")]


def test_a_table_row_is_a_sentence() -> None:
    text = "| city | lamp |\n|---|---|\n| Skagen | red |\n| Bergen | green |\n"
    assert sentences(document(text)) == ["| city | lamp |", "| Skagen | red |", "| Bergen | green |"]


def test_a_heading_with_nothing_below_it_is_found_itself() -> None:
    assert pieces(document("# Questions\n\n## Do you ship to Norway?\n")) == [
        (("Questions",), "Do you ship to Norway?")
    ]


def test_section_names_cut_a_line_and_become_headings() -> None:
    text = "US, Reno\n\nWe hire. What you do * Lift * Carry About us We are two."
    assert pieces(document(text, sections=("What you do", "About us"))) == [
        ((), "US, Reno\n\nWe hire."),
        (("What you do",), "Lift * Carry"),
        (("About us",), "We are two."),
    ]


def test_bullets_inside_a_line_are_sentences_of_their_own() -> None:
    text = "The system: - Enables tasks - Uses sensors"
    assert sentences(document(text)) == ["The system:", "Enables tasks", "Uses sensors"]


def test_dashes_between_words_or_years_are_no_bullets() -> None:
    text = "From 2019 - 2020 - the long year - we built."
    assert sentences(document(text)) == [text]


def test_chinese_bullets_and_sentence_ends_are_seen() -> None:
    text = "职位:实习生 毕业:2026年10月 - 2027年7月 · 入职:2026年6月 · 地点:深圳。你好！真的吗？是；好"
    assert sentences(document(text)) == [
        "职位:实习生 毕业:2026年10月 - 2027年7月",
        "入职:2026年6月",
        "地点:深圳。",
        "你好！",
        "真的吗？",
        "是；好",
    ]


def test_a_chinese_semicolon_ends_a_sentence() -> None:
    assert sentences(document("入职日期是六月；宿舍免费。")) == ["入职日期是六月；", "宿舍免费。"]


def test_full_stops_inside_words_end_nothing() -> None:
    text = "Dr. Holm writes .NET and C++ since 3.5 years. She lives in the U.S. now."
    assert sentences(document(text)) == [
        "Dr. Holm writes .NET and C++ since 3.5 years.",
        "She lives in the U.S. now.",
    ]


def test_a_german_date_is_not_cut() -> None:
    text = "Der Verein wurde am 4. Juli 1998 in Leipzig gegründet. Er steigt auf Stufe 4. Er gilt für alle."
    assert sentences(document(text)) == [
        "Der Verein wurde am 4. Juli 1998 in Leipzig gegründet.",
        "Er steigt auf Stufe 4.",
        "Er gilt für alle.",
    ]


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    text = " ".join(f"Sentence number {n} has these seven words." for n in range(40))
    parts = pieces(document(text), max_tokens=128)
    assert [part[-6:] for _, part in parts] == ["words."] * len(parts)
    assert " ".join(part for _, part in parts) == text


def test_an_endless_sentence_is_cut_at_spaces_and_loses_nothing() -> None:
    text = " ".join(f"w{n}" for n in range(500))
    assert " ".join(part for _, part in pieces(document(text))) == text


def test_an_endless_word_is_cut_and_loses_nothing() -> None:
    text = "灯" * 1000
    assert "".join(part for _, part in pieces(document(text))) == text


def test_the_same_text_in_two_places_has_two_identities() -> None:
    given = document(f"{LONG}\n\n{LONG}\n")
    first, second = split(given, count_tokens=ENCODER.count_tokens, max_tokens=256)
    assert first.id != second.id


def test_an_identity_survives_text_moving_and_fits_63_bits() -> None:
    before = split(document(f"{LONG}\n"), count_tokens=ENCODER.count_tokens, max_tokens=256)
    after = split(document(f"{OTHER}\n\n{LONG}\n"), count_tokens=ENCODER.count_tokens, max_tokens=256)
    assert before[0].id == after[1].id
    assert 0 <= before[0].id < 2**63


def test_what_is_embedded_begins_with_the_heading_path() -> None:
    given = document(f"# Title\n\n## Part\n\n{LONG}\n", title="Title")
    (passage,) = split(given, count_tokens=ENCODER.count_tokens, max_tokens=256)
    assert embedded_text(given, passage) == (f"Title > Part\n{LONG}", (Span(13, 13 + len(LONG)),))


PARTS = [
    "# A\n", "## B b\n", "word " * 9 + "\n", "\n", "\n\n", "- item\n", "1. one\n", "> quote\n", "```\n",
    "| a | b |\n", "|---|---|\n", "Ends here. And *here*! ", "中文句子。还有；一个？", "x" * 40, " * Bullet",
    " - Dash", "    code\n", "<!-- c -->\n",
]  # fmt: skip
MARKDOWN = st.lists(st.sampled_from(PARTS), max_size=40).map("".join)


@given(st.one_of(MARKDOWN, st.text(max_size=400)), st.sampled_from(["a.md", "a.txt"]))
def test_passages_hold_every_letter_once_in_order_and_fit_the_encoder(text: str, source: str) -> None:
    given = document(normalise(text), source=source, title="T")
    passages = split(given, count_tokens=ENCODER.count_tokens, max_tokens=64)
    spans = [(span.start, span.end) for passage in passages for span in passage.sentences]
    assert spans == sorted(spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(p.start == p.sentences[0].start and p.end == p.sentences[-1].end for p in passages)
    assert max(ENCODER.count_tokens([embedded_text(given, p)[0] for p in passages]), default=0) <= 64


@given(st.text(max_size=600))
def test_no_letter_of_a_plain_text_is_lost(text: str) -> None:
    given = document(normalise(text), source="a.txt")
    passages = split(given, count_tokens=ENCODER.count_tokens, max_tokens=64)
    covered = {n for p in passages for span in p.sentences for n in range(span.start, span.end)}
    assert [n for n, character in enumerate(given.text) if character.isalnum() and n not in covered] == []


def words(count: int, *, word: str = "word", end: str = ".") -> str:
    return " ".join([word] * (count - 1) + [f"{word}{end}"])


def sentences_of(*counts: int) -> str:
    return " ".join(f"S{words(count)}" for count in counts)


# Texts around each limit of the splitter: one token more or less, one character more or less.
FAMILIES: dict[str, list[str]] = {
    "scraps": [
        text
        for n in range(16, 28)
        for text in (
            f"{words(n)}\n\n{words(40)}",
            f"{words(40)}\n\n{words(n)}",
            f"{words(n)}\n\n{words(5)}\n\n{words(40)}\n\n{words(3)}",
            f"{words(n)}\n\n{words(230)}\n\n{words(n)}",
        )
    ],
    "items": [
        "".join(f"- {words(size)}\n" for _ in range(count))
        for size, count in [(7, 20), (8, 16), (14, 10), (18, 9), (30, 6), (38, 5), (78, 2), (79, 3), (250, 2)]
    ]
    + [f"- {words(n)}\n- {words(160 - n)}\n- {words(n)}\n" for n in range(70, 90)],
    "long paragraphs": [
        sentences_of(*[size] * count)
        for size, count in [
            (8, 25),
            (8, 26),
            (10, 21),
            (40, 6),
            (50, 5),
            (78, 3),
            (79, 4),
            (125, 2),
            (156, 2),
        ]
    ]
    + [sentences_of(100, n) for n in range(145, 160)]
    + [sentences_of(156, n, 156) for n in range(1, 4)]
    + [sentences_of(60, 60, n, 60, 60) for n in range(30, 45)]
    + [sentences_of(150, 80, n) for n in range(70, 85)]
    + [
        f"{'w' * start}.\n\n{words(30, word='x' * 60)} Y{words(30, word='y' * size)}"
        for start in (1, 1500)
        for size in (60, 70, 71, 72)
    ]
    + [f"{words(30, word='x' * 60)} Y{words(30, word='y' * 70)}{'z' * n}." for n in range(20, 50)],
    "long sentences": [words(n) for n in range(248, 260)]
    + [f"{'x' * n} {words(300)}" for n in range(370, 384)]
    + [f"{words(40)} {'y' * n} {words(300)}" for n in (100, 400, 700)]
    + [" " + words(300, end=""), "x " * 300, "x" * 9000],
    "long texts of few tokens": [
        text
        for n in (LONGEST - 1, LONGEST, LONGEST + 1)
        for text in (
            "x" * n,
            f"{'x' * (n - 3)}. y",
            f"{'x' * (n // 2)}. {'y' * (n - n // 2 - 3)}.",
            f"{words(10)}\n\n{'y' * (n - len(words(10)) - 2)}",
            f"{words(10)}\n\n{'y' * (n - len(words(10)) - 1)}",
            f"Before it.\n\n{words(40)}\n\n{words(9)}\n\n{'z' * (n - len(words(9)) - 2)}",
        )
    ]
    + [f"{'x' * n} {'y' * (4_003 - n)}" for n in (*range(998, 1004), *range(1998, 2006), 3_000, 1, 2)],
    "headings": [
        f"# {'T' * n}\n\n## {'U' * 30}\n\n### {'V' * 20}\n\n{words(40)}\n"
        for n in (10, 37, 38, 39, 40, 41, 95, 96, 97)
    ]
    + [f"# A\n\n## {'B' * 60}\n\n### {'C' * n}\n\n{words(40)}" for n in range(28, 36)]
    + [f"# {words(20, end='')}\n\n{words(n)}" for n in range(225, 240)],
    "asides": [
        f"{words(n)}\n\n> {words(m)}\n>\n> {words(n)}\n\n{words(m)}"
        for n in (3, 21, 22, 40)
        for m in (3, 21, 22, 40)
    ],
    "code and tables": [
        f"{words(30)}\n\n```\na. b. c\nd. E f.\n{words(n)}\n```\n\n"
        f"| a. B | c |\n|---|---|\n| {words(n)} | d. E |\n"
        for n in (1, 20, 60, 120)
    ],
}
# Of the passages that each family gives. Where one of these changes, SPLITTER_VERSION has to be raised.
PINNED = {
    "scraps": (1, "a49e056bbe872d37"),
    "items": (1, "b51f3d1f47c5a50d"),
    "long paragraphs": (1, "fa09f1683f800150"),
    "long sentences": (1, "ceb2ac18c7a62f35"),
    "long texts of few tokens": (1, "360ffe0db0c6b4cf"),
    "headings": (1, "20c40480c5a1287b"),
    "asides": (1, "db9cf1eb0837546a"),
    "code and tables": (1, "f177848456f92793"),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_text_gives_the_same_passages_until_the_version_is_raised(family: str) -> None:
    found = [
        (title, n, p.id, p.start, p.end, p.headings, [(s.start, s.end) for s in p.sentences], p.document_id)
        for title in ("", "Title")
        for n, text in enumerate(FAMILIES[family])
        for p in split(document(text, title=title), count_tokens=ENCODER.count_tokens, max_tokens=256)
    ]
    assert (SPLITTER_VERSION, hashlib.sha256(repr(found).encode()).hexdigest()[:16]) == PINNED[family]


def test_an_identity_is_63_bits_of_document_text_and_occurrence() -> None:
    given = document(f"{LONG}\n\n{LONG}\n", title="T")
    passages = split(given, count_tokens=ENCODER.count_tokens, max_tokens=256)
    told = [
        int.from_bytes(hashlib.blake2b(f"a.md\0T\n{LONG}\0{n}".encode(), digest_size=8).digest(), "big") >> 1
        for n in (1, 2)
    ]
    assert [passage.id for passage in passages] == told


def test_an_encoder_that_reads_too_little_is_told_with_its_remedy() -> None:
    header = "a heading of six words here"
    assert split(document(LONG, title=header), count_tokens=ENCODER.count_tokens, max_tokens=32)
    with pytest.raises(
        ModelError,
        match=r"^the encoder reads 31 tokens, too few for a heading and a sentence: a\.md\. "
        r"Choose a model that reads 128 tokens or more\.$",
    ):
        split(document(LONG, title=header), count_tokens=ENCODER.count_tokens, max_tokens=31)


def test_a_document_without_title_and_headings_is_embedded_as_it_is() -> None:
    (passage,) = split(document(LONG), count_tokens=ENCODER.count_tokens, max_tokens=256)
    assert embedded_text(document(LONG), passage) == (LONG, (Span(0, len(LONG)),))
