"""What the package needs of the machine: cores, memory, its own files, downloads, progress."""
