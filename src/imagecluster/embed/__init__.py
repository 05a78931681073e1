"""Pictures to vectors: every core reads, decodes and runs the networks."""

from imagecluster.embed.embedding import (
    CHUNK,
    Content,
    Embedder,
    Outcome,
    embed_files,
    load_embedders,
    to_pixels,
)

__all__ = ["CHUNK", "Content", "Embedder", "Outcome", "embed_files", "load_embedders", "to_pixels"]
