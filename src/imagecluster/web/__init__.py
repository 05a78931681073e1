"""The viewer: a local page of clusters with a live similarity slider, and the server behind it.

Nothing here is imported before somebody views something: Starlette and uvicorn are loaded by `serve` alone.
"""
