"""What the supervisor promises of any children: kept running, shown, stopped in order, never left behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers import wait_for
from tests.services import Service, is_alive, parent, state, wait_until_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")

SMALL_SERVICE = Path(__file__).with_name("small_service.py")

SAY_STOP = """
import signal, sys, time
def stop(*_):
    print("told to stop")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("here")
while True:
    time.sleep(60)
"""
IGNORE_STOP = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("here")
while True:
    time.sleep(60)
"""


def program(name: str, code: str, grace: float = 20.0) -> dict[str, object]:
    return {"name": name, "code": code, "grace": grace}


def start(folder: Path, *programs: dict[str, object], server: bool = False, one_crew: bool = False) -> Service:
    return Service([sys.executable, *arguments(*programs, server=server, one_crew=one_crew)], folder)


def arguments(*programs: dict[str, object], server: bool = False, one_crew: bool = False) -> list[str]:
    return [str(SMALL_SERVICE), json.dumps({"programs": programs, "server": server, "one_crew": one_crew})]


def pid_of(service: Service, name: str) -> int:
    """Return the pid that the child printed."""
    found = [re.search(rf"^{name} *\| pid (\d+)$", line) for line in service.lines]
    return int([match[1] for match in found if match][-1])


def test_output_is_shown_in_whole_labelled_lines(tmp_path: Path) -> None:
    code = (
        "import os, time; os.write(1, b'one\\ntw'); os.write(2, b'o\\n')\n"
        "os.write(1, b'caf\\xe9\\nno end'); time.sleep(60)"
    )
    with start(tmp_path, program("a", code), program("longer", SAY_STOP)) as service:
        service.wait_for_line("caf")
        service.wait_for_line("here")
        assert service.stop() == 0

    assert [line for line in service.lines if line.startswith("a")] == [
        "a      | one",
        "a      | two",
        "a      | caf\ufffd",
        "a      | no end",
    ]
    assert [line for line in service.lines if line.startswith("longer")] == [
        "longer | here",
        "longer | told to stop",
    ]


def test_a_child_that_dies_is_started_again_less_soon_each_time(tmp_path: Path) -> None:
    code = "import sys; sys.exit('no configuration')"
    with start(tmp_path, program("beat", code)) as service:
        service.wait_for_line("beat | no configuration", count=3)
        service.wait_for_line("ended", count=3)
        assert service.stop() == 0

    assert [line for line in service.lines if "again in" in line][:3] == [
        "up   | beat ended with exit code 1; starting again in 0.5 s",
        "up   | beat ended with exit code 1; starting again in 1 s",
        "up   | beat ended with exit code 1; starting again in 2 s",
    ]


def test_a_program_that_cannot_be_started_is_reported_and_stops_nobody(tmp_path: Path) -> None:
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); import small_service\n"
        "sys.executable = '/nowhere/python'; sys.exit(small_service.main(json.loads(sys.argv[2])))"
    )
    spec = json.dumps({"programs": [program("a", SAY_STOP)]})
    with Service([sys.executable, "-c", code, str(SMALL_SERVICE.parent), spec], tmp_path) as service:
        service.wait_for_line("a cannot be started: [Errno 2] No such file or directory: '/nowhere/python'", count=2)
        assert service.stop() == 0


def test_a_killed_child_takes_its_descendants_along_and_is_started_again(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, time\n"
        "subprocess.Popen(['sleep', '1001']); subprocess.Popen(['sleep', '1002'], start_new_session=True)\n"
        "print('pid', os.getpid()); time.sleep(60)"
    )
    with start(tmp_path, program("worker", code)) as service:
        service.wait_for_line("pid")
        first = service.named("sleep")
        assert len(first) == 2

        os.kill(pid_of(service, "worker"), signal.SIGKILL)

        service.wait_for_line("worker | pid", count=2)
        wait_for(lambda: not any(map(is_alive, first)), 5, f"{first} to end")
        assert service.count("worker was killed by SIGKILL; starting again in 0.5 s") == 1
        assert service.stop() == 0
        wait_until_gone(service)


def test_children_stop_one_after_the_other_in_the_reverse_order_of_their_start(tmp_path: Path) -> None:
    with start(tmp_path, program("worker", SAY_STOP), program("beat", SAY_STOP), server=True) as service:
        service.wait_for_line("here", count=2)

        assert service.stop() == 0
        wait_until_gone(service)

    assert service.lines[-6:] == [
        "up     | stopping on SIGTERM: beat, then worker, then valkey; once more to hurry",
        "beat   | told to stop",
        "up     | beat has stopped",
        "worker | told to stop",
        "up     | worker has stopped",
        "up     | valkey has stopped",
    ]
    assert (tmp_path / "data" / "valkey" / "appendonlydir").is_dir()
    assert not (tmp_path / "data" / "valkey" / "socket").exists()


def test_the_children_of_one_crew_stop_at_the_same_time(tmp_path: Path) -> None:
    slow = SAY_STOP.replace('print("told to stop")', "time.sleep(1)")
    with start(tmp_path, program("a", slow), program("b", slow), program("c", slow), one_crew=True) as service:
        service.wait_for_line("here", count=3)
        began = time.monotonic()

        assert service.stop() == 0
        assert time.monotonic() - began < 2.5
        wait_until_gone(service)

    assert service.count("stopping on SIGTERM: a and b and c; once more to hurry") == 1


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_way_to_say_stop_ends_with_exit_code_0(tmp_path: Path, signum: signal.Signals) -> None:
    with start(tmp_path, program("a", SAY_STOP)) as service:
        service.wait_for_line("here")

        assert service.stop(signum) == 0
        assert service.count(f"stopping on {signum.name}") == 1


