"""The original's input, at the original's name: `from imagecluster import io as icio`."""

from imagecluster.original.io import (
    exif_timestamp,
    get_files,
    get_image_data,
    read_images,
    read_timestamps,
    stat_timestamp,
    timestamp,
)

__all__ = [
    "exif_timestamp",
    "get_files",
    "get_image_data",
    "read_images",
    "read_timestamps",
    "stat_timestamp",
    "timestamp",
]
