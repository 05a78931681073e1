"""Trips, events, scenes and bursts: a collection as its owner lived it. Pure: arrays in, a tree out."""

from imagecluster.events.moments import Moments
from imagecluster.events.occasions import Burst, Event, Occasions, Scene, Stay, Trip, TripKind

__all__ = ["Burst", "Event", "Moments", "Occasions", "Scene", "Stay", "Trip", "TripKind"]
