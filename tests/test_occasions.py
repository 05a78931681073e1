"""Tests of the trips and events of a collection: what people said comes in, and the tree is kept."""

import itertools

import numpy as np
import pytest

from event_samples import DAY_S, HERE, HOUR_S, MONDAY_S
from imagecluster.collection import occasions as room
from imagecluster.collection.occasions import occasions_of
from imagecluster.corrections import CameraClock, EventJoin, EventMove, EventName, EventSplit, HomeIs
from imagecluster.records import Exposure, ImageFile, Metadata, Place, Taken
from imagecluster.store import Batch, HashedFile, Store
from store_samples import MODEL, hash_of, vector_of

AWAY = (64.15, -21.94)
NOWHERE = None


def picture(when_s, at=HERE, camera="Canon X"):
    """What a picture says that was taken at an instant in UTC."""
    taken = None if when_s is None else Taken(when_s, 0, "second", "EXIF DateTimeOriginal", "EXIF OffsetTime")
    place = None if at is None else Place(*at, "EXIF")
    return Metadata(640, 480, "JPEG", taken, place, camera=camera, exposure=Exposure(0.01))


def life(n_weeks=12):
    """At home each Monday; in the sixth week, on Thursday and Friday, in Iceland."""
    shots = [(MONDAY_S + week * 7 * DAY_S + 18 * HOUR_S, HERE) for week in range(n_weeks)]
    away = [(MONDAY_S + 38 * DAY_S + hour * HOUR_S, AWAY) for hour in (10, 10.1, 15, 15.1, 34, 34.1)]
    return [picture(when_s, at) for when_s, at in sorted(shots[:6] + away + shots[6:])]


class Sample:
    """A store, and the tree of its pictures."""

    def __init__(self, folder, pictures):
        self.store = Store.open(folder / "db", root=folder)
        self.n = 0
        self.folder = folder
        self.add(pictures)

    def add(self, pictures):
        """Add pictures, in the order of their times or not."""
        numbers = range(self.n, self.n + len(pictures))
        files = [HashedFile(ImageFile(self.folder / f"{i:04d}.jpg", 1, 10**18), hash_of(i)) for i in numbers]
        metadata = {hash_of(i): said for i, said in zip(numbers, pictures, strict=True)}
        vectors = {hash_of(i): vector_of(i) for i in numbers}
        self.store.commit(Batch(files=tuple(files), metadata=metadata, vectors=vectors), model=MODEL)
        self.n += len(pictures)

    def found(self, *edits):
        """The tree after corrections."""
        leaves = self.store.leaves(MODEL)
        return occasions_of(leaves, self.store, MODEL, edits, now_s=2e9)

    def groups(self, level, *edits):
        """Group of each picture, in the order in which they were added."""
        leaves = self.store.leaves(MODEL)
        groups = self.found(*edits).groups(level)
        return [int(groups[leaves.hashes.index(hash_of(i))]) for i in range(self.n)]


@pytest.fixture
def sample(tmp_path):
    """A function that makes a sample."""
    made = []

    def make(pictures):
        made.append(Sample(tmp_path, pictures))
        return made[-1]

    yield make
    for each in made:
        each.store.close()


def pictures_of(*numbers):
    return frozenset(map(hash_of, numbers))


def test_trips_and_events_of_a_collection(sample):
    """Six Mondays at home, a trip, and six Mondays again."""
    album = sample(life())
    assert album.groups("trip") == [0] * 6 + [1] * 6 + [2] * 6
    assert album.groups("event") == [*range(6), 6, 6, 7, 7, 8, 8, *range(9, 15)]
    assert [trip.kind for trip in album.found().occasions.trips] == ["home", "trip", "home"]


def test_what_people_said_comes_into_the_tree(sample):
    """Splits, joins and moves by pictures."""
    album = sample(life())
    assert album.groups("event", EventSplit(pictures_of(9, 8)))[6:12] == [6, 6, 7, 7, 8, 8]
    assert album.groups("event", EventSplit(pictures_of(9)))[6:12] == [6, 6, 7, 8, 9, 9]
    assert album.groups("event", EventJoin(pictures_of(6, 8)))[6:12] == [6, 6, 6, 6, 7, 7]
    assert album.groups("event", EventMove(pictures_of(7), pictures_of(8, 9, 10)))[6:12] == [6, 7, 7, 7, 8, 8]
    assert album.groups("trip", EventSplit(pictures_of(8), "trip"))[6:13] == [1, 1, 2, 2, 2, 2, 3]
    assert album.groups("trip", EventJoin(pictures_of(5, 6), "trip"))[5:8] == [0, 0, 0]


