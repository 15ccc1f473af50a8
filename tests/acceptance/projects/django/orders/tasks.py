"""Their tasks, which work on their database."""

from celery import shared_task

from orders.models import Order


@shared_task
def order(asked_by: str) -> None:
    """Put an order into the database."""
    Order.objects.create(asked_by=asked_by)


@shared_task
def remind() -> None:
    """Remind of it."""
