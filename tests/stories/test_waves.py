"""A fleet of tenants changed wave by wave: what fails, what stops, what a person does then; on SQLite files."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

import pytest

from tests.command import Command, Completed
from tests.crash.scene import gone, kill, wait_until
from tests.projects_builder import AlembicProject
from tests.stories.pipeline import told

_GATED = """
import pathlib, time
name = pathlib.Path(op.get_bind().engine.url.database).stem
place = pathlib.Path({place!r})
patience = time.monotonic() + 60
while (place / f"closed_{{name}}").exists() and time.monotonic() < patience:
    (place / f"waits_{{name}}").touch()
    time.sleep(0.01)
op.execute("INSERT INTO done VALUES ('{revision}')")
"""


class Fleet:
    """Tenants t1, t2, … of prod, each a file; a revision leaves a row in `done`, and fails where that is missing.

    A revision waits, before it writes anything, while its tenant's gate is closed.
    """

    def __init__(self, project: AlembicProject, command: Command, tenants: int) -> None:
        self.root = project.root
        self.project = project
        self.command = command
        self.names = [f"t{number}" for number in range(1, tenants + 1)]
        (self.root / "tenants").mkdir()
        for revision, down in (("r1", None), ("r2", "r1")):
            project.revision(revision, down, _GATED.format(place=str(self.root), revision=revision))
        for name in self.names:
            self.make(name)

    def write(self, waves: dict[str, Any], **environments: Any) -> None:
        """Write environments.yaml: prod with those waves, and what comes after it."""
        url = "sqlite:///tenants/{tenant}.db"
        prod = {"url": url, "tenants": {"databases": self.names, "order": "source"}, "waves": waves}
        self.project.environments({"prod": prod, **environments})

    def __call__(self, *args: str) -> Completed:
        return self.command(*args, cwd=self.root, timeout=120)

    def make(self, name: str) -> None:
        """The database of a tenant, at base."""
        self.execute(
            name,
            "CREATE TABLE done (revision TEXT)",
            "CREATE TABLE alembic_version (version_num TEXT PRIMARY KEY)",
        )

    def execute(self, name: str, *statements: str) -> None:
        """Change a tenant's database by hand."""
        with closing(sqlite3.connect(self.root / "tenants" / f"{name}.db")) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def done(self, name: str) -> list[str]:
        """The revisions that ran there, as often as they did."""
        with closing(sqlite3.connect(self.root / "tenants" / f"{name}.db")) as connection:
            known = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'done'").fetchone()[0]
            return [row for (row,) in connection.execute("SELECT revision FROM done")] if known else []

    def close(self, *names: str) -> None:
        """Let revisions wait on these tenants."""
        for name in names:
            (self.root / f"closed_{name}").touch()

    def open(self, *names: str) -> None:
        """Let them go on."""
        for name in names:
            (self.root / f"closed_{name}").unlink()

    def waits(self, name: str) -> Callable[[], bool]:
        """Whether a revision waits there."""
        return (self.root / f"waits_{name}").exists

    def logged(self, kind: str) -> list[dict[str, Any]]:
        """The events of that kind, of all runs, as the logs have them."""
        lines: list[dict[str, Any]] = []
        for path in sorted((self.root / ".orchestrator" / "logs").glob("*.jsonl")):
            lines += [json.loads(line) for line in path.read_text().split("\n")[:-1]]
        return [line for line in lines if line["event"] == kind]

    def recorded(self, *kinds: str) -> Counter[tuple[str, str]]:
        """How often the journal has an event of these kinds, by target and revision."""
        file = f"file:{self.root / '.orchestrator' / 'journal.db'}?mode=ro"
        with closing(sqlite3.connect(file, uri=True)) as journal:
            rows = journal.execute("SELECT kind, target, revision FROM orchestrate_events")
            return Counter((target, revision) for kind, target, revision in rows if kind in kinds)

    def assert_finished(self) -> None:
        """Every tenant has every revision, each ran and is recorded exactly once."""
        assert {name: self.done(name) for name in self.names} == {name: ["r1", "r2"] for name in self.names}
        expected = [(f"prod/app@{name}", revision) for name in self.names for revision in ("r1", "r2")]
        assert self.recorded("step_applied", "step_recovered") == Counter(expected)


