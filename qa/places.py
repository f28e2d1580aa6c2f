"""The other names of a place: codes from ISO 3166 (by pycountry), and the short forms it leaves out."""

from functools import lru_cache

# ISO knows neither; people write little else.
_SHORT_FORMS = {
    "GB": ("UK", "Britain", "Great Britain"),
    "US": ("USA", "U.S.", "America"),
    "AE": ("UAE", "Emirates"),
}


@lru_cache(maxsize=4096)
def other_names(place: str, *, country: str = "") -> tuple[str, ...]:
    """Return codes and short forms of a country, or of a region of the country; none where unknown."""
    import pycountry  # its tables cost a start what only such a question needs

    try:
        found = pycountry.countries.lookup(place)
    except LookupError:
        return _codes_of_region(place, country)
    names = (getattr(found, name, "") for name in ("name", "common_name", "alpha_2", "alpha_3"))
    return tuple(name for name in (*names, *_SHORT_FORMS.get(found.alpha_2, ())) if name and name != place)


def _codes_of_region(region: str, country: str) -> tuple[str, ...]:
    import pycountry

    try:
        code = pycountry.countries.lookup(country).alpha_2
    except LookupError:
        return ()
    regions = pycountry.subdivisions.get(country_code=code) or ()
    codes = (found.code for found in regions if found.name.casefold() == region.casefold())
    return tuple(code.partition("-")[2] for code in codes)
