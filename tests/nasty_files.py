"""Files that are built, or fated, to break a reader: each is a name and a function of its size in bytes.

The tests make them small, the benchmark large; only what is repeated grows.
"""

import io
import json
import zlib
from collections.abc import Callable
from typing import Final, TypeAlias

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

Make: TypeAlias = Callable[[int], str | bytes]


def _many(unit: str, *, before: str = "", after: str = "") -> Make:
    size = len(unit.encode("utf-8", "surrogatepass"))
    return lambda n: before + unit * (n // size) + after


def _just(content: str | bytes) -> Make:
    return lambda _: content


def _front(unit: str, *, before: str = "", after: str = "") -> Make:
    return _many(unit, before=f"---\n{before}", after=f"{after}\n---\nThe text below.")


# One line, or one kind of line, for ever. Of each, a .txt and a .md file are made.
LINES: Final = {
    "words": "word salad here ",
    "sentences": "This is a sentence. ",
    "one-word": "a",
    "chinese": "灯塔的门",
    "full-stops": "a.",
    "chinese-stops": "。",
    "initials": "A.B. ",
    "signs": "!? ",
    "dates": "1. Jan ",
    "hyphens": "a-",
    "explained": "Deep Net (DN) ",
    "bullets": "* A ",
    "quotes": "“a",
    "ticks": "``````````a ",
    "brackets": "[",
    "links": "[a](",
    "images": "![a",
    "emphasis": "*a **a ",
    "underlines": "a_ _b",
    "tags": "<a ",
    "instructions": "<?",
    "entities": "&a",
    "backslashes": "\\",
    "quotations": "> ",
    "lists": "- ",
    "numbered": "1. ",
    "pipes": "|",
    "spaces": " ",
    "line-ends": "\n",
    "lines": "a\n",
    "headings": "# a\n",
    "underlined": "a\n===\n",
    "fences": "```\n",
    "references": "[a]: b\n",
    "separators": "a\x0b\x0c\x1c\x85\u2028\u2029",
    "combining": "\u0301",
    "stacked": "a" + "\u0301\u0323" * 30,
    "zero-width": "\u200b\u200d",
    "directions": "\u202ea\u202c",
    "expanding": "\ufdfa",
    "decomposing": "\U0001d160",
    "hangul": "\u1100\u1161\u11a8",
    "emoji": "👨‍👩‍👧‍👦 ",
    "controls": "\x1b[31m\x07\x08\x7fa",
}
_DEEP = "".join(f"{'  ' * n}- a\n" for n in range(300))
_HTML: Final[dict[str, Make]] = {
    "words": _many("word salad here ", before="<p>"),
    "unclosed": _many("<div>", after="x"),
    "unclosed-b": _many("<b>a"),
    "paragraphs": _many("<p>"),
    "items": _many("<ul><li>", after="x"),
    "tables": _many("<table><tr><td>", after="x"),
    "deep": lambda n: "<div>" * (n // 11) + "x" + "</div>" * (n // 11),
    "attributes": _many("a=b ", before="<p ", after=">x"),
    "attribute": _many("b", before='<p a="', after='">x'),
    "open-attribute": _many("b", before='<p a="', after="x"),
    "entities": _many("&amp;"),
    "numbers": _many("&#x41"),
    "huge-number": _many("9", before="&#", after=";x"),
    "less-than": _many("<"),
    "open-tag": _many("<a"),
    "open-tags": _many("<a "),
    "end-tags": _many("</"),
    "open-end-tags": _many("</a"),
    "comments": _many("<!--"),
    "declarations": _many("<!"),
    "instructions": _many("<?"),
    "cdata": _many("<![CDATA["),
    "scripts": _many("<script>"),
    "styles": _many("display     ", before='<p style="', after='">x'),
    "text-area": _many("</texta", before="<textarea>"),
    "title": _many("a ", before="<title>", after="</title>x"),
    "breaks": _many("a<br>", before="<p>"),
    "columns": _many("<td colspan=999>a", before="<table><tr>"),
    "start": _many("<li>a", before='<ol start="999">'),
    "images": _many('<img alt="a">'),
    "wrong-ends": _many("</i>", before="<b>" * 300, after="x"),
    "charset": _just(b"<meta charset=utf-7><p>+ADw-script+AD4-"),
    "own-methods": _just("<soup>a</soup><h99999999>b</h99999999><convert_p>c</convert_p>"),
}
_FRONT: Final[dict[str, Make]] = {
    "never-closed": _many("c\n", before="---\na: b\n"),
    "comments": _front("# a\n", before="# a\n"),
    "long-value": _front("b", before='a: "', after='"'),
    "keys": lambda n: "---\n" + "".join(f"k{i}: v\n" for i in range(n // 10)) + "---\nThe text below.",
    "brackets": _front("[", before="a: "),
    "list": _front("b,", before="a: [", after="]"),
    "number": _front("9", before="a: "),
    "sixties": _front(":1", before="a: 1"),
    "hexadecimal": _front("f", before="a: 0x"),
    "bomb": _just("---\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n---\nThe text below."),
    "tag": _just("---\na: !!python/object/apply:os.system [id]\n---\nThe text below."),
    "date": _just("---\na: 0001-99-99T99:99:99\nb: 99999-01-01\n---\nThe text below."),
    "infinite": _just("---\na: 9e999999999\nb: .inf\nc: .nan\n<<: {d: e}\n---\nThe text below."),
    "key-list": _just("---\n? [a, b]\n: c\n---\nThe text below."),
    "surrogates": _just('---\na: "\\ud800"\nb: "\\uDC00\\u0000"\n---\nThe text below.'),
    "sections": lambda n: (
        f"---\nsections: [{','.join(f's{i}' for i in range(n // 20))}]\n---\n" + "s1 s2 " * (n // 12)
    ),
    "title": _front("t ", before="title: "),
    "deep": lambda n: "---\n" + "".join(f"{' ' * i}k: \n" for i in range(min(n // 4, 1_500))) + "---\nx",
}
_RECORDS: Final[dict[str, Make]] = {
    "words": lambda n: json.dumps({"text": "word salad here " * (n // 16)}),
    "brackets": lambda n: '{"text": "a", "x": ' + "[" * n,
    "number": lambda n: '{"text": "a", "x": ' + "9" * n + "}",
    "surrogates": _just(
        '{"text": "a \\ud800 b", "title": "\\udfff", "\\ud8ff": "\\udcff", "_id": "\\ud800"}'
    ),
    "deep": _just('{"text": "a", "x": ' + '{"a": ' * 900 + "1" + "}" * 901),
    "keys": lambda n: json.dumps({"text": "a"} | {f"k{i}": 1 for i in range(n // 10)}),
    "numbers": _just('{"text": "a", "x": 1e999, "y": NaN, "z": -Infinity, "i": 123456789012345678901234}'),
    "id": lambda n: json.dumps({"text": "a", "_id": "i" * n}),
    "same-key": _just('{"text": "a", "text": ["b"], "_id": {"c": 1}}'),
    "not-objects": _just('[1]\n"a"\nnull\n'),
    "records": lambda n: "\n".join(json.dumps({"text": f"Record {i} says hello."}) for i in range(n // 40)),
}


def _pdf(objects: list[bytes], *, root: int = 1, startxref: int | None = None, more: bytes = b"") -> bytes:
    """Return a PDF of these objects, numbered from 1."""
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer << /Size %d /Root %d 0 R %b >>\n" % (len(objects) + 1, root, more))
    out.write(b"startxref\n%d\n%%%%EOF\n" % (table if startxref is None else startxref))
    return out.getvalue()


def _page(content: bytes, *, kids: bytes = b"[3 0 R]", count: int = 1, filters: bytes = b"") -> bytes:
    stream = b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), filters, content)
    return _pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids %b /Count %d >>" % (kids, count),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R"
            b" /Resources << /Font << /F 5 0 R >> >> >>",
            stream,
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ]
    )


def _drawn(*, encrypt: StandardEncryption | None = None, words: str = "Lighthouses warn ships.") -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=encrypt)
    canvas.drawString(72, 720, words) if words else canvas.rect(10, 10, 20, 20)
    canvas.save()
    return file.getvalue()


_SHOWN: Final = b"BT /F 12 Tf 20 100 Td (Lighthouses warn ships.) Tj ET "
_PDF: Final[dict[str, Make]] = {
    "good": _just(_drawn()),
    "encrypted": _just(_drawn(encrypt=StandardEncryption("secret"))),
    "scanned": _just(_drawn(words="")),
    "only-its-mark": _just(b"%PDF-1.7\n"),
    "noise": lambda n: b"%PDF-1.7\n" + bytes(i * 7919 % 251 for i in range(n)),
    "cut-short": _just(_drawn()[:400]),
    "cut-by-one": _just(_drawn()[:-20]),
    "own-parent": _just(_page(_SHOWN, kids=b"[2 0 R]")),
    "own-page-twice": _just(_page(_SHOWN, kids=b"[3 0 R 2 0 R 3 0 R]", count=3)),
    "absurd-count": _just(_page(_SHOWN, count=2_000_000_000)),
    "one-page-often": lambda n: _page(_SHOWN, kids=b"[" + b"3 0 R " * (n // 6) + b"]", count=n // 6),
    "table-loop": _just(_pdf([b"<< /Type /Catalog >>"], more=b"/Prev 9")),
    "table-nowhere": _just(_pdf([b"<< /Type /Catalog >>"], startxref=10**12)),
    "root-is-itself": _just(_pdf([b"1 0 R"])),
    "deep-array": lambda n: _pdf([b"[" * (n // 2) + b"]" * (n // 2)]),
    "operators": lambda n: _page(_SHOWN * (n // len(_SHOWN) + 1)),
    "bomb": lambda n: _page(zlib.compress(_SHOWN + b" " * (100 * n)), filters=b"/Filter /FlateDecode"),
    "bomb-in-bomb": lambda n: _page(
        zlib.compress(zlib.compress(_SHOWN + b" " * (100 * n))),
        filters=b"/Filter [/FlateDecode /FlateDecode]",
    ),
    "text-bomb": lambda n: _page(zlib.compress(_SHOWN * (2 * n)), filters=b"/Filter /FlateDecode"),
    "columns": _just(
        _page(
            zlib.compress(_SHOWN),
            filters=b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 2000000000 >>",
        )
    ),
}
_BYTES: Final[dict[str, Make]] = {
    "empty.md": _just(b""),
    "mark-only.txt": _just(b"\xef\xbb\xbf"),
    "binary.txt": lambda n: bytes(i * 7919 % 256 for i in range(n)),
    "nul.md": _just(b"a\0b"),
    "latin.txt": _just("café".encode("latin-1")),
    "surrogate.txt": _just(b"a\xed\xa0\x80b"),
    "utf-16.txt": _just("A text with a mark.".encode("utf-16")),
    "utf-16-no-mark.txt": _just("A text without a mark.".encode("utf-16-le")),
    "utf-16-cut.txt": _just("A text.".encode("utf-16") + b"x"),
    "utf-32.txt": _just("A text in four bytes each.".encode("utf-32")),
    "picture.md": _just(b"\x89PNG\r\n\x1a\n" + b"x" * 50),
    "deep-list.md": _just(_DEEP),
    "long-heading.md": lambda n: f"# {'[a](b) *' * (n // 16)}\n\n{'Below it. ' * (n // 20)}",
    "wide-table.md": lambda n: f"|{'a|' * (n // 4)}\n|{'-|' * (n // 4)}\n",
    "ticks-rising.md": lambda n: "".join("`" * i + "a" for i in range(1, int((2 * n) ** 0.5))),
}
FILES: Final[dict[str, Make]] = {
    **{f"{name}.{kind}": _many(unit, before="b ") for name, unit in LINES.items() for kind in ("txt", "md")},
    **{f"{name}.html": make for name, make in _HTML.items()},
    **{f"front-{name}.md": make for name, make in _FRONT.items()},
    **{f"{name}.jsonl": make for name, make in _RECORDS.items()},
    **{f"{name}.pdf": make for name, make in _PDF.items()},
    **_BYTES,
}


def content(name: str, size: int) -> bytes:
    """Return a nasty file's bytes."""
    made = FILES[name](size)
    return made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass")
