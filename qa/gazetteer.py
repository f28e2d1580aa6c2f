"""The names of places: codes, short forms, and what Chinese calls them.

Codes and the Chinese names of countries and regions come from ISO 3166 (by pycountry, with the short
forms it leaves out), those of cities from GeoNames: ``cities.tsv``, a line for each city of 15,000
people or more, the largest first (``benchmarks/cities.py`` makes it again).
"""

import gettext
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

CHINESE = re.compile("[\u3400-\u9fff]")
_CITIES = Path(__file__).parent / "cities.tsv"
# ISO knows neither; people write little else.
_SHORT_FORMS = {
    "GB": ("UK", "Britain", "Great Britain"),
    "US": ("USA", "U.S.", "America"),
    "AE": ("UAE", "Emirates"),
}
# The catalogues of names leave these in English.
_NOT_TRANSLATED = {"England": "英格兰", "Scotland": "苏格兰", "Wales": "威尔士"}
# What may be left out at the end of a Chinese name: city, county, province, state.
_SUFFIX = re.compile("(?<=..)[市县縣省州]$")
_LOCALES = ("zh_CN", "zh_TW")


@lru_cache(maxsize=4096)
def other_names(place: str, *, country: str = "") -> tuple[str, ...]:
    """Return the other names of a country, or of a region or city of the country; none where unknown."""
    import pycountry  # its tables cost a start what only such a question needs

    try:
        found = pycountry.countries.lookup(place)
    except LookupError:
        region = (*_names_of_region(place, country), _NOT_TRANSLATED.get(place, ""))
        return _unlike(place, (*region, *_names_of_city(place, country)))
    names = [getattr(found, name, "") for name in ("common_name", "name", "alpha_2", "alpha_3")]
    names += [*_SHORT_FORMS.get(found.alpha_2, ()), *_translations("iso3166-1", names[:2])]
    return _unlike(place, names)


@lru_cache(maxsize=4096)
def chinese_name(place: str, *, country: str = "") -> str:
    """Return what Chinese calls a place; the place as it is where that is unknown."""
    names = (place, *other_names(place, country=country))
    return next((name for name in names if CHINESE.search(name)), place)


@lru_cache(maxsize=512)
def names_of_language(language: str) -> tuple[str, ...]:
    """Return the English and the Chinese names of a language, or of its code; none where it is unknown."""
    import pycountry

    try:
        found = pycountry.languages.lookup(language)
    except LookupError:
        return ()
    return _unlike(language, (found.name, *_translations("iso639-3", [found.name])))


@lru_cache(maxsize=1)
def chinese_places() -> frozenset[str]:
    """Return the Chinese names of all countries, regions and cities that are known."""
    import pycountry

    countries = [getattr(found, "common_name", found.name) for found in pycountry.countries]
    regions = [found.name for found in pycountry.subdivisions]
    cities = (name for _, _, names in _cities() for name in names)
    return frozenset((*_translations("iso3166-1", countries), *_translations("iso3166-2", regions), *cities))


def _names_of_region(region: str, country: str) -> Iterator[str]:
    import pycountry

    code = _code_of(country)
    for found in pycountry.subdivisions.get(country_code=code) or () if code else ():
        # ISO writes "Guangdong Sheng", with the kind of region behind the name.
        if region.casefold() in (found.name.casefold(), found.name.casefold().partition(" ")[0]):
            yield found.code.partition("-")[2]
            yield from _translations("iso3166-2", [found.name])


def _names_of_city(city: str, country: str) -> tuple[str, ...]:
    code = _code_of(country)
    by_name = _cities_by_name()
    for name in (city.casefold(), f"{city.casefold()} city"):
        for place, names in by_name.get(name, ()):
            if code in ("", place):
                return names
    return ()


def _code_of(country: str) -> str:
    import pycountry

    try:
        return str(pycountry.countries.lookup(country).alpha_2)
    except LookupError:
        return ""


def _translations(domain: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the Chinese of ISO's names, each also without the sign for its kind."""
    for name in filter(None, names):
        for translation in _dictionaries(domain):
            for said in translation.gettext(name).split("; "):
                if len(said) > 1 and CHINESE.search(said):
                    yield from _short_and_long(said)


@lru_cache
def _dictionaries(domain: str) -> tuple[gettext.NullTranslations, ...]:
    import pycountry

    folder = pycountry.LOCALES_DIR
    return tuple(gettext.translation(domain, folder, languages=[locale]) for locale in _LOCALES)


@lru_cache(maxsize=1)
def _cities() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    lines = _CITIES.read_text(encoding="utf-8").splitlines()[1:]
    return tuple(
        (city, code, tuple(dict.fromkeys(n for name in names.split(",") for n in _short_and_long(name))))
        for city, code, names in (line.split("\t") for line in lines)
    )


@lru_cache(maxsize=1)
def _cities_by_name() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Return (country, other names) of the cities of a name, the largest first."""
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for city, code, names in _cities():
        found.setdefault(city.casefold(), []).append((code, names))
        for name in names:
            found.setdefault(name, []).append((code, (city, *names)))
    return found


def _short_and_long(name: str) -> tuple[str, ...]:
    short = _SUFFIX.sub("", name)
    return (short, name) if short != name else (name,)


def _unlike(place: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(names) if name and name != place)
