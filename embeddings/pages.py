"""Web pages and PDF pages made text: formats that lay words out instead of saying what they are.

    HTML   -> ATX Markdown: headings, lists, tables, quotations and code blocks keep their shape; links,
              images and emphasis are reduced to their words; what a reader never sees is left out
    PDF    -> the lines of each page, a blank line between two pages

The libraries behind it are heavy, so ``readers`` imports this module only when it meets such a file.
"""

import io
import logging
import re
import warnings
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString
from markdownify import MarkdownConverter
from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError

from embeddings.errors import DocumentError
from embeddings.extract import Extract

# Elements whose words are no part of the text: machinery, navigation, controls, and readings of Chinese
# or Japanese characters (ruby), which would tear the words apart.
_UNREAD = re.compile(
    "audio|base|button|canvas|datalist|embed|iframe|input|link|map|meta|nav|noscript|object|rp|rt|script|select"
    "|style|svg|template|textarea|title|video"
)

# Blocks that Markdown has no name for: their words must not run into their neighbours'.
_BLOCK = re.compile(
    "address|article|aside|body|center|dd|details|dialog|dl|dt|fieldset|figcaption|figure|footer|form|header"
    "|hgroup|html|legend|main|search|section|summary"
)

# The elements that become Markdown. An explicit list, because markdownify looks a tag up as its own
# method by name: a page's ``<soup>`` or ``<h99…9>`` would call into the converter.
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_LISTS = ["ol", "ul", "li"]
_TABLES = ["table", "caption", "thead", "tbody", "tr", "th", "td"]
_KEPT = ["[document]", "div", "p", "blockquote", "pre", "br", "hr", "q", *_HEADINGS, *_LISTS, *_TABLES]

# HTML lets these end tags be left out, which html.parser does not know: it would nest every paragraph of
# an old page in the one before. An element on the left ends an open element on the right.
_ENDS = {
    **dict.fromkeys(
        ["p", "div", "blockquote", "pre", "hr", *_HEADINGS, "ol", "ul", "dl", "table"], frozenset(["p"])
    ),
    "li": frozenset(["li", "p"]),
    **dict.fromkeys(["dt", "dd"], frozenset(["dt", "dd", "p"])),
    **dict.fromkeys(["td", "th"], frozenset(["td", "th", "p"])),
    "tr": frozenset(["td", "th", "tr", "p"]),
    "tbody": frozenset(["td", "th", "tr", "thead", "tbody", "p"]),
}

