"""Names of places and their time zones, offline."""

from imagecluster.places.gazetteer import Gazetteer
from imagecluster.places.place_name import PlaceName
from imagecluster.places.precision import PlacePrecision, at_precision, check_precision, round_position
from imagecluster.places.trip_name import StayName, name_of_trip
from imagecluster.places.zones import offset_s, zones_of

__all__ = [
    "Gazetteer",
    "PlaceName",
    "PlacePrecision",
    "StayName",
    "at_precision",
    "check_precision",
    "name_of_trip",
    "offset_s",
    "round_position",
    "zones_of",
]
