"""Files of every format that is read, cut off and with bits flipped, decoded in a process of their own.

`python fuzzed.py N FORMAT...` decodes each sample cut off at 20 places and N copies with flipped bits. It prints
for each how many gave a picture, how many a reason, the slowest in processor time and the peak of memory (JSON).
"""

import faulthandler
import json
import re
import struct
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from imagecluster.decode import decode
from imagecluster.errors import DecodeError
from picture_samples import corners, dng, encoded, exif, heif, tiff_structure

HANG_S = 60
"""Wall time after which a decoder counts as hanging, and this process ends."""


def planar_tiff(image):
    """An uncompressed TIFF of 16 bits in separate planes."""
    values = np.asarray(image).astype("<u2") * 257
    height, width, _ = values.shape
    tags = {
        256: ("I", [width]), 257: ("I", [height]), 258: ("H", [16] * 3), 259: ("H", [1]), 262: ("H", [2]),
        273: ("I", [("blob", i) for i in range(3)]), 277: ("H", [3]), 278: ("I", [height]),
        279: ("I", [2 * width * height] * 3), 284: ("H", [2]),
    }  # fmt: skip
    return tiff_structure({"main": tags}, blobs=[values[..., i].tobytes() for i in range(3)])


def rle_bmp():
    """A BMP of run lengths."""
    rows = b"".join(bytes((32, row % 2, 32, 1, 32, 0)) + b"\0\0" for row in range(64)) + b"\0\1"
    palette = bytes((0, 0, 200, 0)) + bytes((0, 200, 0, 0)) + bytes(254 * 4)
    header = struct.pack("<IiiHHIIiiII", 40, 96, 64, 1, 8, 1, len(rows), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1078 + len(rows), 0, 0, 1078) + header + palette + rows


def psd(image):
    """A flat PSD without layers."""
    planes = np.asarray(image).transpose(2, 0, 1)
    header = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, image.height, image.width, 8, 3)
    return header + bytes(12) + b"\0\0" + planes.tobytes()


def samples():
    """Bytes and suffix of a small picture in every format and kind that is read."""
    image, grey = corners(), corners().convert("L")
    frames = {"save_all": True, "append_images": [image, image.rotate(180)]}
    black = Image.new("RGB", image.size)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    deep = np.asarray(grey).astype(np.uint16) * 257
    plain = b"P3 96 64 255\n" + b" ".join(str(value).encode() for value in np.asarray(image).ravel())
    tiff = {f"TIFF {name}": (encoded(image, "TIFF", compression=name), "")
            for name in ("raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits", "lzma", "zstd")}  # fmt: skip
    return tiff | {
        "AVIF": (encoded(image, "AVIF", icc_profile=profile), ""),
        "BMP": (encoded(image, "BMP"), ""),
        "BMP of run lengths": (rle_bmp(), ""),
        "CMYK JPEG": (encoded(image.convert("CMYK"), "JPEG"), ""),
        "GIF": (encoded(image, "GIF"), ""),
        "GIF of frames": (encoded(black, "GIF", **frames), ""),
        "HEIF": (heif(image), ""),
        "JPEG": (encoded(image, "JPEG", exif=exif(orientation=6), icc_profile=profile), ""),
        "JPEG 2000": (encoded(image, "JPEG2000"), ""),
        "JPEG 2000 codestream": (encoded(image, "JPEG2000", no_jp2=True, tile_size=(32, 32)), ""),
        "JPEG with restarts": (encoded(image, "JPEG", restart_marker_blocks=2), ""),
        "MPO": (encoded(image, "MPO", **frames), ""),
        "PFM": (encoded(Image.fromarray(np.asarray(grey).astype(np.float32)), "PPM"), ""),
        "PGM of 12 bits": (b"P5 96 64 4095\n" + (deep >> 4).astype(">u2").tobytes(), ""),
        "PGM of 16 bits": (b"P5 96 64 65535\n" + deep.astype(">u2").tobytes(), ""),
        "PNG": (encoded(image, "PNG", icc_profile=profile), ""),
        "PNG of 16 bits": (encoded(Image.fromarray(deep), "PNG"), ""),
        "PNG of a palette": (encoded(image.quantize(16), "PNG", transparency=1), ""),
        "PNG of frames": (encoded(black, "PNG", **frames), ""),
        "PPM": (encoded(image, "PPM"), ""),
        "PPM in plain text": (plain, ""),
        "PSD": (psd(image), ""),
        "TGA": (encoded(image, "TGA", compression="tga_rle"), ".tga"),
        "TIFF of floats": (encoded(Image.fromarray((deep / 65535).astype(np.float32)), "TIFF"), ""),
        "TIFF of 16 bits in planes": (planar_tiff(image), ""),
        "WebP": (encoded(image, "WEBP", exif=exif(orientation=3)), ""),
        "WebP of frames": (encoded(black, "WEBP", **frames), ""),
        "WebP without loss": (encoded(image.convert("RGBA"), "WEBP", lossless=True), ""),
        "progressive JPEG": (encoded(image, "JPEG", progressive=True), ""),
        "raw": (dng(image), ".dng"),
        "raw with a preview": (dng(image, preview=corners(48, 32)), ".dng"),
    }


def variants(data, n_flipped, seed):
    """The data cut off at 20 places, and copies in which a few bits are flipped, every second time near the start."""
    rng = np.random.default_rng(seed)
    for i in range(20):
        yield data[: len(data) * i // 20]
    for i in range(n_flipped):
        content = bytearray(data)
        end = len(data) if i % 2 else min(len(data), 400)
        for at in rng.integers(0, end, rng.integers(1, 9)):
            content[at] ^= 1 << int(rng.integers(8))
        yield bytes(content)


def outcome(data, suffix):
    """'picture' or 'reason'; anything else that a decoder throws ends the process."""
    try:
        found = decode(data, short_side_px=16, suffix=suffix)
    except DecodeError as error:
        text = str(error)
        assert text.isprintable() and 0 < len(text) < 200, text
        return "reason"
    assert min(found.image.size) == 16 and found.image.mode == "RGB"
    return "picture"


def peak_mb():
    """Most memory that this process has taken so far; not by getrusage, whose figure starts at its parent's."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1000


def main(n_flipped, names):
    """Decode and print."""
    known = samples()
    for seed, name in enumerate(names):
        data, suffix = known[name]
        counts, slowest_s = {"picture": 0, "reason": 0}, 0.0
        assert outcome(data, suffix) == "picture", name
        for variant in variants(data, n_flipped, seed):
            faulthandler.dump_traceback_later(HANG_S, exit=True)
            started_s = time.process_time()
            counts[outcome(variant, suffix)] += 1
            slowest_s = max(slowest_s, time.process_time() - started_s)
            faulthandler.cancel_dump_traceback_later()
        print(json.dumps({"name": name, **counts, "slowest_s": slowest_s, "peak_mb": peak_mb()}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:] or sorted(samples()))
