"""Trips, events, scenes and bursts."""

from __future__ import annotations

import numpy as np
import pytest

from event_samples import (
    DAY_S,
    FAR,
    HERE,
    HOUR_S,
    MONDAY_S,
    Shot,
    at_home,
    check_whole,
    kinds,
    labels,
    moments,
    outing,
    same,
)
from imagecluster.errors import ArgumentError
from imagecluster.events import EventSettings, HomeIs, Wishes, find_occasions

TRIP_S = MONDAY_S + 10 * 7 * DAY_S + 2 * DAY_S + 10 * HOUR_S


def found_of(shots, wishes=None):
    found = find_occasions(moments(shots), wishes)
    check_whole(found, len(shots))
    return found


# ---- trips


def test_a_journey_away_from_home_is_a_trip_and_what_is_before_and_after_is_home():
    shots = [*at_home(), *outing(TRIP_S, FAR), *outing(TRIP_S + DAY_S, FAR)]
    found = found_of(shots)
    assert [trip.kind for trip in found.trips] == ["home", "trip", "home"]
    assert sorted(found.trips[1].rows) == list(range(60, 72))


def test_home_is_where_most_weeks_are_not_most_pictures():
    shots = [*at_home(12), *outing(TRIP_S, FAR, 500, 60.0)]
    assert kinds(found_of(shots), len(shots)) == ["home"] * 24 + ["trip"] * 500


def test_without_a_home_there_are_periods_parted_by_a_fortnight():
    shots = [*outing(MONDAY_S, FAR), *outing(MONDAY_S + 13 * DAY_S, FAR), *outing(MONDAY_S + 29 * DAY_S, HERE)]
    found = found_of(shots)
    assert [trip.kind for trip in found.trips] == ["period", "period"]
    assert [len(trip.rows) for trip in found.trips] == [12, 6]


def test_two_holidays_at_one_place_make_no_home():
    shots = [
        shot for year in (0, 1) for day in range(14) for shot in outing(MONDAY_S + (year * 364 + day) * DAY_S, FAR)
    ]
    assert set(kinds(found_of(shots), len(shots))) == {"period"}


def test_home_moves_with_people():
    other = (48.14, 11.58)
    shots = [*at_home(50), *at_home(50, at=other, start_s=MONDAY_S + 50 * 7 * DAY_S)]
    assert set(kinds(found_of(shots), len(shots))) == {"home"}


def test_people_move_when_the_pictures_say_so_however_many_they_take():
    other, both = (48.14, 11.58), 40
    often = [*at_home(both), *at_home(both, start_s=MONDAY_S + 2 * DAY_S)]  # each week, then every fourth
    rare = [
        shot for week in range(both, 3 * both, 4) for shot in at_home(1, at=other, start_s=MONDAY_S + week * 7 * DAY_S)
    ]
    assert set(kinds(found_of([*often, *rare]), len(often) + len(rare))) == {"home"}


def test_pictures_of_somebody_who_stayed_at_home_are_not_in_the_trip_and_do_not_end_it():
    days = [shot for day in range(5) for shot in outing(TRIP_S + day * DAY_S, FAR)]
    stayed = [Shot(TRIP_S + day * DAY_S + 6 * HOUR_S, HERE, camera="other phone") for day in range(5)]
    found = found_of([*at_home(), *days, *stayed])
    assert kinds(found, 95)[60:] == ["trip"] * 30 + ["home"] * 5
    assert sum(trip.kind == "trip" for trip in found.trips) == 1


def test_the_way_to_work_is_no_trip():
    work = (52.40, 14.55)  # 79 km
    weekdays = [week * 7 + day for week in range(30) for day in (1, 3)]
    shots = [*at_home(), *[Shot(MONDAY_S + day * DAY_S + 12 * HOUR_S, work) for day in weekdays], *outing(TRIP_S, FAR)]
    assert kinds(found_of(shots), len(shots)) == ["home"] * 120 + ["trip"] * 6