_NUMBERS = {"start": re.compile("[0-9]{1,3}"), "colspan": re.compile("[0-9]|1[0-9]")}
_CHARSET = re.compile(rb"""(?:charset|encoding)\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE)
_HIDING = re.compile(r"(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden)", re.IGNORECASE)

# What browsers read these names as (https://encoding.spec.whatwg.org/#names-and-labels).
_READ_AS = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
}

# Titles that programs write by themselves, and file names that stand in for one.
_NO_TITLE = re.compile(
    r"untitled|\(?anonymous\)?|\(?unspecified\)?|powerpoint presentation|microsoft \w{1,20} - .*"
    r"|.*\.(?:pdf|docx?|dvi|tex|indd|pptx?|xlsx?|odt|rtf|html?)",
    re.IGNORECASE,
)


def declared_charset(data: bytes) -> tuple[str, ...]:
    """Return the encoding that an HTML page declares, as Python calls it; none if it is not a known one."""
    found = _CHARSET.search(data[:4096])
    label = found[1].decode("ascii", "replace").lower() if found else ""
    same = re.fullmatch(r"iso-8859-(?:[2-9]|1[0134-6])|windows-125[0-8]", label)
    name = label if same else _READ_AS.get(label)
    return (name,) if name else ()


def read_html(markup: str, *, source: str) -> Extract:
    """Read a web page; ``<title>``, else the first ``<h1>``, is its title."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # XHTML read as HTML, a page that looks like a file name
            soup = _Soup(markup, "html.parser")
        title = _words(soup.find("title"))
        language = _attribute(soup.find("html"), "lang").strip()
        _drop_unread(soup)
        title = title or _words(soup.find("h1"))
        _keep_shape_only(soup)
        _name_rows(soup)
        converter = MarkdownConverter(
            convert=_KEPT,
            heading_style="atx",
            bullets="-",
            escape_asterisks=False,
            escape_underscores=False,
            escape_misc=False,
            table_infer_header=True,
            strip_pre="strip_one",
            wrap=True,  # a line end in HTML is a space …
            wrap_width=None,  # … and no new ones are made
        )
        text = _tidy(converter.convert_soup(soup))
    except MemoryError:
        raise
    except Exception as error:  # on broken pages both libraries fail in ways they do not document
        why = "its elements are nested too deeply" if isinstance(error, RecursionError) else "it is damaged"
        raise DocumentError(
            f"The page cannot be read ({why})", place=source, remedy="Save it as text or Markdown."
        ) from error
    return Extract(title, text, {"language": language} if language else {})


def read_pdf(data: bytes, *, source: str) -> Extract:
    """Read a PDF; ``metadata["pages"]`` counts its pages."""
    logger = logging.getLogger("pypdf")
    if logger.level == logging.NOTSET:  # a caller who set a level wants to hear of every oddity
        logger.setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        pages = [_tidy(page.extract_text()) for page in reader.pages]
        title = _pdf_title(reader)
    except (FileNotDecryptedError, DependencyError) as error:
        raise DocumentError(
            "The PDF is encrypted", place=source, remedy="Save a copy of it that needs no password."
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # pypdf: "broken PDF files might cause other Exceptions"
        raise DocumentError(
            f"The PDF is damaged ({str(error)[:200] or type(error).__name__})",
            place=source,
            remedy="Open it in a viewer and save it anew.",
        ) from error
    text = "\n\n".join(page for page in pages if page)
    if not text:
        raise DocumentError(
            "The PDF holds no text, only images",
            place=source,
            remedy="Run text recognition on it, for example with ocrmypdf.",
        )
    return Extract(title, text, {"pages": len(pages)})


class _Soup(BeautifulSoup):
    """A parsed page in which the end tags that HTML lets one leave out are understood."""

    def handle_starttag(
        self,
        name: str,
        namespace: str | None,
        nsprefix: str | None,
        attrs: Any,  # noqa: ANN401 - the type is private to bs4
        sourceline: int | None = None,
        sourcepos: int | None = None,
        namespaces: dict[str, str] | None = None,
    ) -> Tag | None:
        while self.currentTag is not None and self.currentTag.name in _ENDS.get(name, ()):
            self.handle_endtag(self.currentTag.name)
        tag: Tag | None = super().handle_starttag(
            name, namespace, nsprefix, attrs, sourceline, sourcepos, namespaces
        )
        return tag


def _drop_unread(soup: BeautifulSoup) -> None:
    for text in soup.find_all(string=True):
        if isinstance(text, PreformattedString):  # comments, declarations, processing instructions
            text.extract()
    for tag in soup.find_all(_is_unread):
        if not tag.decomposed:
            tag.decompose()


def _is_unread(tag: Tag) -> bool:
    return (
        _UNREAD.fullmatch(tag.name) is not None
        or tag.has_attr("hidden")
        or _attribute(tag, "aria-hidden") == "true"
        or _attribute(tag, "role") == "navigation"
        or bool(_HIDING.search(_attribute(tag, "style")))
    )


def _keep_shape_only(soup: BeautifulSoup) -> None:
    for tag in soup.find_all(True):
        if tag.name == "img":
            tag.replace_with(NavigableString(_attribute(tag, "alt")))
            continue
        if _BLOCK.fullmatch(tag.name):
            tag.name = "div"
        tag.attrs = {
            name: value for name, form in _NUMBERS.items() if form.fullmatch(value := _attribute(tag, name))
        }  # markdownify takes int() of whatever stands there, and writes as many cells


def _name_rows(soup: BeautifulSoup) -> None:
    """Put an empty head before a table whose rows begin with their names: its first row is one of them."""
    for table in soup.find_all("table"):
        first = table.find("tr")
        cells = first.find_all(["th", "td"], recursive=False) if first else []
        if first is not None and [cell.name for cell in cells[:2]] == ["th", "td"]:
            head = soup.new_tag("tr")
            head.extend([soup.new_tag("th") for _ in cells])
            first.insert_before(head)


def _pdf_title(reader: PdfReader) -> str:
    title = " ".join(str((reader.metadata and reader.metadata.title) or "").split())
    readable = len(title) <= 200 and title.isprintable()
    return "" if not readable or _NO_TITLE.fullmatch(title) else title


def _words(tag: object) -> str:
    return " ".join(tag.get_text().split()) if isinstance(tag, Tag) else ""


def _attribute(tag: object, name: str) -> str:
    value = tag.get(name) if isinstance(tag, Tag) else None
    return value if isinstance(value, str) else ""


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")
