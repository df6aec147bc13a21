"""The journal: what it keeps, what it notices, what it never does. SQLite and PostgreSQL keep one contract."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine, make_url

from orchestrator.core import plan_json as plans
from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import Plan, PlanKind, Step, TargetPlan, Wave
from orchestrator.core.run import Outcome
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.errors import ConfigurationError, JournalError, RefusedError, UsageError
from orchestrator.journal.journal import Journal

START = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
DEV, TEST = Target("dev"), Target("test", "billing", "größe@1")
STEP = Step("b", "sha256:b", "Make b — „groß“")
PLAN = Plan(
    PlanKind.ROLLOUT,
    None,
    "test",
    ("b",),
    tuple(Wave((TargetPlan(target, ("a",), ("b",), (STEP,), "identity"),)) for target in (DEV, TEST)),
    ((DEV, ("a",)),),
)


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.sqlite),
        pytest.param("postgresql", marks=pytest.mark.postgresql),
    ]
)
def url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> Secret:
    """Where a journal is to be: nothing is there yet."""
    return Secret(new_database(request.param))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "er" / "journal.db"


@pytest.fixture
def engine(url: Secret) -> Iterator[Engine]:
    """Somebody who changes the journal behind its back."""
    address = make_url(url.reveal())
    engine = create_engine(
        address.set(drivername="postgresql+psycopg") if "postgresql" in url.reveal() else address
    )
    yield engine
    engine.dispose()


def behind_its_back(engine: Engine, change: str) -> None:
    """Change a journal as somebody with all rights can, past the trigger that keeps others from it."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE orchestrate_events DISABLE TRIGGER USER"))
        for statement in change.strip().split(";"):
            connection.execute(text(statement))


def events(run: str, *more: tuple[EventKind, Target | None], at: datetime = START) -> list[Event]:
    """The start of a run and what follows, a second apart."""
    body: dict[str, Any] = {
        "plan": plans.to_json(PLAN),
        "command": "orchestrate rollout",
        "none": None,
        "n": [1, 2.5],
    }
    told = [Event(EventKind.RUN_STARTED, at, run, "ann@work", body=body)]
    for seconds, (kind, target) in enumerate(more, 1):
        revision = "b" if kind.startswith("step") else None
        extra = {"outcome": "succeeded"} if kind is EventKind.RUN_FINISHED else {}
        told.append(
            Event(kind, at + timedelta(seconds=seconds, microseconds=7), run, "ann@work", target, revision, extra)
        )
    return told


STEPS = ((EventKind.STEP_INTENT, DEV), (EventKind.STEP_APPLIED, DEV), (EventKind.RUN_FINISHED, None))


def write(url: Secret, *batches: list[Event]) -> tuple[Event, ...]:
    with Journal(url, writing=True) as journal:
        return tuple(event for batch in batches for event in journal.record(batch))


def test_what_was_recorded_is_read_back_as_it_was(url: Secret) -> None:
    """Times to the microsecond, names in any script, nested values; numbered in order, also when opened again."""
    told = events("r1", *STEPS)
    recorded = write(url, told[:2]) + write(url, told[2:])
    assert [event.sequence for event in recorded] == [1, 2, 3, 4]
    with Journal(url) as journal:
        assert journal.events("r1") == recorded
        assert [replace(event, sequence=None) for event in journal.events("r1")] == told
        run = journal.run("r1")
    assert (run.outcome, run.plan, run.actor, run.started_at) == (Outcome.SUCCEEDED, PLAN, "ann@work", START)
    assert run.finished(DEV)
    assert not run.finished(TEST)


def test_one_run_is_not_mixed_with_another(url: Secret) -> None:
    """Two runs may record at once; each has its own events."""
    first, second = events("r1", *STEPS), events("r2", (EventKind.STEP_INTENT, TEST))
    write(url, first[:2], second[:1], first[2:], second[1:])
    with Journal(url) as journal:
        assert [event.kind for event in journal.events("r2")] == [EventKind.RUN_STARTED, EventKind.STEP_INTENT]
        assert journal.run("r1").complete
        assert journal.run("r2").open


