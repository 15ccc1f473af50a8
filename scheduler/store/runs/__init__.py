"""The ledger: the row of each run, and every way in which a run goes from one state to the next.

A run is `waiting` (held back by an earlier run of its job, or by a pool), `queued`, `running`, `retrying` (between two
attempts) or `ended`; `dispatched` is one whose workers keep no ledger, so that nothing more is known of it. Each change
of state is one script that looks at the state first: whoever comes too late changes nothing.
"""
