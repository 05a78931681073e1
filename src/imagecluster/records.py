"""The frozen values that pass between the stages of the chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

Stage = Literal["scan", "decode", "embed"]
TimeSource = Literal["auto", "exif", "stat"]
WithinLevel = Literal["event", "trip"]
"""What clusters may be kept from crossing."""
TimeOrigin = Literal["exif", "sidecar", "name", "file", "none"]
"""Where a time comes from: what the picture says of itself (EXIF, XMP, IPTC, text), a sidecar, the name of the file,
the modification time of the file."""
Precision = Literal["subsecond", "second", "minute", "day", "month", "year"]

TIME_SCALE_S = 6 * 3600.0
"""Default time after which nearness in time has fallen to 1/e: about the length of an outing."""
SimScaleName = Literal["relative", "calibrated"]
"""Scale of a similarity index: relative to the collection's largest distance, or calibrated by the model's curve."""
CutName = Literal["branch", "flat"]
"""Way to cut a dendrogram: each branch where it is most a group, or all of them at one height."""
CopyKind = Literal["file", "identical", "pixels", "copy", "altered", "shot"]
"""How two files are the same picture, from sure to like: two names of one file; equal bytes; equal decoded pixels; one
exposure, edited as a whole; one exposure of which a part differs; another exposure of the moment."""


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file that may hold a picture, as the scan found it."""

    path: Path
    """Absolute, not resolved through symbolic links."""
    size_bytes: int
    mtime_ns: int
    ctime_ns: int = 0
    """Time of the last change of content, name or permissions; 0 where the system has none."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A file that was scanned but gave no fingerprint, and why."""

    path: Path
    stage: Stage
    reason: str
    """One line, printable."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of a scan."""

    files: tuple[ImageFile, ...]
    """Sorted by path, each path once."""
    skips: tuple[Skip, ...]
    """Candidates that cannot be examined, and folders that cannot be listed."""
    ignored: Mapping[str, int]
    """Number of files ignored because their suffix is not that of a picture, by lower-case suffix."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Number of folders and hidden pictures that were passed over, by the reason: trash, previews of other programs,
    snapshots ..."""
    look_alikes: Mapping[str, int] = field(default_factory=dict)
    """Number of those among `ignored` that begin like pictures, by suffix; only names that say too little are
    examined."""
    other_names: Mapping[Path, tuple[Path, ...]] = field(default_factory=dict)
    """Further names of the same file by its path in `files`: hard and symbolic links, sorted. They are not counted as
    scanned."""


DATE_SOURCES = (
    "sidecar XMP exif:DateTimeOriginal",
    "sidecar XMP photoshop:DateCreated",
    "EXIF DateTimeOriginal",
    "XMP exif:DateTimeOriginal",
    "XMP photoshop:DateCreated",
    "IPTC DateCreated",
    "EXIF DateTimeDigitized",
    "XMP exif:DateTimeDigitized",
    "XMP xmp:CreateDate",
    "IPTC DigitalCreationDate",
    "PNG Creation Time",
    "GPS time",
    "XMP exif:GPSTimeStamp",
    "sidecar XMP exif:DateTimeDigitized",
    "sidecar XMP xmp:CreateDate",
    "sidecar XMP exif:GPSTimeStamp",
    "takeout photoTakenTime",
    "file name",
    "EXIF DateTime",
    "XMP xmp:ModifyDate",
    "sidecar XMP xmp:ModifyDate",
    "file time",
)
"""Everything that can give a picture's date, the most trusted first. Those of a sidecar in XMP come first because
programs that do not change pictures write corrections there; `DateTime` and `ModifyDate` come after the file's name
because they are the time of the last export or edit."""

UTC = "UTC"
"""What `Taken.offset_from` says if the source gives UTC and not the time of the place."""


