"""Files as people keep them, and files as they should not be."""

import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from embeddings.corpus import Document, normalise
from embeddings.errors import DocumentError
from embeddings.readers import SUFFIXES, read

Put: TypeAlias = Callable[[str, str | bytes], Path]
One: TypeAlias = Callable[[str, str | bytes], Document]
Refusal: TypeAlias = Callable[[str, str | bytes], tuple[str, str]]

SHENZHEN = """\
---
title: 应用科学家实习生
location:
  city: 深圳
  country: China
language:
  - 中文
sections: [关于职位, 你将做什么]
---

关于职位 我们招聘实习生。你将做什么 研究时间序列。
"""

PAGE = """\
<!DOCTYPE html>
<html lang="en-GB"><head><title>A * page &amp; more</title><style>p { color: red }</style></head>
<body><nav><a href="/">Home</a></nav>
<h1>Gift <em>cards</em></h1>
<p>See <a href="/terms">the
terms</a> of <b>use</b>: <img src="c.png" alt="a card"> snake_case, 2 * 3.
<p>H<sub>2</sub>O<!-- a secret --><script>track()</script>
<ul><li>one<li>two<ol><li>deeper</ol></ul>
<table><tr><th>City<th>Rooms<tr><td>London<td>4</table>
<div hidden>unseen</div><div style="display: none">unseen</div>
<pre># a comment
  code</pre>
</body></html>
"""


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Return a function that writes a file of this name and returns its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def one(put: Put) -> One:
    """Return a function that reads content, saved under this name, as its only document."""

    def read_one(name: str, content: str | bytes) -> Document:
        (document,) = read(put(name, content), source=name)
        return document

    return read_one


@pytest.fixture
def refusal(put: Put) -> Refusal:
    """Return a function that gives the fact and the place of the error that reading content raises."""

    def refused(name: str, content: str | bytes) -> tuple[str, str]:
        with pytest.raises(DocumentError) as caught:
            read(put(name, content), source=f"folder/{name}")
        assert caught.value.remedy
        return caught.value.fact, caught.value.place

    return refused