MakeFleet = Callable[[int], Fleet]


@pytest.fixture
def make_fleet(alembic_project: Callable[..., AlembicProject], orchestrate: Command) -> MakeFleet:
    """Makes a fleet of so many tenants."""
    return lambda tenants: Fleet(alembic_project("app"), orchestrate, tenants)


def results(completed: Completed) -> dict[str, str]:
    """The result of each target of a JSON document."""
    return {target["target"].rpartition("@")[2]: target["result"] for target in completed.json["targets"]}


def grouped(found: dict[str, str]) -> dict[str, set[str]]:
    """The tenants by their result."""
    return {result: {name for name in found if found[name] == result} for result in set(found.values())}


def numbers(events: Iterable[dict[str, Any]]) -> list[int]:
    """The waves that events are about."""
    return [event["number"] for event in events]


def test_within_its_budget_a_fleet_goes_on_and_resume_takes_what_is_left(make_fleet: MakeFleet) -> None:
    """Two of twelve fail, and two may: all the rest is done; the two are taken up when their cause is gone."""
    fleet = make_fleet(12)
    fleet.write({"canary": 1, "size": "30%", "max_failures": 2})
    for name in ("t3", "t9"):
        fleet.execute(name, "DROP TABLE done")
    first = fleet("rollout", "--yes", "--format", "json")
    assert first.returncode == 6, str(first)
    assert grouped(results(first)) == {"failed": {"t3", "t9"}, "applied": {*fleet.names} - {"t3", "t9"}}
    started, finished = fleet.logged("wave_started"), fleet.logged("wave_finished")
    assert [(event["number"], event["targets"], event["failed"]) for event in finished] == [
        (1, 1, 0),
        (2, 4, 1),
        (3, 4, 1),
        (4, 3, 0),
    ]
    assert {(event["environment"], event["of"]) for event in started + finished} == {("prod", 4)}
    assert numbers(started) == [1, 2, 3, 4]

    for name in ("t3", "t9"):
        fleet.execute(name, "CREATE TABLE done (revision TEXT)")
    again = fleet("resume", "--format", "json")
    assert again.returncode == 0, str(again)
    assert grouped(results(again)) == {"applied": {"t3", "t9"}, "nothing_to_do": {*fleet.names} - {"t3", "t9"}}
    assert numbers(fleet.logged("wave_started")[4:]) == [2, 3]
    fleet.assert_finished()


def test_a_run_at_work_is_not_taken_up_where_a_target_failed(make_fleet: MakeFleet) -> None:
    """While others are still worked on, resume is refused with who works since when; it loses the run nothing."""
    fleet = make_fleet(3)
    fleet.write({"parallel": 2, "max_failures": 1})
    fleet.execute("t1", "DROP TABLE done")
    fleet.close("t2")
    process = fleet.command.start("rollout", "--yes", "--format", "json", cwd=fleet.root)
    wait_until(fleet.waits("t2"), "t2 to be in its revision", process)
    wait_until(lambda: fleet.recorded("step_failed"), "t1 to have failed", process)
    fleet.execute("t1", "CREATE TABLE done (revision TEXT)")
    run = json.loads(fleet("runs", "--format", "json").stdout)["runs"][0]["run_id"]
    told(fleet("resume"), 8, f"run {run}: driven by process {process.pid} of ", " UTC", "orchestrate locks")
    assert process.poll() is None
    fleet.open("t2")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 6, err
    found = {target["target"].rpartition("@")[2]: target["result"] for target in json.loads(out)["targets"]}
    assert grouped(found) == {"failed": {"t1"}, "applied": {"t2", "t3"}}
    assert fleet("resume").returncode == 0
    fleet.assert_finished()


