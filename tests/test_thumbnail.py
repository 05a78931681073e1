"""What a thumbnail is, and what it leaves behind."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagecluster.decode.thumbnail import make_thumbnail, placeholder, thumbnail_size
from imagecluster.errors import ArgumentError


def opened(thumbnail: bytes) -> Image.Image:
    """The thumbnail, decoded."""
    image = Image.open(BytesIO(thumbnail))
    image.load()
    return image


def gradient(width: int, height: int) -> Image.Image:
    """A picture that is red at its left and blue at its right end."""
    ramp = Image.linear_gradient("L").rotate(90).resize((width, height))
    return Image.merge("RGB", (ramp.point(lambda v: 255 - v), Image.new("L", ramp.size, 40), ramp))


@pytest.mark.parametrize(
    ("size", "expected"),
    [((341, 256), (192, 144)), ((256, 341), (144, 192)), ((4000, 10), (192, 1)), ((100, 80), (100, 80))],
)
def test_the_longer_side_is_what_was_asked_for_and_small_pictures_stay(size, expected):
    """A thumbnail keeps its picture's proportions and is never larger than the picture."""
    thumbnail = opened(make_thumbnail(gradient(*size)))
    assert (thumbnail.format, thumbnail.mode, thumbnail.size) == ("JPEG", "RGB", expected)


@given(width=st.integers(1, 700), height=st.integers(1, 700), long_side_px=st.integers(1, 1024))
def test_any_size_fits_and_is_told_without_decoding(width, height, long_side_px):
    """Whatever the size, the thumbnail fits its side, and thumbnail_size says what a decoder says."""
    thumbnail = make_thumbnail(Image.new("RGB", (width, height)), long_side_px=long_side_px)
    assert max(opened(thumbnail).size) == min(long_side_px, max(width, height))
    assert thumbnail_size(thumbnail) == opened(thumbnail).size


def test_it_looks_like_its_picture():
    """No channel of the thumbnail is far from the picture reduced by an exact filter."""
    picture = gradient(512, 384)
    exact = picture.resize((192, 144), Image.Resampling.BOX)
    difference = [abs(a - b) for a, b in zip(exact.tobytes(), opened(make_thumbnail(picture)).tobytes(), strict=True)]
    assert sum(difference) / len(difference) < 3


def test_nothing_of_the_pictures_metadata_goes_along():
    """Place, comment and colour profile of the original do not leak into the thumbnail."""
    file = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "at home"
    gradient(400, 300).save(file, "JPEG", comment=b"secret", exif=exif, icc_profile=b"profile" * 9)
    thumbnail = make_thumbnail(opened(file.getvalue()))
    assert not any(word in thumbnail for word in (b"secret", b"Exif", b"at home", b"profile"))


def test_the_picture_itself_is_not_changed():
    """Making a thumbnail leaves size and pixels of the picture as they were."""
    picture = gradient(300, 200)
    before = picture.tobytes()
    make_thumbnail(picture)
    assert (picture.size, picture.tobytes()) == ((300, 200), before)


def test_the_same_picture_gives_the_same_bytes():
    """Thumbnails are reproducible."""
    assert make_thumbnail(gradient(300, 200)) == make_thumbnail(gradient(300, 200))


@pytest.mark.parametrize("mode", ["RGBA", "CMYK", "P", "I;16"])
def test_other_modes_are_refused_with_the_cure(mode):
    """A picture that is not RGB or grey is an error that says what to do."""
    with pytest.raises(ArgumentError, match=f"mode {mode}; convert"):
        make_thumbnail(Image.new(mode, (10, 10)))


@pytest.mark.parametrize("long_side_px", [0, -3, 2049])
def test_sides_outside_the_range_are_refused(long_side_px):
    """The error names what was got and what is allowed."""
    with pytest.raises(ArgumentError, match=f"is {long_side_px}; it must be from 1 to 2048"):
        make_thumbnail(Image.new("RGB", (10, 10)), long_side_px=long_side_px)


def test_a_picture_without_pixels_is_refused():
    """A width of zero is an error, not a crash of the encoder."""
    with pytest.raises(ArgumentError, match="0 x 10"):
        make_thumbnail(Image.new("RGB", (0, 10)))


def test_a_progressive_jpeg_tells_its_size_too():
    """thumbnail_size reads the JPEGs of other encoders."""
    file = BytesIO()
    gradient(120, 90).save(file, "JPEG", progressive=True, comment=b"x" * 300)
    assert thumbnail_size(file.getvalue()) == (120, 90)


@given(junk=st.binary(max_size=64), cut=st.integers(0, 160))
def test_bytes_that_are_no_jpeg_are_refused(junk, cut):
    """Damaged thumbnails raise one error, whatever the damage."""
    for damaged in (junk, b"\xff\xd8" + junk[:6], make_thumbnail(Image.new("RGB", (20, 20)))[:cut]):
        with pytest.raises(ArgumentError, match="not a JPEG thumbnail"):
            thumbnail_size(damaged)


def test_the_placeholder_is_a_thumbnail_of_the_size_asked_for():
    """Where a thumbnail is missing the placeholder takes its place, the same at every call."""
    assert thumbnail_size(placeholder(width_px=90, height_px=120)) == (90, 120)
    assert opened(placeholder()).getextrema() != (0x80, 0x80)
    assert placeholder() is placeholder()


@pytest.mark.parametrize("side_px", [15, 2049])
def test_a_placeholder_has_limits(side_px):
    """Sides that cannot be drawn are refused."""
    with pytest.raises(ArgumentError, match="from 16 to 2048"):
        placeholder(width_px=side_px)
