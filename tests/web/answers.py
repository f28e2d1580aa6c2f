"""Answers written by hand, so that what the page makes of them can be compared whole."""

from dataclasses import replace

from qa.answer import Answer, Citation, Hit

HIT = Hit(
    passage_id=7,
    text="The lamp turns. She climbs 212 steps every evening.",
    score=0.9,
    rank=1,
    document_id="guide.md",
    title="The guide",
    source="guide.md",
    start=100,
    end=151,
    headings=("The guide", "The keeper"),
)
CITATION = Citation(
    number=1,
    quote="She climbs 212 steps every evening.",
    document_id="guide.md",
    title="The guide",
    source="guide.md",
    start=116,
    end=151,
    also_in=("copy.md",),
    passage_id=7,
)
ANSWER = Answer(
    question="How many steps?",
    query="How many steps?",
    text="She climbs 212 steps every evening. [1]",
    citations=(CITATION,),
    hits=(HIT,),
    confidence=0.9,
    status="answered",
)
ABSENT = Answer(
    question="Who painted it?",
    query="Who painted it?",
    text="The sources do not hold an answer to this.",
    citations=(),
    hits=tuple(replace(HIT, passage_id=number, rank=number) for number in range(1, 6)),
    confidence=0.08,
    status="not_in_sources",
)
HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)> **b** ![i](http://evil.test/i.png) \"'&"
