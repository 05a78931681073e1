"""Suggestions of shifts of clocks."""

from __future__ import annotations

import numpy as np
import pytest

from event_samples import DAY_S, HERE, HOUR_S, MONDAY_S, Shot, moments
from imagecluster.events import suggest_shifts


def two_cameras(shift_s, n_scenes=12, *, rng=None):
    """A phone with positions and a camera without, of the same scenes over three days; the camera's clock is behind."""
    rng = rng or np.random.default_rng(0)
    when = MONDAY_S + np.sort(rng.choice(3 * 24 * 6, n_scenes, replace=False)) * 600.0
    phone = [Shot(s, HERE, subject=n) for n, s in enumerate(when)]
    camera = [Shot(s + rng.uniform(-60, 60) - shift_s, camera="D70", subject=n) for n, s in enumerate(when)]
    return [*phone, *camera]


@pytest.mark.parametrize("shift_s", [7 * HOUR_S, -15 * HOUR_S, 23 * HOUR_S, 0.5 * HOUR_S])
def test_a_clock_that_is_off_is_noticed(shift_s):
    (found,) = suggest_shifts(moments(two_cameras(shift_s)))
    assert (found.camera, found.reference) == ("D70", "phone")
    assert abs(found.shift_s - shift_s) < 120
    assert found.margin >= 1.5
    assert found.n_half_hours >= 4


@pytest.mark.parametrize("shift_s", [0.0, 120.0, 5 * DAY_S])
def test_clocks_that_agree_or_that_cannot_be_compared_are_left_alone(shift_s):
    assert suggest_shifts(moments(two_cameras(shift_s))) == ()


def test_one_busy_scene_is_not_enough():
    phone = [Shot(MONDAY_S + 10.0 * n, HERE, subject=n) for n in range(60)]
    camera = [Shot(MONDAY_S + 10.0 * n - 7 * HOUR_S, camera="D70", subject=n) for n in range(60)]
    assert suggest_shifts(moments([*phone, *camera])) == ()


def test_pictures_that_show_different_things_say_nothing():
    shots = two_cameras(7 * HOUR_S)
    for shot in shots:
        shot.subject = -1
    assert suggest_shifts(moments(shots)) == ()


def test_the_same_place_every_evening_is_not_taken_for_a_shift():
    shots = []
    for day in range(8):
        for hour in range(18, 22):
            shots.append(Shot(MONDAY_S + day * DAY_S + hour * HOUR_S, HERE, subject=hour))
            shots.append(Shot(MONDAY_S + day * DAY_S + hour * HOUR_S + 90, camera="D70", subject=hour))
    assert suggest_shifts(moments(shots)) == ()


def test_nothing_is_suggested_for_the_camera_that_has_positions_or_for_none():
    shots = two_cameras(7 * HOUR_S)
    for shot in shots[len(shots) // 2 :]:
        shot.camera = ""
    assert suggest_shifts(moments(shots)) == ()
    assert suggest_shifts(moments([])) == ()