def test_the_last_runs_say_of_their_targets_what_the_runs_say(url: Secret) -> None:
    """Of a target that got all that was planned only its end is read, and that tells as much as all events."""

    def ended(target: Target, result: str, seconds: int) -> Event:
        at = START + timedelta(seconds=seconds)
        body = {"result": result, "heads": ["b"], "reason": 'said "result":"applied"'}
        return Event(EventKind.TARGET_FINISHED, at, "r1", "ann@work", target, body=body)

    write(url, events("r1", STEPS[0], STEPS[1], (EventKind.STEP_INTENT, TEST)), [ended(DEV, "applied", 9)])
    for more in ([], [ended(TEST, "failed", 10)], [ended(TEST, "applied", 11)]):
        write(url, more)
        with Journal(url) as journal:
            whole, last = journal.run("r1"), journal.last_runs()
        for target, run in last.items():
            assert replace(run, steps={}) == replace(whole, steps={})
            assert run.started_step(target) == whole.started_step(target) or run.finished(target)
            assert run.finished(target) is (target == DEV or more[:1] == [ended(TEST, "applied", 11)])
        assert set(last) == {DEV, TEST}


def test_the_latest_of_each_is_told_by_its_exact_name(url: Secret) -> None:
    """Names that differ in capitals, or that are alike where `_` stands for any letter, are not confused."""
    names = ("prod_1", "größe", "Prod_1", "prodx1", "prod_1")
    kind = EventKind.ENVIRONMENT_VERIFIED
    told = [Event(kind, START, "-", "ann@build-7", body={"environment": n, "reason": f'"{n}"'}) for n in names]
    recorded = write(url, told)
    with Journal(url) as journal:
        assert journal.latest(kind, "environment", ["größe", "prod_1", "dev"]) == (recorded[1], recorded[4])
        assert journal.latest(kind, "environment", ["prodx1"]) == (recorded[3],)
        assert journal.latest(kind, "environment", []) == ()


def test_an_unknown_run_is_a_usage_error(url: Secret) -> None:
    """It names the journal, never its password, and how to list what there is."""
    write(url, events("r1"))
    with Journal(url) as journal:
        assert journal.events("nope") == ()
        with pytest.raises(UsageError, match="there is no run 'nope' in ") as refused:
            journal.run("nope")
    assert refused.value.mend == "orchestrate runs"
    assert "://" not in str(refused.value)


def test_the_latest_runs_come_first_and_no_more_than_asked_for(url: Secret) -> None:
    """By when they were recorded."""
    write(url, *(events(f"r{n}") for n in range(5)))
    with Journal(url) as journal:
        assert [run.id for run in journal.runs(3)] == ["r4", "r3", "r2"]
        assert [run.id for run in journal.runs()] == ["r4", "r3", "r2", "r1", "r0"]


def test_the_last_run_of_a_target_is_the_latest_that_touched_it(url: Secret) -> None:
    """A run that was to come to a target and did not is not its latest."""
    write(
        url,
        events("r1", (EventKind.STEP_APPLIED, DEV), (EventKind.STEP_APPLIED, TEST)),
        events("r2", (EventKind.STEP_INTENT, DEV)),
        events("r3"),
    )
    with Journal(url) as journal:
        assert {target: run.id for target, run in journal.last_runs().items()} == {DEV: "r2", TEST: "r1"}


def test_a_target_is_unsettled_until_its_run_left_it_with_nothing_open(url: Secret) -> None:
    """Asked before each target is changed: a begun step of another run is found, a finished target is not."""
    write(url, events("r1", (EventKind.STEP_INTENT, DEV)))
    with Journal(url, writing=True) as journal:
        found = journal.news(DEV, None)
        assert found is not None
        assert found.id == "r1"
        assert journal.news(TEST, None) is None
        end = Event(EventKind.TARGET_FINISHED, START, "r1", "ann@work", DEV, body={"result": "applied"})
        journal.record([replace(end, body={"result": "in_doubt"})])
        assert journal.news(DEV, None) is not None
        journal.record([end])
        assert journal.news(DEV, None) is None