def test_a_house_for_some_weekends_is_a_trip_each_time():
    house = (52.40, 14.55)
    saturdays = [MONDAY_S + (week * 7 + 5) * DAY_S for week in range(0, 30, 3)]
    found = found_of([*at_home(), *[shot for saturday_s in saturdays for shot in outing(saturday_s, house)]])
    assert sum(trip.kind == "trip" for trip in found.trips) == 10


def test_a_day_trip_is_a_trip_and_pictures_at_home_on_the_same_day_are_not_in_it():
    near = (53.07, 13.40)  # 61 km
    day = MONDAY_S + 9 * 7 * DAY_S + 5 * DAY_S
    shots = [*at_home(), Shot(day + 8 * HOUR_S, HERE), *outing(day + 11 * HOUR_S, near), Shot(day + 20 * HOUR_S, HERE)]
    kind = kinds(found_of(shots), len(shots))
    assert kind[60:] == ["home", *["trip"] * 6, "home"]


def test_a_trip_ends_after_two_days_and_one_more_for_500_km():
    near, far = (53.5, 13.4), (47.5, 13.4)  # 109 and 558 km
    for place, pause_d, n_trips in ((near, 2.1, 1), (near, 2.4, 2), (far, 3.0, 1), (far, 3.3, 2)):
        shots = [*at_home(), Shot(TRIP_S, place), Shot(TRIP_S + pause_d * DAY_S, place)]
        assert sum(trip.kind == "trip" for trip in found_of(shots).trips) == n_trips


def test_a_camera_without_positions_travels_with_the_phone():
    shots = [*at_home(), *outing(TRIP_S, FAR, 3, 4 * HOUR_S), *outing(TRIP_S + 1800, (np.nan, np.nan), camera="D70")]
    assert kinds(found_of(shots), len(shots))[60:] == ["trip"] * 9


def test_a_clock_in_another_zone_is_away_but_one_hour_may_be_summer_time():
    home = [Shot(shot.instant_s, shot.at, zone_s=3600.0) for shot in at_home()]
    for zone_s, kind in ((8 * 3600.0, "trip"), (7200.0, "home"), (3600.0, "home")):
        away = [Shot(TRIP_S + hour * HOUR_S, zone_s=zone_s, camera="D70") for hour in range(5)]
        assert kinds(found_of([*home, *away]), 65)[60:] == [kind] * 5


def test_a_camera_whose_clock_is_never_set_makes_no_trip():
    home = [Shot(shot.instant_s, shot.at, zone_s=3600.0) for shot in at_home()]
    wrong = [Shot(MONDAY_S + week * 7 * DAY_S + 3 * DAY_S, zone_s=28800.0, camera="D70") for week in range(20)]
    assert set(kinds(found_of([*home, *wrong]), 80)) == {"home"}


def test_screenshots_and_messages_make_no_trips_and_stand_where_they_fall():
    shots = [
        *at_home(),
        *outing(TRIP_S, FAR, 2, DAY_S),
        Shot(TRIP_S + HOUR_S, camera="", zone_s=0.0),
        Shot(TRIP_S + 40 * DAY_S, camera="", zone_s=-36000.0),
    ]
    assert kinds(found_of(shots), 64)[60:] == ["trip", "trip", "trip", "home"]


def test_screenshots_do_not_join_two_periods():
    weekly = [Shot(MONDAY_S + week * 7 * DAY_S, camera="") for week in range(1, 20)]
    shots = [*outing(MONDAY_S, FAR), *outing(MONDAY_S + 140 * DAY_S, FAR), *weekly]
    label = labels(found_of(shots), len(shots), "trip")
    assert label[0] != label[6]


def test_one_position_that_a_phone_had_cached_makes_no_trip():
    shots = [*at_home(), *outing(TRIP_S, HERE, 6, 300.0)]
    shots[62] = Shot(shots[62].instant_s, FAR)
    assert set(kinds(found_of(shots), len(shots))) == {"home"}


