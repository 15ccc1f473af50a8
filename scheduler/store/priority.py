"""How urgent a run is, and what that makes of its place in line."""

DEFAULT_PRIORITY = 5
MOST_URGENT = 9

# The most urgent run comes first, then the one that has waited longest: no instant in milliseconds is as large as 2^42.
RANK = f"""
local function rank_of(priority, dispatched)
  return ({MOST_URGENT} - tonumber(priority or {DEFAULT_PRIORITY})) * 4398046511104 + tonumber(dispatched)
end
"""