def test_one_target_is_told_of_without_the_others(url: Secret) -> None:
    """As the whole run tells of it; or each target in doubt would read what is recorded of all."""
    write(url, events("r1", (EventKind.STEP_INTENT, TEST), (EventKind.STEP_INTENT, DEV)))
    with Journal(url) as journal:
        whole, found = journal.run("r1"), journal.news(DEV, None)
        assert found is not None
        assert found == replace(whole, steps={(DEV, "b"): whole.steps[DEV, "b"]})
        assert journal.step("r1", DEV, "b") == whole.steps[DEV, "b"]
        assert journal.step("r1", DEV, "a") is journal.step("r2", DEV, "b") is None


def test_reading_a_journal_that_does_not_exist_reads_nothing(url: Secret) -> None:
    """As empty, in every question."""
    with Journal(url) as journal:
        assert journal.runs() == ()
        assert journal.last_runs() == {}
        assert journal.events("r1") == ()
        assert journal.news(DEV, None) is None
        assert journal.verify() == (0, "0" * 64)


def test_reading_creates_nothing(file: Path) -> None:
    """Neither the file nor its directory."""
    with Journal(Secret(f"sqlite:///{file}")) as journal:
        assert journal.runs() == ()
    assert not file.parent.parent.exists()


def test_reading_creates_no_table(url: Secret, engine: Engine) -> None:
    """An empty database stays empty."""
    if engine.dialect.name == "sqlite":
        Path(str(engine.url.database)).touch(mode=0o600)
    with Journal(url) as journal:
        assert journal.runs() == ()
    with engine.connect() as connection:
        assert engine.dialect.get_table_names(connection) == []


def test_what_was_opened_for_reading_does_not_write(url: Secret) -> None:
    """Nor does it silently drop what it is given."""
    with Journal(url) as journal, pytest.raises(JournalError, match="opened for reading only"):
        journal.record(events("r1"))


def test_reading_an_existing_journal_changes_nothing(url: Secret) -> None:
    """What was opened for reading cannot write, even where the journal is there."""
    write(url, events("r1"))
    with Journal(url) as journal:
        before = journal.verify()
        with pytest.raises(JournalError):
            journal.record(events("r2"))
        assert journal.verify() == before


def test_a_chain_that_is_whole_is_verified(url: Secret) -> None:
    """It gives the number of events and the last digest, which changes with every event."""
    write(url, events("r1", *STEPS))
    with Journal(url, writing=True) as journal:
        count, digest = journal.verify()
        assert (count, len(digest)) == (4, 64)
        journal.record(events("r2"))
        assert journal.verify()[0] == 5
        assert journal.verify()[1] != digest


SWAP = """
UPDATE orchestrate_events SET sequence = -1 WHERE sequence = 2;
UPDATE orchestrate_events SET sequence = 2 WHERE sequence = 3;
UPDATE orchestrate_events SET sequence = 3 WHERE sequence = -1
"""


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("UPDATE orchestrate_events SET actor = 'bob' WHERE sequence = 2", 2),
        ("UPDATE orchestrate_events SET body = '{}' WHERE sequence = 1", 1),
        ("UPDATE orchestrate_events SET body = 'no json' WHERE sequence = 2", 2),
        ("UPDATE orchestrate_events SET at = '2026-07-01T00:00:00+00:00' WHERE sequence = 3", 3),
        ("UPDATE orchestrate_events SET at = 'yesterday' WHERE sequence = 3", 3),
        ("UPDATE orchestrate_events SET kind = 'step_failed' WHERE sequence = 3", 3),
        ("UPDATE orchestrate_events SET kind = 'dance' WHERE sequence = 3", 3),
        ("UPDATE orchestrate_events SET target = 'prod' WHERE sequence = 2", 2),
        ("UPDATE orchestrate_events SET target = NULL WHERE sequence = 2", 2),
        ("UPDATE orchestrate_events SET revision = 'c' WHERE sequence = 2", 2),
        ("UPDATE orchestrate_events SET run = 'r2' WHERE sequence = 4", 4),
        ("UPDATE orchestrate_events SET previous = digest WHERE sequence = 2", 2),
        ("UPDATE orchestrate_events SET digest = previous WHERE sequence = 2", 2),
        ("UPDATE orchestrate_events SET sequence = 9 WHERE sequence = 4", 4),
        ("DELETE FROM orchestrate_events WHERE sequence = 1", 1),
        ("DELETE FROM orchestrate_events WHERE sequence = 2", 2),
        (SWAP, 2),
    ],
)
def test_every_change_behind_its_back_is_found(url: Secret, engine: Engine, change: str, place: int) -> None:
    """Edited, deleted, moved: the first event that is not what was written is named."""
    write(url, events("r1", *STEPS))
    behind_its_back(engine, change)
    with Journal(url) as journal, pytest.raises(JournalError) as broken:
        journal.verify()
    what = f"the journal is broken at event {place}: it was changed or removed after it was written"
    assert broken.value.what == what
    assert "restore the journal from a backup" in str(broken.value.mend)
    assert "orchestrate journal rebuild" in str(broken.value.mend)


