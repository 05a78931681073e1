"""What belongs together on disk: one exposure as raw file and JPEG, a live photo and its video, pictures and sidecars.

All of it lies in one folder: equal names in two folders are a coincidence, or copies. Names propose; where files can be
read, their times, cameras and identifiers decide, since counters of cameras start again and folders are poured into
one another.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from imagecluster.scan.beside import PART_SUFFIXES, PictureNames, plain, unedited
from imagecluster.scan.kinds import PICTURE_SUFFIXES, RAW_SUFFIXES

__all__ = [
    "Item",
    "Moment",
    "Reader",
    "are_one_exposure",
    "are_one_live_photo",
    "items_of",
    "parts_leaving",
    "pictures_in",
]

_DEVELOPED = frozenset((".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg"))
"""What cameras write beside a raw file, and phones beside the video of a live photo."""
_VIDEOS = frozenset((".m4v", ".mov", ".mp", ".mp4", ".mv"))
"""What phones write beside a still; Pixel phones leave the end of `.mp4` and `.mvimg` out."""
_NOTES = frozenset((".wav",))
_BY_CAMERA = re.compile(r"[a-z_][a-z0-9_]{3}\d{4}$")
"""Names that cameras give, of DCF: a sound file of such a name is a note on the picture, others may be music."""
_ROLE = re.compile(r"\.(?:raw-\d\d\.(?:cover|original|main)|mp|mv)$")
"""What Pixel phones add to the name of one exposure: `x.RAW-01.COVER.jpg` and `x.RAW-02.ORIGINAL.dng`."""

_SAME_EXPOSURE_S = 2.0
"""Fractions of seconds may be missing, and some cameras write the second file a moment later."""
_SAME_LIVE_S = 15.0
"""A live photo's video starts a second and a half before its still; its time may be that of its end, or of writing."""
_LONGEST_LIVE_S = 12.0
_MAY_BELONG = PICTURE_SUFFIXES | PART_SUFFIXES | _VIDEOS | _NOTES
_UNKNOWN = ""
_ZONE_S = 900.0
_WEST_S, _EAST_S = -12 * 3600.0, 14 * 3600.0


@dataclass(frozen=True, slots=True)
class Moment:
    """What a file says of its exposure; None or empty where it says nothing."""

    local_s: float | None = None
    """When it was taken by the clock of the place, in seconds since 1970 as if it were UTC."""
    offset_s: int | None = None
    """Seconds by which that clock was ahead of UTC."""
    camera: str = ""
    """Make and model."""
    content_id: str = ""
    """What still and video of a live photo have in common."""
    length_s: float | None = None
    """Length of a video."""
    is_vague: bool = False
    """Whether the time is UTC by its standard, where many cameras write the clock of the place."""


Reader = Callable[[Path], Moment | None]
"""Reads a file's moment; None if the file cannot be read."""


@dataclass(frozen=True, slots=True)
class Item:
    """A picture with everything that goes wherever it goes.

    A part is never moved, removed or kept without the others, and is nobody's duplicate.
    """

    main: Path
    """Of a raw file and a JPEG, the JPEG: it is what every program shows."""
    parts: tuple[Path, ...] = ()
    """Raw file, video, sidecars: sorted."""
    shared: tuple[Path, ...] = ()
    """Files that belong to other pictures too, as an edited picture has the takeout's sidecar of the original: they
    stay while one of these pictures stays."""
    stays: tuple[Path, ...] = ()
    """Files that belong also to something that is not among the known pictures, as a film: they never leave."""

    @property
    def raw(self) -> Path | None:
        """The raw file of the exposure: a part, or the picture itself; None if there is none."""
        files = (self.main, *self._others())
        return next((path for path in files if _suffix(path.name) in RAW_SUFFIXES), None)

    @property
    def video(self) -> Path | None:
        """The video of a live photo; None if there is none."""
        return next((path for path in self._others() if _suffix(path.name) in _VIDEOS), None)

    def _others(self) -> tuple[Path, ...]:
        return (*self.parts, *self.shared, *self.stays)


