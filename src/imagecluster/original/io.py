"""The original's input: `from imagecluster import io as icio`.

Names, defaults and return values are those of imagecluster 0.4; docs/migration.md lists the differences.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from imagecluster.decode import MAX_PIXELS, Frame, decode, read_bytes, read_file_exif
from imagecluster.errors import ArgumentError, DecodeError, InputError
from imagecluster.original import calc
from imagecluster.original.exceptions import ICExifReadError
from imagecluster.original.pickled import read_pickle, write_pickle
from imagecluster.original.stored import stored_fingerprints
from imagecluster.original.vgg16 import vgg16_of_layer
from imagecluster.scan import StrPath
from imagecluster.system.cores import n_cores

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "exif_timestamp",
    "get_files",
    "get_image_data",
    "ic_base_dir",
    "read_images",
    "read_pk",
    "read_timestamps",
    "stat_timestamp",
    "timestamp",
    "write_pk",
]

ic_base_dir = "imagecluster"
"""Name of the folder inside a folder of pictures that holds the database and the links."""

Source = Literal["auto", "stat", "exif"]
Images = dict[str, NDArray[np.uint8]]

_LAYER: Mapping[str, Any] = MappingProxyType({"layer": "fc2"})
_SIZE: Mapping[str, Any] = MappingProxyType({"size": (224, 224)})
_AUTO: Mapping[str, Any] = MappingProxyType({"source": "auto"})

T = TypeVar("T")


def read_pk(filename: StrPath) -> Any:
    """Content of a pickle, without running anything that it names.

    Parameters
    ----------
    filename
        A pickle of dictionaries, lists, tuples, sets, strings, numbers and NumPy arrays of numbers, as the original's
        `fingerprints.pk` and `images.pk` are, of any protocol and any version of NumPy.

    Raises
    ------
    ArgumentError
        The file holds anything else, which the message names, is damaged, or is larger than 4 GiB.
    InputError
        There is no such file.
    """
    return read_pickle(Path(filename))


def write_pk(obj: object, filename: StrPath) -> None:
    """Write a pickle that `read_pk` reads, and `pickle.load` too; missing folders are made.

    The file is replaced when all of it has been written.

    Raises
    ------
    ArgumentError
        `obj` holds something that `read_pk` does not read, such as an object of a class of your own.
    OutputError
        The file cannot be written, or is a link.
    """
    write_pickle(obj, Path(filename))


def get_files(imagedir: StrPath, ext: str = "jpg|jpeg|bmp|png") -> list[str]:
    """Files in a folder, without its subfolders, that have one of these extensions, in the order of their names.

    Parameters
    ----------
    imagedir
        The folder, in the form to put in front of each name.
    ext
        Regular expression for the extension without its dot; upper and lower case are not distinguished.

    Raises
    ------
    ArgumentError
        `ext` is not a regular expression.
    InputError
        The folder cannot be listed.
    """
    try:
        wanted = re.compile(rf".*\.(?:{ext})", re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise ArgumentError(f"ext is {ext!r}, which is not a regular expression: {error}") from None
    folder = os.fspath(imagedir)
    try:
        with os.scandir(folder) as listing:
            names = [entry.name for entry in listing if wanted.fullmatch(entry.name) and entry.is_file()]
    except OSError as error:
        raise InputError(f"cannot list {folder!r}: {(error.strerror or str(error)).lower()}") from None
    return [os.path.join(folder, name) for name in sorted(names, key=os.fsencode)]  # noqa: PTH118 - names stay text


def read_images(imagedir: StrPath, size: Sequence[int], ncores: int | None = None) -> Images:
    """Pictures in a folder by file name, as upright RGB arrays of uint8 and shape (height, width, 3).

    Each picture is decoded as a whole and stretched to `size` by bicubic interpolation. Pictures that cannot be read
    are left out with a warning.

    Parameters
    ----------
    imagedir
        The folder, as for `get_files`.
    size
        (width, height) in pixels.
    ncores
        Number of threads; default: one per core.

    Raises
    ------
    ArgumentError
        `size` is not two whole numbers of 1 or more.
    InputError
        The folder cannot be listed.
    """
    shape = _as_size(size)
    files = get_files(imagedir)
    read = _in_threads(lambda file: _readable(lambda: _pixels(file, shape)), files, ncores)
    return {file: image for file, image in zip(files, _told(files, read), strict=True) if image is not None}


def stretched(file: str, size: Sequence[int]) -> NDArray[np.uint8]:
    """A file's picture as `read_images` gives it; DecodeError if it cannot be read."""
    return _pixels(file, _as_size(size))


