"""From pictures to vectors: every core reads and decodes pictures, and runs the networks."""

from imagecluster.embed.embedder import Embedder, LazyEmbedder, load_embedders, to_pixels
from imagecluster.embed.embedding import CHUNK, Content, Outcome, Twin, embed_files

__all__ = [
    "CHUNK",
    "Content",
    "Embedder",
    "LazyEmbedder",
    "Outcome",
    "Twin",
    "embed_files",
    "load_embedders",
    "to_pixels",
]
