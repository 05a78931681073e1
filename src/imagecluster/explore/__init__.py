"""Exploring a collection: search by picture, text and name, colours, and the map. It does not know about HTTP."""
