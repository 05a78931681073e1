"""Corrections by hand: what each one does, how they meet, and that none is lost."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imagecluster.corrections
from imagecluster import cut
from imagecluster.collection import Settings
from imagecluster.corrections import (
    EDITS_NAME,
    Apart,
    Best,
    Hide,
    HideFiles,
    History,
    KeepAll,
    Move,
    Name,
    NotCopies,
    Together,
    Unhide,
    UnhideFiles,
    apply,
    edit_from_json,
    edit_to_json,
)
from imagecluster.errors import ArgumentError, NotOursError, OutputError, StoreDamagedError, StoreVersionError
from imagecluster.functions.running import run
from imagecluster.linkage import average_linkage
from imagecluster.store import Store
from pictures import draw, draw_groups
from store_samples import hash_of

N_KNOWN = 12


def pictures(*numbers):
    return frozenset(map(hash_of, numbers))


def files_of(hashes):
    """A path for each picture."""
    return [f"{row}.png" for row in range(len(hashes))]


def replay(labels, made, hashes):
    """Corrected clusters of pictures that are each in a file of its own."""
    return imagecluster.corrections.replay(labels, made, hashes, names=files_of(hashes))


some = st.frozensets(st.integers(0, N_KNOWN - 1).map(hash_of), min_size=1, max_size=5)
names = st.lists(st.integers(0, 13).map("{}.png".format), min_size=1, max_size=4).map(tuple)
edits = st.one_of(
    st.builds(Name, some, st.sampled_from(["", "Anna", "Bob"])),
    st.builds(Together, some),
    st.tuples(some, some).filter(lambda sides: not sides[0] & sides[1]).map(lambda sides: Apart(*sides)),
    st.tuples(some, some).filter(lambda sides: not sides[1] <= sides[0]).map(lambda sides: Move(*sides)),
    st.builds(Hide, some),
    st.builds(Unhide, some),
    st.builds(HideFiles, some, names),
    st.builds(UnhideFiles, some, names),
)
decisions = st.one_of(
    st.tuples(some, some).filter(lambda sides: not sides[0] & sides[1]).map(lambda sides: NotCopies(*sides)),
    some.flatmap(
        lambda kept: st.lists(st.integers(1, 3), min_size=len(kept), max_size=len(kept)).map(
            lambda numbers: KeepAll(kept, tuple(numbers))
        )
    ),
    st.builds(Best, some, st.lists(st.text(max_size=3), max_size=2).map(tuple)),
)
histories = st.lists(edits, max_size=8)
collections = st.lists(st.tuples(st.integers(0, N_KNOWN - 1), st.integers(0, 4)), min_size=1, max_size=14).map(
    # Equal contents are in one cluster in every cut.
    lambda pairs: ([hash_of(n) for n, _ in pairs], np.array([dict(reversed(pairs))[n] for n, _ in pairs], np.int64))
)
"""Content hashes and labels of some pictures, copies among them."""


def parts(done):
    """Clusters as sets of rows, with their names; hidden rows are in none."""
    rows = [row for row in range(len(done.labels)) if row not in set(done.hidden.tolist())]
    groups = {}
    for row in rows:
        groups.setdefault(int(done.labels[row]), set()).add(row)
    return {(frozenset(group), done.names.get(label, "")) for label, group in groups.items()}


def replayed(labels, made, numbers=None):
    return replay(np.array(labels), made, [hash_of(n) for n in (numbers or range(len(labels)))])


def groups(labels, made, numbers=None):
    """Clusters as sorted lists of rows."""
    return sorted(sorted(group) for group, _ in parts(replayed(labels, made, numbers)))


def test_together_joins_the_cluster_of_most():
    """Only those that are elsewhere move; of equal shares the larger cluster is home; what is pinned comes along."""
    labels = [0, 0, 0, 1, 1, 2]
    assert groups(labels, [Together(pictures(0, 1, 3))]) == [[0, 1, 2, 3], [4], [5]]
    assert groups(labels, [Together(pictures(3, 0))]) == [[0, 1, 2, 3], [4], [5]]
    assert groups(labels, [Together(pictures(5, 3)), Together(pictures(3, 0, 1))]) == [[0, 1, 2, 3, 5], [4]]


def test_apart_makes_the_others_leave():
    """Where both sides share a cluster the smaller one leaves, of equals the second, with what is pinned to it."""
    labels = [0, 0, 0, 0, 1, 1]
    assert groups(labels, [Apart(pictures(0), pictures(2, 3))]) == [[0], [1, 2, 3], [4, 5]]
    assert groups(labels, [Apart(pictures(2, 3), pictures(0))]) == [[0], [1, 2, 3], [4, 5]]
    assert groups(labels, [Apart(pictures(0, 4), pictures(1, 5))]) == [[0, 2, 3], [1], [4], [5]]
    assert groups(labels, [Apart(pictures(0), pictures(4))]) == groups(labels, [])
    assert groups(labels, [Together(pictures(2, 3)), Apart(pictures(0), pictures(2))]) == [[0, 1], [2, 3], [4, 5]]
    assert groups(labels, [Together(pictures(0, 3)), Apart(pictures(0), pictures(3))]) == [[0, 1, 2], [3], [4, 5]]


def test_move_goes_to_the_cluster_of_the_target():
    """The moved ones leave what they were pinned to; the target stays where it is."""
    labels = [0, 0, 0, 1, 1, 2]
    assert groups(labels, [Move(pictures(0, 5), pictures(3, 4))]) == [[0, 3, 4, 5], [1, 2]]
    assert groups(labels, [Together(pictures(0, 1)), Move(pictures(0), pictures(3))]) == [[0, 3, 4], [1, 2], [5]]
    assert groups(labels, [Move(pictures(0), pictures(0, 5))]) == [[0, 5], [1, 2], [3, 4]]


def test_names_follow_most_of_their_pictures():
    """A split cluster's larger part keeps the name; of two names in one cluster the one of more pictures is shown."""
    named = [Name(pictures(0, 1, 2), "Anna"), Name(pictures(3, 4), "Bob")]
    assert parts(replayed([0, 0, 1, 2, 2], named)) == {
        (frozenset({0, 1}), "Anna"),
        (frozenset({2}), ""),
        (frozenset({3, 4}), "Bob"),
    }
    assert parts(replayed([0] * 6, named)) == {(frozenset(range(6)), "Anna")}
    assert replayed([0] * 5, [*named, Name(pictures(0, 1, 2), "")]).names == {0: "Bob"}
    assert replayed([0, 0, 0, 1, 1], [*named, Hide(pictures(0, 1, 2))]).names == {1: "Bob"}


