"""Names of places and their time zones, offline."""

from imagecluster.places.place_name import PlaceName

__all__ = ["PlaceName"]