def test_home_is_where_one_says(sample):
    """Iceland is no trip for somebody who lives there; each Monday in Berlin is one."""
    kinds = [trip.kind for trip in sample(life()).found(HomeIs(*AWAY)).occasions.trips]
    assert kinds == [*["trip"] * 6, "home", *["trip"] * 6]


def test_clocks_are_set_right_and_back(sample):
    """What was said last of a camera counts."""
    album = sample([picture(MONDAY_S, NOWHERE), picture(MONDAY_S, NOWHERE, camera="Nikon")])
    assert len(set(album.groups("event"))) == 1
    off = CameraClock("Nikon", 7 * HOUR_S)
    assert len(set(album.groups("event", off))) == 2
    assert len(set(album.groups("event", off, CameraClock("Nikon", 0)))) == 1


def test_pictures_that_are_gone_are_passed_over(sample):
    """Corrections of contents that the collection lacks."""
    album = sample(life())
    gone = pictures_of(900, 901)
    edits = [
        EventSplit(gone), EventJoin(gone), EventMove(gone, pictures_of(0)), EventMove(pictures_of(0), gone),
        EventName(gone, "x"),
    ]  # fmt: skip
    assert album.groups("event", *edits) == album.groups("event")


def test_undated_pictures_are_with_no_event(sample):
    """Unless they resemble one."""
    album = sample([*life(), picture(None)])
    assert album.groups("event")[-1] == -1
    assert album.groups("trip")[-1] == -1


@pytest.mark.parametrize("pictures", [[], [picture(None)], [picture(MONDAY_S)], [picture(MONDAY_S, NOWHERE)]])
def test_few_pictures(sample, pictures):
    """None, one without a date, one with everything, one without a place; kept and read again."""
    album = sample(pictures)
    assert_equal(album.found(), album.found())


def assert_equal(first, second):
    """Two trees are the same in everything."""
    one, other = first.occasions, second.occasions
    assert (one.trips, one.undated, dict(one.attached)) == (other.trips, other.undated, dict(other.attached))
    assert (first.rows, first.shifts) == (second.rows, second.shifts)
    for name in ("instant_s", "zone_s", "latitude_deg", "longitude_deg", "covers"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    np.testing.assert_array_equal(one.order, other.order)
    np.testing.assert_array_equal(one.heights, other.heights)


def test_the_tree_is_kept(sample, monkeypatch):
    """Until a picture comes, or a correction other than a name."""
    album = sample([*life(), picture(None)])
    edits = [EventSplit(pictures_of(9)), EventJoin(pictures_of(5, 6), "trip")]
    first = album.found(*edits)
    calls = itertools.count()
    real = room.find_occasions

    def counted(*given):
        next(calls)
        return real(*given)

    monkeypatch.setattr(room, "find_occasions", counted)
    assert_equal(album.found(*edits), first)
    assert_equal(album.found(*edits, EventName(pictures_of(3), "Party")), first)
    assert next(calls) == 0
    album.found(*edits[:1])
    assert next(calls) == 2
    album.add([picture(MONDAY_S)])
    assert len(album.found(*edits).occasions.order) == len(first.occasions.order) + 1
    assert next(calls) == 4


def test_a_damaged_file_is_made_again(sample, caplog):
    """A flipped bit changes nothing but the time it takes."""
    album = sample(life())
    first = album.found()
    (file,) = (album.store.directory / "occasions").glob("*.npz")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert_equal(album.found(), first)
    assert "will be computed again" in caplog.text


def test_covers_are_of_their_events(sample):
    """Each event has one of its own pictures as its cover."""
    found = sample(life()).found()
    assert all(cover in event.rows for cover, event in zip(found.covers, found.occasions.events(), strict=True))
