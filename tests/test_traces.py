"""Traces in pixels: of an earlier, coarser JPEG, and of an enlargement."""

import numpy as np
import pytest
from PIL import Image

from imagecluster.decode import earlier_quality, is_enlarged, read_coding


def textured(seed=0, size=(640, 480)):
    """A picture with detail at all scales, as photographs have it: power falls with the square of the frequency."""
    rng = np.random.default_rng(seed)
    width, height = size
    spectrum = np.fft.fft2(rng.normal(size=(height, width)))
    across, down = np.fft.fftfreq(width), np.fft.fftfreq(height)[:, None]
    grey = np.fft.ifft2(spectrum / np.maximum(np.hypot(across, down), 1 / width)).real
    return Image.fromarray(np.clip(128 + 40 * grey / grey.std(), 0, 255).astype(np.uint8)).convert("RGB")


@pytest.fixture(params=["made", pytest.param("photograph", marks=pytest.mark.photos)])
def picture(request):
    """A made picture, and a photograph."""
    if request.param == "made":
        return textured()
    photos = request.getfixturevalue("photos")
    return Image.open(photos / "scenes_sfm" / "et" / "et006.jpg").convert("RGB")


@pytest.mark.parametrize(("before", "now"), [(75, 95), (60, 92), (85, 96), (75, None)])
def test_an_earlier_save_shows(tmp_path, picture, before, now):
    """A coarse JPEG that was saved again at a high quality, or without loss, is still a coarse one."""
    picture.save(tmp_path / "first.jpg", quality=before)
    again = tmp_path / ("again.png" if now is None else "again.jpg")
    Image.open(tmp_path / "first.jpg").save(again, **({} if now is None else {"quality": now}))
    found = earlier_quality(again, read_coding(again))
    assert found is not None
    assert abs(found - before) <= 1


def test_tables_of_a_copy_are_tried_too(tmp_path):
    """Those of cameras follow no standard."""
    table = [5 + i % 7 * 3 for i in range(64)]
    textured().save(tmp_path / "camera.jpg", qtables=[table, table])
    Image.open(tmp_path / "camera.jpg").save(tmp_path / "again.jpg", quality=96)
    camera, again = read_coding(tmp_path / "camera.jpg"), read_coding(tmp_path / "again.jpg")
    assert earlier_quality(tmp_path / "again.jpg", again, others=[camera]) == camera.quality


@pytest.mark.parametrize("quality", [75, 90, 95])
def test_a_first_save_shows_no_earlier_one(tmp_path, quality):
    """Neither does a picture that was resized in between, nor a file that cannot be read."""
    made = textured(3)
    made.save(tmp_path / "x.jpg", quality=quality)
    assert earlier_quality(tmp_path / "x.jpg", read_coding(tmp_path / "x.jpg")) is None
    Image.open(tmp_path / "x.jpg").resize((500, 375)).save(tmp_path / "y.jpg", quality=96)
    assert earlier_quality(tmp_path / "y.jpg", read_coding(tmp_path / "y.jpg")) is None
    (tmp_path / "z.jpg").write_bytes(b"none")
    assert earlier_quality(tmp_path / "z.jpg", read_coding(tmp_path / "z.jpg")) is None


@pytest.mark.parametrize("factor", [1.5, 2])
def test_an_enlarged_copy_is_known(tmp_path, picture, factor):
    """It has no detail beyond its source; a reduced copy of the same picture does not make the original one."""
    picture.save(tmp_path / "original.jpg", quality=95)
    small = picture.resize([round(side / factor) for side in picture.size], Image.Resampling.LANCZOS)
    small.save(tmp_path / "small.jpg", quality=95)
    small.resize(picture.size, Image.Resampling.BICUBIC).save(tmp_path / "large.jpg", quality=95)
    assert is_enlarged(tmp_path / "large.jpg", tmp_path / "small.jpg")
    assert not is_enlarged(tmp_path / "original.jpg", tmp_path / "small.jpg")
    assert not is_enlarged(tmp_path / "small.jpg", tmp_path / "original.jpg")
    assert not is_enlarged(tmp_path / "large.jpg", tmp_path / "missing.jpg")