@dataclass(frozen=True, slots=True)
class Taken:
    """When a picture was taken, according to one source."""

    local_s: float
    """What the clock of the place showed, in seconds since 1970 as if it were UTC."""
    offset_s: int | None
    """Seconds by which that clock was ahead of UTC (east is positive); None if unknown."""
    precision: Precision
    """How much of the date is known; what is not known counts as the first moment of the year, month, day or minute."""
    source: str
    """One of `DATE_SOURCES`."""
    offset_from: str = ""
    """What gave the offset: the name of a field, or `UTC` if the source knows only UTC; empty for no offset."""

    @property
    def instant_s(self) -> float:
        """Seconds since 1970; without an offset, of the clock's time read as UTC."""
        return self.local_s - (self.offset_s or 0)

    @property
    def rank(self) -> int:
        """How far down in `DATE_SOURCES` its source is: the smaller, the more trusted."""
        return DATE_SOURCES.index(self.source)

    @property
    def origin(self) -> TimeOrigin:
        """The kind of its source."""
        if self.source.startswith(("sidecar", "takeout")):
            return "sidecar"
        return "name" if self.source == "file name" else "file" if self.source == "file time" else "exif"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture was taken, according to one source."""

    latitude_deg: float
    """North is positive, in [-90, 90]."""
    longitude_deg: float
    """East is positive, in [-180, 180]."""
    source: str
    """"EXIF", "XMP", "sidecar XMP" or "takeout"."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a picture was exposed; None if the camera does not say it, or something impossible."""

    time_s: float | None = None
    """How long the shutter was open, above 0."""
    iso: float | None = None
    """Sensitivity (ISO 12232), at least 1."""
    f_number: float | None = None
    """Focal length by the width of the aperture, above 0."""
    focus_m: float | None = None
    """Distance of the subject, above 0; None also at infinity."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a picture says about itself; None if it says nothing, or something impossible."""

    width_px: int
    """Width after EXIF orientation was applied."""
    height_px: int
    format: str
    """Pillow's name for the format: JPEG, PNG, HEIF ..."""
    taken: Taken | None = None
    place: Place | None = None
    note: str = ""
    """What was not read, in one line: "incomplete: last 2 % missing", "3 pages, first read"; empty if all was."""
    shown: bytes = field(default=b"", compare=False)
    """8 bytes that stand for the orientation and the colour profile with which it was read; empty if unknown."""
    camera: str = ""
    """Make and model; empty if unknown."""
    exposure: Exposure | None = None
    """None if nothing is known of it."""

    @property
    def taken_s(self) -> float | None:
        """`Taken.local_s`, or None."""
        return None if self.taken is None else self.taken.local_s

    @property
    def latitude_deg(self) -> float | None:
        """`Place.latitude_deg`, or None."""
        return None if self.place is None else self.place.latitude_deg

    @property
    def longitude_deg(self) -> float | None:
        """`Place.longitude_deg`, or None."""
        return None if self.place is None else self.place.longitude_deg


