"""From pictures to vectors: every core reads and decodes pictures, and runs the networks."""

from imagecluster.embed.embedding import (
    CHUNK,
    Content,
    Embedder,
    Outcome,
    embed_files,
    load_embedders,
    seen_px,
    to_pixels,
)

__all__ = ["CHUNK", "Content", "Embedder", "Outcome", "embed_files", "load_embedders", "seen_px", "to_pixels"]
