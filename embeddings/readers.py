"""One file in, its documents out: every format ends here as normalised text, a title and metadata.

    .md .markdown   front matter between two ``---`` lines, then Markdown
    .txt            its first line is the title where a blank line sets it off
    .html .htm      made Markdown (``pages``)
    .pdf            the lines of its pages (``pages``)
    .jsonl          one record a line: ``_id``, ``title``, ``text``, any metadata (the BEIR corpus form)

A file is read whole or not at all, and only ``DocumentError`` leaves this module. PDFs and long web
pages are read in a process apart, whose time and memory are bounded (``apart``).
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

from embeddings.apart import Apart
from embeddings.corpus import Document, normalise
from embeddings.errors import DocumentError
from embeddings.file import read_whole
from embeddings.metadata import (
    encodable,
    flatten,
    one_line,
    pop_sections,
    pop_string,
    read_front_matter,
    split_front_matter,
)

SUFFIXES = frozenset({".md", ".markdown", ".txt", ".html", ".htm", ".pdf", ".jsonl"})

# What is read of a file: ten of the longest books, and for what is divided into pages or records anyway,
# or holds pictures, five times that. Reading takes up to six times a file's size in memory.
_LARGEST = 50_000_000
_LARGEST_OF = {".pdf": 250_000_000, ".jsonl": 250_000_000}
# A longer web page is read apart. The worst that was built for html.parser ("<a <a <a") takes 2 s at this
# size, and four times that at twice the size.
_SMALL_PAGE = 16_000
# No title says more.
_LONGEST_TITLE = 300
_LONGEST_ID = 500
# Where a text's first heading is looked for.
_OPENING = 200_000

# A longer first line of a text file is a paragraph, not a title.
_TITLE_LIMIT = 120

# How files begin that are often renamed or saved under the wrong ending.
_SIGNATURES = {
    b"%PDF-": "a PDF",
    b"\x89PNG\r\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF89a": "a GIF image",
    b"PK\x03\x04": "a ZIP archive, as Office documents are",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x1f\x8b": "a gzip archive",
    b"SQLite format 3": "an SQLite database",
}

_LEADING_BLANKS = re.compile(r"\A(?:[^\S\n]*\n|\ufeff)+")


def read(path: Path, *, source: str) -> tuple[Document, ...]:
    """Read one file into its documents, which are never none.

    ``source`` is the file's POSIX path below the data folder. Raises ``DocumentError``.
    """
    require_readable(source)
    with Apart() as apart:
        return parse(read_whole(path, source=source, largest=largest(source)), source=source, apart=apart)


def largest(source: str) -> int:
    """Return how many bytes a file of this name may have."""
    return _LARGEST_OF.get(PurePosixPath(source).suffix.lower(), _LARGEST)


def require_readable(source: str) -> None:
    """Raise DocumentError for a name whose file is never read."""
    suffix = PurePosixPath(source).suffix.lower()
    if suffix not in SUFFIXES:
        raise DocumentError(
            f"Files that end in {suffix or 'nothing'} cannot be read",
            place=source,
            remedy=f"Save it as one of {' '.join(sorted(SUFFIXES))}.",
        )
    if encodable(source) != source:
        raise DocumentError("Its name is not UTF-8", place=source, remedy="Rename it.")
    if not is_plain_name(source):
        raise DocumentError("Its name holds a control character", place=source, remedy="Rename it.")


def is_plain_name(name: str) -> bool:
    """Tell whether a name is text, in one line: what is listed, printed and linked to."""
    return not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in name)


def parse(data: bytes, *, source: str, apart: Apart) -> tuple[Document, ...]:
    """Read what a file of this name holds. Raises ``DocumentError``."""
    suffix = PurePosixPath(source).suffix.lower()
    _refuse_other_formats(data, suffix=suffix, source=source)
    match suffix:
        case ".md" | ".markdown":
            return (_read_markdown(_decode(data, source=source), source=source),)
        case ".txt":
            return (_read_plain(_decode(data, source=source), source=source),)
        case ".jsonl":
            return _read_records(_decode(data, source=source), source=source)
        case _:
            return (_read_pages(data, suffix=suffix, source=source, apart=apart),)


def _read_markdown(text: str, *, source: str) -> Document:
    front, rest = split_front_matter(text, source=source)
    title, sections, metadata = read_front_matter(front, source=source)
    body = _content(rest, source=source)
    title = title or _first_heading(body) or _readable_stem(source)
    return Document(source, source, title[:_LONGEST_TITLE], body, metadata, sections)


def _read_plain(text: str, *, source: str) -> Document:
    body = _content(text, source=source)
    first, _, rest = body.partition("\n")
    after = rest.partition("\n")[0]
    is_title = len(first.strip()) <= _TITLE_LIMIT and not after.strip() and bool(rest.strip())
    title = one_line(first) if is_title else ""
    return Document(source, source, title or _readable_stem(source), body)


def _read_pages(data: bytes, *, suffix: str, source: str, apart: Apart) -> Document:
    if suffix == ".pdf":
        extract = apart.read(data, suffix=suffix, source=source)
    else:
        from embeddings import pages

        markup = _decode(data, source=source, encodings=("utf-8", *pages.declared_charset(data)))
        if len(markup) <= _SMALL_PAGE:
            extract = pages.read_html(markup, source=source)
        else:
            extract = apart.read(markup.encode(), suffix=suffix, source=source)
    title = one_line(extract.title)[:_LONGEST_TITLE] or _readable_stem(source)
    return Document(source, source, title, _content(extract.text, source=source), flatten(extract.metadata))


def _read_records(text: str, *, source: str) -> tuple[Document, ...]:
    documents: list[Document] = []
    line_of: dict[str, int] = {}
    for number, line in enumerate(_lines(text), start=1):
        if not line or line.isspace():
            continue
        try:
            document = _parse_record(line, number=number, source=source)
            if document.id in line_of:
                raise ValueError(f"its _id stands in line {line_of[document.id]} already")
        except (ValueError, RecursionError) as error:
            remedy = "Mend the line: one JSON object with a text and an _id of its own."
            raise DocumentError(f"Line {number}: {_reason(error)}", place=source, remedy=remedy) from error
        line_of[document.id] = number
        if document.text.strip():
            documents.append(document)
    if not documents:
        raise _no_text(source)
    return tuple(documents)


def _lines(text: str) -> Iterator[str]:
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _parse_record(line: str, *, number: int, source: str) -> Document:
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError("it is not a JSON object")
    text = record.pop("text", None)
    if not isinstance(text, str):
        raise ValueError("it has no text" if text is None else "its text is not a string")
    identifier = pop_string(record, "_id" if "_id" in record else "id") or str(number)
    if len(identifier) > _LONGEST_ID:
        raise ValueError(f"its _id has more than {_LONGEST_ID} characters")
    title = pop_string(record, "title")[:_LONGEST_TITLE] or f"{_readable_stem(source)} {identifier}"
    nested = record.pop("metadata", None)
    fields = nested | record if isinstance(nested, dict) else record | {"metadata": nested}
    sections = pop_sections(fields)
    return Document(f"{source}#{identifier}", source, title, _body(text), flatten(fields), sections)


def _reason(error: Exception) -> str:
    match error:
        case RecursionError():
            return "it is nested too deeply"
        case json.JSONDecodeError():
            return f"{error.msg}, column {error.colno}"
        case _:
            return str(error)[:200]


def _first_heading(body: str) -> str:
    from markdown_it import MarkdownIt  # costs a start what only reading needs

    parser = MarkdownIt().disable("inline")  # blocks are enough to find it
    tokens = parser.parse(body[:_OPENING])
    found = [
        (opening.tag, inline.content)
        for opening, inline in pairwise(tokens)
        if opening.type == "heading_open" and inline.content.strip()
    ]
    if not found:
        return ""
    content = next((content for tag, content in found if tag == "h1"), found[0][1])
    words = MarkdownIt().parseInline(content[: 4 * _LONGEST_TITLE])[0].children or []
    return one_line("".join(" " if word.type.endswith("break") else word.content for word in words))


def _refuse_other_formats(data: bytes, *, suffix: str, source: str) -> None:
    if not data.strip():
        raise _no_text(source)
    is_pdf = b"%PDF-" in data[:1024]  # readers allow for that much before it
    found = next((name for start, name in _SIGNATURES.items() if data.startswith(start)), "")
    if suffix == ".pdf" and not is_pdf:
        found = found or "no PDF"
    elif suffix == ".pdf":
        found = ""
    if found:
        raise DocumentError(
            f"Not what its ending says: it is {found}", place=source, remedy="Give it its right ending."
        )


def _decode(data: bytes, *, source: str, encodings: Sequence[str] = ("utf-8",)) -> str:
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        encodings = ("utf-32",)
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    try:
        text = data.decode(encodings[0])
    except UnicodeDecodeError as error:
        if encodings[1:]:
            return _decode(data, source=source, encodings=encodings[1:])
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentError(
            f"Not {encodings[0].upper()} text (line {line})", place=source, remedy="Save it as UTF-8."
        ) from error
    if "\0" in text:
        raise DocumentError(
            "Not text, for it holds NUL characters",
            place=source,
            remedy="Give it its right ending, or, if it is text, save it as UTF-8.",
        )
    return normalise(text).lstrip("\ufeff")


def _content(text: str, *, source: str) -> str:
    body = _body(text)
    if not body.strip():
        raise _no_text(source)
    return body


def _body(text: str) -> str:
    return _LEADING_BLANKS.sub("", normalise(encodable(text)))


def _readable_stem(source: str) -> str:
    stem = PurePosixPath(source).stem
    words = one_line(re.sub(r"[-_]+", " ", stem)) or stem
    return words[:1].upper() + words[1:]


def _no_text(source: str) -> DocumentError:
    return DocumentError(
        "The file holds no text", place=source, remedy="Write something in it or take it out."
    )