@dataclass(frozen=True, slots=True)
class CopyEvidence:
    """How one picture is seen in another one."""

    kind: CopyKind
    transform: str = ""
    """What was done to the second picture to get the first, in words: "320 x 240, cropped 5 %, turned 90°"; empty if
    nothing was done to its pixels."""
    overlap: float = 1.0
    """Share of the second picture's frame that the first covers, in [0, 1]."""
    is_contained: bool = True
    """Whether the first picture's frame lies inside the second's, so that the first shows no more than the second."""
    matrix: tuple[float, ...] = ()
    """Map of the first picture's points onto the second's, 2 x 3 by rows; coordinates are shares of width and height in
    [0, 1]. Empty for equal frames."""
    is_framed: bool = False
    """Whether one of the two is the other with something around it: a border, a caption, a screen, a collage. The
    picture itself is then the one whose frame lies inside the other's."""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprints:
    """Fingerprints of pictures, row i belonging to path i; NumPy, pandas and scikit-learn take it as an array.

    Examples
    --------
    >>> fingerprints = Fingerprints((Path("a.jpg"), Path("b.jpg")), np.eye(2, dtype=np.float32), "net@1")
    >>> len(fingerprints), fingerprints.shape, fingerprints[1].tolist(), fingerprints[:1].paths
    (2, (2, 2), [0.0, 1.0], (PosixPath('a.jpg'),))
    >>> np.asarray(fingerprints).dtype
    dtype('float32')
    """

    paths: tuple[Path, ...]
    vectors: NDArray[np.float32]
    """Shape (n_images, n_dimensions), unit length: the space in which clustering measures cosine."""
    model: str
    """Model name and version, `name@version`."""

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the array, (n_images, n_dimensions)."""
        return (self.vectors.shape[0], self.vectors.shape[1])

    @property
    def ndim(self) -> int:
        """Number of dimensions of the array, 2."""
        return 2

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """Type of the vectors' numbers."""
        return self.vectors.dtype

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return iter(self.vectors)

    @overload
    def __getitem__(self, rows: int) -> NDArray[np.float32]: ...
    @overload
    def __getitem__(self, rows: slice | Sequence[int] | NDArray[Any]) -> Fingerprints: ...
    def __getitem__(self, rows: int | slice | Sequence[int] | NDArray[Any]) -> NDArray[np.float32] | Fingerprints:
        """One vector, shape (n_dimensions,); for a slice, row numbers or a mask, the fingerprints of these rows."""
        if isinstance(rows, int | np.integer):
            return np.asarray(self.vectors[rows])
        chosen = np.arange(len(self))[rows]
        if chosen.ndim != 1:
            raise IndexError(f"fingerprints are indexed by row; got an index of {chosen.ndim} dimensions")
        return Fingerprints(tuple(self.paths[row] for row in chosen), self.vectors[chosen], self.model)

    def __array__(self, dtype: np.dtype[Any] | None = None, *, copy: bool | None = None) -> NDArray[Any]:
        """The vectors, for NumPy."""
        if copy is False and dtype is not None and dtype != self.vectors.dtype:
            raise ValueError(f"fingerprints are {self.vectors.dtype}; {dtype} needs a copy")
        found = np.asarray(self.vectors, dtype)
        return found.copy() if copy and found is self.vectors else found


@dataclass(frozen=True, slots=True)
class Dendrogram:
    """A hierarchical clustering of n leaves."""

    merges: NDArray[np.float64]
    """scipy's linkage matrix Z, shape (n - 1, 4). Heights are non-decreasing, except in centroid and median linkage."""
    largest_distance: float
    """Largest pairwise distance between two leaves (0 for fewer than two)."""
    order: NDArray[np.int64]
    """Leaf order, shape (n,): every cluster of every cut is one contiguous run of it."""
    gap: NDArray[np.float64]
    """Shape (n - 1,): lowest height of a cut in which order[p] and order[p + 1] share a cluster; infinite if there is
    none, because the cluster would be too wide or cross the bounds of an event."""

    @property
    def n_leaves(self) -> int:
        """Number of leaves."""
        return len(self.order)

    @property
    def top(self) -> float:
        """Distance at sim = 0: the largest one, or the height of the last merge if that is larger (ward)."""
        return max(self.largest_distance, float(self.gap.max(initial=0.0, where=self.gap < float("inf"))))


@dataclass(frozen=True, slots=True)
class Recall:
    """Agreement of approximate lists of neighbours with exact ones, measured on a sample of rows."""

    n_sampled: int
    neighbours: float
    """Share of the sampled rows' true neighbours that their lists hold, in [0, 1]."""
    nearest: float
    """Share of the sampled rows whose nearest neighbour was found, in [0, 1]."""
    mean_excess: float
    """Mean cosine distance by which the nearest neighbour found is farther away than the true one."""


