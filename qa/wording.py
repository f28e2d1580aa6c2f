"""How an answer over metadata is said, in the question's language; titles stay as they are."""

from collections import Counter
from collections.abc import Sequence

from embeddings.corpus import Document
from qa.catalog import Selection, values_of
from qa.gazetteer import CHINESE, chinese_name, names_of_language
from qa.places import PLACE_KEYS, as_text, place_of
from qa.words import KEY_WORDS, KIND_WORDS

# Chinese counts most things with 个, but not these.
_COUNTED_BY = {"文章": "篇", "论文": "篇", "文档": "份", "报告": "份", "书": "本", "分店": "家"}


def heading(selection: Selection, *, most: int) -> str:
    """Return the line above a list: how many, how many repeats; of more than ``most`` the first."""
    return (_chinese_heading if selection.chinese else _heading)(selection, most)


def item(document: Document, selection: Selection) -> str:
    """Return what a list says of a document: its title, and what was asked or where it is."""
    told, place = told_of(document, selection), _place(document, selection)
    stop, opening, closing = ("：", "（", "）") if selection.chinese else (": ", " (", ")")
    if told:
        return plain(f"{document.title}{stop}{told}")
    return plain(f"{document.title}{opening}{place}{closing}" if place else document.title)


def fact(selection: Selection) -> str:
    """Return the sentence that says one document's values of what was asked."""
    document = selection.documents[0]
    told = told_of(document, selection)
    where = _asks_where(selection)
    keys = [key for key in selection.asked if key in document.metadata]
    if selection.chinese:
        what = "地点" if where else "和".join(_chinese_key(key) for key in keys)
        return plain(f"“{document.title}”的{what}是{told}")
    if where:
        return plain(f'"{document.title}" is in {told}')
    if any(key.endswith(("ed", "en", "since")) for key in keys):  # published, written: no nouns
        return plain(f'"{document.title}": {", ".join(map(_spoken, keys))} {told}')
    verb = "is" if len(keys) == 1 else "are"
    return plain(f'The {" and ".join(map(_spoken, keys))} of "{document.title}" {verb} {told}')


def whole_question(selection: Selection) -> str:
    """Return the question for the documents' values of what was asked, with the title of a single one."""
    document, count = selection.documents[0], len(selection.documents)
    english = f'"{document.title}"' if count == 1 else f"each of the {count} {_plural(selection.noun, count)}"
    chinese = f"“{document.title}”" if count == 1 else f"这 {count} 个{_chinese_noun(selection.noun)}"
    keys = [key for key in selection.asked if key in document.metadata]
    where = _asks_where(selection)
    if selection.chinese:
        what = "在哪里" if where else f"的{'和'.join(map(_chinese_key, keys))}是什么"
        return f"{chinese}{what}？"
    if where:
        return f"Where is {english}?"
    verb = "is" if len(keys) == 1 else "are"
    return f"What {verb} the {' and '.join(map(_spoken, keys))} of {english}?"


def _asks_where(selection: Selection) -> bool:
    return len(selection.asked) > 1 and set(selection.asked) <= set(PLACE_KEYS)


def source_note(selection: Selection) -> str:
    """Return the note that what was asked stands in the metadata, and not in what is quoted."""
    return "（据文档的元数据）" if selection.chinese else " (as the document's metadata says)"


def none(selection: Selection) -> str:
    """Return that no document goes with what was asked for, and where there are some."""
    places = Counter(values_of(document, ("city",)) for document in selection.others)
    near = sorted((place, count) for place, count in places.items() if place)
    if selection.chinese:
        said = f"资料中的 {len(selection.others)} 个{_chinese_noun(selection.noun)}没有一个"
        words = f"符合“{plain(selection.nothing_in)}”" if selection.nothing_in else "符合"
        some = "、".join(f"{chinese_name(place)}（{count}）" for place, count in near)
        return f"{said}{words}。" + (f"有的在：{some}。" if some else "")
    nothing = f"None of the {len(selection.others)} {_plural(selection.noun, 2)} in the sources"
    words = f' goes with "{plain(selection.nothing_in)}"' if selection.nothing_in else ""
    some = ", ".join(f"{place} ({count})" for place, count in near)
    return f"{nothing}{words}." + (f" There are some in {some}." if some else "")


