"""A storm of kill -9 over the runs of one application, and the count of what it did.

Whatever is counted is read with plain SQL from the target's own trail and from the journal's file. On PostgreSQL
the server notes every table that is made, in the maker's transaction; elsewhere each revision writes a row of its
own, and drops its table before it makes it, so that a second application would go through and be seen.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from orchestrator.faults import FaultPoint
from tests.crash.fault_points.aftermath import APPLIED, named, settle
from tests.crash.fault_points.arming import Armed
from tests.crash.scene import Scene, Watched, gone, kill, kill_groups, wait_until, workers

PER_RUN = 3
"""Revisions that a run brings to each environment."""
_RUNS_OF_A_SCENE = 5
_PASSAGES = 45
"""A kill comes after up to so many passages of a point: most of a run's length, however fast the machine is."""
_ATTEMPTS = 12
"""A run that was broken off so often is left to itself."""
_TRAIL = 'op.create_table("trail", sa.Column("revision", sa.String(40)))'
_DROP = 'op.execute("DROP TABLE IF EXISTS t_{revision}")'
_NOTE = """op.execute("INSERT INTO trail (revision) VALUES ('{revision}')")"""


@dataclass
class Tally:
    """What a storm did and found. The last three must stay 0."""

    family: str
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    resumes: int = 0
    revisions: int = 0
    in_doubt: int = 0
    acknowledged: int = 0
    applied_twice: int = 0
    unnamed: int = 0
    lost: int = 0

    @property
    def summary(self) -> dict[str, object]:
        """The figures, for a line and for docs/reliability.md."""
        return {
            "family": self.family,
            "seed": self.seed,
            "kills": self.kills.total(),
            "killed": dict(sorted(self.kills.items())),
            "runs": self.runs,
            "resumes": self.resumes,
            "revisions_applied": self.revisions,
            "in_doubt_resolved": self.in_doubt,
            "events_acknowledged": self.acknowledged,
            "revisions_applied_twice": self.applied_twice,
            "runs_without_a_name_for_their_state": self.unnamed,
            "acknowledged_events_lost": self.lost,
        }


