"""Copies in a collection: what is found, what stays and why, and what is never proposed."""

from __future__ import annotations

import json
import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import ImageOps

from copy_samples import copied, edited, names, three_files, with_comment
from imagecluster import DuplicateSettings, duplicates
from imagecluster.actions import Folder, apply, plan_from_json, plan_to_json, undo
from imagecluster.collection.copies import compare_copies, compare_files, find_duplicates
from imagecluster.collection.duplicates import best, keep_all, not_copies
from imagecluster.corrections import EDITS_NAME, History
from imagecluster.errors import ArgumentError, DecodeError
from imagecluster.functions import run
from imagecluster.store import Store
from pictures import draw

SURE = DuplicateSettings(kinds=("identical", "pixels"))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """One picture in three files, and three without copies; fingerprinted once."""
    folder = three_files(tmp_path_factory.mktemp("base") / "pics")
    duplicates(folder)
    return folder


@pytest.fixture
def pics(base, tmp_path):
    """A copy of it, which a test may change."""
    return Path(shutil.copytree(base, tmp_path / "pics", symlinks=True))


def decide(found, edit):
    History(found.directory / EDITS_NAME).add(edit)


def test_equal_bytes_and_equal_pixels_are_one_group(pics):
    """The kind of the group is the least sure one; each file says what it is beside the one kept."""
    found = duplicates(pics)
    (group,) = found.groups
    assert group.kind == "pixels"
    assert {file.kind for file in group.files[1:]} <= {"identical", "pixels"}
    assert found.n_files == 6
    assert (found.n_removable, len(group.removable)) == (2, 2)
    assert found.bytes_removable == sum(file.path.stat().st_size for file in group.removable) == group.bytes_removable
    assert all(file.evidence.is_contained for file in group.removable)
    assert found.counts() == {"pixels": 1}


def test_only_the_kinds_that_are_asked_for_are_found(pics):
    """With `identical` alone, another comment makes another picture."""
    (group,) = duplicates(pics, DuplicateSettings(kinds=("identical",))).groups
    assert group.kind == "identical"
    assert {file.path.name for file in group.files} == {"a.png", "b.png"}
    assert duplicates(pics, DuplicateSettings(kinds=("file", "shot"))).groups == ()


