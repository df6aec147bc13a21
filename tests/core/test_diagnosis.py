"""Facts in, findings out: each thing that can stand in the way, with its weight and its mend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.core.diagnosis import TargetFacts, of_target
from orchestrator.core.divergence import State
from orchestrator.core.findings import Finding, Level, Topic, faults
from orchestrator.core.injection import Injection
from orchestrator.core.injection_search import Candidate, Found
from orchestrator.core.inspection import Inspection, Lack
from orchestrator.core.observations import Observation, Reading
from orchestrator.core.project_diagnosis import ProjectFacts, of_project
from orchestrator.core.targets import Target
from orchestrator.core.trial import Attempt, Clues, Trial, TrialFailure
from orchestrator.errors import ConfigurationError, DivergenceError, Exit, Problem

PROD = Target("prod")
SEEN = Observation(
    PROD,
    Reading.VERSIONED,
    datetime(2026, 7, 1, tzinfo=UTC),
    ("a1",),
    "postgresql",
    "PostgreSQL 15.4",
    schema="public",
)
HEALTHY = Inspection("PostgreSQL 15.4", role="app", encrypted=True)
PROVED = Trial((Attempt(True, "prod"),), configured=True, version_table="alembic_version", place="public")
FACTS = TargetFacts(PROD, SEEN, require_tls=True, state=State.AT_HEAD, inspection=HEALTHY, trial=PROVED)
REACHED = Trial(
    (Attempt(True, "the marker"),), ran_on={"python": "3.11.2", "alembic": "1.20.1", "sqlalchemy": "2.1.9"}
)
LACKING = Trial(failure=TrialFailure("env_failed", "KeyError: 'it'", "env.py:3"))
PLAIN, VARIABLE = Candidate(), Candidate(Injection(variables=(("DATABASE_URL", "{url}"),)))
PROJECT = ProjectFacts("app", "alembic.ini", "python3", PLAIN, 2, ("b2",), found=Found(PLAIN, REACHED))


def weighed(**changes: Any) -> list[Finding]:
    """What is found, beside what is as it should be, where these facts differ from a healthy target's."""
    return [found for found in of_target(replace(FACTS, **changes)) if found.level is not Level.OK]


def inspected(**changes: Any) -> Finding:
    """The one finding where the inspection differs from a healthy one."""
    (only,) = weighed(inspection=replace(HEALTHY, **changes))
    return only


def of_trial(trial: Trial, way: Candidate | None = None) -> Finding:
    """The one finding beside what is as it should be, where the project's env.py was tried so."""
    found = of_project(replace(PROJECT, found=Found(way, trial)))
    (only,) = [one for one in found if one.level is not Level.OK]
    return only


def test_a_healthy_target_and_project_have_nothing_but_good_findings() -> None:
    """Where all is as it should be, everything that was looked at is said to be."""
    findings = [*of_project(PROJECT), *of_target(FACTS)]
    assert {finding.level for finding in findings} == {Level.OK}
    looked_at = {finding.topic for finding in findings}
    assert looked_at == set(Topic) - {Topic.TRANSACTIONS, Topic.LIMITS, Topic.LOCKS, Topic.CLOCK}


@pytest.mark.parametrize("reading", [Reading.UNREACHABLE, Reading.DENIED])
def test_a_database_that_does_not_answer(reading: Reading) -> None:
    """It is one problem, of the server, with what the probe said."""
    seen = replace(SEEN, reading=reading, detail="no server listens there", mend="start it")
    found = weighed(observation=seen, inspection=None, trial=None, state=None)
    assert found == [Finding(Topic.SERVER, Level.PROBLEM, "no server listens there", "start it")]
    assert found[0].exit is Exit.UNAVAILABLE


def test_an_old_server_is_a_warning() -> None:
    """A server older than what is tested may work."""
    found = inspected(server="PostgreSQL 11.22")
    assert (found.topic, found.level) == (Topic.SERVER, Level.WARNING)
    assert "PostgreSQL 11.22" in found.message
    assert weighed(inspection=replace(HEALTHY, server="PostgreSQL 12.1")) == []


def test_each_right_that_is_missing_is_a_problem() -> None:
    """What the role may not do stands with its GRANT."""
    found = weighed(
        inspection=replace(HEALTHY, lacks=(Lack("may not create tables", "GRANT CREATE"), Lack("x", "y")))
    )
    assert [one.topic for one in found] == [Topic.PRIVILEGES, Topic.PRIVILEGES]
    assert found[0] == Finding(Topic.PRIVILEGES, Level.PROBLEM, "app may not create tables", "GRANT CREATE")
    assert found[0].exit is Exit.UNAVAILABLE