def test_a_tail_that_was_cut_off_shows_in_the_digest_alone(url: Secret, engine: Engine) -> None:
    """It cannot be seen from inside; the digest kept elsewhere tells."""
    write(url, events("r1", *STEPS))
    with Journal(url) as journal:
        before = journal.verify()
    behind_its_back(engine, "DELETE FROM orchestrate_events WHERE sequence = 4")
    with Journal(url) as journal:
        after = journal.verify()
    assert after[0] == 3
    assert after != before


def test_a_journal_of_a_newer_tool_is_refused(url: Secret, engine: Engine) -> None:
    """Neither read, since it may mean something else, nor written, nor brought back."""
    write(url, events("r1"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE orchestrate_journal_version SET version_num = '0099'"))
    for writing in (False, True):
        with pytest.raises(JournalError, match="schema version 0099, made by a newer orchestrate") as refused:
            Journal(url, writing=writing)
        assert refused.value.mend == "install a newer orchestrate as you installed this one"


def test_a_batch_is_recorded_whole_or_not_at_all(url: Secret, engine: Engine) -> None:
    """Events told together are one transaction."""
    write(url, events("r1"))
    with Journal(url, writing=True) as journal:
        wrong = replace(events("r2")[0], body={"not": object()})
        with pytest.raises(TypeError):
            journal.record([*events("r2"), wrong])
        assert journal.events("r2") == ()
        assert journal.record(events("r3"))[0].sequence == 2
        assert journal.verify()[0] == 2


def test_many_writers_make_one_chain(url: Secret) -> None:
    """Threads and connections at once: nothing is lost, nothing forks."""
    with Journal(url, writing=True) as shared:

        def record(number: int) -> None:
            shared.record(events(f"t{number}"))
            with Journal(url, writing=True) as own:
                own.record(events(f"o{number}"))

        threads = [threading.Thread(target=record, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert shared.verify()[0] == 12
        assert {run.id for run in shared.runs()} == {f"{kind}{n}" for kind in "to" for n in range(6)}


def test_first_writers_at_once_make_one_journal(url: Secret) -> None:
    """Whoever comes first makes the tables; the others find them."""
    failures: list[BaseException] = []
    gate = threading.Barrier(4)

    def begin(number: int) -> None:
        try:
            gate.wait()
            write(url, events(f"r{number}"))
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Journal(url) as journal:
        assert journal.verify()[0] == 4


def test_only_its_owner_can_read_the_file(file: Path) -> None:
    """0600, in directories of 0700, whatever the umask says."""
    before = os.umask(0)
    try:
        write(Secret(f"sqlite:///{file}"), events("r1"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_file_that_is_no_journal_is_named(tmp_path: Path) -> None:
    """With the way out, and no traceback of a driver."""
    path = tmp_path / "journal.db"
    path.touch(mode=0o600)
    path.write_text("this is a letter, and it is long enough to be looked at as a database file" * 20)
    for writing in (False, True):
        with pytest.raises(JournalError, match="the journal cannot be used") as refused:
            Journal(Secret(f"sqlite:///{path}"), writing=writing)
        assert refused.value.where == str(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Here a file where a directory should be; whoever names another journal is told what that does not know."""
    (tmp_path / "blocked").write_text("")
    with pytest.raises(JournalError, match="the journal cannot be used") as refused:
        Journal(Secret(f"sqlite:///{tmp_path}/blocked/journal.db"), writing=True)
    again, another = str(refused.value.mend).splitlines()
    assert again == "mend it (space, permissions); then: the same command again"
    assert "ORCHESTRATE_JOURNAL; it knows of no run, approval or veto" in another


@pytest.mark.parametrize("url", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "nonsense", "postgresql"])
def test_a_journal_lives_in_a_file_or_in_postgresql(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in memory, where it would be forgotten, nor in what it was not tried on."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="a journal lives in a SQLite file or in PostgreSQL"):
        Journal(Secret(url), writing=True)


def test_a_server_that_does_not_answer_is_a_journal_error_without_the_password() -> None:
    """The driver's own message may hold the connection string."""
    url = Secret("postgresql://ann:hunter2@127.0.0.1:1/journal?connect_timeout=2")
    for writing in (False, True):
        with pytest.raises(JournalError, match="the journal cannot be used") as refused:
            Journal(url, writing=writing)
        assert "hunter2" not in f"{refused.value} {refused.value.where}"
        assert refused.value.mend == "once its server answers and takes what is written: the same command again"


def test_runs_that_did_not_end_well_are_found_the_latest_first(url: Secret) -> None:
    """Cut off, failed or given up: those begun after an event, each as it began, without those that ended well."""
    started = (EventKind.TARGET_STARTED, DEV)
    others = map(events, ("r3", "r4", "r5", "r6", "r7"))
    batches = [events("r1", started), events("r2", *STEPS), *others]
    end = Event(EventKind.RUN_FINISHED, START, "r3", "ann@work", body={"outcome": "taken_back"})
    recorded = write(url, *batches, [end])
    first = {event.run: event.sequence or 0 for event in reversed(recorded)}
    with Journal(url) as journal:
        found = list(journal.not_well_ended(0))
        assert [run.id for run in found] == ["r7", "r6", "r5", "r4", "r3", "r1"]
        assert [run.last_sequence for run in found] == [first[run.id] for run in found]
        assert [run.id for run in journal.not_well_ended(first["r5"])] == ["r7", "r6"]


def test_the_run_of_a_sealed_plan_is_found_by_its_seal(url: Secret) -> None:
    """The latest run that began with the seal, however it ended; no text in a reason is taken for one."""
    body = events("r1")[0].body
    began = [
        Event(EventKind.RUN_STARTED, START, run, "ann@work", body={**body, **more})
        for run, more in (
            ("r1", {"seal": "sha256:1"}),
            ("r2", {"seal": "sha256:1"}),
            ("r3", {"reason": '","seal":"sha256:2"'}),
        )
    ]
    with Journal(url, writing=True) as journal:
        journal.record(began)
        found = journal.sealed("sha256:1", START)
        assert found is not None
        assert found.id == "r2"
        assert journal.sealed("sha256:2", START) is None
        assert journal.sealed("sha256:1", START + timedelta(days=2)) is None


def test_a_sealed_plan_is_begun_once(url: Secret) -> None:
    """Of two that begin it at once one is told of the other's run and records nothing; another plan is free."""

    def begin(run: str, journal: Journal, seal: str) -> Exception | None:
        sealed = {"seal": seal, "sealed": {"created_at": START.isoformat()}}
        (first,) = events(run)
        try:
            journal.record([replace(first, body={**first.body, **sealed})])
        except RefusedError as error:
            return error
        return None

    with Journal(url, writing=True) as one, Journal(url, writing=True) as other, ThreadPoolExecutor(2) as pool:
        told = dict(zip(("r2", "r1"), pool.map(begin, ("r1", "r2"), (one, other), ["sha256:1"] * 2), strict=True))
        (winner,) = (run for run, error in told.items() if error is not None)
        assert str(told[winner]) == f"run {winner} of ann@work began this plan meanwhile"
        assert begin("r3", other, "sha256:2") is None
        assert [run.id for run in one.runs()] == ["r3", winner]


def test_of_two_runs_of_a_sealed_plan_it_is_the_one_that_did_more(url: Secret) -> None:
    """In a journal in which two began at once, the later one that was turned away is passed over."""
    end = EventKind.RUN_FINISHED, None
    first, second = events("r1", (EventKind.STEP_INTENT, DEV)), events("r2", end)
    write(url, *([replace(one[0], body={**one[0].body, "seal": "sha256:1"}), *one[1:]] for one in (first, second)))
    with Journal(url) as journal:
        found = journal.sealed("sha256:1", START)
        assert found is not None
        assert found.id == "r1"