def _pixels(file: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A file's picture, stretched to a size."""
    path = Path(file)
    picture = decode(read_bytes(path), short_side_px=1, frame=Frame(*size), suffix=path.suffix).framed
    assert picture is not None
    return np.asarray(picture)


def stored_picture(path: Path) -> Image.Image:
    """A file's picture as it is stored, in RGB; DecodeError if it cannot be read."""
    from imagecluster.decode.opening import open_header

    data = read_bytes(path)
    try:
        with open_header(data, max_pixels=MAX_PIXELS, suffix=path.suffix) as image:
            return image.convert("RGB")
    except DecodeError:
        raise
    except Exception as error:  # decoders raise anything at a damaged file
        raise DecodeError(f"{path} cannot be decoded: {error}") from None


def _as_size(size: Sequence[int]) -> tuple[int, int]:
    """Width and height."""
    if len(size) != 2 or any(int(side) != side or side < 1 for side in size):
        raise ArgumentError(f"size is {size}; it must be (width, height), two whole numbers of 1 or more")
    return int(size[0]), int(size[1])


def _in_threads(function: Callable[[str], T], files: Sequence[str], ncores: int | None) -> list[T]:
    """Results of a function for each file, in order."""
    if ncores is not None and ncores < 1:
        raise ArgumentError(f"ncores is {ncores}; it must be at least 1, or None for all")
    with ThreadPoolExecutor(ncores or n_cores(), thread_name_prefix="read") as pool:
        return list(pool.map(function, files))


def _readable(read: Callable[[], T]) -> T | DecodeError:
    """The value that was read, or the reason why it could not be."""
    try:
        return read()
    except DecodeError as error:
        return error


def _told(files: Sequence[str], read: Sequence[T | DecodeError]) -> list[T | None]:
    """The values that were read; None, with a warning, for those that could not be."""
    for file, found in zip(files, read, strict=True):
        if isinstance(found, DecodeError):
            warnings.warn(f"left out {file}: {found}", stacklevel=3)
    return [None if isinstance(found, DecodeError) else found for found in read]


def exif_timestamp(filename: StrPath) -> float:
    """Time of a picture by its EXIF tag 306 (DateTime), read as UTC, in seconds since 1970.

    Raises
    ------
    ICExifReadError
        There is no such tag, it does not hold a possible date, or the file is not a readable picture.
    """
    path = Path(filename)
    try:
        found = read_file_exif(read_bytes(path)).date_time_s
    except DecodeError as error:
        raise ICExifReadError(f"cannot read the EXIF data of {path}: {error}") from None
    if found is None:
        raise ICExifReadError(f"{path} has no EXIF DateTime (tag 306), or an impossible one")
    return found


def stat_timestamp(filename: StrPath) -> float:
    """Time at which a file was last changed, in seconds since 1970; InputError if there is no such file."""
    try:
        return Path(filename).stat().st_mtime
    except OSError as error:
        raise InputError(f"cannot examine {os.fspath(filename)!r}: {(error.strerror or str(error)).lower()}") from None


def timestamp(filename: StrPath, source: Source = "auto") -> float:
    """Time of a picture, in seconds since 1970.

    Parameters
    ----------
    filename
        The file.
    source
        'exif' is `exif_timestamp`, 'stat' is `stat_timestamp`, and 'auto' is the former or, if that fails, the latter.

    Raises
    ------
    ArgumentError
        `source` has another value.
    ICExifReadError
        `source` is 'exif', and there is no such time.
    InputError
        There is no such file.
    """
    if source not in get_args(Source):
        raise ArgumentError(f"source is {source!r}; it must be 'auto', 'stat' or 'exif'")
    if source == "stat":
        return stat_timestamp(filename)
    try:
        return exif_timestamp(filename)
    except ICExifReadError:
        if source == "exif":
            raise
        return stat_timestamp(filename)


def read_timestamps(imagedir: StrPath, source: Source = "auto", ncores: int | None = None) -> dict[str, float]:
    """Time of each picture in a folder by file name, in seconds since 1970; see `get_files` and `timestamp`.

    Files that no decoder can read are included, since their times are known all the same.
    """
    files = get_files(imagedir)
    return dict(zip(files, _in_threads(lambda file: timestamp(file, source), files, ncores), strict=True))


def get_image_data(
    imagedir: StrPath,
    model_kwds: Mapping[str, Any] = _LAYER,
    img_kwds: Mapping[str, Any] = _SIZE,
    timestamps_kwds: Mapping[str, Any] | None = _AUTO,
    pca_kwds: Mapping[str, Any] | None = None,
) -> tuple[Images, dict[str, NDArray[Any]], dict[str, float] | None]:
    """Pictures, fingerprints and times of a folder; fingerprints are kept in the database `imagedir/imagecluster`.

    A second call computes only the fingerprints of new or changed pictures, and loads no network if there are none.
    Pictures that cannot be read are left out of all three, with a warning.

    Parameters
    ----------
    imagedir
        The folder, as for `get_files`.
    model_kwds
        Arguments of `calc.get_model`.
    img_kwds
        Arguments of `read_images`; the network takes only the size (224, 224).
    timestamps_kwds
        Arguments of `read_timestamps`; None for no times.
    pca_kwds
        Arguments of `calc.pca`, which then reduces the fingerprints; None to leave them as they are.

    Returns
    -------
    images
        As from `read_images`.
    fingerprints
        As from `calc.fingerprints`, with the precision of the database (16-bit floats), or as from `calc.pca`.
    timestamps
        As from `read_timestamps`, or None.
    """
    model = vgg16_of_layer(**model_kwds)
    if _as_size(img_kwds["size"]) != model.geometry.size:
        raise ArgumentError(f"size is {img_kwds['size']}; this network takes pictures of {model.geometry.size}")
    images = read_images(imagedir, **img_kwds)
    found = stored_fingerprints(list(images), Path(imagedir), model, n_threads=img_kwds.get("ncores"))
    fingerprints: dict[str, NDArray[Any]] = dict(found.fingerprints)
    if pca_kwds is not None:
        fingerprints = dict(calc.pca(fingerprints, **pca_kwds))
    timestamps = None
    if timestamps_kwds is not None:
        timestamps = {fn: s for fn, s in read_timestamps(imagedir, **timestamps_kwds).items() if fn in fingerprints}
    return {fn: images[fn] for fn in fingerprints}, fingerprints, timestamps
