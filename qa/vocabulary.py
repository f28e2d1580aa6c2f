"""The words of a question over metadata, each with what it means, in English and in Chinese.

    "Which jobs are not in the US?"  → which · kind · verb · not · filler · filler · value
    "伦敦有几个职位？"                  → value · filler · count · kind

English is read word by word, Chinese by the longest word that is known at each place. A word that is
none of these is unknown, and then the question is not one over metadata.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal, TypeAlias, get_args

from embeddings.corpus import Document
from qa.gazetteer import CHINESE, chinese_places, names_of_language
from qa.lexical import STOPWORDS, analyse
from qa.places import PLACE_KEYS, as_text, place_names

# ``which`` to ``any`` ask; ``not`` leaves out what follows, ``but`` (in Chinese) what stood before;
# ``verb`` and ``of`` end what is left out; ``beyond`` is what no choice by values can answer.
Meaning: TypeAlias = Literal[
    "which", "what", "count", "where", "when", "who", "any", "not", "but", "most", "fewest", "or", "and",
    "verb", "of", "it", "beyond", "filler", "kind", "key", "value", "place", "unknown",
]  # fmt: skip
ASKING: Final = ("which", "what", "count", "where", "when", "who", "any")

_PHRASES: Final[dict[Meaning, str]] = {
    "which": "which|list|show me|show|name|give me|哪些|哪几个|哪几|哪个|哪一个|哪家|哪种|哪位|哪|列出"
    "|列举|有什么",
    "what": "what|what's|什么|啥",
    "count": "how many|the number of|number of|count|多少|几个|几份|几家|几篇|几位|几种|几条|几|数量|总数",
    "where": "where|where's|哪里|哪儿|何处|什么地方|哪个地方|啥地方",
    "when": "when|什么时候|何时|哪天|哪年|哪一年",
    "who": "who|whose|谁",
    "any": "are there|is there|do you have|do you know|any|有没有|是否有|有无|是否|吗",
    "not": "not|except for|except|excluding|outside of|outside|other than|apart from|besides|but not|neither"
    "|aren't|isn't|don't|doesn't|不在|不属于|不包括|不含|不是|不|除了|除|非",
    "but": "以外|之外|外",
    "most": "the most|most of the|most|最多",
    "fewest": "the fewest|fewest|the least|least|最少",
    "or": "or|nor|或者|或|还是",
    "and": "and|和|与|及|以及|跟|、|,|，",
    "verb": "is|are|was|were|am|does|do|did|that|who|but|是",
    "of": "of|for|'s|的",
    "it": "it|its|this|these|that one|it's|它|它们|他|她|这个|那个|这份|那份|这些|那些|这|那",
    "beyond": "no|never|without|more|fewer|less|than|average|largest|smallest|newest|oldest|latest|longest"
    "|shortest|both|same|only|why|how|if|whom|each|没有|最新|最旧|最早|最晚|最大|最小|最长|最短|平均"
    "|多于|少于|超过|以上|以下|至少|更|为什么|怎么|如何|只",
    # What else a question may say without narrowing anything.
    "filler": "please|be|has|have|tell me|all|find|available|current|currently|different|distinct|total"
    "|hiring|located|based|kind|kinds|type|types|exist|exists|know|present|one|ones|there|现在|目前|当前|一共|总共|共|所有|全部|请问"
    "|请|我们|我|你们|你|告诉|给|看|一下|想|知道|可以|能|了|呢|吧|呀|有|在|于|都|个|里面|里|中|内|上|其中"
    "|家|份|位|种|条|篇|名|还|地|位于|来自|招|那么|您|到底|分别|各|都有",
}  # fmt: skip
# The words people use for a kind, for a key, and for a value: where one of them is known, all are.
KIND_WORDS: Final = (
    "posting job position opening vacancy role 职位 岗位 职缺 工作 招聘 职务",
    "article story 文章",
    "document file source text 文档 文件 资料",
    "recipe 食谱 菜谱", "report 报告", "paper 论文", "book 书", "product 产品", "project 项目",
    "event 活动", "course 课程", "branch store shop 分店 门店", "guide 指南", "handbook manual 手册",
)  # fmt: skip
KEY_WORDS: Final = (
    "city town 城市 市",
    "country nation 国家 国",
    "region state province 地区 州 省",
    "team group department 团队 小组 部门",
    "language 语言 语种",
    "author writer written wrote 作者 写",
    "date published publication posted created 日期 发布 发表",
    "role 职称",
    "employment contract 类型",
    "url link address 链接 网址",
    "price cost 价格",
    "version 版本",
)
_VALUE_WORDS: Final = (
    "internship intern 实习生 实习", "full-time 全职", "part-time 兼职", "remote 远程",
    "senior 高级 资深", "data 数据", "software 软件", "robotics robot 机器人", "research 研究",
    "scientist 科学家", "engineer 工程师", "researcher 研究员", "manager 经理", "analyst 分析师",
    "designer 设计师", "economist 经济学家", "teacher 教师", "nurse 护士", "doctor 医生", "cook chef 厨师",
)  # fmt: skip
# These ask where, whatever the keys are called.
_PLACE_WORDS: Final = ("locat", "location", "place", "地点", "地方", "位置", "工作地点")
_ANY_KIND: Final = frozenset(KIND_WORDS[2].split())
_WORD = re.compile(
    r"(?P<chinese>[\u3400-\u9fff]+)|(?P<sign>[,，、])|(?P<latin>[^\s,;:?!()\"“”。，、；：？！（）\u3400-\u9fff]+)"
)
_POSSESSIVE = re.compile(r"'s$|(?<=s)'$")
# A piece of a Chinese title names its document from so many signs on.
_PIECE = 2


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question, or a few of them that mean one thing.

    ``terms`` choose the documents that have them all; ``start`` and ``end`` are its place in the
    question. ``named`` says that it stands for documents like a noun would: "bakers", never "Leeds".
    """

    meaning: Meaning
    said: str
    start: int
    end: int
    terms: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    named: bool = False