def test_hidden_pictures_can_be_shown_again():
    """Hiding and unhiding change nothing else."""
    done = replayed([0, 0, 1], [Hide(pictures(0, 2)), Unhide(pictures(2))])
    assert done.hidden.tolist() == [0]
    assert done.labels.tolist() == [0, 0, 1]
    assert done.changed == {0}


def test_one_of_identical_files_can_be_hidden():
    """By its path, and shown again; what is said of the content later holds for all its files."""
    labels, numbers = [0, 0, 0, 1], [1, 1, 1, 2]

    def hidden(*made):
        done = replayed(labels, made, numbers)
        assert done.labels.tolist() == labels
        return done.hidden.tolist()

    one = HideFiles(pictures(1), ("1.png",))
    assert hidden(one) == [1]
    assert hidden(Hide(pictures(1)), UnhideFiles(pictures(1), ("0.png", "2.png"))) == [1]
    assert hidden(one, Unhide(pictures(1))) == []
    assert hidden(one, Hide(pictures(1))) == [0, 1, 2]
    assert hidden(HideFiles(pictures(2), ("1.png",)), HideFiles(pictures(1), ("gone.png",))) == []
    assert replayed(labels, [Name(pictures(1), "Anna"), one], numbers).names == {0: "Anna"}


def test_copies_are_corrected_together():
    """Equal contents share every correction."""
    assert groups([0, 0, 1, 1], [Move(pictures(1), pictures(2))], [1, 1, 2, 3]) == [[0, 1, 2, 3]]
    assert replayed([0, 0, 1], [Hide(pictures(7))], [7, 7, 8]).hidden.tolist() == [0, 1]


def test_pictures_that_are_gone_still_link_others():
    """A picture that has vanished is passed over, links what was pinned to it, and is corrected when it comes back."""
    made = [Together(pictures(0, 9)), Together(pictures(9, 1)), Hide(pictures(8)), Move(pictures(2), pictures(7))]
    assert groups([0, 1, 2], made) == [[0, 1], [2]]
    assert groups([0, 1, 2, 3], made, [0, 1, 2, 7]) == [[0, 1], [2, 3]]
    assert replayed([0, 1], made, [0, 8]).hidden.tolist() == [1]


