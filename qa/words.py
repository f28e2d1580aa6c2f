"""What words mean in a question over metadata, in English and in Chinese.

Phrases of a question have one meaning each. Of the words for a kind, a key or a value, those of a line
mean the same: where the documents have one of them, a question may use any.
"""

from typing import Final, Literal, TypeAlias, get_args

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
# What a document can be by its values: "the internship" stands for a document, "the remote" does not.
_THINGS: Final = (
    "internship intern 实习生 实习", "scientist 科学家", "engineer 工程师", "researcher 研究员",
    "manager 经理", "analyst 分析师", "designer 设计师", "economist 经济学家", "teacher 教师",
    "nurse 护士", "doctor 医生", "cook chef 厨师",
)  # fmt: skip
VALUE_WORDS: Final = (
    *_THINGS, "full-time 全职", "part-time 兼职", "remote 远程",
    "senior 高级 资深", "data 数据", "software 软件", "robotics robot 机器人", "research 研究",
)  # fmt: skip
# These ask where, whatever the keys are called.
PLACE_WORDS: Final = ("locat", "location", "place", "地点", "地方", "位置", "工作地点")
ANY_KIND: Final = frozenset(KIND_WORDS[2].split())
MEANINGS: Final[dict[str, Meaning]] = {
    word: meaning for meaning in get_args(Meaning) for word in _PHRASES.get(meaning, "").split("|") if word
}
THINGS: Final = frozenset(word for group in _THINGS for word in group.split())
# Too wide for a place that metadata names: no document is "in Europe", and yet some are.
CONTINENTS: Final = frozenset(
    ["europe", "asia", "africa", "america", "americas", "oceania", "eu", "emea", "apac"]
)
