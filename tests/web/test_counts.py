import pytest

from web.chinese import CHINESE
from web.counts import Count, counted, plural


def test_the_sentence_in_chinese() -> None:
    counts = [Count("article", 1), Count("posting", 10, repeats=2), Count("", 3)]

    assert counted(counts, 95, CHINESE) == "1 篇 article、10 篇 posting（2 篇重复）、3 篇，共 95 个段落。"


@pytest.mark.parametrize(
    ("noun", "several"),
    [("job", "jobs"), ("story", "stories"), ("essay", "essays"), ("box", "boxes"), ("文章", "文章")],
)
def test_a_noun_has_its_plural(noun: str, several: str) -> None:
    assert plural(noun) == several
