"""`scheduler.cleanup`: files that are old enough are removed."""
