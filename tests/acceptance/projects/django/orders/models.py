"""What is ordered."""

from django.db import models


class Order(models.Model):
    """One order, and who asked for it."""

    asked_by = models.CharField(max_length=100)

    class Meta:
        app_label = "orders"
