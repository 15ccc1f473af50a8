"""The lane: how a worker of threads executes commands, hundreds at once, without a thread and a request for each.

A message that the `Entrance` finds suitable (`arrival`) is claimed there, with those that wait behind it on its queue.
One thread, the `Runner`, starts them all and listens to all of them; another, the `Reporter`, writes down how they
ended. Every other message goes Celery's way.
"""
