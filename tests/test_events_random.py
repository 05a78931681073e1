"""What holds for trips and events of any collection."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from event_samples import DAY_S, HERE, HOUR_S, MONDAY_S, Shot, at_home, check_whole, kinds, labels, moments, outing
from imagecluster.events import Moments, Wishes, find_occasions, suggest_shifts
from imagecluster.events.globe import distance_km

odd = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300])
instants = st.one_of(st.floats(0, 400 * DAY_S), st.integers(0, 5).map(float), odd)
places = st.one_of(
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    st.sampled_from([HERE, (90.0, 0.0), (-90.0, 5.0), (0.0, 180.0), (0.0, -180.0), (np.nan, np.nan), (np.inf, 1e9)]),
)
shots = st.builds(
    Shot,
    instant_s=instants,
    at=places,
    camera=st.sampled_from(["", "phone", "D70"]),
    zone_s=st.one_of(st.sampled_from([0.0, 3600.0, 28800.0]), odd),
    subject=st.integers(-1, 3),
    exposure_s=st.one_of(st.floats(1e-4, 30), odd),
    iso=st.one_of(st.floats(50, 6400), odd),
    focus_m=st.one_of(st.floats(0.1, 10), odd),
)
rows = st.integers(-2, 45)
several = st.lists(rows, max_size=4).map(tuple)
wishes = st.builds(
    Wishes,
    splits=several,
    joins=st.lists(several, max_size=2).map(tuple),
    moves=st.lists(st.tuples(several, rows), max_size=2).map(tuple),
    trip_splits=several,
    trip_joins=st.lists(several, max_size=2).map(tuple),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(shots, max_size=40), wishes)
def test_every_picture_is_in_the_tree_once_whatever_is_known_of_it(taken, wanted):
    made = moments(taken, n_dimensions=8)
    check_whole(find_occasions(made, wanted), len(taken))
    suggest_shifts(made)


@settings(max_examples=40, deadline=None)
@given(st.lists(shots, min_size=2, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(taken, random):
    for number, shot in enumerate(taken):
        shot.name = f"{number}.jpg"
    made = moments(taken, n_dimensions=8)
    shuffled = list(range(len(taken)))
    random.shuffle(shuffled)
    before, after = find_occasions(made), find_occasions(rows_of(made, np.array(shuffled)))
    assert [shuffled[row] for row in after.order] == before.order.tolist()
    np.testing.assert_allclose(after.heights, before.heights, rtol=1e-5)


def rows_of(made: Moments, rows: np.ndarray) -> Moments:
    arrays = {name: value[rows] for name, value in vars(made).items() if isinstance(value, np.ndarray)}
    lists = {name: tuple(getattr(made, name)[row] for row in rows) for name in ("cameras", "names")}
    return replace(made, **arrays, **lists, load_grey=lambda some: made.load_grey(rows[some]))


def a_life(rng: np.random.Generator, n_days: int = 400) -> list[Shot]:
    """Home with an outing on every third day, and a trip every seven weeks."""
    taken = []
    for day in range(0, n_days, 3):
        away = day % 49 < 9
        at = (HERE[0] + (12 + day // 49 if away else 0) + rng.normal(0, 0.02), HERE[1] + rng.normal(0, 0.02))
        for _ in range(rng.integers(1, 4)):
            start_s = MONDAY_S + day * DAY_S + rng.uniform(8, 20) * HOUR_S
            taken += outing(start_s, at, int(rng.integers(1, 8)), float(rng.uniform(5, 600)))
    return taken


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6))
def test_one_picture_in_a_hundred_more_changes_only_what_is_around_it(seed):
    rng = np.random.default_rng(seed)
    taken = a_life(rng)
    n = len(taken)
    made = moments(taken)
    new_s = MONDAY_S + rng.uniform(100, 300) * DAY_S
    extra = [Shot(new_s + rng.uniform(0, 6 * HOUR_S), HERE) for _ in range(n // 100)]
    more = moments([*taken, *extra])  # the first n get the same vectors
    before, after = find_occasions(made), find_occasions(more)
    far = np.flatnonzero(np.abs(made.instant_s - new_s) > 20 * DAY_S)
    assert kinds(after, n + len(extra))[:n] == kinds(before, n) or all(
        kinds(after, n + len(extra))[row] == kinds(before, n)[row] for row in far
    )
    for level in ("event", "scene", "burst"):
        a, b = labels(before, n, level), labels(after, n + len(extra), level)[:n]
        groups = {tuple(np.flatnonzero(a == number)) for number in np.unique(a[far])}
        assert groups == {tuple(np.flatnonzero(b == number)) for number in np.unique(b[far])}, level


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_no_picture_at_home_is_in_a_trip_and_each_far_away_is(seed):
    rng = np.random.default_rng(seed)
    quiet = [shot for shot in at_home(60) if (shot.instant_s - MONDAY_S) // (7 * DAY_S) % 7 >= 2]
    taken = [*quiet, *a_life(rng)]
    rng.shuffle(taken)
    made = moments(taken)
    kind = np.array(kinds(find_occasions(made), len(taken)))
    km = distance_km(made.latitude_deg, made.longitude_deg, *HERE)
    assert (kind[km < 40] == "home").all()
    assert (kind[km > 60] == "trip").all()


def test_fifty_thousand_pictures_of_one_day():
    rng = np.random.default_rng(0)
    n = 50_000
    instant_s = MONDAY_S + np.sort(rng.integers(8 * 3600, 22 * 3600, n)).astype(float)
    nothing = np.full(n, np.nan)
    vectors = rng.normal(size=(n, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    greys = rng.integers(0, 256, (n, 32, 32)).astype(np.uint8)
    made = Moments(
        instant_s, nothing, np.full(n, HERE[0]), np.full(n, HERE[1]), ("phone",) * n, nothing, nothing, nothing,
        nothing, tuple(f"{number:05d}.jpg" for number in range(n)), vectors, lambda some: greys[some],
    )  # fmt: skip
    found = find_occasions(made)
    check_whole(found, n)
    assert [trip.kind for trip in found.trips] == ["period"]