def test_nothing_but_the_database_is_made_and_no_file_is_touched(tmp_path):
    """No page, no links, no tables."""
    folder = three_files(tmp_path / "pics")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")}
    found = duplicates(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")} == before
    assert found.directory == folder / "imagecluster"
    made = {path.name for path in found.directory.iterdir()}
    assert not made & {"clusters", "clusters.html", "clusters.json", "clusters.csv"}
    with Store.open(found.directory, writable=False) as store:
        assert store.runs() == ()


def test_the_json_has_the_documented_form(pics):
    """As docs/output-formats.md has it; it survives JSON, and paths are absolute."""
    found = duplicates(pics)
    written = json.loads(json.dumps(found.as_json()))
    assert written["n_files"] == 6 and written["n_removable"] == 2 and written["n_groups"] == 1
    assert set(written) == {
        "root", "database", "n_files", "n_groups", "n_removable", "bytes_removable", "n_decided", "n_skipped",
        "complete", "kinds", "groups",
    }  # fmt: skip
    (group,) = written["groups"]
    assert set(group) == {"id", "kind", "tie", "decided", "bytes_removable", "files"}
    first, *others = group["files"]
    assert first["keep"] is True and first["evidence"] is None and first["kind"] is None
    for file in others:
        assert file["keep"] is False and Path(file["path"]).is_absolute()
        assert file["evidence"]["of"] == first["path"]
        assert set(file["evidence"]) == {"of", "transform", "overlap", "contained", "matrix"}
        assert set(file) == {
            "path", "keep", "why", "kind", "evidence", "hash", "bytes", "width_px", "height_px", "format", "parts",
            "names", "reference",
        }  # fmt: skip


def test_a_reference_is_kept_and_never_proposed(pics, monkeypatch):
    """By whatever way a path leads into the folder; of two files in it, both stay."""
    monkeypatch.chdir(pics.parent)
    (pics.parent / "way").symlink_to(pics / "sub")
    for reference in (pics / "sub", pics.parent / "way", Path(os.path.relpath(pics / "sub" / "b.png"))):
        (group,) = duplicates(pics, replace(SURE, references=(reference,))).groups
        assert group.kept.path == pics / "sub" / "b.png"
        assert {file.path.name for file in group.removable} == {"a.png", "c.png"}
    found = duplicates(pics, replace(SURE, references=(pics,)))
    assert found.n_removable == 0
    assert {file.why for file in found.groups[0].files[1:]} == {"it is in a reference folder"}


def test_a_reference_elsewhere_is_looked_through_too(pics, tmp_path, monkeypatch):
    """Files in it have copies here; the collection is that of the working directory, as for two folders."""
    monkeypatch.chdir(tmp_path)
    other = copied(pics / "single_1.png", tmp_path / "other" / "x.png").parent
    found = duplicates(pics, replace(SURE, references=(other,)))
    (group,) = [group for group in found.groups if group.kept.path.name == "x.png"]
    assert names(replace(found, groups=(group,)), removable=True) == [["pics/single_1.png"]]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_file_with_other_names_is_kept_for_the_others_or_stays(pics):
    """Removing one of its names would free nothing, or leave a link to nothing."""
    os.link(pics / "sub" / "b.png", pics / "sub" / "also.png")
    (pics / "link.png").symlink_to(pics / "c.png")
    (group,) = duplicates(pics, SURE).groups
    assert {file.path.name for file in group.removable} <= {"a.png"}
    assert all("it has another name" in file.why for file in group.files[1:] if file.keep)
    every = duplicates(pics, DuplicateSettings(kinds=("file",)))
    assert sorted(map(sorted, names(every))) == [["c.png", "link.png"], ["sub/also.png", "sub/b.png"]]
    assert every.n_removable == 0


def test_what_belongs_to_a_file_goes_with_it(pics):
    """Its sidecar is in the step of the plan; what holds a picture of its own must be with the one kept, too."""
    (pics / "sub" / "b.xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    found = duplicates(pics, replace(SURE, references=(pics / "a.png",)))
    (step,) = [step for step in found.plan().steps if step.file.path.name == "b.png"]
    assert [part.path.name for part in step.parts] == ["b.xmp"]
    assert step.keep.path == pics / "a.png"


def test_a_file_with_more_behind_its_picture_stays(tmp_path):
    """As phones append a film: the pixels are the same, and what follows them would be lost."""
    folder = tmp_path / "pics"
    draw(folder / "a.png", 0)
    edited(folder / "a.png", folder / "a.jpg", lambda image: image)
    (folder / "a.png").unlink()
    (folder / "b.jpg").write_bytes((folder / "a.jpg").read_bytes() + b"ftypmp42" * 30_000)
    found = duplicates(folder, replace(SURE, references=(folder / "a.jpg",)))
    assert found.n_removable == 0
    assert all("more than the picture" in file.why for group in found.groups for file in group.files[1:])


def test_a_plan_is_carried_out_and_taken_back(pics):
    """Every file is as it was, and the groups are the same again."""
    before = {path: path.read_bytes() for path in pics.rglob("*.png")}
    found = duplicates(pics, SURE)
    plan = plan_from_json(json.loads(json.dumps(plan_to_json(found.plan(command="a test")))))
    applied = apply(plan, Folder(pics.parent / "away"), found.directory)
    assert len(applied.done) == 2 and not applied.left
    assert duplicates(pics, SURE).groups == ()
    undo(found.directory)
    assert {path: path.read_bytes() for path in pics.rglob("*.png")} == before
    assert names(duplicates(pics, SURE)) == names(found)
    assert len(found.plan(only=[found.groups[0].removable[0].path]).steps) == 1


def test_what_a_copy_knows_is_carried_over_on_demand(pics):
    """Into a sidecar of the file that is kept, by the step by which the copy goes, and back with it."""
    keywords = "<dc:subject><rdf:Bag><rdf:li>lake</rdf:li></rdf:Bag></dc:subject>"
    (pics / "sub" / "b.xmp").write_text(
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        f"<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'>{keywords}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    found = duplicates(pics, replace(SURE, references=(pics / "a.png",)))
    assert not any(step.writes for step in found.plan().steps)
    plan = found.plan(carry_over=True)
    (step,) = [step for step in plan.steps if step.writes]
    assert step.file.path.name == "b.png" and "a.png.xmp gets its keywords" in step.why
    applied = apply(plan, Folder(pics.parent / "away"), found.directory)
    assert len(applied.done) == 2
    assert "lake" in (pics / "a.png.xmp").read_text()
    undo(found.directory)
    assert not (pics / "a.png.xmp").exists()


def test_not_copies_holds_for_the_pair_and_a_third_one_still_shows(pics):
    """After a new edit of the metadata, too."""
    found = duplicates(pics, SURE)
    a, c = (next(file for file in found.groups[0].files if file.path.name == name) for name in ("a.png", "c.png"))
    decide(found, not_copies(a, c))
    (group,) = duplicates(pics, SURE).groups
    assert {file.path.name for file in group.files} == {"a.png", "b.png"}
    with_comment(pics / "c.png", pics / "c.png", "edited again")
    assert {file.path.name for group in duplicates(pics, SURE).groups for file in group.files} == {"a.png", "b.png"}
    copied(pics / "c.png", pics / "d.png")
    found = duplicates(pics, SURE)
    assert {frozenset(Path(name).name for name in group) for group in names(found)} == {
        frozenset(["a.png", "b.png"]), frozenset(["c.png", "d.png"])
    }  # fmt: skip
    with pytest.raises(ArgumentError, match="same bytes"):
        not_copies(a, a)


def test_a_group_that_is_kept_shows_again_when_a_file_joins_it(pics):
    """As many files of each content as there were stay; with `decided` the group is shown all the time."""
    found = duplicates(pics, SURE)
    decide(found, keep_all(found.groups[0]))
    second = duplicates(pics, SURE)
    assert (second.groups, second.n_decided, second.n_removable) == ((), 1, 0)
    shown = duplicates(pics, replace(SURE, decided=True))
    assert [group.decided for group in shown.groups] == ["kept"]
    assert {file.why for file in shown.groups[0].files[1:]} == {"kept by your decision"}
    (pics / "sub" / "b.png").rename(pics / "sub" / "renamed.png")
    assert duplicates(pics, SURE).groups == ()
    copied(pics / "c.png", pics / "z.png")
    (group,) = duplicates(pics, SURE).groups
    assert len(group.removable) == 1
    History(found.directory / EDITS_NAME).undo()
    assert duplicates(pics, SURE).n_removable == 3


@pytest.mark.parametrize("name", ["a.png", "sub/b.png", "c.png"])
def test_the_best_is_the_one_that_is_kept(pics, name):
    """Also among files with the same bytes."""
    found = duplicates(pics, SURE)
    decide(found, best(next(file for file in found.groups[0].files if file.path == pics / name)))
    (group,) = duplicates(pics, SURE).groups
    assert group.kept.path == pics / name
    assert group.kept.why == "chosen by hand as the best"
    assert len(group.removable) == 2


def test_groups_are_made_again_without_comparing(pics):
    """What is slow is done once; decisions are given each time."""
    found = duplicates(pics)
    with Store.open(found.directory, writable=False) as store:
        (model,) = (model.model for model in store.info().models)
        compared = compare_copies(store, model)
        first = compared.grouped([])
        assert names(first) == names(found)
        assert compared.grouped([keep_all(first.groups[0])]).groups == ()
        a, c = (next(file for file in first.groups[0].files if file.path.name == name) for name in ("a.png", "c.png"))
        assert len(compared.grouped([not_copies(a, c)]).groups[0].files) == 2
        assert names(compared.grouped([])) == names(found)


def test_the_id_of_a_group_is_that_of_its_files(pics):
    """It stays when other groups come, and changes with a file."""
    (first,) = duplicates(pics, SURE).groups
    draw(pics / "d.png", 4)
    copied(pics / "d.png", pics / "e.png")
    assert first.id in {group.id for group in duplicates(pics, SURE).groups}
    copied(pics / "a.png", pics / "f.png")
    assert first.id not in {group.id for group in duplicates(pics, SURE).groups}


def test_a_collection_uses_the_model_of_its_latest_run(tmp_path):
    """Nothing is fingerprinted a second time with another one."""
    from imagecluster import Settings

    folder = three_files(tmp_path / "pics")
    run(folder, Settings(links="none", page=False, model="efficientnet-lite0"))
    duplicates(folder)
    with Store.open(folder / "imagecluster", writable=False) as store:
        assert [model.model.partition("@")[0] for model in store.info().models] == ["efficientnet-lite0"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kinds": ()}, "must hold one or more of file, identical"),
        ({"kinds": ("same",)}, "must hold one or more of"),
        ({"n_threads": 0}, "n_threads is 0"),
        ({"max_pixels": 0}, "max_pixels is 0"),
    ],
)
def test_wrong_settings_are_refused(wrong, said):
    """With what is allowed."""
    with pytest.raises(ArgumentError, match=said):
        DuplicateSettings(**wrong)


EDITS = {
    "small.jpg": lambda image: ImageOps.contain(image, (320, 320)),
    "crop.jpg": lambda image: image.crop((0, 0, int(0.93 * image.width), int(0.95 * image.height))),
    "turned.png": lambda image: image.rotate(90, expand=True),
    "mirrored.jpg": ImageOps.mirror,
}
"""Copies of a photograph, by name."""


@pytest.fixture(scope="module")
def planted(photos, tmp_path_factory):
    """Photographs of one place, of which some have copies."""
    folder = tmp_path_factory.mktemp("planted") / "pics"
    sources = sorted((photos / "scenes_sfm").rglob("et00*.jpg"))[:6]
    for source in sources:
        copied(source, folder / source.name)
    for source, (name, edit) in zip(sources, EDITS.items(), strict=False):
        edited(source, folder / "copies" / f"{source.stem}_{name}", edit)
    pytest.importorskip("cv2")
    return folder


@pytest.mark.photos
def test_copies_of_photographs_are_found_with_what_was_done_to_them(planted):
    """Each with the photograph that it is of; other views of the place are shots, and stay."""
    found = duplicates(planted)
    pairs = [(file.path.stem, group.kept.path.stem) for group in found.groups for file in group.removable]
    assert all(gone.partition("_")[0] == kept.partition("_")[0] for gone, kept in pairs)
    assert len(pairs) == len(EDITS)
    assert all(file.keep for group in found.groups if group.kind in ("altered", "shot") for file in group.files)
    removed = {file.path for group in found.groups for file in group.removable}
    assert not removed & {group.kept.path for group in found.groups}


@pytest.mark.photos
def test_a_second_search_compares_nothing(planted, monkeypatch):
    """The results of all pairs are kept, also of those that are no copies."""
    first = duplicates(planted)

    def refuse(*arguments, **options):
        raise AssertionError("a pair is compared again")

    monkeypatch.setattr("imagecluster.copies.compare_pairs", refuse)
    second = duplicates(planted)
    assert second.as_json() == first.as_json()
    with Store.open(first.directory, writable=False) as store:
        (model,) = (model.model for model in store.info().models)
        assert find_duplicates(store, model).as_json() == first.as_json()
        only_kept = find_duplicates(store, model, DuplicateSettings(only_kept=True))
        assert only_kept.as_json() == first.as_json()


@pytest.mark.photos
def test_groups_do_not_depend_on_the_names_of_folders_and_the_order_of_pairs(planted, tmp_path, monkeypatch):
    """Nor on what was compared before: a collection that grew file by file has the same groups."""
    whole = duplicates(planted)
    expected = {frozenset(file.content_hash for file in group.files) for group in whole.groups if group.removable}
    folder = tmp_path / "pics"
    files = sorted(path for path in planted.rglob("*.*") if path.suffix in (".jpg", ".png") and path.is_file())
    files = [path for path in files if "imagecluster" not in path.parts]
    random.Random(1).shuffle(files)
    for number, file in enumerate(files):
        copied(file, folder / f"{number % 3}" / file.name)
        if number % 3 == 2:
            found = duplicates(folder)
    found = duplicates(folder)
    groups = {frozenset(file.content_hash for file in group.files) for group in found.groups if group.removable}
    assert groups == expected


@pytest.mark.photos
def test_the_same_pixels_in_another_format_are_found(planted, tmp_path):
    """By their pixels, though their bytes have nothing in common."""
    source = next(planted.glob("et00*.jpg"))
    folder = copied(source, tmp_path / "pics" / "a.jpg").parent
    edited(source, folder / "b.png", lambda image: image)
    (group,) = duplicates(folder).groups
    assert (group.kind, len(group.removable)) == ("pixels", 1)


@pytest.mark.photos
def test_two_files_are_explained_wherever_they_are(planted):
    """The evidence is the one of the search."""
    found = duplicates(planted)
    for group in found.groups:
        for file in group.removable:
            assert compare_files(file.path, group.kept.path).kind == file.kind
    first = found.groups[0].kept.path
    assert compare_files(first, first).kind == "file"
    with pytest.raises(DecodeError):
        compare_files(first, Path(__file__))