@pytest.mark.parametrize(
    ("mode", "in_hand", "others"),
    [("stop", ["r1"], []), ("drain", ["r1", "r2"], []), ("continue", ["r1", "r2"], ["r1", "r2"])],
)
def test_over_its_budget_a_fleet_stops_as_was_asked(
    make_fleet: MakeFleet, mode: str, in_hand: list[str], others: list[str]
) -> None:
    """stop ends those in hand after their revision, drain after all of theirs, continue only the environment."""
    fleet = make_fleet(4)
    fleet.write(
        {"parallel": 2, "on_failure": mode, "size": 3}, last={"url": f"sqlite:///{fleet.root}/tenants/last.db"}
    )
    fleet.execute("t1", "DROP TABLE done")
    fleet.close("t1", "t2")
    process = fleet.command.start("rollout", "--yes", "--format", "json", cwd=fleet.root)
    wait_until(fleet.waits("t2"), "t2 to be in its revision", process)
    fleet.open("t1")
    wait_until(lambda: fleet.logged("stopping"), "the budget to be over", process)
    fleet.open("t2")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 6, err
    document = json.loads(out)
    assert document["outcome"] == "failed"
    assert fleet.done("t2") == in_hand
    assert fleet.done("t3") == fleet.done("t4") == others
    found = {target["target"]: target["result"] for target in document["targets"]}
    assert found["prod/app@t1"] == "failed"
    assert found["last"] == "not_started"
    assert not (fleet.root / "tenants" / "last.db").exists()
    (told_once,) = fleet.logged("stopping")
    assert told_once["message"].startswith("prod: by now 1 target failed and none may; ")
    if mode == "continue":
        assert "no such table: done" in document["error"]["message"]
        return
    left = 3 if mode == "stop" else 2
    assert document["error"]["code"] == "over_budget"
    assert document["error"]["message"] == f"prod: 1 target failed and none may; {left} are left"


def test_a_canary_that_fails_keeps_every_wave_from_beginning(make_fleet: MakeFleet) -> None:
    """It goes alone, by name, and no budget covers it; what is left is said, and resume sends it ahead again."""
    fleet = make_fleet(3)
    fleet.write({"canary": ["t2"], "parallel": 3, "max_failures": 2})
    fleet.execute("t2", "DROP TABLE done")
    said = told(
        fleet("rollout", "--yes"),
        6,
        "prod: the canary failed, and no other was begun; 2 are left",
        "orchestrate resume",
    )
    assert "no such table: done" in said
    assert fleet.done("t1") == fleet.done("t3") == []
    assert numbers(fleet.logged("wave_started")) == [1]
    fleet.execute("t2", "CREATE TABLE done (revision TEXT)")
    told(fleet("resume"), 0)
    fleet.assert_finished()


def test_only_a_canary_that_goes_ahead_is_one(make_fleet: MakeFleet) -> None:
    """A wave that comes first since the canary has nothing to do, or since a run is taken back, has its budget."""
    fleet = make_fleet(4)
    fleet.project.revision("r3", "r2", "pass", "op.execute('DROP TABLE done')")
    fleet.write({"canary": ["t1"], "size": 1, "parallel": 1, "max_failures": 1})
    run = fleet("rollout", "--yes", "--format", "json").json["run_id"]
    fleet.execute("t2", "DROP TABLE done")
    back = fleet("rollback", run, "--yes")
    told(back, 6, "no such table: done", "prod: 4 targets in 4 waves of 1", "prod/app@t1 reverted")
    assert "the canary" not in str(back)
    for name in ("t1", "t4"):
        fleet.execute(name, "CREATE TABLE done (revision TEXT)")
    told(fleet("rollout", "--only", "t1", "--yes"), 0)
    again = fleet("rollout", "--yes")
    told(again, 6, "no such table: done", "prod/app@t4 applied")
    assert "the canary" not in str(again)


