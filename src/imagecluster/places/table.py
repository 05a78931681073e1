"""The table of places in the package, made from GeoNames (www.geonames.org, CC BY 4.0) by tools/places/make_table.py.

The file is compressed by xz. It holds a line of JSON with the parts' sizes in bytes, then the parts: UTF-8 text with
one entry per line, and columns of little-endian numbers. Positions are whole hundredths of a degree, as differences
from row to row; populations are 4 log2(population), rounded.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FILE", "SCRIPTS", "Table", "load", "pack"]

FILE = Path(__file__).with_name("places.xz")

SCRIPTS: Mapping[str, str] = {
    "GREEK": "el",
    "HANGUL": "ko",
    "HEBREW": "he",
    "KATAKANA": "ja",
    "THAI": "th",
}
"""Scripts that serve one language, by their names in Unicode, with its code in ISO 639-1."""

_STEP_DEG = 0.01
_OCTAVE = 4.0


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of the table."""

    towns: tuple[str, ...]
    """Names as GeoNames gives them first: in English where one is in use, else in Latin letters."""
    latitude_deg: NDArray[np.float64]
    longitude_deg: NDArray[np.float64]
    population: NDArray[np.float64]
    """Number of people, within 9 %; 0 if unknown."""
    region: NDArray[np.int64]
    """Row of each town's region."""
    regions: tuple[tuple[str, str], ...]
    """Code (`ID.02`: country, then GeoNames' code of the first-order division) and name; the name may be empty."""
    countries: Mapping[str, str]
    """English names of countries by their codes in ISO 3166-1."""
    zones: Mapping[str, tuple[str, ...]]
    """Codes of the countries in which a time zone of the IANA database has towns."""
    foreign: Mapping[str, Mapping[int, str]]
    """Names of large towns by script, then by row."""


def pack(table: Table) -> bytes:
    """The content of the file."""
    octaves = np.round(_OCTAVE * np.log2(np.maximum(table.population, 1))).astype(np.uint8)
    foreign = {script: [list(names), list(names.values())] for script, names in table.foreign.items()}
    parts = [
        "\n".join(table.towns).encode(),
        _differences(table.latitude_deg).tobytes(),
        _differences(table.longitude_deg).tobytes(),
        octaves.tobytes(),
        table.region.astype("<u2").tobytes(),
        "\n".join(f"{code}\t{name}" for code, name in table.regions).encode(),
        json.dumps(
            {"countries": table.countries, "zones": table.zones, "foreign": foreign}, ensure_ascii=False
        ).encode(),
    ]
    head = json.dumps([len(part) for part in parts]).encode() + b"\n"
    return lzma.compress(head + b"".join(parts), preset=9 | lzma.PRESET_EXTREME)


@cache
def load() -> Table:
    """The table of the package; read once."""
    content = lzma.decompress(FILE.read_bytes())
    head, _, rest = content.partition(b"\n")
    parts, start = [], 0
    for n_bytes in json.loads(head):
        parts.append(rest[start : start + n_bytes])
        start += n_bytes
    towns, latitude, longitude, octaves, region, regions, more = parts
    known = json.loads(more)
    exponents = np.frombuffer(octaves, np.uint8)
    return Table(
        towns=tuple(towns.decode().split("\n")),
        latitude_deg=_sums(latitude),
        longitude_deg=_sums(longitude),
        population=np.where(exponents == 0, 0.0, 2 ** (exponents / _OCTAVE)),
        region=np.frombuffer(region, "<u2").astype(np.int64),
        regions=tuple((line.partition("\t")[0], line.partition("\t")[2]) for line in regions.decode().split("\n")),
        countries=known["countries"],
        zones={zone: tuple(codes) for zone, codes in known["zones"].items()},
        foreign={script: dict(zip(rows, names, strict=True)) for script, (rows, names) in known["foreign"].items()},
    )


def _differences(degrees: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.diff(np.round(degrees / _STEP_DEG).astype(np.int64), prepend=0).astype("<i4")


def _sums(part: bytes) -> NDArray[np.float64]:
    steps: NDArray[np.float64] = np.cumsum(np.frombuffer(part, "<i4").astype(np.float64)) * _STEP_DEG
    return steps
