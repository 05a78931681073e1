"""A cut as a piece of HTML for notebooks: the cover and the size of each cluster."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

from imagecluster.present.markup import count, escaped
from imagecluster.records import Clusters

__all__ = ["Html", "gallery"]

_COVER_PX = 112

_FIGURE = (
    '<figure style="margin:0;width:{px}px"><img alt="" src="data:image/jpeg;base64,{image}"'
    ' style="display:block;width:{px}px;height:{px}px;object-fit:cover;border-radius:6px;margin:0">{caption}</figure>'
)
_EMPTY = (
    '<figure style="margin:0;width:{px}px"><div style="width:{px}px;height:{px}px;border-radius:6px;'
    'background:#8884"></div>{caption}</figure>'
)


class Html:
    """A piece of HTML, which a notebook shows when a cell ends with it."""

    def __init__(self, html: str) -> None:
        self._html = html

    def _repr_html_(self) -> str:
        return self._html


def gallery(
    clusters: Clusters, paths: Sequence[Path], *, cover: Callable[[Path], bytes | None], n_clusters: int = 24
) -> Html:
    """The largest clusters, with a picture, name and size of each, and a line about what is not shown.

    Parameters
    ----------
    clusters
        The cut.
    paths
        Path of each row.
    cover
        Returns the JPEG of a picture, or None if it cannot be read.
    n_clusters
        Largest number of clusters to show.

    """
    shown = clusters.clusters[:n_clusters]
    figures = []
    for cluster in shown:
        path = paths[cluster.representative]
        image = cover(path)
        name = escaped(cluster.name) or f"Cluster {cluster.number}"
        caption = (
            f'<figcaption style="font:12px system-ui,sans-serif;margin:4px 0 0" title="{escaped(path.name)}">{name}'
            f'<br><span style="opacity:.65">{count(len(cluster.members), "picture")}</span></figcaption>'
        )
        if image is None:
            figures.append(_EMPTY.format(px=_COVER_PX, caption=caption))
        else:
            encoded = base64.b64encode(image).decode("ascii")
            figures.append(_FIGURE.format(px=_COVER_PX, image=encoded, caption=caption))
    parts = [
        count(len(clusters.clusters), "cluster"),
        count(sum(len(cluster.members) for cluster in clusters.clusters), "picture") + " in them",
        count(len(clusters.singles), "single"),
        *([f"{len(clusters.hidden):,} hidden"] if clusters.hidden else []),
        f"similarity {clusters.sim:g}",
        *([f"{len(shown)} of them shown"] if len(shown) < len(clusters.clusters) else []),
    ]
    return Html(
        f'<div><p style="font:13px system-ui,sans-serif;margin:0 0 8px">{" · ".join(parts)}</p>'
        f'<div style="display:flex;flex-wrap:wrap;gap:14px 12px">{"".join(figures)}</div></div>'
    )
