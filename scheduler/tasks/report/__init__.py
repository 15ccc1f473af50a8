"""`scheduler.report`: a query's answer as a CSV file."""
