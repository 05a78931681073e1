"""Two pictures that show the same thing, by local features whose geometry agrees."""

import subprocess
import sys
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from imagecluster.errors import DecodeError, MissingExtraError
from imagecluster.verify import LEAST_POINTS, LocalFeatures, local_features, match, match_pairs
from imagecluster.verify import features as features_module


def textured(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A picture of many shapes, as no other seed draws."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(rng.integers(0, 255, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(260):
        x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        w, h = rng.uniform(4, 40, 2)
        colour = tuple(rng.integers(0, 255, 3).tolist())
        shape = rng.integers(0, 3)
        if shape == 0:
            draw.ellipse((x, y, x + w, y + h), fill=colour)
        elif shape == 1:
            draw.rectangle((x, y, x + w, y + h), fill=colour)
        else:
            draw.polygon([(x, y), (x + w, y + h / 3), (x + w / 3, y + h)], fill=colour)
    return image


def coded(image: Image.Image, quality: int = 85) -> bytes:
    """The picture as a JPEG file."""
    image.save(file := BytesIO(), "JPEG", quality=quality)
    return file.getvalue()


def of(image: Image.Image, quality: int = 85) -> LocalFeatures:
    """Its local features."""
    return local_features(coded(image, quality))


def seen(image: Image.Image, matrix: NDArray[np.float64], size: tuple[int, int] = (400, 300)) -> Image.Image:
    """The picture under an affine map of its pixels, shape (2, 3), before grey."""
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2].ravel().tolist()
    return image.transform(size, Image.Transform.AFFINE, inverse, Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))


def turned(degrees: float, scale: float, shift: tuple[float, float], shear: float = 0.0) -> NDArray[np.float64]:
    """An affine map around the centre of a picture of 400 x 300."""
    a = np.deg2rad(degrees)
    linear = scale * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) @ np.array([[1, shear], [0, 1]])
    centre = np.array([200.0, 150.0])
    return np.column_stack([linear, centre + shift - linear @ centre])


@pytest.mark.parametrize("degrees", [0, 15, 90, 200])
@pytest.mark.parametrize("scale", [0.6, 1.0, 1.5])
def test_a_picture_seen_under_an_affine_map_is_verified_and_the_map_is_found(degrees: float, scale: float) -> None:
    """Turned, nearer and farther, from the side, and coded again: the map is right to a few pixels."""
    image, known = textured(1), turned(degrees, scale, (12, -7), shear=0.15)
    found = match(of(image), of(seen(image, known), quality=60))
    assert found.is_sure
    assert found.n_points >= 20
    assert found.transform is not None
    corners = np.array([[100, 80, 1], [300, 80, 1], [300, 220, 1], [100, 220, 1]], np.float64)
    half = corners * [0.75, 0.75, 1]  # 400 px became 300 px
    np.testing.assert_allclose(half @ found.transform.T, 0.75 * (corners @ known.T), atol=4)


def test_a_tenth_of_a_picture_in_another_one_is_found() -> None:
    """An object in front of another background."""
    thing, place = textured(2), textured(3)
    place.paste(thing.crop((100, 60, 300, 240)), (30, 90))
    assert match(of(thing), of(place)).is_sure


@pytest.mark.parametrize("seed", range(6))
def test_other_pictures_are_not_verified(seed: int) -> None:
    """Drawings of the same kind, with other shapes."""
    assert not match(of(textured(10 + seed)), of(textured(20 + seed))).is_sure


def test_pictures_without_texture_are_never_verified() -> None:
    """Not even with themselves: one colour, black, a slow gradient, a single pixel."""
    gradient = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (200, 1))).convert("RGB")
    for image in (Image.new("RGB", (400, 300), (200, 30, 30)), Image.new("RGB", (400, 300)), gradient):
        assert len(of(image)) < LEAST_POINTS
        assert match(of(image), of(image)).n_points == 0
    assert len(of(Image.new("RGB", (1, 1)))) == 0


def test_points_on_a_line_say_nothing() -> None:
    """A map that presses the picture onto a line agrees with anything on it."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 120, (30, 128)).astype(np.uint8)
    across = np.column_stack([rng.uniform(0, 300, 30), np.full(30, 50.0)]).astype(np.float32)
    anywhere = rng.uniform(0, 300, (30, 2)).astype(np.float32)
    assert not match(LocalFeatures(anywhere, rows), LocalFeatures(across, rows)).is_sure


def test_points_on_one_pixel_count_once() -> None:
    """SIFT gives a point once for each of its directions."""
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 120, (40, 128)).astype(np.uint8)
    points = np.repeat(rng.uniform(0, 300, (6, 2)), 7, axis=0)[:40].astype(np.float32)
    features = LocalFeatures(points, rows)
    assert match(features, features).n_points <= 6


def test_the_result_is_the_same_every_time_and_in_threads() -> None:
    """Whatever the number of threads and the size of the runs, in the order of the pairs."""
    images = [
        textured(1),
        seen(textured(1), turned(10, 0.9, (5, 5))),
        textured(4),
        seen(textured(4), turned(0, 1.1, (0, 9))),
    ]
    data = [coded(image) for image in images]
    first, second = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 2, 3, 2, 3, 3])
    load = [local_features(each) for each in data].__getitem__

    def all_points(**options: Any) -> list[int]:
        parts = [found for _, found in match_pairs(first, second, load, **options)]
        return np.concatenate(parts).tolist()

    expected = all_points(n_threads=1)
    assert [n >= LEAST_POINTS for n in expected] == [True, False, False, False, False, True]
    for n_threads in (1, 3):
        for at_a_time in (1, 2, 3, 100):
            assert all_points(n_threads=n_threads, at_a_time=at_a_time) == expected


def test_memory_does_not_grow_with_the_pairs() -> None:
    """No more pictures are held than asked for, and neighbouring runs share theirs."""
    held: list[int] = []
    empty = LocalFeatures(np.empty((0, 2), np.float32), np.empty((0, 128), np.uint8))

    def load(picture: int) -> LocalFeatures:
        held.append(picture)
        return empty

    first = np.arange(0, 99)
    runs = [run for run, _ in match_pairs(first, first + 1, load, n_threads=1, at_a_time=10)]
    assert [run.stop - run.start for run in runs[:2]] == [9, 9]
    assert runs[-1].stop == 99
    assert sorted(held) == list(range(100))


def test_a_picture_that_cannot_be_read_has_no_result() -> None:
    """Its pairs have -1 points, which is not the same as none."""
    features = of(textured(1))
    first, second = np.array([0, 0]), np.array([1, 2])
    ((_, found),) = match_pairs(first, second, {0: features, 1: None, 2: features}.get, n_threads=1)
    assert found[0] == -1
    assert found[1] > LEAST_POINTS


def test_what_is_not_a_picture_is_refused() -> None:
    """As when it is fingerprinted."""
    with pytest.raises(DecodeError):
        local_features(b"no picture")


def test_a_missing_extra_names_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the command that installs it."""
    features_module.opencv.cache_clear()
    monkeypatch.setitem(sys.modules, "cv2", None)
    try:
        with pytest.raises(MissingExtraError, match="verification needs OpenCV, which is not installed: "):
            features_module.check_installed()
    finally:
        features_module.opencv.cache_clear()


def test_opencv_is_loaded_only_when_it_is_used() -> None:
    """It takes a fifth of a second."""
    code = "import sys, imagecluster.verify, imagecluster.collection; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