def items_of(paths: Iterable[Path], *, read: Reader | None = None) -> dict[Path, Item]:
    """The item to which each picture belongs.

    Parameters
    ----------
    paths
        Absolute paths of pictures; their folders are listed, once each. Symbolic links have no parts, and are none.
    read
        Reads what a file says of itself, which decides where names agree: as `imagecluster.decode.read_moment`. By
        default names alone decide.

    Returns
    -------
    dict
        By every given path, its item; both files of a raw and JPEG pair lead to the same one. The main file is always
        one of the given ones.
    """
    folders: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in paths:
        folder, slash, name = os.fspath(path).rpartition(os.sep)
        folders[folder or slash][name] = path
    found: dict[Path, Item] = {}
    for folder, given in folders.items():
        found.update(_Folder(folder, given, read).items())
    return found


def pictures_in(folder: Path) -> list[Path]:
    """The pictures in a folder by their names, without links, sorted; none if it cannot be listed."""
    return [folder / name for name in _regular_files(os.fspath(folder))[0] if _is_picture(name)]


def parts_leaving(items: Mapping[Path, Item], leaving: Collection[Path]) -> dict[Path, tuple[Path, ...]]:
    """The parts that go with each of the main files that leave in one plan.

    What is shared goes with the last of its pictures, in the order of `leaving`, and only if all of them leave.

    Parameters
    ----------
    items
        As `items_of` returned them, for all pictures: those that stay, too.
    leaving
        Main files.

    Returns
    -------
    dict
        Parts by main file, sorted, each part once.
    """
    owners: dict[Path, set[Path]] = defaultdict(set)
    for item in items.values():
        for part in item.shared:
            owners[part].add(item.main)
    order = {main: place for place, main in enumerate(leaving)}
    parts: dict[Path, tuple[Path, ...]] = {}
    for main in order:
        mine = [part for part in items[main].shared
                if owners[part] <= order.keys() and max(owners[part], key=order.__getitem__) == main]  # fmt: skip
        parts[main] = tuple(sorted((*items[main].parts, *mine)))
    return parts


def are_one_exposure(first: Moment | None, second: Moment | None) -> bool:
    """Whether two files of one name can be one exposure: nothing that both say differs."""
    if first is None or second is None:
        return True
    if first.camera and second.camera and not _are_one_camera(first.camera, second.camera):
        return False
    if first.local_s is None or second.local_s is None:
        return True
    apart = abs(first.local_s - second.local_s)
    if first.offset_s is not None and second.offset_s is not None:
        apart = min(apart, abs(first.local_s - first.offset_s - (second.local_s - second.offset_s)))
    return apart <= _SAME_EXPOSURE_S


def are_one_live_photo(still: Moment | None, video: Moment | None) -> bool:
    """Whether a still and a video of one name can be a live photo: by their identifiers, else by their times."""
    if still is not None and video is not None and still.content_id and video.content_id:
        return still.content_id == video.content_id
    if video is not None and video.length_s is not None and video.length_s > _LONGEST_LIVE_S:
        return False
    return still is None or video is None or _are_at_one_time(still, video)


def _are_at_one_time(still: Moment, video: Moment) -> bool:
    """Whether the times of a still and a video agree, as far as both have one."""
    if still.local_s is None or video.local_s is None:
        return True
    behind_s = still.local_s - video.local_s
    if not video.is_vague:
        if still.offset_s is not None and video.offset_s is not None:
            behind_s -= still.offset_s - video.offset_s
        return abs(behind_s) <= _SAME_LIVE_S
    if still.offset_s is not None:
        return min(abs(behind_s), abs(behind_s - still.offset_s)) <= _SAME_LIVE_S
    # The clock of the still is ahead of UTC by what some zone is.
    zone_s = round(behind_s / _ZONE_S) * _ZONE_S
    return _WEST_S <= zone_s <= _EAST_S and abs(behind_s - zone_s) <= _SAME_LIVE_S


def _are_one_camera(first: str, second: str) -> bool:
    """Whether two names can be one camera's: raw converters leave the make out, or repeat it."""
    a, b = first.casefold().split(), second.casefold().split()
    return set(a) <= set(b) or set(b) <= set(a) or a[-1] == b[-1]