def test_tables_of_others_are_a_warning() -> None:
    """Revisions may never touch them, so it is no problem yet."""
    found = inspected(owners=("dba",))
    assert (found.topic, found.level, "dba" in found.message) == (Topic.PRIVILEGES, Level.WARNING, True)


def test_a_version_table_that_is_hidden_is_a_problem_of_rights() -> None:
    """What the probe could not read is told with the GRANT that the probe named."""
    seen = replace(SEEN, reading=Reading.HIDDEN, detail="app may not read it", mend="GRANT SELECT")
    found = weighed(observation=seen, state=None)
    assert found == [Finding(Topic.PRIVILEGES, Level.PROBLEM, "app may not read it", "GRANT SELECT")]


@pytest.mark.parametrize(
    ("changes", "topic", "level"),
    [
        ({"pooler": True}, Topic.POOLER, Level.PROBLEM),
        ({"standby": True}, Topic.READ_ONLY, Level.PROBLEM),
        ({"read_only": True}, Topic.READ_ONLY, Level.WARNING),
        ({"encrypted": False}, Topic.TLS, Level.PROBLEM),
        ({"limits": (("statement_timeout", "30s"),)}, Topic.LIMITS, Level.NOTE),
        ({"cluster": True}, Topic.LOCKS, Level.WARNING),
        ({"blockers_named": False}, Topic.LOCKS, Level.NOTE),
        ({"clock": 6.0}, Topic.CLOCK, Level.WARNING),
        ({"clock": -6.0}, Topic.CLOCK, Level.WARNING),
    ],
)
def test_what_stands_between(changes: dict[str, Any], topic: Topic, level: Level) -> None:
    """Each thing has its topic, its weight and a mend."""
    found = inspected(**changes)
    assert (found.topic, found.level) == (topic, level)
    assert found.mend


def test_a_clock_that_is_nearly_right_is_nothing() -> None:
    """Five seconds do no harm."""
    assert weighed(inspection=replace(HEALTHY, clock=4.9)) == []


@pytest.mark.parametrize(("encrypted", "level"), [(False, Level.NOTE), (None, Level.OK), (True, Level.OK)])
def test_tls_weighs_less_where_it_is_not_required(encrypted: bool | None, level: Level) -> None:
    """A connection in clear is a note where TLS is not required, and nothing on this machine."""
    facts = replace(FACTS, require_tls=False, inspection=replace(HEALTHY, encrypted=encrypted))
    assert [found.level for found in of_target(facts) if found.topic is Topic.TLS] == [level]


@pytest.mark.parametrize("family", ["mysql", "sqlite"])
def test_ddl_that_is_not_transactional_is_a_note(family: str) -> None:
    """It says what that means for a revision that fails."""
    (found,) = weighed(observation=replace(SEEN, family=family))
    assert (found.topic, found.level) == (Topic.TRANSACTIONAL_DDL, Level.NOTE)
    assert "cannot be undone" in found.message


def test_a_target_that_cannot_be_placed_is_a_warning() -> None:
    """`status` is who refuses it; here it is said with its mend."""
    found = weighed(unplaced=DivergenceError("tables but no version table", mend="orchestrate adopt"))
    assert found == [Finding(Topic.HEADS, Level.WARNING, "tables but no version table", "orchestrate adopt")]


@pytest.mark.parametrize(
    ("changes", "mend"),
    [
        ({"version_table": "shop_version"}, "version_table: shop_version"),
        ({"place": "shop"}, "version_table_schema: shop"),
        ({"version_table_schema": "shop"}, "version_table_schema: shop"),
        ({"version_table": "v", "place": "shop"}, "version_table: v, version_table_schema: shop"),
    ],
)
def test_another_version_table_is_a_problem(changes: dict[str, Any], mend: str) -> None:
    """What env.py uses and the file does not name stands in the mend, as keys of the file."""
    (found,) = weighed(trial=replace(PROVED, **changes))
    assert (found.topic, found.exit) == (Topic.VERSION_TABLE, Exit.USAGE)
    assert mend in str(found.mend)


def test_a_schema_may_be_named_on_either_side() -> None:
    """Where both lead to one schema, it does not matter who names it."""
    assert weighed(trial=replace(PROVED, version_table_schema="public")) == []
    assert weighed(version_table_schema="public") == []


