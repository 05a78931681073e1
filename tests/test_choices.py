"""Choices among pictures: kept per file in the journal, found again after renaming and editing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageFilter

from imagecluster.corrections import (
    EDITS_NAME,
    Choice,
    Choose,
    ChosenFile,
    Hide,
    History,
    Rate,
    choices_of,
    corrections_of,
    edit_from_json,
    edit_to_json,
    follow,
    heirs,
)
from imagecluster.errors import ArgumentError
from imagecluster.explore.sharpness import sharpness

A, B, C = (bytes([value] * 16) for value in (1, 2, 3))


def file(name, content_hash=A):
    return ChosenFile(name, content_hash)


def chosen(edits, files, **more):
    """What was chosen for each of some files, by name."""
    names = list(files)
    rows = {name: row for row, name in enumerate(names)}
    found = choices_of(edits, rows.get, list(files.values()), **more)
    return {names[row]: choice for row, choice in found.items()}


def test_two_equal_files_can_have_two_fates():
    """The same bytes in two folders: one is kept, the other rejected; the last word on each counts."""
    edits = [
        Choose(keep=(file("a/1.jpg"),), reject=(file("b/1.jpg"), file("2.jpg", B))),
        Choose(open=(file("2.jpg", B),)),
    ]
    assert chosen(edits, {"a/1.jpg": A, "b/1.jpg": A, "2.jpg": B}) == {
        "a/1.jpg": Choice("keep"), "b/1.jpg": Choice("reject"),
    }  # fmt: skip


def test_stars_and_fates_do_not_disturb_each_other():
    """A rating stays when the picture is rejected and left open again; no stars take it away."""
    edits = [Rate((file("1.jpg"),), 4), Choose(reject=(file("1.jpg"),))]
    assert chosen(edits, {"1.jpg": A}) == {"1.jpg": Choice("reject", 4)}
    assert chosen([*edits, Choose(open=(file("1.jpg"),))], {"1.jpg": A}) == {"1.jpg": Choice("open", 4)}
    assert chosen([*edits, Rate((file("1.jpg"),), 0)], {"1.jpg": A}) == {"1.jpg": Choice("reject", 0)}


def test_a_choice_follows_its_file_but_never_another_picture():
    """Renamed and edited files keep theirs; what lies under the old path by now is not meant."""
    edits = [Choose(reject=(file("1.jpg"),))]
    assert chosen(edits, {"new.jpg": A}) == {"new.jpg": Choice("reject")}
    assert chosen(edits, {"1.jpg": B}) == {}
    assert chosen(edits, {"1.jpg": B}, heirs={A: frozenset([B])}) == {"1.jpg": Choice("reject")}
    both = [Choose(reject=(file("1.jpg"),), keep=(file("2.jpg"),))]
    assert chosen(both, {"new.jpg": A}) == {}, "nobody can say which of the two it is"
    assert chosen(both, {"new.jpg": A, "2.jpg": A}) == {"new.jpg": Choice("reject"), "2.jpg": Choice("keep")}


def test_what_was_said_of_a_removed_file_does_not_hold_for_its_equals():
    """One of two equal files was rejected and is gone: the other one is not rejected in its place."""
    rejected = [Choose(reject=(ChosenFile("b/1.jpg", A, 2),))]
    assert chosen(rejected, {"a/1.jpg": A, "b/1.jpg": A}) == {"b/1.jpg": Choice("reject")}
    assert chosen(rejected, {"a/1.jpg": A}) == {}
    assert chosen(rejected, {"a/1.jpg": A, "c/1.jpg": A}) == {}
    assert chosen([Choose(reject=(file("1.jpg"),))], {"new.jpg": A, "other.jpg": A}) == {}, "which of them is not known"


def test_contents_of_choices_are_looked_for_when_they_are_gone():
    """An edited picture of which only a choice was said is followed too; the choice itself stays as it is."""
    edits = [Choose(reject=(file("1.jpg"),))]
    found = heirs(edits, [B], lambda gone: {each: (frozenset([B]), frozenset()) for each in gone})
    assert found == {A: frozenset([B])}
    assert follow(edits, found) == tuple(edits)


@pytest.mark.parametrize(
    "edit",
    [
        Choose(keep=(file("a é.jpg"),), reject=(file("b.jpg", B),)),
        Choose(open=(file("c.jpg", C),)),
        Rate((ChosenFile("x", A, 3),), 5),
    ],
)
def test_choices_survive_json_and_change_no_cluster(edit):
    """Written and read they are the same."""
    assert edit_from_json(json.loads(json.dumps(edit_to_json(edit)))) == edit
    assert corrections_of([edit]) == ()


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "choose"},
        {"kind": "choose", "keep": [["1.jpg", A.hex()]], "reject": [["1.jpg", A.hex()]]},
        {"kind": "choose", "keep": [["1.jpg", "00"]]},
        {"kind": "choose", "keep": [["1.jpg"]]},
        {"kind": "choose", "keep": [["1.jpg", A.hex(), 0]]},
        {"kind": "choose", "keep": [["1.jpg", A.hex(), "2"]]},
        {"kind": "choose", "keep": [[1, A.hex()]]},
        {"kind": "choose", "keep": "1.jpg"},
        {"kind": "rate", "stars": 6, "files": [["1.jpg", A.hex()]]},
        {"kind": "rate", "stars": True, "files": [["1.jpg", A.hex()]]},
        {"kind": "rate", "files": [["1.jpg", A.hex()]]},
    ],
)
def test_wrong_choices_are_refused(values):
    """A line that is no choice says what is wrong with it."""
    with pytest.raises(ArgumentError):
        edit_from_json(values)


def test_an_older_version_undoes_nothing_else_in_place_of_a_choice(tmp_path):
    """The words for undoing a choice are its own; redo brings it back."""
    history = History(tmp_path / EDITS_NAME)
    history.add(Hide(frozenset([A])))
    history.add(Choose(reject=(file("1.jpg"),)))
    history.undo()
    assert history.edits == (Hide(frozenset([A])),)
    history.redo()
    history.undo()
    lines = [json.loads(line) for line in (tmp_path / EDITS_NAME).read_text().splitlines()[1:]]
    assert [next(iter(line.keys() - {"made_s"})) for line in lines] == [
        "edit",
        "edit",
        "unchoose",
        "rechoose",
        "unchoose",
    ]


def textured(seed):
    """A picture with edges in all directions, shape (800, 1000)."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (50, 60), np.uint8)).resize((1000, 800), Image.Resampling.NEAREST)
    return small.rotate(17, Image.Resampling.BICUBIC, fillcolor=128)


