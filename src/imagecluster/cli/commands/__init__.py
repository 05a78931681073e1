"""The commands, one file each: its arguments, and what it does, which is imported when it is done."""
