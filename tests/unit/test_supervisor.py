"""The supervised process tree, with small real processes."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from appliance.domain.errors import SetupError
from appliance.stack import logfiles
from appliance.stack import supervisor as supervisor_module
from appliance.stack.stop_request import StopRequest
from appliance.stack.supervisor import Child, Supervisor
from tests.servers import wait_until

#: A child that says that it runs, then waits for the end.
OBEYS = "import pathlib, signal, sys; pathlib.Path(sys.argv[1]).touch(); signal.pause()"
#: One that ignores the polite way and has a child of its own that does too.
STUBBORN = """
import pathlib, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
inner = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"
child = subprocess.Popen([sys.executable, "-c", inner], stdout=subprocess.PIPE)
child.stdout.readline()
pathlib.Path(sys.argv[1] + ".pid").write_text(str(child.pid))
pathlib.Path(sys.argv[1]).touch()
signal.pause()
"""


def child(folder: Path, name: str, code: str = OBEYS, **changes: object) -> Child:
    mark = folder / f"{name}.ready"
    return Child(
        name=name,
        argv=[sys.executable, "-c", code, str(mark)],
        env=dict(os.environ),
        ready=mark.exists,
        **changes,  # type: ignore[arg-type]
    )


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pids_after_step(supervisor: Supervisor) -> dict[str, int]:
    supervisor.step()
    return supervisor.pids


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def supervise(tmp_path: Path, clock: Clock, reports: list[str]) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def make(*children: Child) -> Supervisor:
        made.append(Supervisor(children, tmp_path / "logs", report=reports.append, clock=clock))
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.stop()


def test_children_start_in_order_and_stop_in_reverse(tmp_path: Path) -> None:
    log = tmp_path / "order"
    code = textwrap.dedent(f"""
        import pathlib, signal, sys
        name = pathlib.Path(sys.argv[1]).stem
        def say(word):
            with open({str(log)!r}, "a") as file:
                file.write(f"{{word}} {{name}}\\n")
        def end(*_):
            say("stop")
            sys.exit()
        signal.signal(signal.SIGTERM, end)
        say("start")
        pathlib.Path(sys.argv[1]).touch()
        signal.pause()
    """)
    supervisor = Supervisor(
        [child(tmp_path, name, code) for name in ("store", "api", "edge")], tmp_path / "logs", report=print
    )
    assert supervisor.start()
    pids = supervisor.pids
    supervisor.stop()
    assert log.read_text().split("\n")[:-1] == [
        "start store", "start api", "start edge", "stop edge", "stop api", "stop store",
    ]  # fmt: skip
    assert not [pid for pid in pids.values() if lives(pid)]


def test_one_that_ends_is_started_again_and_the_others_are_left_alone(
    tmp_path: Path, supervise: Callable[..., Supervisor], clock: Clock, reports: list[str]
) -> None:
    supervisor = supervise(child(tmp_path, "api"), child(tmp_path, "edge"))
    supervisor.start()
    before = supervisor.pids
    os.kill(before["api"], signal.SIGKILL)
    wait_until(lambda: "api" not in pids_after_step(supervisor), timeout_s=5, what="its end is seen")
    supervisor.step()
    assert "api" not in supervisor.pids, "it waits for its time"
    clock.now += supervisor_module.FIRST_DELAY_SECONDS
    supervisor.step()
    assert supervisor.pids["api"] != before["api"]
    assert supervisor.pids["edge"] == before["edge"]
    assert len(reports) == 1 and "api ended by signal 9" in reports[0]


def test_the_pause_grows_until_it_ran_long_enough(
    tmp_path: Path, supervise: Callable[..., Supervisor], clock: Clock, reports: list[str]
) -> None:
    fails = Child("api", [sys.executable, "-S", "-c", "raise SystemExit(3)"], dict(os.environ))
    supervisor = supervise(fails)
    supervisor.start()

    def ends_once(after_s: float) -> float:
        clock.now += after_s
        wait_until(lambda: not pids_after_step(supervisor), timeout_s=5, what="its end is seen")
        return float(reports[-1].split(" again in ")[1].split(" s;")[0])

    delays = [ends_once(0)]
    for _ in range(8):
        clock.now += delays[-1]
        supervisor.step()
        delays.append(ends_once(0))
    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    clock.now += delays[-1]
    supervisor.step()
    assert ends_once(supervisor_module.STABLE_SECONDS) == 0.5


def test_what_a_killed_child_leaves_behind_is_killed(tmp_path: Path, supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(child(tmp_path, "edge", STUBBORN))
    supervisor.start()
    inner = int((tmp_path / "edge.ready.pid").read_text())
    os.kill(supervisor.pids["edge"], signal.SIGKILL)
    wait_until(lambda: not pids_after_step(supervisor) and not lives(inner), timeout_s=5, what="its own child ends")


def test_who_does_not_obey_is_killed_within_ten_seconds(tmp_path: Path) -> None:
    children = [child(tmp_path, name, STUBBORN, stop_grace_s=0.3) for name in ("a", "b")]
    supervisor = Supervisor(children, tmp_path / "logs", report=print)
    supervisor.start()
    pids = [*supervisor.pids.values(), *(int((tmp_path / f"{name}.ready.pid").read_text()) for name in "ab")]
    started = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - started < 5
    wait_until(lambda: not any(map(lives, pids)), timeout_s=2, what="all ended")


def test_a_child_that_cannot_start_is_named_with_its_last_words(
    tmp_path: Path, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise(child(tmp_path, "api", "raise SystemExit('Port 8080 is in use.')"))
    with pytest.raises(SetupError, match=r"api does not start: Port 8080 is in use\."):
        supervisor.start()


def test_a_child_that_never_gets_ready_is_named(tmp_path: Path, supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(child(tmp_path, "api", "import signal; signal.pause()", ready_timeout_s=0.2))
    with pytest.raises(SetupError, match=r"api is not ready after 0\.2 s"):
        supervisor.start()


def test_a_start_can_be_broken_off(tmp_path: Path, supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(child(tmp_path, "api", "import signal; signal.pause()"), child(tmp_path, "edge"))
    asked = iter([False, False, True])
    assert supervisor.start(lambda: next(asked)) is False
    assert list(supervisor.pids) == ["api"]


def test_a_log_does_not_grow_without_end(tmp_path: Path) -> None:
    written = logfiles.LOG_BYTES + 1
    chatter = f"import os, pathlib, signal, sys; os.write(2, b'x' * {written}); " + OBEYS
    supervisor = Supervisor([child(tmp_path, "api", chatter)], tmp_path / "logs", report=print)
    supervisor.start()
    log = tmp_path / "logs" / "api.log"
    for number in range(6):
        with log.open("ab") as output:
            output.write(b"%d" % number * written)
        supervisor.step()
        # It is cut while the process that writes it lives on.
        assert list(supervisor.pids) == ["api"]
        assert log.stat().st_size == 0
    supervisor.stop()
    pieces = sorted(log.parent.glob("api.log*"))
    assert [piece.name for piece in pieces] == ["api.log", "api.log.1", "api.log.2", "api.log.3"]
    assert [piece.read_bytes()[:1] for piece in pieces] == [b"", b"5", b"4", b"3"]


def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(f"""
                import json, pathlib, signal, sys
                from tests.unit.test_supervisor import OBEYS, STUBBORN, child
                from appliance.stack.supervisor import Supervisor
                folder = pathlib.Path({str(tmp_path)!r})
                supervisor = Supervisor(
                    [child(folder, "good"), child(folder, "bad", STUBBORN)], folder / "logs", report=print
                )
                supervisor.start()
                print(json.dumps(supervisor.pids), flush=True)
                signal.pause()
            """),
        ],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout is not None
    with parent.stdout:
        pids = list(json.loads(parent.stdout.readline()).values())
        pids += [process.pid for process in psutil.Process(parent.pid).children(recursive=True)]
        assert len(set(pids)) == 4, "two children, one of theirs, the guardian"
        parent.kill()
        parent.wait()
        wait_until(lambda: not any(map(lives, pids)), timeout_s=10, what="all ended")


def test_a_program_that_went_away_is_tried_again(
    tmp_path: Path, supervise: Callable[..., Supervisor], clock: Clock, reports: list[str]
) -> None:
    program = tmp_path / "program"
    program.symlink_to("/bin/true")
    supervisor = supervise(Child("api", [str(program)], {}))
    supervisor.start()
    program.unlink()
    wait_until(lambda: not pids_after_step(supervisor), timeout_s=5, what="its end is seen")
    clock.now += 1
    supervisor.step()
    assert "cannot be started" in reports[-1] and "again in 1 s" in reports[-1]


def test_a_guardian_that_dies_is_replaced(tmp_path: Path, supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(child(tmp_path, "api"), child(tmp_path, "edge"))
    (guardian,) = guardians()
    guardian.kill()
    wait_until(lambda: not lives(guardian.pid), timeout_s=5, what="the guardian ended")
    assert supervisor.start()
    assert guardians() != [guardian]


def test_a_guardian_that_dies_later_is_replaced_within_a_round(
    tmp_path: Path, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise(child(tmp_path, "api"))
    assert supervisor.start()
    (guardian,) = guardians()
    guardian.kill()
    wait_until(lambda: not lives(guardian.pid), timeout_s=5, what="the guardian ended")
    supervisor.step()
    assert len(guardians()) == 1 and guardians() != [guardian]


def guardians() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if "guardian.py" in " ".join(p.cmdline())]


def test_signals_become_a_request_to_stop() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with StopRequest() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        stop.wait(5)
        made = stop.made
    assert made
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_end_of_a_child_is_noticed_at_once() -> None:
    with StopRequest() as stop:
        started = time.monotonic()
        process = subprocess.Popen([sys.executable, "-S", "-c", ""])
        stop.wait(10)
        assert time.monotonic() - started < 5
        assert process.wait() == 0
        assert not stop.made
