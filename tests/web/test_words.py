import re
from dataclasses import fields

import pytest

from web.chinese import CHINESE
from web.english import ENGLISH
from web.languages import translations, words_for
from web.words import Words

PHRASES = [field.name for field in fields(Words)]
CHINESE_SIGN = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("phrase", PHRASES)
def test_both_languages_leave_the_same_places_open(phrase: str) -> None:
    assert getattr(CHINESE, phrase).count("{}") == getattr(ENGLISH, phrase).count("{}")


@pytest.mark.parametrize("phrase", [name for name in PHRASES if name != "language"])
def test_each_phrase_is_in_its_language(phrase: str) -> None:
    assert CHINESE_SIGN.search(getattr(CHINESE, phrase))
    assert not CHINESE_SIGN.search(getattr(ENGLISH, phrase))


@pytest.mark.parametrize(
    ("accepted", "words"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", CHINESE),
        ("zh", CHINESE),
        ("en-GB,zh;q=0.5", ENGLISH),
        ("fr", ENGLISH),
        ("", ENGLISH),
        (None, ENGLISH),
    ],
)
def test_the_language_is_the_one_asked_for_first(accepted: str | None, words: Words) -> None:
    assert words_for(accepted) is words


def test_gradios_components_read_the_same_table() -> None:
    assert translations().translations["zh-CN"]["ask"] == CHINESE.ask


def test_a_part_or_key_without_a_phrase_keeps_its_name() -> None:
    assert ENGLISH.part("dense") == "Meaning of the passage"
    assert ENGLISH.part("new_leg") == "New leg"
    assert (ENGLISH.key("language"), ENGLISH.key("shelf-mark")) == ("Language", "Shelf mark")
