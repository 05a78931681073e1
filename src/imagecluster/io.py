"""The original's input, at the original's name: `from imagecluster import io as icio`."""

from imagecluster.original.io import (
    exif_timestamp,
    get_files,
    get_image_data,
    ic_base_dir,
    read_images,
    read_pk,
    read_timestamps,
    stat_timestamp,
    timestamp,
    write_pk,
)

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
