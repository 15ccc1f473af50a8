"""The log of a run: what it says on stdout and stderr and through loggers, masked and bounded, on its way to Redis."""
