"""Pictures with nothing on them, or with little: what a network sees of them, and what they are grouped with."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

import imagecluster
from imagecluster.collection import Settings
from imagecluster.embed.plain import blank_fingerprint, focus
from imagecluster.functions.running import run
from imagecluster.functions.vectors import fingerprint
from pictures import draw

SIZE = (300, 200)


def plain(colour, size=SIZE, noise=0, seed=0):
    """A picture of one colour, with some noise."""
    rng = np.random.default_rng(seed)
    levels = np.array(colour) + rng.normal(0, noise, (size[1], size[0], 3))
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def with_icon(shape, at=(240, 10), side=20, ground="white", ink="black"):
    """A small drawing on a plain ground."""
    image = Image.new("RGB", SIZE, ground)
    pen, (x, y) = ImageDraw.Draw(image), at
    box = (x, y, x + side, y + side)
    if shape == "ring":
        pen.ellipse(box, outline=ink, width=3)
    elif shape == "cross":
        pen.line((x, y, x + side, y + side), fill=ink, width=4)
        pen.line((x, y + side, x + side, y), fill=ink, width=4)
    elif shape == "triangle":
        pen.polygon([(x, y + side), (x + side // 2, y), (x + side, y + side)], fill=ink)
    else:
        pen.rectangle((x, y, x + side, y + side // 3), fill=ink)
    return image


BLANKS = {
    "black.png": plain((0, 0, 0)),
    "white.png": plain((255, 255, 255)),
    "grey.jpg": plain((128, 128, 128)),
    "lens cap.jpg": plain((60, 10, 10), noise=3),
    "blue.png": plain((20, 40, 200)),
}
SHAPES = ("ring", "cross", "triangle", "bar")


def test_blank_pictures_bind_nothing(tmp_path):
    """Blank pictures, small drawings and photographs: no cluster holds two of these kinds, whatever the cut."""
    for name, image in BLANKS.items():
        image.save(tmp_path / name)
    for shape in SHAPES:
        with_icon(shape).save(tmp_path / f"{shape}.png")
        with_icon(shape, ground="black", ink="white", at=(30, 150)).save(tmp_path / f"{shape} in the dark.png")
    for seed in range(6):
        draw(tmp_path / f"drawing {seed}.png", seed)
    for sim in (0.3, 0.5, 0.9):
        result = run(tmp_path, Settings(sim=sim, links="none", page=False))
        for cluster in result.clusters.clusters:
            names = {result.names[row] for row in cluster.members}
            assert not names & BLANKS.keys(), (sim, names)
            assert len({name.split()[0].removesuffix(".png") for name in names}) == 1 or sim < 0.5, (sim, names)


def test_blank_pictures_of_one_colour_are_identical(tmp_path):
    """Sizes and formats do not matter; nearly the same colour is near, another one is far."""
    plain((255, 255, 255)).save(tmp_path / "a.png")
    plain((255, 255, 255), (640, 480)).save(tmp_path / "b.jpg")
    plain((252, 252, 252)).save(tmp_path / "c.png")
    plain((0, 0, 0)).save(tmp_path / "d.png")
    vectors = fingerprint(sorted(tmp_path.iterdir())).vectors
    distances = 1 - vectors @ vectors.T
    assert distances[0, 1] < 1e-6
    assert 1e-3 < distances[0, 2] < 0.1
    assert distances[0, 3] > 0.8


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("at", [(5, 5), (270, 170), (140, 90), (2, 100)])
def test_a_small_thing_is_shown_wherever_it_is(shape, at):
    """A drawing in a corner, which the network would not see, is as if it were in the middle."""
    shown, colour = focus(with_icon(shape, at))
    assert colour is None
    assert min(shown.size) == min(SIZE)
    dark = (np.asarray(shown.convert("L")) < 128).mean()
    assert dark > 5 * (np.asarray(with_icon(shape, at).convert("L")) < 128).mean()


@pytest.mark.parametrize(
    "image",
    [
        with_icon("ring", (60, 20), side=160),
        Image.linear_gradient("L").convert("RGB"),
        plain((128, 128, 128), noise=40),
        Image.effect_mandelbrot(SIZE, (-2, -1.5, 1, 1.5), 40).convert("RGB"),
    ],
)
def test_other_pictures_are_shown_as_they_are(image):
    """Large drawings, gradients, noise, photographs: the very same picture goes to the network."""
    shown, colour = focus(image)
    assert shown is image
    assert colour is None


def test_the_smallest_pictures_are_looked_at():
    """Any size works, down to one pixel."""
    for size in ((1, 1), (1, 400), (400, 1), (7, 9), (8, 8), (16, 256)):
        shown, colour = focus(plain((10, 20, 30), size))
        assert shown.size == size
        assert np.allclose(colour, (10, 20, 30), atol=1)


@pytest.mark.parametrize("n_dimensions", [64, 1024, 1280])
def test_fingerprints_of_blank_pictures_are_those_of_their_colours(n_dimensions):
    """Unit length, always the same, and the cosine falls with the distance of the colours."""
    colours = np.array([[255, 255, 255], [250, 250, 250], [235, 235, 235], [128, 128, 128], [0, 0, 0]], float)
    vectors = np.stack([blank_fingerprint(colour, n_dimensions) for colour in colours])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.array_equal(vectors[0], blank_fingerprint(colours[0], n_dimensions))
    cosines = vectors @ vectors[0]
    assert np.all(np.diff(cosines[:3]) < 0)
    assert np.abs(cosines[3:]).max() < 0.4


@pytest.mark.photos
def test_white_drawings_are_told_apart(photos):
    """Each is nearest to itself on a dark ground, and no two different ones are copies."""
    folder = photos / "reports" / "white-on-transparent"
    if not folder.is_dir():
        pytest.skip("no drawings of reports beside the photographs")
    names = [f"{kind}_{number}{ground}.png" for kind, ground in (("white", ""), ("white", "_on_dark"), ("black", ""))
             for number in range(5)]  # fmt: skip
    found = fingerprint([folder / name for name in names])
    distances = 1 - found.vectors @ found.vectors.T
    assert distances[:5, 5:10].argmin(axis=1).tolist() == list(range(5))
    np.fill_diagonal(distances, np.inf)
    assert distances[:5, :5].min() > 0.1
    for sim in (0.9, 1.0):
        for cluster in imagecluster.cluster(found, sim=sim).clusters:
            assert len({names[row].removesuffix(".png").split("_")[1] for row in cluster.members}) == 1
