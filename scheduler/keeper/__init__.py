"""KEEP. One process beside a worker owns its commands: it starts them, ends them, and outlives a killed worker."""

from scheduler.keeper.client import Keeper
from scheduler.keeper.command import Command, Ended, Identity, KeeperLost, NotStarted, Why
from scheduler.keeper.running import Running, Sink

__all__ = ["Command", "Ended", "Identity", "Keeper", "KeeperLost", "NotStarted", "Running", "Sink", "Why"]