@given(collections, histories)
def test_every_picture_is_somewhere_exactly_once(collection, made):
    """Labels for all rows, sizes above zero, hidden rows named once; what did not change is said rightly."""
    hashes, labels = collection
    done = replay(labels, made, hashes)
    assert done.labels.shape == labels.shape
    assert done.hidden.tolist() == sorted(set(done.hidden.tolist()))
    before, after = (
        {
            label: set(np.flatnonzero(found == label)) - set(hidden)
            for label in {*labels.tolist(), *done.labels.tolist()}
        }
        for found, hidden in ((labels, ()), (done.labels, done.hidden))
    )
    assert all(label in done.changed for label in before if before[label] != after[label])
    for present in (done.names, done.pinned):
        assert all(np.any(done.labels == label) for label in present)
    assert len(set(done.names.values())) == len(done.names)


@given(collections, histories, edits)
def test_a_correction_that_was_just_made_changes_nothing(collection, made, edit):
    """Doing the latest one once more is doing it once."""
    hashes, labels = collection
    assert parts(replay(labels, [*made, edit], hashes)) == parts(replay(labels, [*made, edit, edit], hashes))


@given(collections, histories, edits)
def test_the_latest_correction_holds(collection, made, edit):
    """Whatever was said before."""
    hashes, labels = collection
    done = replay(labels, [*made, edit], hashes)
    label_of = {content_hash: int(label) for content_hash, label in zip(hashes, done.labels, strict=True)}
    present = [h for h in edit.pictures if h in label_of]
    match edit:
        case Together():
            assert len({label_of[h] for h in present}) <= 1
        case Apart():
            assert not {label_of[h] for h in present} & {label_of.get(h) for h in edit.others}
        case Move():
            target = [label_of[h] for h in edit.target - edit.pictures if h in label_of]
            if target:
                assert {label_of[h] for h in present} <= set(target)
                assert len({label_of[h] for h in present}) <= 1
        case Hide():
            assert {hashes[row] for row in done.hidden} >= set(present)
        case Unhide():
            assert not {hashes[row] for row in done.hidden} & edit.pictures
        case HideFiles() | UnhideFiles():
            named = {row for row, name in enumerate(files_of(hashes)) if name in edit.names}
            meant = {row for row in named if hashes[row] in edit.pictures}
            hidden = meant & set(done.hidden.tolist())
            assert hidden == (meant if isinstance(edit, HideFiles) else set())


@given(collections, st.lists(edits, max_size=6), st.data())
def test_the_order_of_independent_corrections_does_not_matter(collection, made, data):
    """Corrections of different pictures in different clusters give the same in any order among each other."""
    hashes, labels = collection
    of_side = {
        content_hash: int(label) % 2 if content_hash in hashes else n % 2
        for n, content_hash in enumerate(map(hash_of, range(N_KNOWN)))
        for label in [labels[hashes.index(content_hash)] if content_hash in hashes else 0]
    }

    def sides(edit):
        mentioned = {*edit.pictures, *getattr(edit, "others", ()), *getattr(edit, "target", ())}
        return {of_side[content_hash] for content_hash in mentioned}

    made = [replace(e, name=f"{e.name}{min(sides(e))}") if isinstance(e, Name) and e.name else e for e in made]
    first = [edit for edit in made if sides(edit) == {0}]
    second = [edit for edit in made if sides(edit) == {1}]
    mixed = data.draw(st.permutations([0] * len(first) + [1] * len(second)))
    queues = [iter(first), iter(second)]
    shuffled = [next(queues[side]) for side in mixed]
    assert parts(replay(labels, first + second, hashes)) == parts(replay(labels, shuffled, hashes))


@given(st.lists(edits | decisions, max_size=8))
def test_corrections_survive_json(made):
    """What is written is read back the same, and names no cluster."""
    for edit in made:
        written = json.loads(json.dumps(edit_to_json(edit)))
        assert edit_from_json(written) == edit