class Storm:
    """Kills runs in scene after scene until `kills` were done; every run it broke off is brought to its end."""

    def __init__(self, tally: Tally, kills: int, new_scene: Callable[[], Scene]) -> None:
        self.tally = tally
        self._kills = kills
        self._new_scene = new_scene
        self._chance = random.Random(tally.seed)
        self._commands = 0
        self._acknowledged: dict[int, str] = {}

    def rage(self) -> None:
        """All of it; AssertionError where a command ends as none may, or nothing brings a run to its end."""
        while self.tally.kills.total() < self._kills:
            scene, self._acknowledged = _prepared(self._new_scene()), {}
            for number in range(_RUNS_OF_A_SCENE):
                if self.tally.kills.total() < self._kills:
                    self._run(scene, number)
                    self.tally.runs += 1
            self._counted(scene)

    def _run(self, scene: Scene, number: int) -> None:
        _prolonged(scene, number)
        before = len(scene.events("run_started"))
        for attempt in _forever(100):
            fresh = len(scene.events("run_started")) == before
            self.tally.resumes += not fresh
            done = self._attempt(scene, fresh=fresh, kill=attempt < _ATTEMPTS)
            self._checked(scene)
            if done:
                return

    def _attempt(self, scene: Scene, *, fresh: bool, kill: bool) -> bool:
        self._commands += 1
        armed = Armed(scene.root / f"armed_{self._commands}")
        command = ("rollout", "--yes") if fresh else ("resume",)
        process = scene.start(*command, "--format", "json", env=armed.environment)
        if kill and self.tally.kills.total() < self._kills:
            self._wait_for_the_moment(process, armed)
            if process.poll() is None:
                self._kill(process)
        out, err = process.communicate(timeout=180)
        self._acknowledged |= _acknowledged(armed)
        return self._ended(scene, process.returncode, out, err)

    def _wait_for_the_moment(self, process: subprocess.Popen[str], armed: Armed) -> None:
        """Some passages of a point and then some milliseconds; or any time at all, from the command's start on."""
        if self._chance.random() < 0.2:
            time.sleep(self._chance.uniform(0, 3))
            return
        until, notes = self._chance.randint(1, _PASSAGES), armed.folder / "passed"
        while process.poll() is None and (not notes.exists() or notes.read_bytes().count(b"\n") < until):
            time.sleep(0.005)
        time.sleep(self._chance.uniform(0, 0.03))

    def _kill(self, process: subprocess.Popen[str]) -> None:
        whom, found = self._chance.choice(("parent", "worker", "both")), workers(process)
        if whom == "worker" and found:
            kill_groups(found)
            self.tally.kills["worker"] += 1
            return
        if whom == "both" and found:
            kill(process, also=found)
            self.tally.kills["both"] += 1
            return
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self.tally.kills["parent"] += 1
        for pid in found:
            wait_until(lambda pid=pid: gone(pid), f"worker {pid} to end")

    def _ended(self, scene: Scene, code: int, out: str, err: str) -> bool:
        """Whether the run is done; in doubt is settled as the tool says."""
        if code == 7:
            settled = settle(scene, out)
            for environment, revision in settled:
                if scene.databases[environment].family != "postgresql":
                    scene.databases[environment].do(f"DELETE FROM trail WHERE revision = '{revision}'")
            self.tally.in_doubt += len(settled)
        assert code in (0, 6, 7, -signal.SIGKILL), f"{self.tally}\n{code}\n{out}\n{err}"
        return code == 0

    # --- what must hold after every kill ---

    def _checked(self, scene: Scene) -> None:
        """Every revision has a true name, and the journal has every event that it acknowledged."""
        self.tally.unnamed += not _has_names(scene)
        held = _journal(scene)
        self.tally.lost += len(self._acknowledged.items() - held.items())

    def _counted(self, scene: Scene) -> None:
        """What took effect in the scene; everything must have, and the journal's chain be whole."""
        self.tally.acknowledged += len(self._acknowledged)
        scene.verify()
        assert set(named(scene).values()) == {APPLIED}
        for database in scene.databases.values():
            trail = _trail(database)
            assert set(trail) == set(scene.revisions), trail
            self.tally.revisions += len(trail)
            self.tally.applied_twice += sum(count > 1 for count in trail.values())


def _prepared(scene: Scene) -> Scene:
    """With its first revision everywhere, which makes the trail."""
    scene.revision("r0", after=_TRAIL + "\n" + _NOTE.format(revision="r0"))
    done = scene.run("rollout", "--yes")
    assert done.returncode == 0, str(done)
    return scene


def _prolonged(scene: Scene, number: int) -> None:
    for count in range(PER_RUN):
        revision = f"r{1 + PER_RUN * number + count}"
        before = _DROP.format(revision=revision)
        scene.revision(revision, before=before, after=_NOTE.format(revision=revision))


def _trail(database: Watched) -> Counter[str]:
    """How often each revision took effect, as the target itself has it."""
    if database.family == "postgresql":
        made = database.made()
        return Counter({n.removeprefix("t_"): count for n, count in made.items() if n.startswith("t_")})
    return Counter(revision for (revision,) in database.rows("SELECT revision FROM trail"))


def _has_names(scene: Scene) -> bool:
    """Whether the tool can name the state; a server may still be at the end of what a dead client had sent it."""
    for _ in range(50):
        with suppress(AssertionError):
            named(scene)
            return True
        time.sleep(0.1)
    return False


def _acknowledged(armed: Armed) -> dict[int, str]:
    """What the command recorded durably, sequence and digest; noted at the fault point after each commit."""
    return {found[0]: found[1] for point, found in armed.passed if point is FaultPoint.JOURNAL_COMMITTED}


def _journal(scene: Scene) -> dict[int, str]:
    with sqlite3.connect(scene.journal, timeout=20) as connection:
        return dict(connection.execute("SELECT sequence, digest FROM orchestrate_events").fetchall())


def _forever(limit: int) -> Iterator[int]:
    yield from range(limit)
    raise AssertionError(f"not done after {limit} attempts")
