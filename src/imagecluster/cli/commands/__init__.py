"""The commands, one file each: `add` adds the arguments, `command` runs it and imports what it needs."""
