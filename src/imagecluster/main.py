"""The original's entry point, at the original's name: `from imagecluster import main; main.main(path, sim=0.5)`."""

from imagecluster.original.main import ic_base_dir, main

__all__ = ["ic_base_dir", "main"]
