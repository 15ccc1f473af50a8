"""The years in which a schedule can name instants and days."""

# No zone's offset, and no run that is moved or delayed, leads from here out of what a datetime holds.
YEARS = range(1900, 9900)
YEARS_EXPECTED = f"a year from {YEARS[0]} to {YEARS[-1]}"

# Who looks for the next run of a job that its calendars never let run goes through each week up to the last of their
# days: here that is a moment, in the year 9000 it would be a minute.
CALENDAR_YEARS = range(1900, 2200)
CALENDAR_YEARS_EXPECTED = f"a year from {CALENDAR_YEARS[0]} to {CALENDAR_YEARS[-1]}"
