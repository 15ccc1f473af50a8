"""Run a program, or a line for the shell, in a process of its own."""