@lru_cache(maxsize=2**16)
def _suffix(name: str) -> str:
    """Lower-case suffix of a name, with its dot; empty if there is none."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


@dataclass(slots=True)
class _Exposure:
    """A picture, and the names of the other files of its exposure."""

    main: str
    others: list[str] = field(default_factory=list)


class _Folder:
    """The files of one folder, and what belongs together among them."""

    def __init__(self, folder: str, given: Mapping[str, Path], read: Reader | None) -> None:
        self._path = Path(folder)
        self._given = given
        self._read = read
        self._moments: dict[str, Moment | None] = {}
        self._names, links = _regular_files(folder)
        known = dict.fromkeys(name for name in given if name not in links)
        self._pictures = [*known, *(n for n in self._names if n not in known and _is_picture(n))]
        self._videos = [name for name in self._names if _is_video(name)]
        self._exposures = self._paired_exposures()
        self._put_given_first()
        self._main_of: dict[str, str] = {}
        for exposure in self._exposures:
            for name in (exposure.main, *exposure.others):
                if self._main_of.get(name) not in self._given:
                    self._main_of[name] = exposure.main
        self._owners: dict[str, set[str]] = defaultdict(set)
        """Main files by part; `_UNKNOWN` stands for a file that is no picture, as a video that is no live photo."""

    def items(self) -> dict[Path, Item]:
        """The items of the given pictures."""
        for exposure in self._exposures:
            for name in exposure.others:
                self._owners[name].add(exposure.main)
        if self._videos:
            self._pair_videos()
        self._pair_sidecars()
        self._pair_resource_forks()
        return self._made()

    def _put_given_first(self) -> None:
        """A picture that was not given gives its place to a raw file that was, unless that has another place too."""
        n_places: dict[str, int] = defaultdict(int)
        for exposure in self._exposures:
            for name in exposure.others:
                n_places[name] += 1
        for exposure in self._exposures:
            if exposure.main not in self._given:
                raw = next((name for name in exposure.others if name in self._given and n_places[name] == 1), "")
                if raw:
                    exposure.others[exposure.others.index(raw)] = exposure.main
                    exposure.main = raw

    def _paired_exposures(self) -> list[_Exposure]:
        """The pictures that are one exposure, those alone included."""
        by_stem: dict[str, list[str]] = defaultdict(list)
        for name in self._pictures:
            by_stem[_exposure_stem(name)].append(name)
        found: list[_Exposure] = []
        for names in by_stem.values():
            found += [_Exposure(names[0])] if len(names) == 1 else self._of_one_stem(names)
        return found

    def _of_one_stem(self, names: Sequence[str]) -> list[_Exposure]:
        """The exposures among pictures of one name with several suffixes."""
        raws = sorted((n for n in names if _suffix(n) in RAW_SUFFIXES), key=lambda n: (n.lower().endswith(".dng"), n))
        mains = [_Exposure(name) for name in names if _suffix(name) in _DEVELOPED]
        others = [_Exposure(name) for name in names if _suffix(name) not in _DEVELOPED | RAW_SUFFIXES]
        alone: list[_Exposure] = []
        for raw in raws:
            mine = [exposure for exposure in mains if self._are_one(exposure.main, raw)]
            # A raw file that was converted to another one lies beside it; it is no second exposure.
            mine = mine or [exposure for exposure in alone if self._are_one(exposure.main, raw)][:1]
            for exposure in mine:
                exposure.others.append(raw)
            if not mine:
                alone.append(_Exposure(raw))
        return [*mains, *others, *alone]

    def _are_one(self, first: str, second: str) -> bool:
        return self._read is None or are_one_exposure(self._moment(first), self._moment(second))

    def _are_live(self, still: str, video: str) -> bool:
        return self._read is None or are_one_live_photo(self._moment(still), self._moment(video))

    def _moment(self, name: str) -> Moment | None:
        """What a file says of itself, read once."""
        if self._read is None:
            return None
        if name not in self._moments:
            self._moments[name] = self._read(self._path / name)
        return self._moments[name]

    def _pair_videos(self) -> None:
        """Videos of live photos go with their stills, and with an edit of the still that has none of its own."""
        stills: dict[str, list[str]] = defaultdict(list)
        for exposure in self._exposures:
            if _suffix(exposure.main) in _DEVELOPED | RAW_SUFFIXES:
                stills[_exposure_stem(exposure.main)].append(exposure.main)
        edits: dict[str, list[str]] = defaultdict(list)
        for stem, names in stills.items():
            if unedited(stem) != stem:
                edits[unedited(stem)] += names
        unpaired = []
        for video in self._videos:
            stem = _exposure_stem(video)
            mine = [name for name in stills.get(stem, ()) if self._are_live(name, video)]
            self._owners[video].update(mine)
            if not mine:
                unpaired.append(video)
        self._pair_by_identifier(unpaired, stills)
        have_one = {main for video in self._videos for main in self._owners[video]}
        for video in self._videos:
            if self._owners[video]:
                others = [name for name in edits.get(_exposure_stem(video), ()) if name not in have_one]
                self._owners[video].update(others)

    def _pair_by_identifier(self, videos: Sequence[str], stills: Mapping[str, Sequence[str]]) -> None:
        """Videos of another name than their still: exports and imports change one of the two."""
        moments = {video: self._moment(video) for video in videos}
        wanted = {video: moment.content_id for video, moment in moments.items() if moment and moment.content_id}
        if not wanted:
            return
        by_identifier: dict[str, list[str]] = defaultdict(list)
        for name in (name for names in stills.values() for name in names):
            moment = self._moment(name)
            if moment is not None and moment.content_id:
                by_identifier[moment.content_id].append(name)
        for video, identifier in wanted.items():
            self._owners[video].update(by_identifier.get(identifier, ()))

    def _pair_sidecars(self) -> None:
        """Sidecars go with all files to which they belong by their names: pictures, and videos of live photos."""
        candidates = [n for n in self._names if _suffix(n) in PART_SUFFIXES | _NOTES and n not in self._given]
        if not candidates:
            return
        names = PictureNames([*self._pictures, *self._videos])
        edits: dict[str, list[str]] = defaultdict(list)
        for name in self._pictures:
            stem = plain(name.rpartition(".")[0])
            before = unedited(stem)
            if before != stem:
                edits[before].append(name)
        for sidecar in candidates:
            suffix = _suffix(sidecar)
            if suffix in _NOTES:
                stem = sidecar.rpartition(".")[0]
                owners = names.of_edits(stem) if _BY_CAMERA.match(plain(stem)) else []
            else:
                owners = names.of_sidecar(sidecar)
            for owner in owners:
                self._belongs(sidecar, owner)
                if suffix in (".json", ".aae"):
                    for edit in edits.get(plain(owner.rpartition(".")[0]), ()):
                        self._belongs(sidecar, edit)

    def _belongs(self, part: str, owner: str) -> None:
        """Note to which item a part belongs: that of a picture, or those of a video."""
        if owner in self._main_of:
            self._owners[part].add(self._main_of[owner])
        else:
            self._owners[part].update(self._owners.get(owner) or {_UNKNOWN})

    def _pair_resource_forks(self) -> None:
        """What macOS keeps of a file on a drive of another system lies beside it as `._name`, and goes with it."""
        for name in self._names:
            if name.startswith("._") and name not in self._given:
                file = name[2:]
                if file in self._main_of or file in self._owners:
                    self._belongs(name, file)

    def _made(self) -> dict[Path, Item]:
        """The items, by the given paths."""
        own, shared, stays = (defaultdict[str, list[str]](list) for _ in range(3))
        for part, owners in self._owners.items():
            known = owners & self._given.keys()
            kind = stays if known != owners else own if len(owners) == 1 else shared
            for main in known:
                kind[main].append(part)
        made: dict[str, Item] = {}
        found: dict[Path, Item] = {}
        for name, path in self._given.items():
            main = self._main_of.get(name, name)
            if main not in self._given:
                main = name  # one raw file of several JPEGs, none of which is known here
            if main not in made:
                parts = (self._paths(kind[main]) if main in kind else () for kind in (own, shared, stays))
                made[main] = Item(self._given[main], *parts)
            found[path] = made[main]
        return found

    def _paths(self, names: Iterable[str]) -> tuple[Path, ...]:
        """Sorted paths of parts."""
        return tuple(self._given.get(name) or self._path / name for name in sorted(names))


def _regular_files(folder: str) -> tuple[list[str], set[str]]:
    """Names of the regular files in a folder that may be parts, sorted, and those of its links."""
    names, links = [], set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_symlink():
                    links.add(entry.name)
                elif _may_belong(entry.name) and entry.is_file(follow_symlinks=False):
                    names.append(entry.name)
    except OSError:
        return [], set()
    return sorted(names), links


def _is_picture(name: str) -> bool:
    return _suffix(name) in PICTURE_SUFFIXES and not name.startswith(".")


def _may_belong(name: str) -> bool:
    return _suffix(name) in _MAY_BELONG or name.startswith("._")


def _is_video(name: str) -> bool:
    return _suffix(name) in _VIDEOS and not name.startswith(".")


def _exposure_stem(name: str) -> str:
    """What the names of one exposure's files have in common."""
    named = plain(name)
    dot = named.rfind(".")
    stem = named[:dot] if dot > 0 else named
    return _ROLE.sub("", stem) if "." in stem else stem