def test_a_run_that_cannot_be_resumed_any_more_is_not_what_comes_next(make_fleet: MakeFleet) -> None:
    """Where a tenant that it did not finish has left the list, the others go on with a new run."""
    fleet = make_fleet(2)
    fleet.write({})
    fleet.execute("t2", "DROP TABLE done")
    told(fleet("rollout", "--yes"), 6)
    told(fleet("status"), 0, "next: orchestrate resume")
    fleet.names.remove("t2")
    fleet.write({})
    said = told(fleet("status"), 0, "every target is at head; nothing to do")
    assert "resume" not in said


def test_verify_and_pause_stand_between_the_waves(make_fleet: MakeFleet) -> None:
    """A pause ends with a signal, and a verify that fails is asked again, before anything else is begun."""
    fleet = make_fleet(3)
    ask = 'echo asked >> asked; if [ -e sick ]; then echo "half of them answer"; exit 3; fi'
    waves = {"canary": 1, "size": 1, "verify": ["sh", "-c", ask]}
    later = {"last": {"url": f"sqlite:///{fleet.root}/tenants/last.db"}}
    fleet.make("last")

    def asked() -> int:
        return len((fleet.root / "asked").read_text().splitlines())

    fleet.write({**waves, "pause": "1h"}, **later)
    process = fleet.command.start("rollout", "--yes", "--format", "json", cwd=fleet.root)
    wait_until(lambda: fleet.logged("wave_paused"), "the pause", process)
    seen = told(fleet("status"), 0, "prod/app@t2", "is working on it now")
    assert "orchestrate resume" not in seen
    told(fleet("resume"), 8, f": driven by process {process.pid} of ")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    document = json.loads(out)
    assert (document["outcome"], asked()) == ("interrupted", 1)
    assert [fleet.done(name) for name in fleet.names] == [["r1", "r2"], [], []]
    (paused,) = fleet.logged("wave_paused")
    assert (paused["environment"], paused["number"], paused["seconds"]) == ("prod", 2, 3600)

    fleet.write(waves, **later)
    (fleet.root / "sick").touch()
    words = "verify (sh -c …) ended with exit code 3; its last words: half of them answer"
    told(fleet("resume"), 6, f"wave 2 of 3 of prod: {words}", "# asks it again", "not started")
    assert "half of them answer" in [line.get("line") for line in fleet.logged("output")]
    assert asked() == 2
    assert fleet.done("t3") == fleet.done("last") == []
    run = fleet.logged("run_started")[0]["run"]
    failed = f"run {run} is not finished: wave 2 of 3 of prod: {words}"
    told(fleet("status"), 0, f"{failed}; still to do: prod/app@t3, last", f"next: orchestrate resume {run}")
    told(fleet("plan"), 0, f"{failed}; this plan begins anew")

    (fleet.root / "sick").unlink()
    told(fleet("resume"), 0)
    assert asked() == 4
    finished = [(event["number"], event["verify"]) for event in fleet.logged("wave_finished")]
    assert finished == [(1, "passed"), (2, "failed"), (2, "passed"), (3, "passed")]
    fleet.names.append("last")
    assert fleet.done("last") == ["r1", "r2"]


