"""The loop that keeps the children running, shows what they write, and stops them in order."""

import selectors
import signal
import time
from collections.abc import Callable, Sequence

from scheduler import descendants
from scheduler.up.child import Child, Phase, describe_exit
from scheduler.up.screen import Screen
from scheduler.up.signals import Signals
from scheduler.up.stopping import Crew, Stopping

LABEL = "up"

_PULSE_SECONDS = 1.0
_PROBE_SECONDS = 0.025
_FAREWELL_SECONDS = 2.0
# A process that the kernel does not let go of must not keep the service from ending.
_SWEEP_SECONDS = 5.0

State = dict[str, str | float | int]


class Supervisor:
    """Starts crews of children in the given order and stops them in the reverse one, each crew as a whole.

    `pulse` is told the state of every child once a second, and when one of them changes; `label` is what the lines
    begin with that the supervisor itself says.
    """

    def __init__(
        self, crews: Sequence[Crew], screen: Screen, pulse: Callable[[State], None], label: str = LABEL
    ) -> None:
        self._crews = crews
        self._children = [child for crew in crews for child in crew]
        self._label = label
        self._screen = screen
        self._pulse = pulse
        self._next_pulse = 0.0
        self._selector = selectors.SelectSelector()
        self._strangers = descendants.children()
        self._sweep_until = 0.0
        self._was_whole = False
        self._stopping: Stopping | None = None

    def run(self) -> int:
        """Run until a signal says stop and every process has ended. Returns the exit code, 0."""
        with Signals() as signals, self._selector:
            self._selector.register(signals.descriptor, selectors.EVENT_READ)
            while not self._is_over():
                self._turn(time.monotonic())
                self._wait()
                self._handle(signals.take())
            self._screen.finish(_FAREWELL_SECONDS)
        return 0

    def _is_over(self) -> bool:
        return self._stopping is not None and self._stopping.is_over and not self._is_sweeping()

    def _turn(self, now: float) -> None:
        for child in self._children:
            if child.check():
                self._next_pulse = now
                if child.restarts:
                    self._say(f"{child.name} runs again")
            if child.is_startable(now) and self._is_wanted(child):
                self._start(child, now)
        if self._stopping is not None:
            self._stopping.advance(now)
        elif not self._was_whole and all(child.phase is Phase.RUNNING for child in self._children):
            self._was_whole = True
            self._say("everything runs; Ctrl-C stops it")
        if now >= self._next_pulse:
            self._next_pulse = now + _PULSE_SECONDS
            self._pulse(self._state(now))

    def _is_wanted(self, child: Child) -> bool:
        # A worker that is finishing its runs needs the server to the end.
        users = [other for other in self._children if other.needs is child and other.pid is not None]
        return self._stopping is None or bool(users)

    def _start(self, child: Child, now: float) -> None:
        try:
            child.start(now)
        except OSError as error:
            child.start_at = now + _PULSE_SECONDS
            self._say(f"{child.name} cannot be started: {error}")
            return
        self._selector.register(child.output, selectors.EVENT_READ, child)

    def _wait(self) -> None:
        """Wait for output, a signal, or the next moment at which there is something to do."""
        self._watch_screen()
        for key, _ in self._selector.select(self._patience(time.monotonic())):
            if isinstance(key.data, Child):
                self._show(key.data)
        self._screen.write()

    def _patience(self, now: float) -> float:
        if any(child.phase is Phase.STARTING for child in self._children) or self._is_sweeping():
            return _PROBE_SECONDS
        moments = [self._next_pulse]
        # One whose time has come already waits for another child, which will wake us.
        moments += [child.start_at for child in self._children if child.start_at > now]
        if self._stopping is not None:
            moments.append(self._stopping.deadline)
        return min(max(0.0, min(moments) - now), _PULSE_SECONDS)

    def _watch_screen(self) -> None:
        is_watched = self._screen.descriptor in self._selector.get_map()
        if self._screen.has_more and not is_watched:
            self._selector.register(self._screen.descriptor, selectors.EVENT_WRITE)
        elif is_watched and not self._screen.has_more:
            self._selector.unregister(self._screen.descriptor)

    def _show(self, child: Child) -> None:
        lines = child.read()
        if lines is None:
            self._selector.unregister(child.output)
            return
        for line in lines:
            self._screen.line(child.name, line)

    def _handle(self, signals: Sequence[signal.Signals]) -> None:
        for signum in signals:
            if signum is not signal.SIGCHLD:
                self._stop(signum)
        # Asked each time: signals of one kind that come together are one signal.
        for pid, code in descendants.ended():
            for child in self._children:
                if child.pid == pid:
                    self._bury(child, code)
        if self._is_sweeping():
            self._end_orphans()

    def _stop(self, signum: signal.Signals) -> None:
        if self._stopping is None:
            self._stopping = Stopping(self._crews[::-1])
            order = ", then ".join(" and ".join(child.name for child in crew) for crew in self._crews[::-1])
            self._say(f"stopping on {signum.name}: {order}; once more to hurry")
        else:
            self._say("hurrying")
            self._stopping.hurry()

    def _bury(self, child: Child, code: int) -> None:
        pid = child.pid
        assert pid is not None
        descendants.kill_group(pid)
        self._next_pulse = 0.0
        self._sweep_until = time.monotonic() + _SWEEP_SECONDS
        if child.output in self._selector.get_map():
            self._selector.unregister(child.output)
        was_asked = child.phase is Phase.STOPPING
        delay = child.ended(code, time.monotonic())
        for line in child.close():
            self._screen.line(child.name, line)
        if was_asked:
            self._say(f"{child.name} has stopped" if code == 0 else f"{child.name} {describe_exit(code)}")
        elif self._stopping is None:
            self._say(f"{child.name} {describe_exit(code)}; starting again in {delay:g} s")

    def _end_orphans(self) -> None:
        """Kill the processes that a dead child left to us; each of them may leave some in turn."""
        ours = {child.pid for child in self._children}
        orphans = descendants.children() - ours - self._strangers
        descendants.kill(orphans)
        if not orphans:
            self._sweep_until = 0.0

    def _is_sweeping(self) -> bool:
        return time.monotonic() < self._sweep_until

    def _state(self, now: float) -> State:
        state: State = {"stopping": self._stopping is not None}
        for child in self._children:
            state[child.name] = child.phase.value
            state[f"{child.name}_down_seconds"] = child.down_seconds(now)
            state[f"{child.name}_restarts"] = child.restarts
        return state

    def _say(self, text: str) -> None:
        self._screen.line(self._label, text)