@given(st.lists(st.one_of(edits, decisions, st.sampled_from(["undo", "redo"])), max_size=12))
def test_undo_and_redo_are_those_of_an_editor(tmp_path_factory, steps):
    """Against a model of two stacks; another process that reads the journal sees the same."""
    file = tmp_path_factory.mktemp("journal") / EDITS_NAME
    history = History(file)
    done, undone = [], []
    for step in steps:
        stacks = {"undo": (done, undone), "redo": (undone, done)}.get(step) if isinstance(step, str) else None
        if stacks is None:
            history.add(step)
            done.append(step)
            undone.clear()
        elif stacks[0]:
            assert getattr(history, step)() == stacks[0][-1]
            stacks[1].append(stacks[0].pop())
        else:
            with pytest.raises(ArgumentError, match=f"nothing to {step}"):
                getattr(history, step)()
        assert history.edits == tuple(done)
        assert history.state()[2] == bool(undone)
    assert History(file).edits == tuple(done)


def test_any_correction_can_be_undone_by_its_mark(tmp_path):
    """Also after later ones, which stay; done again, it is where it was, so that later ones still override it."""
    history, other = History(tmp_path / EDITS_NAME), History(tmp_path / EDITS_NAME)
    history.add(Name(pictures(1), "Anna"), mark="a")
    other.add(Name(pictures(1), "Bob"), mark="b")
    other.add(KeepAll(pictures(2)), mark="c")
    assert history.undo("a") == Name(pictures(1), "Anna")
    assert other.edits == (Name(pictures(1), "Bob"), KeepAll(pictures(2)))
    with pytest.raises(ArgumentError, match="undone already"):
        other.undo("a")
    assert other.latest()[1].mark == "a"
    assert other.redo("a") == Name(pictures(1), "Anna")
    assert history.edits == (Name(pictures(1), "Anna"), Name(pictures(1), "Bob"), KeepAll(pictures(2)))
    for mark in "abc":
        history.undo(mark)
    assert history.edits == ()
    assert history.redo("b") == Name(pictures(1), "Bob")
    history.add(Hide(pictures(3)))
    with pytest.raises(ArgumentError, match="another correction was made since"):
        history.redo("a")
    for reader in (history, other, History(tmp_path / EDITS_NAME)):
        assert reader.edits == (Name(pictures(1), "Bob"), Hide(pictures(3)))


def test_what_is_said_twice_with_one_mark_is_kept_once(tmp_path):
    """As by a page that did not hear the answer; also if it was undone meanwhile."""
    history = History(tmp_path / EDITS_NAME)
    assert history.add(Hide(pictures(1)), mark="a") == history.add(Hide(pictures(1)), mark="a") == 1
    history.undo()
    assert History(tmp_path / EDITS_NAME).add(Hide(pictures(1)), mark="a") == 2
    assert history.edits == ()


def test_the_journal_grows_with_each_change_and_is_seen_by_others(tmp_path):
    """Two users of one file see each other's corrections."""
    one, two = History(tmp_path / EDITS_NAME), History(tmp_path / EDITS_NAME)
    assert one.state() == (0, (), False)
    assert not (tmp_path / EDITS_NAME).exists()
    assert one.add(Hide(pictures(1))) == 1
    assert two.add(Hide(pictures(2))) == 2
    assert one.edits == (Hide(pictures(1)), Hide(pictures(2)))
    assert one.undo() == Hide(pictures(2))
    assert two.state() == (3, (Hide(pictures(1)),), True)


def test_decisions_on_copies_change_no_cluster():
    """They are in the same journal, and a cut is the same with them."""
    hashes, labels = [hash_of(n) for n in range(4)], np.array([0, 0, 1, 1])
    made = [Together(pictures(1, 2)), NotCopies(pictures(0), pictures(1)), KeepAll(pictures(2, 3)), Best(pictures(3))]
    assert parts(replay(labels, made, hashes)) == parts(replay(labels, made[:1], hashes))


def test_an_older_version_undoes_no_correction_in_place_of_a_decision(tmp_path):
    """It knows no decisions and passes over their lines; what it undoes is its own latest correction."""
    file = tmp_path / EDITS_NAME
    history = History(file)
    history.add(Hide(pictures(1)))
    history.add(NotCopies(pictures(1), pictures(2)))
    assert history.undo() == NotCopies(pictures(1), pictures(2))
    assert history.redo() == NotCopies(pictures(1), pictures(2))
    words = [json.loads(line) for line in file.read_text().splitlines()[1:]]
    assert not any(word in line for line in words for word in ("undo", "redo"))
    with file.open("a") as lines:  # as the older version undoes the correction that it sees as the latest
        lines.write('{"undo":true,"made_s":0}\n')
    assert history.edits == (NotCopies(pictures(1), pictures(2)),)
    assert history.redo() == Hide(pictures(1))
    assert set(history.edits) == {Hide(pictures(1)), NotCopies(pictures(1), pictures(2))}