class Vocabulary:
    """The words by which questions can speak of some documents' metadata."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self.terms = {document.id: terms_of(document) for document in documents}
        self._all = frozenset().union(*self.terms.values())
        self._any_kind = frozenset(term for word in _ANY_KIND for term in analyse(word))
        values = {as_text(d.metadata[key]) for d in documents for key in d.metadata if not _is_place(d, key)}
        self._spelt = frozenset(word.casefold() for value in values for word in re.findall(r"[\w-]+", value))
        kinds = sorted({str(d.metadata["kind"]) for d in documents if "kind" in d.metadata})
        self._kinds = _by_word({kind: kind for kind in kinds}, KIND_WORDS)
        keys = sorted({key for document in documents for key in document.metadata})
        self._keys = _by_word({key: re.sub(r"[._-]", " ", key) for key in keys}, KEY_WORDS)
        for word in _PLACE_WORDS:
            self._keys.setdefault(word, tuple(key for key in PLACE_KEYS if key in keys))
        pairs = (analyse(document.title) for document in documents)
        self.title_pairs = frozenset(pair for title in pairs for pair in pairwise(title))

    def read(self, question: str) -> list[Word]:
        """Return the words of a question in their order."""
        return list(self._words(question.replace("’", "'")))

    def _words(self, question: str) -> Iterator[Word]:
        end = 0
        for match in _WORD.finditer(question):
            if match.start() < end:
                continue
            if match["chinese"]:
                yield from self._chinese(match[0], match.start())
            elif match["sign"]:
                yield Word("and", match[0], *match.span())
            else:
                phrase = _ENGLISH.match(question, match.start())
                if phrase and not _is_name(phrase[0], question):
                    end = phrase.end()
                    yield Word(_MEANINGS[phrase[0].casefold()], phrase[0], *phrase.span())
                    continue
                yield from self._english(match[0].rstrip("."), match.start(), question)

    def _english(self, said: str, start: int, question: str) -> Iterator[Word]:
        bare = _POSSESSIVE.sub("", said)
        # A word in capitals is a name only among others: "jobs in OR".
        terms = frozenset(analyse(f"a {bare}" if question != question.upper() else bare))
        end = start + len(said)
        keys = self._known(self._keys, terms)
        kinds = frozenset(self._known(self._kinds, terms))
        known = terms <= self._all
        word = bare.casefold()
        named = word.endswith("s") and word not in self._spelt and word[:-1] in self._spelt
        if not terms or (word in STOPWORDS and not _is_name(bare, question)):
            yield Word("filler", said, start, end)
        elif kinds or terms & self._any_kind:
            yield Word("kind", said, start, end, terms, keys, kinds, named=bare.endswith("s"))
        elif keys:
            yield Word("key", said, start, end, terms, keys)
        else:
            yield Word("value" if known else "unknown", said, start, end, terms, named=named)
        if bare != said:
            yield Word("of", said[len(bare) :], end, end)

    def _known(self, words: dict[str, tuple[str, ...]], terms: frozenset[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for term in sorted(terms) for name in words.get(term, ())))

    def _chinese(self, run: str, offset: int) -> Iterator[Word]:
        at = 0
        while at < len(run):
            word = self._longest(run, at)
            yield Word(
                word.meaning, word.said, offset + at, offset + at + len(word.said),
                word.terms, word.keys, word.kinds, word.named,
            )  # fmt: skip
            at += len(word.said)

    def _longest(self, run: str, at: int) -> Word:
        """Return the longest word that begins here: one that is known, or a piece of a title."""
        longest = next((n for n in range(len(run) - at, 0, -1) if run[at : at + n] in self._signs), 0)
        found = self._signs[run[at : at + longest]] if longest else Word("unknown", run[at], 0, 1)
        if found.meaning not in ("unknown", "kind", "key", "value", "place"):
            return found
        for n in range(len(run) - at, max(longest, _PIECE - 1), -1):
            piece = run[at : at + n]
            if piece in self._titles:
                return Word("value", piece, 0, n, frozenset(analyse(piece)), named=True)
        return found

    @cached_property
    def _titles(self) -> str:
        said = [document.title for document in self._documents]
        return "\n".join(text for text in said if CHINESE.search(text))

    @cached_property
    def _signs(self) -> dict[str, Word]:
        """Return every Chinese word that is known."""
        known: dict[str, Word] = {name: Word("place", name, 0, 0) for name in chinese_places()}
        for document in self._documents:
            places = frozenset(place_names(document))
            for name in self.terms[document.id]:
                if len(name) > 1 and CHINESE.match(name):
                    known[name] = Word("value", name, 0, 0, frozenset([name]), named=name not in places)
        for group in KIND_WORDS:
            kinds = frozenset(kind for word in group.split() for kind in self._kinds.get(word, ()))
            if kinds or group is KIND_WORDS[2]:
                known |= {w: Word("kind", w, 0, 0, kinds=kinds) for w in group.split() if CHINESE.match(w)}
        for name, keys in self._keys.items():
            if CHINESE.match(name):
                known[name] = Word("key", name, 0, 0, keys=keys)
        return known | {sign: Word(_MEANINGS[sign], sign, 0, 0) for sign in _MEANINGS if CHINESE.match(sign)}


def terms_of(document: Document) -> frozenset[str]:
    """Return what may choose a document: terms of title and values, whole Chinese values, other names."""
    texts = [document.title, *(as_text(value) for value in document.metadata.values())]
    texts += place_names(document)
    texts += names_of_language(as_text(document.metadata.get("language", "")))
    terms = {term for text in texts for term in analyse(text)}
    terms |= {text for text in texts[1:] if CHINESE.search(text)}
    for group in _VALUE_WORDS:
        if any(set(analyse(word)) <= terms or word in terms for word in group.split()):
            terms |= {term for word in group.split() for term in (word, *analyse(word))}
    return frozenset(terms)


def _by_word(names: dict[str, str], groups: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the names, of kinds or keys, that each word can mean."""
    found: dict[str, dict[str, None]] = {}
    for name, spoken in names.items():
        own = set(analyse(spoken))
        words = own | {spoken}
        for group in groups:
            if any(own & _as_term(word) for word in group.split()) or spoken in group.split():
                words |= {term for word in group.split() for term in _as_term(word)}
        for word in words:
            found.setdefault(word, {})[name] = None
    return {word: tuple(meant) for word, meant in found.items()}


def _as_term(word: str) -> set[str]:
    return set(analyse(word)) if word.isascii() else {word}


def _is_place(document: Document, key: str) -> bool:
    return key in PLACE_KEYS and key in document.metadata


def _is_name(word: str, question: str) -> bool:
    """Tell whether a function word is written as a name: OR, IT, US."""
    return len(word) > 1 and word.isupper() and question != question.upper()


_MEANINGS: Final[dict[str, Meaning]] = {
    word: meaning for meaning in get_args(Meaning) for word in _PHRASES.get(meaning, "").split("|") if word
}
_ENGLISH = re.compile(
    rf"(?:{'|'.join(re.escape(w) for w in sorted(_MEANINGS, key=len, reverse=True) if w.isascii())})"
    r"(?![\w'-])",
    re.IGNORECASE,
)
