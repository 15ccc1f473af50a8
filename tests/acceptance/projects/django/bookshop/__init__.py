"""A Django project as its manual and Celery's describe one."""

from bookshop.celery import app as celery_app

__all__ = ["celery_app"]