@pytest.mark.parametrize("cut_at", range(0, 400, 7))
def test_a_power_cut_costs_at_most_the_line_being_written(tmp_path, cut_at, caplog):
    """However much of the journal reached the disk, the whole lines count, and the next correction is kept."""
    history = History(tmp_path / EDITS_NAME)
    for n in range(3):
        history.add(Hide(pictures(n)))
    content = (tmp_path / EDITS_NAME).read_bytes()
    (tmp_path / EDITS_NAME).write_bytes(content[:cut_at])
    whole = max(0, content[:cut_at].count(b"\n") - 1)
    for reader in (history, History(tmp_path / EDITS_NAME)):
        assert reader.edits == tuple(Hide(pictures(n)) for n in range(whole))
    history.add(Name(pictures(5), "Anna"))
    again = History(tmp_path / EDITS_NAME)
    assert again.edits == (*(Hide(pictures(n)) for n in range(whole)), Name(pictures(5), "Anna"))


def test_a_line_that_is_no_correction_is_passed_over(tmp_path, caplog):
    """It is logged with its number; the others hold."""
    history = History(tmp_path / EDITS_NAME)
    history.add(Hide(pictures(1)))
    with (tmp_path / EDITS_NAME).open("a") as file:
        file.write('{"edit": {"kind": "explode"}}\n[]\nnothing\n{"redo": true}\n{"edit": {"kind": "hide"}}\n')
    history.add(Hide(pictures(2)))
    assert history.edits == (Hide(pictures(1)), Hide(pictures(2)))
    assert [f"line {n} " in caplog.text for n in range(2, 9)] == [False, True, True, True, True, True, False]


def test_a_foreign_or_newer_journal_is_refused_and_left_alone(tmp_path):
    """The message says what to do."""
    file = tmp_path / EDITS_NAME
    for content, error in (
        ("my diary\nMonday\n", StoreDamagedError),
        ("my diary", StoreDamagedError),
        ('{"format": "imagecluster-edits", "version": 99}\n', StoreVersionError),
    ):
        file.write_text(content)
        for use in (lambda h: h.edits, lambda h: h.add(Hide(pictures(1)))):
            with pytest.raises(error):
                use(History(file))
        assert file.read_text() == content


def test_a_journal_that_cannot_be_written_says_so(tmp_path):
    """A folder in its place is an error of ours."""
    (tmp_path / EDITS_NAME).mkdir()
    with pytest.raises(OutputError, match="corrections"):
        History(tmp_path / EDITS_NAME).add(Hide(pictures(1)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Name(frozenset(), "x"), "empty"),
        (lambda: Name(pictures(1), "two\nlines"), "printable"),
        (lambda: Name(pictures(1), "x" * 201), "201 characters"),
        (lambda: Apart(pictures(1, 2), pictures(2, 3)), "both sides"),
        (lambda: Move(pictures(1, 2), pictures(1)), "target"),
        (lambda: Hide(frozenset([b"short"])), "5 bytes"),
        (lambda: edit_from_json({"kind": "explode"}), "known: name, together"),
        (lambda: edit_from_json({"kind": "hide", "pictures": ["zz"]}), "hexadecimal"),
        (lambda: edit_from_json({"kind": "name", "pictures": ["00" * 16], "name": 3}), "must be a text"),
        (lambda: replay(np.zeros(2, np.int64), [], [hash_of(1)]), "1 hashes for 2"),
        (lambda: imagecluster.corrections.replay(np.zeros(1, np.int64), [], [hash_of(1)], names=[]), "0 names for 1"),
        (lambda: HideFiles(pictures(1), ()), "must hold paths"),
    ],
)
def test_wrong_corrections_are_refused(make, message):
    """ArgumentError says what is allowed."""
    with pytest.raises(ArgumentError, match=message):
        make()