def shaken(image, n_px):
    """Blurred along one axis, as by a shaken camera."""
    pixels = np.asarray(image, np.float32)
    return Image.fromarray((sum(np.roll(pixels, step, 1) for step in range(n_px)) / n_px).astype(np.uint8))


@pytest.mark.parametrize("seed", range(4))
def test_blur_and_shake_lower_sharpness_and_other_things_do_not(seed):
    """The more blur the lower; darker, noisier and moved pictures stay within 4 %."""
    image = textured(seed)
    of = lambda picture: sharpness(np.asarray(picture, np.uint8))  # noqa: E731
    sharp = of(image)
    assert sharp > of(image.filter(ImageFilter.GaussianBlur(1))) / 0.94 > of(image.filter(ImageFilter.GaussianBlur(3)))
    assert sharp * 0.94 > of(shaken(image, 5)) > of(shaken(image, 9))
    pixels = np.asarray(image, np.float32)
    noisy = np.clip(pixels + np.random.default_rng(seed).normal(0, 4, pixels.shape), 0, 255).astype(np.uint8)
    for other in ((pixels * 0.7).astype(np.uint8), noisy, image.crop((21, 13, 1000, 800))):
        assert of(other) == pytest.approx(sharp, rel=0.04)


def test_a_picture_without_contrast_is_not_judged():
    """Nothing can be said of plain, faint and tiny pictures."""
    assert sharpness(np.full((600, 800), 90, np.uint8)) is None
    assert sharpness(np.random.default_rng(0).integers(100, 104, (600, 800), np.uint8)) is None
    assert sharpness(np.asarray(textured(0))[:100, :100]) is None
