"""The viewer: a local page of clusters with a live similarity slider, and the server behind it.

Nothing here is imported until the viewer is used: Starlette and uvicorn are loaded by `serve` alone.
"""