def test_a_trip_has_stays_and_an_excursion_is_none():
    ubud, beach, lombok = (-8.51, 115.26), (-8.80, 115.23), (-8.65, 116.32)
    places = [ubud, ubud, beach, ubud, lombok, lombok]
    hours = [0, 24, 30, 48, 72, 96]
    shots = [
        *at_home(),
        *[shot for place, hour in zip(places, hours, strict=True) for shot in outing(TRIP_S + hour * HOUR_S, place)],
    ]
    (trip,) = [trip for trip in found_of(shots).trips if trip.kind == "trip"]
    assert [(stay.first, stay.n_events) for stay in trip.stays] == [(0, 4), (4, 2)]
    assert [stay.length_s / HOUR_S for stay in trip.stays] == [72.0, 24.0 + 50 / 60]
    assert (trip.stays[1].latitude_deg, trip.stays[1].longitude_deg) == lombok


@pytest.mark.parametrize(
    ("home", "next_door", "away"),
    [
        ((-17.0, 179.95), (-17.0, -179.95), (-17.0, 178.0)),  # Fiji, on both sides of the date line
        ((89.95, 10.0), (89.95, -170.0), (88.0, 10.0)),  # 11 km across the pole
        ((0.05, 32.5), (-0.05, 32.5), (2.0, 32.5)),  # the equator
        ((51.5, 0.05), (51.5, -0.05), (51.5, 2.0)),  # the meridian of Greenwich
    ],
)
def test_home_has_no_seam(home, next_door, away):
    shots = [*at_home(20, at=home), *at_home(20, at=next_door, start_s=MONDAY_S + DAY_S), *outing(TRIP_S, away)]
    assert kinds(found_of(shots), len(shots)) == ["home"] * 80 + ["trip"] * 6


# ---- events and scenes


def test_hours_without_a_picture_part_events():
    shots = [*outing(MONDAY_S, HERE), *outing(MONDAY_S + 5 * HOUR_S, HERE)]
    assert [len(event.rows) for event in found_of(shots).events()] == [6, 6]


def test_a_party_that_goes_past_midnight_is_one_event():
    shots = outing(MONDAY_S + 20 * HOUR_S, HERE, 40, 600.0)
    assert len(list(found_of(shots).events())) == 1


def test_a_drive_to_another_place_parts_events_where_the_same_pause_at_one_place_does_not():
    for place, n_events in ((HERE, 1), ((52.39, 13.06), 2)):
        shots = [*outing(MONDAY_S, HERE), *outing(MONDAY_S + 1.6 * HOUR_S, place)]
        assert len(list(found_of(shots).events())) == n_events


def test_where_pictures_are_rare_a_pause_is_no_new_event():
    rare = [Shot(MONDAY_S + hour * 3.3 * HOUR_S, HERE, subject=1) for hour in range(9)]
    often = [Shot(MONDAY_S + minute * 60.0, HERE, subject=1) for minute in [*range(0, 12, 2), *range(208, 216, 2)]]
    assert len(list(found_of(rare).events())) == 1
    assert len(list(found_of(often).events())) == 2


def test_a_drive_between_pictures_without_positions_is_not_put_into_one_gap():
    shots = [Shot(MONDAY_S + minute * 60.0) for minute in range(0, 241, 15)]
    shots[0].at, shots[-1].at = HERE, (52.39, 13.06)
    assert len(list(found_of(shots).events())) == 1


def test_scenes_are_parted_by_minutes_and_by_content():
    shots = [
        *[Shot(MONDAY_S + 60.0 * number, HERE, subject=1) for number in range(3)],
        *[Shot(MONDAY_S + 900.0 + 60.0 * number, HERE, subject=2) for number in range(3)],
    ]
    (event,) = found_of(shots).events()
    assert [scene.rows for scene in event.scenes] == [(0, 1, 2), (3, 4, 5)]


# ---- bursts


def test_a_burst_is_pictures_of_one_framing_within_seconds():
    shots = [Shot(MONDAY_S + second, subject=1) for second in (0.0, 1.0, 2.0, 25.0, 120.0)]
    label = labels(found_of(shots), 5, "burst")
    assert same(label, [0, 1, 2, 3])
    assert label[4] != label[3]


