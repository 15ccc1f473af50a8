"""A Celery project as people have one, with a configuration of its own and its own ways of adding periodic tasks."""
