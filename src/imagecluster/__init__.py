"""Sort pictures by what is in them."""