@dataclass(frozen=True, slots=True)
class NeighbourGraph:
    """The nearest neighbours of distinct vectors, kept so that a later linkage compares only what is new."""

    digests: NDArray[np.uint64]
    """Shape (n, 2), ascending: hash of each vector's values."""
    index: NDArray[np.int32]
    """Shape (n, k), rows of `digests`; -1 where an entry is void."""
    similarity: NDArray[np.float32]
    """Shape (n, k), cosine similarity as float32 products gave it; -inf where an entry is void."""
    bound: NDArray[np.float32]
    """Shape (n,): no row outside a list is more similar than this."""
    farthest: tuple[int, int]
    """The two least similar rows; (-1, -1) for fewer than two."""
    smallest: float
    """Similarity of these two rows."""
    recall: Recall | None
    """None for exact lists."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster of a cut."""

    number: int
    """From 1; the same in every output. Larger clusters first, then by the first member's path."""
    members: tuple[int, ...]
    """Row numbers of the pictures, in the order of their paths."""
    height: float
    """Height of the cut from which on the members are together: the distance at which they joined, or another height if
    the dendrogram was cut by branch. 0 for a single picture."""
    representative: int
    """Row number of the member whose mean distance to the others is smallest."""
    name: str = ""
    """Name given by hand; empty if there is none."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """A cut of a dendrogram."""

    sim: float
    """Similarity index of the cut, in [0, 1]."""
    cut_height: float
    """Height at which the dendrogram was cut, a distance unless it was cut by branch."""
    min_size: int
    clusters: tuple[Cluster, ...]
    """The clusters of at least `min_size` pictures."""
    singles: tuple[int, ...]
    """Row numbers of all other pictures, in the order of their paths."""
    max_diameter: float | None = None
    """Largest cosine distance of two pictures in a cluster, if wider clusters were divided."""
    hidden: tuple[int, ...] = ()
    """Row numbers of pictures that were hidden by hand, in the order of their paths; neither clustered nor singles."""
    sim_scale: SimScaleName = "relative"
    """What `sim` means."""
    cut: CutName = "flat"
    """How the dendrogram was cut. By branch, heights are those of `imagecluster.cut.branch`, not distances."""
    n_own_cuts: int = 0
    """Number of branches of the dendrogram that were cut at heights of their own."""

    def sizes(self) -> dict[int, int]:
        """Number of clusters by cluster size, smallest size first."""
        counts: dict[int, int] = {}
        for cluster in sorted(self.clusters, key=lambda c: len(c.members)):
            counts[len(cluster.members)] = counts.get(len(cluster.members), 0) + 1
        return counts


@dataclass(frozen=True, slots=True)
class KernelError:
    """Error of the approximate time kernel against the exact one, in a sample of pairs of pictures."""

    largest: float
    rms: float


@dataclass(frozen=True, slots=True)
class TimeTerm:
    """The part that time played in a clustering."""

    weight: float
    """Share of time in the cosine, in (0, 1]."""
    scale_s: float
    """Time after which two pictures' nearness in time has fallen to 1/e."""
    source: TimeSource
    """The chosen source: `exif` (what pictures and their sidecars say), `stat` (the file's modification time), or
    `auto` (the former, else the file's name, else its modification time)."""
    times_s: NDArray[np.float64]
    """Time of each row, shape (n_images,), seconds since 1970; NaN if there is none."""
    origins: tuple[TimeOrigin, ...]
    """Where each row's time comes from."""
    error: KernelError

    def facts(self) -> dict[str, str | int | float]:
        """The facts for outputs: settings, number of pictures by the source of their time, error of the kernel."""
        return {
            "weight": self.weight,
            "scale_s": self.scale_s,
            "source": self.source,
            "n_exif": self.origins.count("exif"),
            "n_sidecar": self.origins.count("sidecar"),
            "n_name": self.origins.count("name"),
            "n_file": self.origins.count("file"),
            "n_none": self.origins.count("none"),
            "kernel_error_largest": round(self.error.largest, 6),
            "kernel_error_rms": round(self.error.rms, 6),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """The events or trips that no cluster of a cut crosses."""

    level: WithinLevel
    labels: NDArray[np.int64]
    """Number of each row's event or trip, shape (n_images,); -1 for undated pictures, which are a group of their own.
    The numbers are in the order of time."""

    @property
    def n_undated(self) -> int:
        """Number of pictures that belong to no event or trip."""
        return int((self.labels < 0).sum())

    @property
    def n_groups(self) -> int:
        """Number of events or trips, without the undated pictures."""
        return len({*self.labels[self.labels >= 0].tolist()})

    @property
    def largest(self) -> int:
        """Number of pictures in the largest group."""
        return int(np.unique(np.maximum(self.labels, -1), return_counts=True)[1].max(initial=0))

    @property
    def divides(self) -> bool:
        """Whether there are pictures to keep apart."""
        return self.n_groups + (self.n_undated > 0) > 1

    def facts(self) -> dict[str, str | int]:
        """The facts for outputs."""
        return {"level": self.level, "n_groups": self.n_groups, "n_undated": self.n_undated}