@pytest.mark.parametrize(
    ("trial", "level"),
    [
        (Trial((Attempt(False, "the file /tmp/other.db"),)), Level.PROBLEM),
        (replace(PROVED, configured=False, failure=TrialFailure("env_failed", "ValueError: no")), Level.PROBLEM),
        (
            replace(PROVED, configured=False, failure=TrialFailure("writes", "cannot execute CREATE")),
            Level.WARNING,
        ),
    ],
)
def test_an_env_py_that_fails_on_the_target_itself(trial: Trial, level: Level) -> None:
    """What works with a marker may fail on a database; one that writes on its way works in a run."""
    (found,) = weighed(trial=replace(trial, version_table=None))
    assert (found.topic, found.level) == (Topic.INJECTION, level)


def test_a_way_that_the_file_does_not_name_is_a_problem() -> None:
    """The way that reaches is named, and so is the one that does not."""
    found = of_trial(REACHED, VARIABLE)
    assert (found.topic, found.exit) == (Topic.INJECTION, Exit.USAGE)
    assert found.message == "env.py is not reached by sqlalchemy.url, but by variable DATABASE_URL"


@pytest.mark.parametrize(
    ("trial", "said", "mend"),
    [
        (Trial((Attempt(False, "the file /srv/dev.db"),)), "connects to the file /srv/dev.db", "inject"),
        (replace(LACKING, read=Clues(variables=("it",))), "'it' (env.py:3)", "variables: {it: …}"),
        (replace(LACKING, read=Clues(x_arguments=("it",))), "'it' (env.py:3)", "x_arguments: [it=…]"),
        (replace(LACKING, read=Clues(attributes=("it",))), "'it' (env.py:3)", "attributes: {it: …}"),
        (Trial(read=Clues(x_arguments=("tenant",), attributes=("app",))), "", "(it asks for -x tenant, app)"),
        (Trial(failure=TrialFailure("env_failed", "No module named 'psycopg2'")), "psycopg2", "install"),
        (Trial(failure=TrialFailure("env_failed", "outside of application context")), "outside", "flask_app"),
        (Trial(failure=TrialFailure("env_failed", "requires an async driver")), "async", "asyncpg"),
        (
            Trial(failure=TrialFailure("died", "it ended"), output=("a", "boom\tb")),
            "the last it printed: boom b",
            "hook",
        ),
        (Trial(failure=TrialFailure("env_failed", "x" * 500)), "x" * 200 + "…", "inject"),
        (Trial(), "without connecting", "inject"),
    ],
)
def test_an_env_py_that_is_not_reached(trial: Trial, said: str, mend: str) -> None:
    """Why it is not is said shortly, with the mend that fits."""
    found = of_trial(trial)
    assert (found.topic, found.level) == (Topic.INJECTION, Level.PROBLEM)
    assert said in found.message
    assert mend in str(found.mend)


def test_a_python_without_alembic_is_a_problem_of_the_interpreter() -> None:
    """It says nothing about env.py, which was not run."""
    found = of_trial(Trial(failure=TrialFailure("no_alembic", "/usr/bin/python3 has no module alembic")))
    assert (found.topic, found.level) == (Topic.INTERPRETER, Level.PROBLEM)
    assert "projects.app.python" in str(found.mend)


@pytest.mark.parametrize(
    ("name", "version"), [("python", "3.8.18"), ("alembic", "1.7.7"), ("sqlalchemy", "1.3.24")]
)
def test_libraries_that_are_too_old_are_a_problem(name: str, version: str) -> None:
    """The oldest that is supported is named."""
    found = of_trial(replace(REACHED, ran_on={**REACHED.ran_on, name: version}), PLAIN)
    assert (found.topic, found.level, version in found.message) == (Topic.INTERPRETER, Level.PROBLEM, True)


def test_an_own_transaction_is_a_note() -> None:
    """It works, all at once."""
    (found,) = weighed(trial=replace(PROVED, in_transaction=True))
    assert (found.topic, found.level) == (Topic.TRANSACTIONS, Level.NOTE)


def test_every_problem_of_an_error_is_a_finding() -> None:
    """An error that carries several loses none."""
    error = ConfigurationError("2 problems", problems=(Problem("one", "a.ini", "mend one"), Problem("two")))
    project = replace(PROJECT, found=None, faults=faults(Topic.CONFIG, error))
    assert [(found.message, found.mend) for found in of_project(project)] == [
        ("a.ini: one", "mend one"),
        ("two", None),
    ]
