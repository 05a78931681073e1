"""What the machine offers and asks for: cores, memory, atomic files, downloads."""
