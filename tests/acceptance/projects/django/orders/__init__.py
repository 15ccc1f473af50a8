"""Their one Django app."""
