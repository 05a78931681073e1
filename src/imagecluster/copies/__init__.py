"""Whether two pictures are the same one again: found, compared, put into words. Arrays in, records out."""
