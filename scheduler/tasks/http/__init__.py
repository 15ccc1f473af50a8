"""Send a request, and see whether the answer is the one that was expected."""
