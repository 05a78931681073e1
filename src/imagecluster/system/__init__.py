"""What the machine offers and asks for: cores, memory, files of ours, downloads."""
