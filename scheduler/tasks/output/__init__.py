"""What becomes of an output of any size: cut into lines, searched, kept within a bound."""