def plain(text: str) -> str:
    """Return a text of a document with its own brackets told from our marks."""
    return text.replace("[", "(").replace("]", ")")


def told_of(document: Document, selection: Selection) -> str:
    """Return a document's values of what was asked, places in the question's language."""
    if not selection.chinese:
        return values_of(document, selection.asked)
    country = as_text(document.metadata.get("country", ""))
    values = ((key, as_text(document.metadata[key])) for key in selection.asked if key in document.metadata)
    return "，".join(_chinese_value(key, value, country) for key, value in values)


def _chinese_value(key: str, value: str, country: str) -> str:
    if key == "language":
        return next(filter(CHINESE.search, names_of_language(value)), value)
    return chinese_name(value, country=country) if key in PLACE_KEYS else value


def _heading(selection: Selection, most: int) -> str:
    count = len(selection.documents)
    head = f"{count} {_plural(selection.noun, count)}"
    if selection.extreme:
        values = _values(selection)
        own, nouns = f"{count // len(values)} of {selection.total}", _plural(selection.noun, 2)
        if len(values) == 1:
            head = f"{values[0]} has the {selection.extreme} {nouns}, {own}"
        elif count == selection.total:
            keys = _plural(_spoken(selection.asked[0]), 2)
            head = f"All {len(values)} {keys} have as many {nouns}, {own} each"
        else:
            head = f"{_joined(values)} have the {selection.extreme} {nouns}, {own} each"
    elif selection.asked and selection.intent == "count":
        distinct = len(_values(selection))
        head = f"{distinct} different {_plural(_spoken(selection.asked[0]), distinct)} in {head}"
    if selection.repeats:
        repeats = f"{selection.repeats} more {_plural('file', selection.repeats)}"
        verb = "repeats" if selection.repeats == 1 else "repeat"
        head += f" ({repeats} {verb} {'it' if count == 1 else 'one of them'} word for word)"
    return head + (f", the first {most} of them" if count > most else "")


def _chinese_heading(selection: Selection, most: int) -> str:
    count, noun = len(selection.documents), _chinese_noun(selection.noun)
    head = f"{count} {_COUNTED_BY.get(noun, '个')}{noun}"
    if selection.extreme:
        values = _values(selection)
        extreme = "最多" if selection.extreme == "most" else "最少"
        each = "有" if len(values) == 1 else "各有"
        own = f"{selection.total} 个中{each} {count // len(values)} 个"
        if len(values) == 1:
            head = f"{values[0]}的{noun}{extreme}，{own}"
        elif count == selection.total:
            head = f"{len(values)} 个{_chinese_key(selection.asked[0])}的{noun}一样多，{own}"
        else:
            head = f"{'、'.join(values)}的{noun}{extreme}，{own}"
    elif selection.asked and selection.intent == "count":
        head = f"{head}，{len(_values(selection))} 个不同的{_chinese_key(selection.asked[0])}"
    if selection.repeats:
        head += f"（另有 {selection.repeats} 个文件逐字重复）"
    return head + (f"，以下是前 {most} 个" if count > most else "")


def _values(selection: Selection) -> list[str]:
    told = (told_of(document, selection) for document in selection.documents)
    return [plain(value) for value in dict.fromkeys(told)]


def _place(document: Document, selection: Selection) -> str:
    if not selection.chinese:
        return place_of(document)
    country = as_text(document.metadata.get("country", ""))
    places = [as_text(document.metadata[key]) for key in PLACE_KEYS if key in document.metadata]
    return "，".join(chinese_name(place, country=country) for place in places)


def _chinese_noun(noun: str) -> str:
    return _first_chinese(noun, KIND_WORDS) or ("文档" if noun.isascii() else noun)


def _chinese_key(key: str) -> str:
    return _first_chinese(_spoken(key), KEY_WORDS) or _spoken(key)


def _first_chinese(word: str, groups: Sequence[str]) -> str:
    words = next((group.split() for group in groups if word in group.split()), [])
    return next((other for other in words if not other.isascii()), "")


def _spoken(key: str) -> str:
    return key.replace(".", " ").replace("_", " ").replace("-", " ")


def _joined(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} and {values[-1]}"


def _plural(noun: str, count: int) -> str:
    if count == 1:
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")
