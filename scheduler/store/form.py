"""The versions of what is stored: what a later one wrote is left for a process of that version.

Raise one with each change that an earlier version would misread, and go on reading all before it.
"""

# Of entries, of edits that wait beside them, and of staged files; also where `timetable.stored.VERSION` is raised.
FORM_VERSION = 1
# Of the rows of runs.
ROW_VERSION = 1
