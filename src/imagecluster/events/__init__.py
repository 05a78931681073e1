"""Trips, events, scenes and bursts: a collection as its owner lived it. Pure: arrays in, a tree out."""

from imagecluster.events.clocks import ClockShift, suggest_shifts
from imagecluster.events.finding import find_occasions
from imagecluster.events.moments import Moments
from imagecluster.events.occasions import Burst, Event, Occasions, Scene, Stay, Trip, TripKind
from imagecluster.events.settings import EventSettings
from imagecluster.events.wishes import HomeIs, Wishes

__all__ = [
    "Burst",
    "ClockShift",
    "Event",
    "EventSettings",
    "HomeIs",
    "Moments",
    "Occasions",
    "Scene",
    "Stay",
    "Trip",
    "TripKind",
    "Wishes",
    "find_occasions",
    "suggest_shifts",
]
