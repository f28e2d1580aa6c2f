"""Questions to begin with, made from the open corpus; only those that it answers are offered."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from embeddings.corpus import Document
from qa import QA
from qa.folders import default_data
from web.counts import plural

SHOWN = 4
# Questions that are looked up to find those, at most.
_TRIED = 10

# For the shipped corpus, chosen by hand: a fact, a listing, an explanation, and one in Chinese.
_SHIPPED = (
    "Which university collaborated on Deep AutoAugment?",
    "Which postings are in London?",
    "What is a bi-encoder?",
    "这个实习的入职日期是什么时候?",
)
_HEADING = re.compile(r"^#{2,3} +(\S(?:.*[^ #\n])?)[ #]*$", re.MULTILINE)
# A longer heading is a sentence, and reads badly inside another.
_LONGEST_HEADING = 48
_PLACES = ("city", "country", "location", "region")


def examples(bot: QA) -> tuple[str, ...]:
    """Return up to four questions that the corpus answers, best first."""
    shipped = bot.data.resolve() == default_data().resolve()
    questions = _SHIPPED if shipped else tuple(islice(questions_about(bot.documents()), _TRIED))
    answered = (question for question in questions if bot.ask(question).answered)
    return tuple(islice(answered, SHOWN))


def questions_about(documents: Sequence[Document]) -> Iterator[str]:
    """Yield questions of each sort in turn, so that the first few differ; none twice."""
    asked: set[str] = set()
    sorts = [_about_headings(documents), _about_places(documents), _about_titles(documents)]
    while sorts:
        for sort in tuple(sorts):
            question = next(sort, None)
            if question is None:
                sorts.remove(sort)
            elif question not in asked:
                asked.add(question)
                yield question


def _about_headings(documents: Sequence[Document]) -> Iterator[str]:
    """Ask about headings that one document alone has: a heading that recurs is form, not content."""
    headings: Counter[str] = Counter()
    for document in documents:
        headings.update({*_HEADING.findall(document.text), *document.sections})
    for heading in sorted((h for h, count in headings.items() if count == 1), key=len):
        if 3 < len(heading) <= _LONGEST_HEADING:
            yield (
                f"What do the sources say about {heading}?"
                if heading.isascii()
                else f"关于{heading}，资料里怎么说？"
            )


def _about_places(documents: Sequence[Document]) -> Iterator[str]:
    for key in _PLACES:
        places = Counter(
            (kind, place)
            for document in documents
            if isinstance(kind := document.metadata.get("kind"), str)
            and isinstance(place := document.metadata.get(key), str)
        )
        if places:
            (kind, place), _ = places.most_common(1)[0]
            yield f"How many {plural(kind)} are in {place}?" if kind.isascii() else f"{place}有哪些{kind}？"
            return


def _about_titles(documents: Sequence[Document]) -> Iterator[str]:
    for document in sorted(documents, key=lambda document: -len(document.text)):
        if document.title.isascii():
            yield f"What is “{document.title}” about?"
        else:
            yield f"“{document.title}”讲了什么？"
