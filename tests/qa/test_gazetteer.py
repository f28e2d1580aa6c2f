import pytest

from qa.gazetteer import chinese_name, chinese_places, names_of_language, other_names


@pytest.mark.parametrize(
    ("place", "country", "names"),
    [
        ("United Kingdom", "", {"UK", "GB", "GBR", "Britain", "英国"}),
        ("United States", "", {"US", "USA", "America", "美国"}),
        ("South Korea", "", {"KR", "韩国"}),
        ("Washington", "United States", {"WA", "华盛顿州", "华盛顿"}),
        ("Virginia", "United States", {"VA"}),
        ("Guangdong", "China", {"GD", "广东省", "广东"}),
        ("England", "United Kingdom", {"英格兰"}),
        ("London", "United Kingdom", {"伦敦", "倫敦"}),
        ("New York", "United States", {"纽约"}),
        ("大连", "China", {"Dalian"}),
        ("Nowhere", "", set()),
    ],
)
def test_a_place_has_codes_short_forms_and_chinese_names(place: str, country: str, names: set[str]) -> None:
    assert set(other_names(place, country=country)) >= names


def test_a_city_is_looked_up_in_its_country() -> None:
    assert "卑尔根" in other_names("Bergen", country="Norway")
    assert other_names("Bergen", country="Japan") == ()


@pytest.mark.parametrize(
    ("place", "country", "name"),
    [("Shenzhen", "China", "深圳"), ("大连", "China", "大连"), ("Nowhere", "", "Nowhere")],
)
def test_a_place_has_the_chinese_name_in_use_or_keeps_its_own(place: str, country: str, name: str) -> None:
    assert chinese_name(place, country=country) == name


def test_chinese_places_are_countries_regions_and_cities() -> None:
    assert chinese_places() >= {"德国", "加利福尼亚州", "柏林"}
    assert not chinese_places() & {"职位", "实习", "文章", "城市", "哪里"}


@pytest.mark.parametrize(
    ("language", "names"),
    [("English", {"英语", "英文"}), ("zh", {"Chinese", "中文"}), ("Klingonese", set())],
)
def test_a_language_has_its_chinese_names(language: str, names: set[str]) -> None:
    assert set(names_of_language(language)) >= names
