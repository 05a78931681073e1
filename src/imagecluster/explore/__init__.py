"""Looking around in a collection: what is like a picture or a text, names, colours and the map. Knows no HTTP."""
