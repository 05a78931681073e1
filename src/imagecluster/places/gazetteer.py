"""Names of positions: the town that people would name, in the right country."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from imagecluster.places.place_name import PlaceName
from imagecluster.places.table import SCRIPTS, Table, load
from imagecluster.places.zones import are_positions, is_at_sea, zones_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Gazetteer", "distances_km"]

_KM_PER_DEG = 111.2
_PER_KM2 = 4_000.0
"""People per square kilometre of a city: what gives its reach."""
_BIAS_KM = 1.0
_PULL = 0.2
_FEWEST = 100.0
"""Number of people where it is unknown, or smaller."""
_FARTHEST_KM = 60.0
"""From the edge of a town; farther away a place has no town, only a region."""
_REGION_KM = 150.0
_COAST_KM = 30.0
"""Beyond that, a position at sea has no name."""
_CELL_DEG = 1.0
_PATCH_DEG = 0.25
"""Positions in a patch share the few towns that can name any of them."""


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Names of towns, regions and countries by position, from the table in the package.

    A town reaches as far as its people would if 4,000 of them lived on each square kilometre: a disc of radius r. The
    name of a position is that of the town, among those of its country, with the smallest

        (max(0, distance - r) + 1 km) / population^(1/5)

    so that a suburb is called after its city, a village in the mountains by its own name, and a house between a
    hamlet and a town after the town. The country is that of the position's time zone, whose borders are polygons.
    """

    table: Table
    script: str = ""
    """Script of names of large towns, one of `SCRIPTS`; empty: those that GeoNames has first."""

    @classmethod
    def load(cls, language: str | None = None) -> Gazetteer:
        """The gazetteer of the package.

        Parameters
        ----------
        language
            Code of ISO 639-1, also as part of a locale's name (`ja_JP.UTF-8`). Large towns have names in the scripts of
            Greek, Hebrew, Japanese (outside Japan), Korean and Thai. For other languages, and other places, the table
            has one name: in English where one is in use, else in Latin letters.

        """
        code = (language or "").partition(".")[0].replace("-", "_").partition("_")[0].lower()
        return cls(load(), next((script for script, of in SCRIPTS.items() if of == code), ""))

    def zones_of(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> list[str]:
        """Time zones of positions; see `places.zones_of`."""
        return zones_of(latitude_deg, longitude_deg)

    def names_of(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> list[PlaceName | None]:
        """Names of positions.

        Parameters
        ----------
        latitude_deg, longitude_deg
            Degrees north and east, shape (n,).

        Returns
        -------
        list of PlaceName or None
            None for a position that is NaN or out of range, and far out at sea. Without a town within 60 km, the town
            is empty; without one within 150 km, the region too.

        """
        latitude, longitude = np.asarray(latitude_deg, np.float64), np.asarray(longitude_deg, np.float64)
        zones = zones_of(latitude, longitude)
        found: list[PlaceName | None] = [None] * len(latitude)
        groups: dict[tuple[int, int, tuple[str, ...]], list[int]] = defaultdict(list)
        known: list[int] = np.flatnonzero(are_positions(latitude, longitude)).tolist()
        for i in known:
            countries = self.table.zones.get(zones[i], ())
            groups[int(latitude[i] // _PATCH_DEG), int(longitude[i] // _PATCH_DEG), countries].append(i)
        for (row, column, countries), members in groups.items():
            towns = self._towns_of_patch(row, column, countries)
            for i, name in zip(
                members, self._names(towns, latitude[members], longitude[members], countries, zones[members[0]]),
                strict=True,
            ):  # fmt: skip
                found[i] = None if name is None else PlaceName(*name, zones[i])
        return found

    def _names(
        self,
        towns: NDArray[np.int64],
        latitude: NDArray[np.float64],
        longitude: NDArray[np.float64],
        countries: tuple[str, ...],
        zone: str,
    ) -> list[tuple[str, str, str, str] | None]:
        """Town, region, country and its code of positions in one cell and one zone."""
        table = self.table
        only = countries[0] if len(countries) == 1 else ""
        nowhere = None if not only else ("", "", table.countries.get(only, ""), only)
        if not len(towns):
            return [nowhere] * len(latitude)
        km = distances_km(latitude[:, None], longitude[:, None], table.latitude_deg[towns], table.longitude_deg[towns])
        edge_km = np.maximum(0.0, km - self._reach_km[towns])
        best = np.argmin((edge_km + _BIAS_KM) / self._pull[towns], axis=1)
        nearest = np.argmin(km, axis=1)
        at_sea = is_at_sea(zone)
        names: list[tuple[str, str, str, str] | None] = []
        for place, (town, near) in enumerate(zip(best.tolist(), nearest.tolist(), strict=True)):
            if at_sea and km[place, near] > _COAST_KM:
                names.append(None)
            elif edge_km[place, town] <= _FARTHEST_KM:
                names.append((self._town(towns[town]), *self._region(towns[town])))
            elif km[place, near] <= _REGION_KM:
                names.append(("", *self._region(towns[near])))
            else:
                names.append(nowhere)
        return names

    def _town(self, row: int) -> str:
        own = self.table.towns[row]
        return self.table.foreign[self.script].get(int(row), own) if self.script else own

    def _region(self, row: int) -> tuple[str, str, str]:
        """Name of a town's region, of its country, and the country's code."""
        code, region = self.table.regions[self.table.region[row]]
        country = code.partition(".")[0]
        return region, self.table.countries.get(country, ""), country

    @cached_property
    def _countries(self) -> NDArray[np.str_]:
        """Code of each town's country."""
        of_region = np.array([code.partition(".")[0] for code, _ in self.table.regions])
        return of_region[self.table.region]

    @cached_property
    def _cells(self) -> dict[tuple[int, int], NDArray[np.int64]]:
        """Rows of the towns by cell."""
        rows = np.floor(self.table.latitude_deg / _CELL_DEG).astype(np.int64)
        columns = np.floor(self.table.longitude_deg / _CELL_DEG).astype(np.int64)
        order = np.lexsort((columns, rows))
        cells = np.stack([rows[order], columns[order]], axis=1)
        starts = np.flatnonzero(np.r_[True, (np.diff(cells, axis=0) != 0).any(axis=1)])
        ends = [*starts[1:].tolist(), len(order)]
        return {
            (int(cells[start, 0]), int(cells[start, 1])): order[start:end]
            for start, end in zip(starts, ends, strict=True)
        }

    @cached_property
    def _reach_km(self) -> NDArray[np.float64]:
        """Radius of each town."""
        radii: NDArray[np.float64] = np.sqrt(self._people / (np.pi * _PER_KM2))
        return radii

    @cached_property
    def _pull(self) -> NDArray[np.float64]:
        """What the distance to each town is divided by."""
        return self._people**_PULL

    @cached_property
    def _people(self) -> NDArray[np.float64]:
        return np.maximum(self.table.population, _FEWEST)

    def _towns_of_patch(self, row: int, column: int, countries: tuple[str, ...]) -> NDArray[np.int64]:
        """The towns of some countries that can name a position in a patch, or be the nearest to one."""
        middle = (row + 0.5) * _PATCH_DEG, (column + 0.5) * _PATCH_DEG
        towns = self._towns_around(int(middle[0] // _CELL_DEG), int(middle[1] // _CELL_DEG))
        if countries:
            towns = towns[np.isin(self._countries[towns], countries)]
        if not len(towns):
            return towns
        km = distances_km(
            np.array(middle[0]), np.array(middle[1]), self.table.latitude_deg[towns], self.table.longitude_deg[towns]
        )
        off_km = _PATCH_DEG * _KM_PER_DEG  # from the middle to a corner, and a margin
        reach, pull = self._reach_km[towns], self._pull[towns]
        least = (np.maximum(0.0, km - off_km - reach) + _BIAS_KM) / pull
        most = (np.maximum(0.0, km + off_km - reach) + _BIAS_KM) / pull
        can_name: NDArray[np.bool_] = (least <= most.min()) | (km - off_km <= km.min() + off_km)
        return towns[can_name]

    def _towns_around(self, row: int, column: int) -> NDArray[np.int64]:
        """Towns in the cell and around it, to at least `_REGION_KM`, across the date line."""
        n_rows = int(np.ceil(_REGION_KM / (_CELL_DEG * _KM_PER_DEG)))
        widest = max(abs(row - n_rows), abs(row + n_rows + 1)) * _CELL_DEG
        n_around = round(360 / _CELL_DEG)
        shrunk = np.cos(np.radians(min(widest, 89.9)))
        n_columns = min(n_around // 2, int(np.ceil(_REGION_KM / (_CELL_DEG * _KM_PER_DEG * shrunk))))
        columns = {
            (column + step + n_around // 2) % n_around - n_around // 2 for step in range(-n_columns, n_columns + 1)
        }
        parts = [
            self._cells[i, j]
            for i in range(row - n_rows, row + n_rows + 1)
            for j in sorted(columns)
            if (i, j) in self._cells
        ]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)


def distances_km(
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    other_latitude: NDArray[np.float64],
    other_longitude: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Great-circle distances in kilometres (haversine formula); degrees in, shapes broadcast."""
    a, b, c, d = (np.radians(angle) for angle in (latitude, longitude, other_latitude, other_longitude))
    half = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    km: NDArray[np.float64] = 2 * 6371.0 * np.arcsin(np.sqrt(np.minimum(1.0, half)))
    return km
