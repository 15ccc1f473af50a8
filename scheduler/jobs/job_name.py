"""What a job may be called: its name is part of keys, of run ids, and of commands that people type."""

import re

JOB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
EXPECTED = "up to 100 letters, digits, dots, dashes and underscores, the first a letter or digit"