def pdf(*pages: list[str], title: str = "", encrypt: StandardEncryption | None = None) -> bytes:
    """Return a PDF with these lines on its pages."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=encrypt)
    canvas.setTitle(title)
    for lines in pages:
        canvas.setFont("STSong-Light", 12)
        for number, line in enumerate(lines):
            canvas.drawString(72, 720 - 20 * number, line)
        canvas.rect(10, 10, 20, 20)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


# Markdown


def test_front_matter_becomes_title_sections_and_flat_metadata(put: Put) -> None:
    (document,) = read(put("x.md", SHENZHEN), source="postings/x.md")

    assert document == Document(
        id="postings/x.md",
        source="postings/x.md",
        title="应用科学家实习生",
        text="关于职位 我们招聘实习生。你将做什么 研究时间序列。\n",
        metadata={"location.city": "深圳", "location.country": "China", "language": ("中文",)},
        sections=("关于职位", "你将做什么"),
    )


def test_metadata_values_keep_their_type_and_nulls_are_dropped(one: One) -> None:
    front = (
        "n: 4\nx: 0.5\nremote: true\nday: 2022-04-25\nteam: null\nnan: .nan\nmix: [1, no, 2022-04-25, null]\n"
    )

    assert one("a.md", f"---\n{front}7: seven\n---\ntext").metadata == {
        "n": 4,
        "x": 0.5,
        "remote": True,
        "day": "2022-04-25",
        "mix": ("1", "false", "2022-04-25"),
        "7": "seven",
    }


def test_mappings_in_a_list_are_gathered_under_dotted_keys(one: One) -> None:
    front = "---\nplaces:\n  - city: London\n  - city: 深圳\n---\ntext"

    assert one("a.md", front).metadata == {"places.city": ("London", "深圳")}


@pytest.mark.parametrize("written", ["No", "1.10", "12:30", "2022-04-25", "0x1F"])
def test_a_title_is_kept_as_it_was_written(one: One, written: str) -> None:
    assert one("a.md", f"---\ntitle: {written}\n---\ntext").title == written


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("## First\n\n# Top *level* `code`\n", "Top level code"),
        ("```\n# in a fence\n```\n\n## 第一章 [链接](x)\n", "第一章 链接"),
        ("Underlined\n==========\n", "Underlined"),
        ("#\n\nno words in the heading\n", "Gift card terms"),
    ],
)
def test_the_title_of_markdown_without_one_is_its_first_heading_or_the_file_name(
    one: One, body: str, title: str
) -> None:
    assert one("gift-card_terms.md", body).title == title


def test_an_empty_front_matter_is_no_text(one: One) -> None:
    assert one("a.md", "---\n---\n\n\nText").text == "Text"


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA paragraph between two breaks.\n\n---\n\nmore\n",
        "---\n# A heading\n\nprose\n\n---\n",
        "---\nAnd here is what I said: nothing.\n---\n",
        "---\n\n- a list\n\n---\n",
        "---\nnever closed, never a key\n",
        "---",
        "Text\n\n---\n\nkey: value\n",
    ],
)
def test_a_thematic_break_is_not_front_matter(one: One, text: str) -> None:
    assert one("a.md", text).text == text
    assert one("a.md", text).metadata == {}


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        ("---\ntitle: x\n\n# Body\n", "The front matter that opens in line 1 is never closed"),
        (
            "---\na: 1\ntitle: Graphs: and more\n---\n",
            "The front matter cannot be read (line 3: mapping values are not allowed here)",
        ),
        (
            "---\n- a\n- b\n---\ntext\n",
            "The front matter cannot be read (line 2: it does not say 'key: value')",
        ),
        (
            "---\na: 1\nb: &b [x]\nc: [*b, *b]\n---\ntext\n",
            "The front matter cannot be read (line 3: anchors, aliases and tags are not allowed)",
        ),
        (
            "---\na: !!python/name:os.system x\n---\ntext\n",
            "The front matter cannot be read (line 2: anchors, aliases and tags are not allowed)",
        ),
        (
            "---\na: " + "[" * 5000 + "\n---\ntext\n",
            "The front matter cannot be read (line 2: it is nested too deeply)",
        ),
        (
            "---\nsections:\n  - Note: a colon\n---\ntext\n",
            "The front matter cannot be read (line 2: sections is not a list of headings; quote those"
            " that hold a colon)",
        ),
        (
            "---\na: 1\nb: \x07\n---\ntext\n",
            "The front matter cannot be read (line 3: character U+0007 is not allowed)",
        ),
        ("---\ntitle: x\n---\n \n", "The file holds no text"),
    ],
)
def test_broken_front_matter_is_refused_with_its_line(refusal: Refusal, content: str, fact: str) -> None:
    assert refusal("a.md", content) == (fact, "folder/a.md")


# Plain text


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("\n\nOpening hours\n\nNine to five.", "Opening hours"),
        ("营业时间\r\n\r\n九点到五点。", "营业时间"),
        ("A line\nand its next\n\nmore", "Some notes"),
        (f"{'long ' * 30}\n\nmore", "Some notes"),
        ("One line only\n\n", "Some notes"),
    ],
)
def test_a_short_line_set_off_by_a_blank_one_is_the_title_of_a_text(
    one: One, content: str, title: str
) -> None:
    assert one("some_notes.txt", content).title == title


def test_text_is_normalised_and_its_leading_blank_lines_dropped(one: One) -> None:
    assert one("a.txt", "\ufeff \n\u3000\n  Cafe\u0301\r\nbar\r".encode()).text == "  Caf\u00e9\nbar\n"


def test_a_text_in_utf_16_with_its_mark_is_read(one: One) -> None:
    assert one("a.TXT", "深圳 and London".encode("utf-16")).text == "深圳 and London"


# HTML


def test_a_page_becomes_markdown_without_links_marks_or_hidden_parts(one: One) -> None:
    assert one("gift.html", PAGE) == Document(
        id="gift.html",
        source="gift.html",
        title="A * page & more",
        text=(
            "# Gift cards\n\n"
            "See the terms of use: a card snake_case, 2 * 3.\n\n"
            "H2O\n\n"
            "- one\n- two\n  1. deeper\n\n"
            "| City | Rooms |\n| --- | --- |\n| London | 4 |\n\n"
            "```\n# a comment\n  code\n```"
        ),
        metadata={"language": "en-GB"},
    )


@pytest.mark.parametrize(
    ("markup", "title"),
    [("<title> </title><h2>x</h2><h1>招聘 <i>实习生</i></h1>", "招聘 实习生"), ("<p>text", "Some page")],
)
def test_a_page_without_a_title_is_named_by_its_heading_or_file(one: One, markup: str, title: str) -> None:
    assert one("some-page.htm", markup).title == title


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<meta charset=gb2312><p>深圳招聘".encode("gbk"), "深圳招聘"),
        (
            '<meta content="text/html; charset=ISO-8859-1"><p>caf\u00e9 \u2019'.encode("cp1252"),
            "caf\u00e9 \u2019",
        ),
        ("<meta charset=gbk><p>深圳".encode(), "深圳"),
        ("<p>深圳".encode("utf-16"), "深圳"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_has(one: One, data: bytes, text: str) -> None:
    assert one("a.html", data).text == text


def test_paragraphs_that_are_never_closed_stand_side_by_side(one: One) -> None:
    assert one("a.html", "<p>x" * 2000).text == "\n\n".join(["x"] * 2000)


def test_readings_of_characters_do_not_tear_words_apart(one: One) -> None:
    assert one("a.html", "<p><ruby>深<rp>(</rp><rt>shēn</rt><rp>)</rp></ruby>圳").text == "深圳"


def test_tags_named_like_the_converters_own_methods_are_only_tags(one: One) -> None:
    page = f"<soup>a</soup><fn_cache>b</fn_cache><h{'9' * 5000}>c</h{'9' * 5000}><ol start=½><li>d</ol>"

    assert one("a.html", page).text == "abc\n\n1. d"


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"<p>caf\xe9", "Not UTF-8 text (line 1)"),
        (b"<meta charset=unknown>\n<p>caf\xe9", "Not UTF-8 text (line 2)"),
        (b"<meta charset=gbk><p>\xff\xff", "Not GB18030 text (line 1)"),
        (b"<script>only()</script>", "The file holds no text"),
        (b"<div>" * 5000 + b"x", "The page cannot be read (its elements are nested too deeply)"),
    ],
)
def test_a_page_that_cannot_be_read_is_refused(refusal: Refusal, content: bytes, fact: str) -> None:
    assert refusal("a.html", content) == (fact, "folder/a.html")


# PDF


def test_a_pdf_keeps_its_lines_and_puts_a_blank_one_between_pages(one: One) -> None:
    data = pdf(["Gift cards", "never expire."], [], ["深圳招聘"], title="Terms of use")

    assert one("a.pdf", data) == Document(
        id="a.pdf",
        source="a.pdf",
        title="Terms of use",
        text="Gift cards\nnever expire.\n\n深圳招聘",
        metadata={"pages": 3},
    )


@pytest.mark.parametrize("title", ["", "untitled", "(anonymous)", "Microsoft Word - Draft 3", "terms.docx"])
def test_a_pdf_title_that_a_program_wrote_gives_way_to_the_file_name(one: One, title: str) -> None:
    assert one("gift-terms.pdf", pdf(["text"], title=title)).title == "Gift terms"


def test_a_pdf_that_only_restricts_its_owner_is_read(one: One) -> None:
    assert one("a.pdf", pdf(["text"], encrypt=StandardEncryption("", "owner", strength=40))).text == "text"


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (pdf(["text"], encrypt=StandardEncryption("secret", strength=40)), "The PDF is encrypted"),
        (pdf([]), "The PDF holds no text, only images"),
        (pdf(["text"])[:400], "The PDF is damaged (Stream has ended unexpectedly)"),
        (b"<html><p>Not found</html>", "Not what its ending says: it is no PDF"),
        (b"\x89PNG\r\n\x1a\n", "Not what its ending says: it is a PNG image"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(refusal: Refusal, content: bytes, fact: str) -> None:
    assert refusal("a.pdf", content) == (fact, "folder/a.pdf")


def test_pypdf_stays_quiet(
    refusal: Refusal, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)

    refusal("a.pdf", b"junk\n%PDF-1.4\nnonsense")

    assert (caplog.records, capsys.readouterr().err) == ([], "")


# Records


def test_each_line_of_records_is_a_document(put: Put) -> None:
    lines = (
        '{"_id": "a", "title": "Normans", "text": "\\n\\nThey came.", "year": 1066,'
        ' "metadata": {"year": 1, "p": {"q": "r"}}}\r\n'
        "\r\n"
        '{"text": "没有标题。", "_id": null, "id": "kept", "tags": ["x", null, 2], "none": null}\n'
        '{"_id": "blank", "text": " \\n"}\n'
        '{"id": 7, "title": "", "text": "e\\u0301 \\ud800 \\u0000 \\ud83d\\ude00", "sections": ["e"],'
        ' "metadata": "m"}'
    )

    assert read(put("wiki-pages.jsonl", lines), source="s/wiki-pages.jsonl") == (
        Document(
            "s/wiki-pages.jsonl#a",
            "s/wiki-pages.jsonl",
            "Normans",
            "They came.",
            {"year": 1066, "p.q": "r"},
        ),
        Document(
            "s/wiki-pages.jsonl#3",
            "s/wiki-pages.jsonl",
            "Wiki pages 3",
            "没有标题。",
            {"id": "kept", "tags": ("x", "2")},
        ),
        Document(
            "s/wiki-pages.jsonl#7",
            "s/wiki-pages.jsonl",
            "Wiki pages 7",
            "\u00e9 \ufffd \ufffd \U0001f600",
            {"metadata": "m"},
            ("e",),
        ),
    )


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ('{"_id": "a", "text": "again"}', "Line 2: its _id stands in line 1 already"),
        ('{"_id": "b"}', "Line 2: it has no text"),
        ('{"text": 5}', "Line 2: its text is not a string"),
        ('{"text": "x", "_id": true}', "Line 2: _id is not a string"),
        ('{"text": "x", "title": ["t"]}', "Line 2: title is not a string"),
        ('["text"]', "Line 2: it is not a JSON object"),
        ('{"text": "x",}', "Line 2: Expecting property name enclosed in double quotes, column 14"),
        ('{"text": "x", "n": ' + "[" * 9000, "Line 2: it is nested too deeply"),
        ('{"text": "x", "n": 9223372036854775808}', "Line 2: n is too large a number; put it in quotes"),
    ],
)
def test_one_broken_record_refuses_the_file_and_names_its_line(
    refusal: Refusal, line: str, fact: str
) -> None:
    assert refusal("a.jsonl", f'{{"_id": "a", "text": "x"}}\n{line}\n') == (fact, "folder/a.jsonl")


def test_records_without_any_text_are_an_empty_file(refusal: Refusal) -> None:
    assert refusal("a.jsonl", '{"text": ""}\n') == ("The file holds no text", "folder/a.jsonl")


# Files that are not what they should be


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html", "a.pdf", "a.jsonl"])
@pytest.mark.parametrize("content", [b"", b" \n\t\r\n"])
def test_a_blank_file_holds_no_text(refusal: Refusal, name: str, content: bytes) -> None:
    assert refusal(name, content) == ("The file holds no text", f"folder/{name}")


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        ("a.md", b"%PDF-1.7\n", "Not what its ending says: it is a PDF"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0", "Not what its ending says: it is a PNG image"),
        ("a.txt", b"PK\x03\x04", "Not what its ending says: it is a ZIP archive, as Office documents are"),
        ("a.md", b"one\ntwo\n\xff", "Not UTF-8 text (line 3)"),
        ("a.md", "中文".encode("gbk"), "Not UTF-8 text (line 1)"),
        ("a.jsonl", b"\xff\xfe\x00\xd8", "Not UTF-16 text (line 1)"),
        ("a.txt", b"nul \0 inside", "Not text, for it holds NUL characters"),
        ("a.docx", b"text", "Files that end in .docx cannot be read"),
        ("README", b"text", "Files that end in nothing cannot be read"),
    ],
)
def test_a_file_of_another_kind_is_named(refusal: Refusal, name: str, content: bytes, fact: str) -> None:
    assert refusal(name, content) == (fact, f"folder/{name}")


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"^Cannot be opened \(No such file or directory\): a\.md\. "):
        read(tmp_path / "a.md", source="a.md")


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"^Its name is not UTF-8: a\\udcff\.md\. Rename it\.$"):
        read(tmp_path / "a.md", source="a\udcff.md")


# Whatever the bytes

FRAGMENTS = st.sampled_from(
    [
        *["---\n", "title: ", "a: ", "- ", "[", "{", '"\\ud800"', "!!int ", "&x", "*x", "12:30", "=", "? "],
        *["<p>", "<li>", "<table>", "<tr>", "<td colspan=²>", "<pre>", "<soup>", "&#55296;", "&#0;", "<!--"],
        *['{"text": "x"}\n', '{"_id": 1, "text": "', '"}\n', "\\ud800", "\\u0000", "\\ufeff", "NaN", "1e999"],
        *["\ufeff", "\r", "\n", "\u2028", "\x85", "\x0c", "\0", "e\u0301", "\u0301", "# ", "深圳", "%PDF-"],
    ]
)
CONTENTS = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(str.encode),
    st.lists(FRAGMENTS, max_size=20).map(lambda parts: "".join(parts).encode()),
    st.lists(FRAGMENTS, max_size=20).map(lambda parts: f"---\na: 1\n{''.join(parts)}\n---\nx".encode()),
    st.tuples(st.just(pdf(["Gift cards"])), st.integers(0, 2000), st.binary(max_size=9)).map(
        lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] + len(cut[2]) :]
    ),
)


def texts_or_refusal(path: Path) -> list[str]:
    try:
        return [document.text for document in read(path, source=path.name)]
    except DocumentError as error:
        return [str(error)]


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@settings(deadline=None)  # the first example pays for the imports
@given(content=CONTENTS)
def test_any_bytes_give_normalised_text_or_a_document_error(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(content)

    texts = texts_or_refusal(path)

    assert texts == [normalise(text).encode().decode() for text in texts]
    assert all(text.strip() for text in texts)