def test_a_child_that_does_not_stop_is_killed_when_its_grace_is_over(tmp_path: Path) -> None:
    with start(tmp_path, program("worker", IGNORE_STOP, grace=0.3)) as service:
        service.wait_for_line("here")

        assert service.stop() == 0
        assert service.lines[-1] == "up     | worker was killed by SIGKILL"
        wait_until_gone(service)


def test_a_second_signal_hurries_but_the_server_still_stops_as_it_should(tmp_path: Path) -> None:
    children = [program(name, IGNORE_STOP, grace=600) for name in ("worker", "beat")]
    with start(tmp_path, *children, server=True) as service:
        service.wait_for_line("here", count=2)
        service.process.send_signal(signal.SIGINT)
        service.wait_for_line("stopping on SIGINT")

        assert service.stop(signal.SIGINT, seconds=10) == 0
        wait_until_gone(service)

    assert service.lines[-4:] == [
        "up     | hurrying",
        "up     | beat was killed by SIGKILL",
        "up     | worker was killed by SIGKILL",
        "up     | valkey has stopped",
    ]


def test_a_supervisor_killed_outright_leaves_no_process_and_its_data_can_be_used_at_once(tmp_path: Path) -> None:
    with start(tmp_path, program("worker", IGNORE_STOP), server=True) as service:
        service.wait_for_line("here")
        assert len(service.pids()) == 3

        service.process.kill()
        with start(tmp_path, program("worker", SAY_STOP), server=True) as successor:
            successor.wait_for_line("here")
            assert successor.stop() == 0
        wait_until_gone(service)


def test_a_server_that_dies_is_started_again_on_the_same_data(tmp_path: Path) -> None:
    talk = (
        "import os, socket, time; from pathlib import Path\n"
        "s = socket.socket(socket.AF_UNIX); s.connect(Path('data/valkey/socket').read_text().strip())\n"
        "s.sendall(b'INCR starts\\r\\n'); print('starts', s.recv(64)); print('pid', os.getpid()); s.recv(1)"
    )
    with start(tmp_path, program("worker", talk), server=True) as service:
        service.wait_for_line("starts b':1")
        service.wait_for_line("everything runs")
        os.kill(service.named("valkey-server")[0], signal.SIGKILL)

        service.wait_for_line("valkey was killed by SIGKILL; starting again in 0.5 s")
        service.wait_for_line("valkey runs again")
        service.wait_for_line("starts b':2")
        assert service.stop() == 0


def test_what_lost_its_parent_is_reaped_and_ended_with_the_service(tmp_path: Path) -> None:
    # A daemon that forks twice has no parent of ours any more, and one of them ends at once.
    code = (
        "import os, time\n"
        "for command in (['true'], ['sleep', '1003']):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        if os.fork() == 0: os.execvp(command[0], command)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
        "print('here'); time.sleep(60)"
    )
    with start(tmp_path, program("worker", code)) as service:
        service.wait_for_line("here")
        wait_for(lambda: len(service.named("sleep")) == 1, 5, "the daemon")
        (daemon,) = service.named("sleep")
        wait_for(lambda: parent(daemon) == service.process.pid, 5, "the daemon to be adopted")
        wait_for(lambda: not zombies_of(service.process.pid), 5, "the ended daemon to be reaped")

        assert service.stop() == 0
        wait_until_gone(service)


def zombies_of(pid: int) -> list[int]:
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [each for each in pids if state(each) == "Z" and parent(each) == pid]


def test_a_terminal_that_nobody_reads_holds_up_neither_the_children_nor_the_stop(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "signal.signal(signal.SIGTERM, lambda *_: (Path('stopped').touch(), os._exit(0)))\n"
        "for n in range(10**9):\n"
        "    print('x' * 1000)\n"
        "    if n == 20_000: Path('written').touch()"
    )
    master, terminal = os.openpty()
    process = subprocess.Popen(
        [sys.executable, *arguments(program("flood", code))], cwd=tmp_path, stdout=terminal, start_new_session=True
    )
    try:
        wait_for((tmp_path / "written").exists, 20, "20 MB to be written")
        process.terminate()
        assert process.wait(20) == 0
        assert (tmp_path / "stopped").exists()
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(terminal)


def may_make_pid_namespaces() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    attempt = [unshare, "--pid", "--fork", "--mount-proc", "true"]
    return subprocess.run(attempt, capture_output=True, check=False).returncode == 0


def test_as_process_1_it_reaps_and_stops_as_anywhere(tmp_path: Path) -> None:
    if not may_make_pid_namespaces():
        pytest.skip("making a process-id namespace is not permitted here")
    code = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit())\n"
        "if os.fork() == 0:\n"
        "    if os.fork() == 0: os.execvp('true', ['true'])\n"
        "    os._exit(0)\n"
        "os.wait(); print('parent', os.getppid())\n"
        "while True: time.sleep(60)"
    )
    unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable]
    with Service([*unshare, *arguments(program("a", code), server=True)], tmp_path) as service:
        service.wait_for_line("a      | parent 1")
        (first,) = [pid for pid in service.pids() if parent(pid) == service.process.pid]
        wait_for(lambda: not zombies_of(first), 5, "the orphan to be reaped")

        os.kill(first, signal.SIGTERM)

        assert service.wait() == 0, service
        assert not is_alive(first)
        wait_until_gone(service)