def test_pictures_of_different_things_within_seconds_are_no_burst():
    shots = [Shot(MONDAY_S + second) for second in range(5)]
    assert len(set(labels(found_of(shots), 5, "burst"))) == 5


def test_bursts_of_two_cameras_at_once_stay_contiguous():
    shots = [
        Shot(MONDAY_S + number, subject=number % 2, camera=f"camera {number % 2}", name=f"{number}.jpg")
        for number in range(12)
    ]
    found = found_of(shots)
    assert found.order.tolist() == [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]


def test_exposures_in_one_direction_minutes_apart_are_a_series_and_others_are_not():
    steps = [100.0 * number for number in range(5)]
    bracket = [Shot(MONDAY_S + s, subject=1, exposure_s=2.0**n, iso=100) for n, s in enumerate(steps)]
    zigzag = [Shot(MONDAY_S + s, subject=1, exposure_s=2.0 ** (n % 2), iso=100) for n, s in enumerate(steps)]
    two = bracket[:2]
    for shots, n_bursts in ((bracket, 1), (bracket[::-1], 1), (zigzag, 5), (two, 2)):
        assert len(set(labels(found_of(shots), len(shots), "burst"))) == n_bursts


def test_focus_distances_in_one_direction_are_a_series():
    shots = [Shot(MONDAY_S + 45.0 * n, subject=1, focus_m=0.3 * 1.1**n) for n in range(6)]
    assert len(set(labels(found_of(shots), 6, "burst"))) == 1


def test_a_long_exposure_is_no_pause():
    shots = [Shot(MONDAY_S + 120.0 * n, subject=1, exposure_s=100.0) for n in range(3)]
    assert len(set(labels(found_of(shots), 3, "burst"))) == 1


# ---- what people said


def events_of(shots, wishes):
    found = found_of(shots, wishes)
    return labels(found, len(shots), "event")


def test_events_are_split_joined_and_moved_as_people_said():
    shots = [*outing(MONDAY_S, HERE), *outing(MONDAY_S + 5 * HOUR_S, HERE), *outing(MONDAY_S + 10 * HOUR_S, HERE)]
    assert events_of(shots, Wishes(splits=(3,))).tolist() == [0] * 3 + [1] * 3 + [2] * 6 + [3] * 6
    assert events_of(shots, Wishes(joins=((2, 8),))).tolist() == [0] * 12 + [1] * 6
    assert events_of(shots, Wishes(joins=((2, 14),))).tolist() == [0] * 18  # with what is between them
    moved = events_of(shots, Wishes(moves=(((0, 1), 17),)))
    assert same(moved, [0, 1, *range(12, 18)])
    assert same(moved, range(2, 6))


def test_a_split_parts_a_burst():
    shots = [Shot(MONDAY_S + second, subject=1) for second in range(6)]
    assert events_of(shots, Wishes(splits=(4,))).tolist() == [0] * 4 + [1] * 2


def test_trips_are_split_and_joined_as_people_said():
    shots = [*at_home(), *outing(TRIP_S, FAR, 6, 12 * HOUR_S), *outing(TRIP_S + 30 * DAY_S, FAR)]
    split = labels(found_of(shots, Wishes(trip_splits=(63,))), len(shots), "trip")
    assert same(split, [60, 61, 62])
    assert same(split, [63, 64, 65])
    assert split[62] != split[63]
    joined = labels(found_of(shots, Wishes(trip_joins=((60, 66),))), len(shots), "trip")
    assert same(joined, range(60, 72))


def test_a_join_of_times_at_home_takes_the_trip_between_them_in():
    shots = [*at_home(), *outing(TRIP_S, FAR, 6, 12 * HOUR_S)]
    apart = found_of(shots)
    before, after = (next(row for row in range(60) if shots[row].instant_s > TRIP_S + side * DAY_S) for side in (-9, 9))
    assert len(set(labels(apart, len(shots), "trip"))) == 3
    joined = found_of(shots, Wishes(trip_joins=((before, after),)))
    assert len(joined.trips) == 1
    assert joined.trips[0].kind == "trip"
    assert len([*joined.events()]) == len([*apart.events()])


