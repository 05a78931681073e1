"""Pictures within pictures: found by their sides, kept, and compared with the picture that they show."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from copies_samples import compared, facts_of, jpeg, scene
from imagecluster import duplicates
from imagecluster.collection.kept_insets import kept_insets
from imagecluster.copies import Insets, candidate_pairs, planes, signed_insets
from imagecluster.copies.candidates import near_insets
from imagecluster.copies.insets import MOST_INSETS, insets_of
from imagecluster.copies.symmetry import hashes_in_position
from imagecluster.decode import SmallPicture, small_picture
from imagecluster.store import INSETS_NAME, Store
from imagecluster.system.progress import silent

TEXTURE = scene(77, (1400, 1400))


@pytest.fixture(params=["OpenCV", "NumPy"])
def backend(request, monkeypatch):
    if request.param == "OpenCV":
        pytest.importorskip("cv2")
    else:
        monkeypatch.setattr(planes, "has_opencv", lambda: False)


def pasted(photograph: Image.Image, page: Image.Image, at: tuple[int, int], width: int) -> Image.Image:
    page = page.copy()
    page.paste(ImageOps.contain(photograph, (width, width)), at)
    return page


def small(image: Image.Image) -> np.ndarray:
    return np.asarray(ImageOps.contain(image, (192, 192)))


def with_insets(files):
    facts = facts_of(files)
    pictures = [small_picture(data, facts.size(i)).pixels for i, data in enumerate(files)]
    return replace(facts, insets=Insets.of(signed_insets(pixels) for pixels in pictures))


@pytest.mark.parametrize("page", ["texture", "white"])
def test_a_pasted_photograph_is_found_to_a_pixel(page):
    """Wherever it stands in a page, plain or not."""
    page = TEXTURE if page == "texture" else Image.new("RGB", (1400, 1400), "white")
    for seed, at in enumerate([(60, 90), (400, 330), (250, 600)]):
        boxes = insets_of(small(pasted(scene(seed), page, at, 900)))
        true = np.array([at[0], at[1], at[0] + 900, at[1] + 675]) / 1400
        assert min(np.abs(np.array(box) - true).max() for box in boxes) < 1 / 192


def test_few_parts_are_found_and_all_lie_inside():
    """Whatever a picture shows, with sides of a fifth of it and more; in a picture of one colour, none."""
    for size in [(192, 40), (33, 192), (192, 192), (140, 100)]:
        for seed in range(3):
            boxes = insets_of(np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3)).astype(np.uint8))
            boxes += insets_of(np.asarray(scene(seed, (400, 300)).resize(size)))
            for left, top, right, bottom in boxes:
                assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1
                assert min(right - left, bottom - top) > 0.15
            assert len(boxes) <= 2 * MOST_INSETS
    assert insets_of(np.full((150, 192, 3), 200, np.uint8)) == []
    assert insets_of(np.zeros((20, 192, 3), np.uint8)) == []


def test_near_insets_are_found_in_every_position():
    """An inset shows a picture turned or mirrored; others, and those beyond the radius, are no pairs."""
    rng = np.random.default_rng(5)
    signs = rng.integers(0, 256, (900, 32), np.uint8)
    insets = np.concatenate([hashes_in_position(signs[10 + p : 11 + p], p) for p in range(8)])
    insets = np.concatenate([rng.integers(0, 256, (100, 32), np.uint8), insets, np.zeros((3, 32), np.uint8)])
    inset, picture = near_insets(insets, signs)
    assert dict(zip(inset.tolist(), picture.tolist(), strict=True)) == {100 + p: 10 + p for p in range(8)}
    assert len(near_insets(insets[:0], signs)[0]) == len(near_insets(insets, signs[:0])[0]) == 0


def test_a_photograph_in_a_page_is_its_copy(backend):
    """Found among pages that all look alike, and shown as what it is; another photograph in the page is none."""
    photograph, other = scene(1), scene(2)
    page = pasted(photograph, TEXTURE, (200, 300), 900)
    files = [jpeg(photograph), jpeg(page), jpeg(pasted(other, TEXTURE, (200, 300), 900)), jpeg(TEXTURE)]
    facts = with_insets(files)
    pairs = set(zip(*(side.tolist() for side in candidate_pairs(facts)), strict=True))
    assert (0, 1) in pairs and (0, 2) not in pairs
    of_page, of_other = compared(files, [(1, 0), (2, 0)], facts=facts)
    assert of_page.kind == "copy" and of_page.is_framed and of_page.second_inside and not of_page.first_inside
    assert of_other.kind is None
    evidence = of_page.evidence(facts.size(1), facts.size(0))
    assert "in a larger picture" in evidence.transform
    left, top = np.array([*evidence.matrix, 0, 0, 1]).reshape(3, 3)[:2] @ [200 / 1400, 300 / 1400, 1]
    assert (left, top) == pytest.approx((0, 0), abs=0.01)


def test_what_an_inset_of_inexact_sides_leaves_open_is_tried_by_points(photos):
    """The sides are known to a pixel, which a small photograph with fine print does not forgive."""
    pytest.importorskip("cv2")
    data = (photos / "objects_ukbench" / "ukbench00431.jpg").read_bytes()
    framed = ImageOps.expand(Image.open(io.BytesIO(data)).convert("RGB"), 20, fill="black")
    files = [data, jpeg(framed)]
    facts = facts_of(files)
    box = np.array([[0.05716104, 0.07351922, 0.942731, 0.92698044]], np.float32)
    (found,) = compared(files, facts=replace(facts, insets=Insets(np.array([1]), box, facts.signs[:1])))
    assert found.kind == "copy" and found.is_framed


def test_a_photograph_with_little_texture_on_a_screen_is_found(backend):
    """What lies around it neither moves the map nor hides the likeness."""
    photograph = Image.linear_gradient("L").resize((1200, 900)).convert("RGB")
    photograph.paste(scene(3).crop((0, 0, 1200, 330)), (0, 570))
    screen = Image.new("RGB", (1080, 2000), "#101014")
    ImageDraw.Draw(screen).text((40, 30), "12:41", "#888888", font_size=40)
    screen.paste(ImageOps.contain(photograph, (1080, 1500)), (0, 600))
    files = [jpeg(photograph), jpeg(screen)]
    (found,) = compared(files, facts=with_insets(files))
    assert found.kind in ("copy", "altered") and found.is_framed


def test_insets_are_kept(tmp_path):
    """A second search computes none; a damaged file is computed again, and a picture that cannot be read has none."""
    folder = tmp_path / "pics"
    folder.mkdir()
    photograph = scene(1)
    photograph.save(folder / "photograph.jpg")
    pasted(photograph, TEXTURE, (200, 300), 900).save(folder / "page.jpg")
    found = duplicates(folder)
    assert [group.kind for group in found.groups] == ["copy"]
    files = found.groups[0].files
    hashes = [file.content_hash for file in files]

    def unread(number: int) -> SmallPicture | None:
        return None

    def read(number: int) -> SmallPicture:
        size = files[number].width_px, files[number].height_px
        return small_picture(files[number].path.read_bytes(), size)

    with Store.open(found.directory) as store:
        kept = kept_insets(unread, hashes, store, n_threads=1, progress=silent)
        assert len(kept.picture)
        (file,) = (found.directory / INSETS_NAME).glob("*.npz")
        file.write_bytes(file.read_bytes()[:-40])
        again = kept_insets(read, hashes, store, n_threads=1, progress=silent)
        np.testing.assert_array_equal(again.picture, kept.picture)
        np.testing.assert_allclose(again.boxes, kept.boxes, atol=0.02)
        assert not len(kept_insets(unread, [b"x" * 16], store, n_threads=1, progress=silent).picture)
