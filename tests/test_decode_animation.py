"""Animations that begin with empty frames show the first frame on which something is seen."""

import numpy as np
import pytest
from PIL import Image

from imagecluster.decode import Frame, decode, read_bytes
from picture_samples import difference, encoded, smooth_noise

PICTURE = smooth_noise(160, 120, grain_px=40)
FORMATS = ["GIF", "WEBP", "PNG", "AVIF"]


def plain(colour, mode="RGB"):
    """A frame of one colour."""
    return Image.new(mode, PICTURE.size, colour)


def animated(format_name, *frames):
    """An animation of these frames; each stays one frame of the file."""
    return encoded(frames[0], format_name, save_all=True, append_images=list(frames[1:]), duration=100, quality=95)


def dimmed(share):
    """The picture while it fades in."""
    return Image.fromarray((np.asarray(PICTURE) * share).astype(np.uint8))


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("empty", [(0, 0, 0), (255, 255, 255), (30, 60, 200)])
def test_the_first_frame_on_which_something_is_seen_counts(format_name, empty):
    """Behind empty frames of any colour, in every format of animations, also in a frame."""
    blink = tuple(level ^ 1 for level in empty)
    data = animated(format_name, plain(empty), plain(blink), PICTURE, dimmed(0.9))
    found = decode(data, short_side_px=120, frame=Frame(40, 30))
    assert difference(found.image, PICTURE) < 12
    assert difference(found.framed, PICTURE.resize((40, 30))) < 12
    assert difference(decode(data, short_side_px=30).image, PICTURE.resize((40, 30))) < 12


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_first_frame_that_shows_something_stays(format_name):
    """However dark it is."""
    dark = dimmed(0.2)
    assert difference(decode(animated(format_name, dark, PICTURE), short_side_px=120).image, dark) < 12


def test_fading_in_is_waited_for():
    """The clearest frame so far is left for a clearer one until none is; GIF and WebP then show the same one."""
    steps = [dimmed(share) for share in [*np.linspace(0, 1, 11), 1, 0.5, 1]]
    shown = [np.asarray(decode(animated(kind, *steps), short_side_px=120).image) for kind in ("WEBP", "GIF")]
    assert all(np.ptp(levels) > 230 for levels in shown)
    assert np.abs(shown[0].astype(int) - shown[1]).mean() < 8


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_faint_first_frame_is_left_for_a_clear_one_only(format_name):
    """A fade-in may begin with a tenth of the picture; what stays as faint is the picture itself."""
    steps = [dimmed(share) for share in (0.1, 0.3, 0.6, 1, 1)]
    found = decode(animated(format_name, *steps), short_side_px=120).image
    assert difference(found, PICTURE) < 12
    faint = animated(format_name, dimmed(0.1), dimmed(0.12), dimmed(0.11))
    assert difference(decode(faint, short_side_px=120).image, dimmed(0.1)) < 3


@pytest.mark.parametrize("format_name", FORMATS)
def test_an_animation_of_nothing_is_its_first_frame(format_name):
    """Where no frame shows anything, the first one is the picture."""
    data = animated(format_name, plain((0, 0, 0)), plain((1, 1, 1)), plain((2, 2, 2)))
    assert np.asarray(decode(data, short_side_px=32).image).max() <= 2


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG"])
def test_transparent_first_frames_are_empty(format_name):
    """So is a first frame on which everything is transparent."""
    opaque = PICTURE.convert("RGBA")
    found = decode(animated(format_name, plain((0, 0, 0, 0), "RGBA"), opaque), short_side_px=120)
    assert difference(found.image, PICTURE) < 12


@pytest.mark.parametrize("format_name", ["GIF", "PNG"])
def test_an_animation_that_breaks_off_is_its_whole_frames(format_name):
    """Damage in a later frame leaves those before it."""
    frames = plain((0, 0, 0)), dimmed(0.3), PICTURE
    n_bytes = len(animated(format_name, *frames[:2])) + 200
    short = decode(animated(format_name, *frames)[:n_bytes], short_side_px=120).image
    assert difference(short, dimmed(0.3)) < 12


@pytest.mark.photos
def test_the_animations_of_the_reports_show_their_pictures(photos):
    """GIF and WebP of four pictures are nearest to a still frame of their own."""
    folder = photos / "reports" / "animation-with-blank-first-frame"

    def shown(name):
        return decode(read_bytes(folder / name), short_side_px=60).image

    stills = [shown(f"still_{number}.jpg") for number in range(4)]
    for number in range(4):
        for suffix in ("gif", "webp"):
            differences = [difference(shown(f"anim_{number}.{suffix}"), still) for still in stills]
            assert int(np.argmin(differences)) == number
    assert np.ptp(np.asarray(shown("blank.gif"))) == 0