@given(histories, st.floats(0, 1), st.integers(1, 4), st.integers(0, 2**32))
def test_corrected_clusters_are_as_well_made_as_any(made, sim, min_size, seed):
    """Numbered by size, members in the order of paths, every picture once; without corrections the cut itself."""
    X = np.random.default_rng(seed).standard_normal((10, 6)).astype(np.float32)
    hashes = [hash_of(n) for n in range(10)]
    order = np.random.default_rng(seed).permutation(10)
    rank = np.argsort(order)
    dendrogram = average_linkage(X)
    found = cut.clusters(dendrogram, X, cut.Cut(sim=sim, min_size=min_size), path_order=order)
    labels = cut.flat_clusters(dendrogram, found.cut_height)
    given = {"names": files_of(hashes), "labels": labels, "path_order": order, "measure": cut.measurer(dendrogram, X)}
    assert apply(found, [], hashes, **given) is found
    corrected = apply(found, made, hashes, **given)
    members = [row for cluster in corrected.clusters for row in cluster.members]
    assert sorted([*members, *corrected.singles, *corrected.hidden]) == list(range(10))
    keys = [(-len(cluster.members), rank[cluster.members[0]]) for cluster in corrected.clusters]
    assert keys == sorted(keys)
    assert [cluster.number for cluster in corrected.clusters] == list(range(1, len(keys) + 1))
    for rows in (*(cluster.members for cluster in corrected.clusters), corrected.singles, corrected.hidden):
        assert [*rank[list(rows)]] == sorted(rank[list(rows)])
    done = replay(labels, made, hashes)
    for cluster in corrected.clusters:
        (label,) = set(done.labels[list(cluster.members)].tolist())
        assert cluster.name == done.names.get(label, "")
        assert cluster.representative in cluster.members
        assert len(cluster.members) >= min_size or label in done.pinned or label in done.names
    unchanged = {cluster.members: (cluster.height, cluster.representative) for cluster in found.clusters}
    for cluster in corrected.clusters:
        if cluster.members in unchanged:
            assert (cluster.height, cluster.representative) == unchanged[cluster.members]


def test_corrections_survive_new_pictures_and_every_other_cut(tmp_path):
    """The command line's outputs hold names, moves and gaps of hidden pictures, also after the collection has grown."""
    folder = draw_groups(tmp_path / "pics")
    first = run([folder], Settings(page=False))
    with Store.open(first.directory, writable=False) as store:
        of = {path.name: known.content_hash for path, known in store.known_files().items()}
    history = History(first.directory / EDITS_NAME)
    history.add(Name(frozenset([of["1_0.png"], of["1_1.png"]]), "Coast"))
    history.add(Move(frozenset([of["0_0.png"], of["0_1.png"]]), frozenset([of["1_0.png"]])))
    history.add(Hide(frozenset([of["2_3.png"]])))
    for size, names in ((4, ()), (5, ("1_9.png",))):
        for name in names:
            draw(folder / name, 1, size=(200, 170))
        for sim in (0.5, 0.9):
            found = run([folder], Settings(sim=sim))
            content = json.loads((found.directory / "clusters.json").read_text())
            (coast,) = [cluster for cluster in content["clusters"] if cluster["name"] == "Coast"]
            assert {"0_0.png", "0_1.png", "1_0.png"} <= set(coast["members"])
            assert content["hidden"] == ["2_3.png"]
            assert "2_3.png" not in (found.directory / "clusters.csv").read_text()
            assert not list((found.directory / "clusters").rglob("2_3.png"))
            assert "Coast" in (found.directory / "clusters.html").read_text()
            if sim == 0.5:
                assert coast["size"] == size + 1
                assert len(list((found.directory / "clusters" / "Coast").rglob("0_0.png"))) == 1
    moved = shutil.copytree(folder, tmp_path / "moved")
    assert run([moved]).clusters.hidden != ()
    history.undo()
    assert run([folder]).clusters.hidden == ()


@pytest.mark.parametrize("make", [Path.symlink_to, Path.hardlink_to])
def test_a_journal_behind_a_link_is_neither_read_nor_written(tmp_path, make):
    """A link in its place is refused by name; what it leads to stays as it is."""
    (tmp_path / "elsewhere").mkdir()
    victim = tmp_path / "elsewhere" / EDITS_NAME
    History(victim).add(Hide(pictures(1)))
    before = victim.read_bytes()
    make(tmp_path / EDITS_NAME, victim)
    with pytest.raises(NotOursError, match=EDITS_NAME):
        _ = History(tmp_path / EDITS_NAME).edits
    with pytest.raises(NotOursError, match=EDITS_NAME):
        History(tmp_path / EDITS_NAME).add(Hide(pictures(2)))
    assert victim.read_bytes() == before
