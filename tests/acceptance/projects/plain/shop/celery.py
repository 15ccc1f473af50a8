"""Their application."""

from typing import Any

from celery import Celery

app = Celery("shop")
app.config_from_object("shop.settings", namespace="SHOP")


@app.on_after_configure.connect
def add_early(sender: Celery, **_kwargs: Any) -> None:
    sender.add_periodic_task(1.0, sender.signature("shop.tasks.note", args=("on_after_configure",)), name="early")


@app.on_after_finalize.connect
def add_late(sender: Celery, **_kwargs: Any) -> None:
    from shop.tasks import note

    # Without a name it is called after its signature.
    sender.add_periodic_task(1.0, note.s("on_after_finalize"))