def test_a_verify_that_does_not_end_fails_and_a_second_signal_ends_it(make_fleet: MakeFleet) -> None:
    """After its timeout it is ended and the run with it; resume asks again, and two Ctrl-C suffice to get out."""
    fleet = make_fleet(1)
    waves = {"verify": ["sh", "-c", "echo waiting; sleep 600"]}
    fleet.write({**waves, "verify_timeout": "0.2s"})
    told(
        fleet("rollout", "--yes"),
        6,
        "verify (sh -c 'echo waiting; sleep 600') did not end within 0.2 seconds; its last words: waiting",
    )
    fleet.write({"verify": ["sh", "-c", "while :; do echo again; done"], "verify_timeout": "0.2s"})
    told(
        fleet("resume"),
        6,
        "verify (sh -c 'while :; do echo again; done') did not end within 0.2 seconds; its last words: again",
    )

    fleet.write({**waves, "verify_timeout": 600})
    process = fleet.command.start("resume", "--format", "json", cwd=fleet.root)
    wait_until(lambda: len(fleet.logged("output")) >= 2 and _asked(fleet) == 2, "the verify", process)
    for count in (1, 2):
        process.send_signal(signal.SIGINT)
        wait_until(lambda count=count: len(fleet.logged("stopping")) >= count, "the signal to be noticed", process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert json.loads(out)["outcome"] == "interrupted"
    fleet.assert_finished()


@pytest.mark.parametrize("left", ["", "setsid"], ids=["in its group", "in its own session"])
def test_what_a_verify_leaves_in_the_background_is_not_waited_for(make_fleet: MakeFleet, left: str) -> None:
    """A verify that ends has ended, whoever holds its output open, and what stayed in its group is ended too."""
    fleet = make_fleet(1)
    ask = f"{left} sh -c 'echo $$ > left; exec sleep 300' & while [ ! -s left ]; do sleep 0.01; done; echo well"
    fleet.write({"verify": ["sh", "-c", ask], "verify_timeout": 60})
    told(fleet("rollout", "--yes"), 0)
    assert [line["line"] for line in fleet.logged("output") if "verify" in line] == ["well"]
    number = int((fleet.root / "left").read_text())
    assert gone(number) is (not left)
    if not gone(number):
        os.kill(number, signal.SIGKILL)


def _asked(fleet: Fleet) -> int:
    return sum(line["line"] == "waiting" for line in fleet.logged("output"))


def test_a_fleet_that_was_killed_in_the_middle_is_finished_with_nothing_applied_twice(
    make_fleet: MakeFleet,
) -> None:
    """Two of six were done, two in hand and two not begun; all have each revision once afterwards."""
    fleet = make_fleet(6)
    fleet.write({"canary": 1, "size": 3, "parallel": 2})
    fleet.close("t3", "t4")
    process = fleet.command.start("rollout", "--yes", "--format", "json", cwd=fleet.root)
    for name in ("t3", "t4"):
        wait_until(fleet.waits(name), f"{name} to be in its revision", process)
    kill(process)
    assert [fleet.done(name) for name in fleet.names] == [["r1", "r2"]] * 2 + [[]] * 4
    fleet.open("t3", "t4")
    done = fleet("resume", "--format", "json")
    assert done.returncode == 0, str(done)
    assert grouped(results(done)) == {"applied": {"t3", "t4", "t5", "t6"}, "nothing_to_do": {"t1", "t2"}}
    fleet.assert_finished()


def test_what_cannot_take_part_is_named_and_left_out_only_when_asked(make_fleet: MakeFleet) -> None:
    """Each with its mend and the option that leaves it out; then the others are changed, the report names it."""
    fleet = make_fleet(3)
    fleet.write({})
    fleet.execute("t2", "INSERT INTO alembic_version VALUES ('zz')")
    told(fleet("rollout", "--yes"), 4, "prod/app@t2", "holds revision zz, which is in no script", "--skip-unfit")
    assert [fleet.done(name) for name in fleet.names] == [[], [], []]
    told(
        fleet("plan", "--skip-unfit"),
        0,
        "prod/app@t1, prod/app@t3: 2 revisions each",
        "left out: prod/app@t2: holds",
    )
    done = fleet("rollout", "--yes", "--skip-unfit", "--format", "json")
    assert done.returncode == 0, str(done)
    assert [(one["target"], one["reason"]) for one in done.json["left_out"]] == [
        ("prod/app@t2", "holds revision zz, which is in no script")
    ]
    assert [fleet.done(name) for name in fleet.names] == [["r1", "r2"], [], ["r1", "r2"]]
