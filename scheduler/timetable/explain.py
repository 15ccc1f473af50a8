"""Says in plain English when a cron expression runs."""

from cronsim.explain import Expression as CronsimExpression

from scheduler.timetable.cron import Cron
from scheduler.timetable.expression import parse_expression


def explain_cron(cron: Cron) -> str:
    plain = parse_expression(cron.expression, cron.seed).plain
    text = CronsimExpression(["0", *(field.upper() for field in plain)]).explain()
    return f"{text} ({cron.timezone})."