def test_a_picture_that_is_moved_far_leaves_what_is_between_as_it_was():
    """Its new event then lies around others, whose scenes are told by their own pauses."""
    shots = [
        *outing(MONDAY_S, HERE),
        *outing(MONDAY_S + 5 * HOUR_S, HERE, 6, 0.3 * HOUR_S),
        *outing(MONDAY_S + 10 * HOUR_S, HERE),
    ]
    before, after = found_of(shots), found_of(shots, Wishes(moves=(((17,), 0),)))
    of_middle = [labels(found, len(shots), "scene")[6:12] for found in (before, after)]
    assert len(set(of_middle[0])) > 1
    assert len(set(of_middle[1])) == len(set(of_middle[0]))


def test_home_is_where_people_say():
    shots = [*at_home(), *outing(TRIP_S, FAR)]
    kind = kinds(found_of(shots, Wishes(homes=(HomeIs(*FAR),))), len(shots))
    assert kind == ["trip"] * 60 + ["home"] * 6
    until = Wishes(homes=(HomeIs(*FAR, end_s=MONDAY_S + 60 * DAY_S),))
    assert kinds(found_of(shots, until), len(shots))[:18] == ["trip"] * 18
    assert kinds(found_of(shots, until), len(shots))[18:] == ["home"] * 42 + ["trip"] * 6


def test_wishes_for_rows_that_are_gone_or_have_no_date_are_passed_over():
    shots = [*outing(MONDAY_S, HERE), Shot(np.nan)]
    wishes = Wishes((6, 99, -1), ((0, 6), (99,)), (((6, 0), 99), ((6,), 0), ((0,), 6)), (6, 77), ((0, 6, 99),))
    assert events_of(shots, wishes).tolist() == [0] * 6 + [-1]


# ---- odd collections


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_a_few_pictures_make_a_tree(n):
    shots = [Shot(MONDAY_S + number * DAY_S, HERE) for number in range(n)]
    assert len(list(found_of(shots).events())) == n


def test_without_any_date_everything_is_undated():
    found = found_of([Shot(np.nan, HERE), Shot(np.inf), Shot(-np.inf)])
    assert found.undated == (0, 1, 2)
    assert found.trips == ()


def test_equal_instants_are_ordered_by_name():
    shots = [Shot(MONDAY_S, name=name) for name in ("c", "a", "b")]
    assert found_of(shots).order.tolist() == [1, 2, 0]


def test_nothing_but_nan_is_an_ordinary_input():
    shots = [Shot(MONDAY_S + number * 40.0) for number in range(30)]
    made = moments(shots)
    made.vectors[:] = np.nan
    check_whole(find_occasions(made), 30)


def test_impossible_positions_count_as_none():
    shots = [*at_home(), Shot(TRIP_S, (0.0, 0.0)), Shot(TRIP_S + 60, (999.0, 5.0)), Shot(TRIP_S + 120, (np.inf, 1.0))]
    assert set(kinds(found_of(shots), len(shots))) == {"home"}


def test_an_undated_picture_is_attached_to_the_event_that_it_resembles():
    shots = [
        *[Shot(MONDAY_S + 60.0 * number, HERE, subject=number) for number in range(3)],
        Shot(MONDAY_S + DAY_S, HERE, subject=3),
        Shot(MONDAY_S + 2 * DAY_S, HERE, subject=3),
        Shot(np.nan, subject=1),
        Shot(np.nan),
        Shot(np.nan, subject=3),  # as like to one event as to another
    ]
    found = found_of(shots)
    assert found.undated == (5, 6, 7)
    assert dict(found.attached) == {5: 1}


def test_parts_of_different_length_are_an_error():
    made = moments(outing(MONDAY_S, HERE))
    with pytest.raises(ArgumentError, match=r"moments.cameras has 1 entries for 6 pictures"):
        find_occasions(made.__class__(**{**vars(made), "cameras": ("phone",)}))


def test_settings_out_of_range_are_an_error():
    with pytest.raises(ArgumentError, match="away_km is -1"):
        EventSettings(away_km=-1.0)
