"""Properties of groups of copies, for any outcome of comparing: nothing is proposed whose picture does not stay."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from imagecluster.collection.copy_evidence import CopyFile, Evidences
from imagecluster.collection.copy_groups import FileCache, Grouping
from imagecluster.collection.duplicates import REMOVABLE, DuplicateSettings
from imagecluster.copies import Comparison
from imagecluster.copies.preferences import Candidate
from imagecluster.corrections import Best, Decisions, KeepAll, NotCopies
from imagecluster.records import Metadata
from imagecluster.scan import Item
from imagecluster.system.progress import silent
from store_samples import hash_of

N_CONTENTS, N_PICTURES = 9, 6
ROOT = Path("/nowhere/pics")

files = st.lists(
    st.tuples(st.integers(0, N_CONTENTS - 1), st.sampled_from([320, 640, 1280]), st.booleans()),
    min_size=2,
    max_size=12,
)
"""Content, width and whether there is another name, of each file."""
compared = st.dictionaries(
    st.tuples(st.integers(0, N_PICTURES - 1), st.integers(0, N_PICTURES - 1)).filter(lambda pair: pair[0] < pair[1]),
    st.tuples(st.sampled_from(["copy", "copy", "pixels", "altered", "shot"]), st.booleans(), st.booleans()),
    max_size=12,
)
contents = st.frozensets(st.integers(0, N_CONTENTS - 1).map(hash_of), min_size=1, max_size=3)
decisions = st.lists(
    st.one_of(
        st.tuples(contents, contents).filter(lambda sides: not sides[0] & sides[1]).map(lambda s: NotCopies(*s)),
        contents.map(KeepAll),
        contents.map(Best),
    ),
    max_size=3,
)
references = st.sampled_from([(), (ROOT / "f0",), (ROOT / "f0", ROOT / "f1")])


class Known:
    """Comparisons of all pairs that may be asked for."""

    def __init__(self, found):
        self.found = found

    def comparison(self, first, second):
        """How one picture is seen in another one."""
        if first < second:
            return self.found.get((first, second))
        found = self.found.get((second, first))
        return None if found is None else found.reversed()

    def evidence(self, first, second):
        """Why it is the same."""
        found = self.comparison(first, second)
        return None if found is None else found.evidence((640, 480), (640, 480))

    def compare(self, first, second, *, progress):
        """Everything is compared already."""


def world(given_files, given_pairs, *, order=lambda items: items):
    """Files by leaf, what was compared, and what was read of the files."""
    made, candidates = {}, {}
    for leaf, (content, width, has_names) in order(list(enumerate(given_files))):
        path = ROOT / f"f{leaf % 3}" / f"{leaf}.jpg"
        made[leaf] = CopyFile(
            leaf=leaf,
            key=str(path.relative_to(ROOT)).encode(),
            path=path,
            content_hash=hash_of(content),
            content=content % N_PICTURES,
            size_bytes=1000 + content,
            mtime_ns=10**9 * (content + 1),
            metadata=Metadata(width, width * 3 // 4, "JPEG"),
            names=(path.with_name(f"{leaf}-link.jpg"),) if has_names else (),
            item=Item(path),
        )
        candidates[leaf] = Candidate(
            path=path, width_px=width, height_px=width * 3 // 4, format="JPEG", size_bytes=1000 + content,
            mtime_s=content + 1.0,
        )  # fmt: skip
    found = {
        pair: Comparison(kind, first_inside=first or not second, second_inside=second or not first)
        for pair, (kind, first, second) in order(list(given_pairs.items()))
    }
    return made, Known(found), FileCache(candidates=candidates)


def grouped(made, known, cache, edits, places, kinds=("identical", "pixels", "copy", "altered", "shot")):
    settings = DuplicateSettings(kinds=kinds, references=places, decided=True)
    decided = Decisions.of(edits)
    evidences = Evidences(made, known, decided, REMOVABLE & {*kinds}, progress=silent)
    return Grouping(made, evidences, decided, settings, cache).groups()[0]


@given(files, compared, decisions, references)
def test_what_goes_has_evidence_with_a_file_that_stays(given_files, given_pairs, edits, places):
    """In each group, and over all groups: no file goes twice, and none goes that stays for another one."""
    made, known, cache = world(given_files, given_pairs)
    groups = grouped(made, known, cache, edits, places)
    by_key = {file.key: file for file in made.values()}
    gone = [file.key for group in groups for file in group.removable]
    assert len(gone) == len({*gone})
    assert not {group.kept.key for group in groups} & {*gone}
    decided = Decisions.of(edits)
    for group in groups:
        assert group.kept.keep and group.kept.evidence is None
        for file in group.files[1:]:
            one, kept = by_key[file.key], by_key[group.kept.key]
            assert file.evidence is not None and file.evidence.kind == file.kind
            assert not decided.are_apart(one.content_hash, kept.content_hash)
            if one.content_hash == kept.content_hash:
                assert file.kind == "identical"
            elif one.content == kept.content:
                assert file.kind == "pixels"
            else:
                assert known.comparison(one.content, kept.content).kind == file.kind
        for file in group.removable:
            assert file.kind in REMOVABLE
            assert file.evidence.is_contained
            assert not file.names
            assert not any(place in file.path.parents for place in places)


@given(files, compared, decisions, references)
def test_each_picture_keeps_a_file(given_files, given_pairs, edits, places):
    """Of the copies of a picture, one stays at least; of decided ones, as many as were decided."""
    made, known, cache = world(given_files, given_pairs)
    gone = {file.key for group in grouped(made, known, cache, edits, places) for file in group.removable}
    staying = [file for file in made.values() if file.key not in gone]
    pictures = {file.content for file in staying}
    for file in made.values():
        near = {pair[1 - pair.index(file.content)] for pair, found in known.found.items()
                if file.content in pair and found.kind in ("copy", "pixels")}  # fmt: skip
        assert file.content in pictures or near & pictures
    for content_hash, n_kept in Decisions.of(edits).n_kept.items():
        there = sum(file.content_hash == content_hash for file in made.values())
        stays = sum(file.content_hash == content_hash for file in staying)
        assert stays >= min(there, n_kept)


@given(files, compared, decisions, references)
def test_the_order_of_files_and_pairs_does_not_matter(given_files, given_pairs, edits, places):
    """The groups, their order and their words are the same."""
    first = grouped(*world(given_files, given_pairs), edits, places)
    second = grouped(*world(given_files, given_pairs, order=lambda items: items[::-1]), edits, places)
    assert first == second


@given(files, compared)
def test_groups_to_look_at_hold_only_files_that_stay(given_files, given_pairs):
    """Each picture once in a group, and nothing of them may go."""
    made, known, cache = world(given_files, given_pairs)
    groups = grouped(made, known, cache, (), ())
    gone = {file.key for group in groups for file in group.removable}
    by_key = {file.key: file for file in made.values()}
    for group in groups:
        if group.kind in ("altered", "shot"):
            assert group.removable == ()
            assert not {file.key for file in group.files} & gone
            pictures = [by_key[file.key].content for file in group.files]
            assert len(pictures) == len({*pictures})


def test_thousands_of_files_with_the_same_bytes_are_one_group(monkeypatch):
    """As of placeholders; the one kept is the same as of a few, and so are the reasons why the others go."""
    given_files = [(0, 640, False)] * 1500 + [(1, 320, False)] * 3
    made, known, cache = world(given_files, {(0, 1): ("copy", True, True)})
    (group,) = grouped(made, known, cache, (), ())
    assert len(group.removable) == len(given_files) - 1
    few = [(0, 640, False)] * 60 + [(1, 320, False)] * 3
    world_of_few = world(few, {(0, 1): ("copy", True, True)})
    (expected,) = grouped(*world_of_few, (), ())
    monkeypatch.setattr("imagecluster.collection.copy_groups._MOST_AT_ONCE", 7)
    (found,) = grouped(*world_of_few, (), ())
    assert found.kept.path == expected.kept.path
    assert {file.path for file in found.removable} == {file.path for file in expected.removable}
