"""The commands about the journal: proved, handed out, begun anew; and a role that may only add to it."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.docs.document import ROOT, Page
from tests.servers.postgresql import PostgreSQL
from tests.stories import databases
from tests.stories.pipeline import Pipeline, told

Happened = Callable[[str], None]


@pytest.fixture
def shop(sqlite: Pipeline) -> Pipeline:
    """A journal of one promotion that ended well, staging to prod."""
    sqlite.project.tables("a1")
    sqlite.stamp(staging="a1")
    sqlite("promote", "staging", "prod", "--yes", check=True)
    return sqlite


def file_of(shop: Pipeline) -> Path:
    return shop.project.root / ".orchestrator" / "journal.db"


def change(shop: Pipeline, statement: str) -> None:
    """Change the journal behind its back."""
    with sqlite3.connect(file_of(shop)) as journal:
        assert journal.execute(statement).rowcount != 0
    journal.close()


def checked(lines: str) -> subprocess.CompletedProcess[str]:
    """What the script in the documentation says of an export."""
    (script,) = [block.text for block in Page(ROOT / "docs" / "journal.md").blocks if block.kind == "python"]
    return subprocess.run([sys.executable, "-c", script], input=lines, capture_output=True, text=True, check=False)


def test_a_head_that_was_kept_is_found_in_the_chain(shop: Pipeline) -> None:
    """Each run reports the journal's head; verify says whether it is the end or lies before, also abbreviated."""
    shop.project.tables("a2", down="a1")
    done = shop("rollout", "--yes", "--format", "json", check=True).json["journal"]
    whole = shop("journal", "verify", "--format", "json", check=True).json
    assert {"events": whole["events"], "head": whole["head"]} == done
    assert whole["expected"] is None
    told(shop("journal", "verify", "--expect", done["head"]), 0, "the head expected is its end")
    earlier = shop("show", shop("runs", "--format", "json").json["runs"][1]["run_id"], "--format", "json").json
    count = earlier["events"][-1]["sequence"]
    digest = [json.loads(line) for line in shop("journal", "export").stdout.splitlines()][count - 1]["digest"]
    said = told(shop("journal", "verify", "--expect", digest[:12]), 0, f"that of event {count};")
    assert f"{whole['events'] - count} came after it" in said
    told(shop("journal", "verify", "--expect", "beef"), 2, "is no head")


@pytest.mark.fault(26)
def test_a_tail_that_was_cut_off_is_found_by_the_head_that_was_kept(shop: Pipeline, happened: Happened) -> None:
    """What is left is whole in itself, but the expected head is missing; rebuild takes that for a break."""
    end = shop("journal", "verify", "--format", "json", check=True).json
    change(shop, f"DELETE FROM orchestrate_events WHERE sequence = {end['events']}")
    left = shop("journal", "verify", "--format", "json", check=True).json["events"]
    assert left == end["events"] - 1
    happened(f"the journal has {left} events instead of {end['events']}")
    told(shop("journal", "verify", "--expect", end["head"][:12]), 10, "its tail was cut off", "--expect")
    told(shop("journal", "rebuild", "--reason", "cut"), 5, "the journal is sound")
    told(shop("journal", "rebuild", "--reason", "cut", "--expect", end["head"]), 0, f"{left} events, up to")


def test_somebody_else_can_check_an_export(shop: Pipeline) -> None:
    """The script in docs/journal.md says of an export what verify says, and where a changed one breaks."""
    lines = shop("journal", "export", check=True).stdout
    whole = shop("journal", "verify", "--format", "json", check=True).json
    said = checked(lines)
    assert (said.returncode, said.stdout) == (0, f"{whole['events']} events, head {whole['head']}\n")
    changed = 1 + next(n for n, line in enumerate(lines.splitlines()) if "step_applied" in line)
    broken = checked(lines.replace("step_applied", "step_failed"))
    assert (broken.returncode, broken.stderr) == (1, f"broken at event {changed}\n")
    run = shop("runs", "--format", "json").json["runs"][0]["run_id"]
    assert shop("journal", "export", "--run", run, check=True).stdout == lines
    told(shop("journal", "export", "--run", "nope"), 2, "there is no run 'nope'", "orchestrate runs")


def rebuilt(shop: Pipeline, *more: str) -> Any:
    """The one event of a rebuild."""
    done = shop("journal", "rebuild", "--reason", "the disk was lost", *more, "--format", "json", check=True).json
    (event,) = done["events"]
    assert (event["event"], done["run"]["kind"]) == ("journal_rebuilt", "baseline")
    return event


@pytest.mark.fault(25)
def test_a_lost_journal_is_begun_anew_from_the_databases(shop: Pipeline, happened: Happened) -> None:
    """The databases are the truth: status works, the baseline has their heads, nothing is run twice."""
    file_of(shop).unlink()
    happened(f"{file_of(shop).name} was removed after the run that wrote it")
    before = shop("status", "--format", "json", check=True).json
    assert [target["heads"] for target in before["targets"]] == [["a1"], ["a1"]]
    event = rebuilt(shop)
    assert {target["target"]: target["heads"] for target in event["body"]["targets"]} == {
        "staging": ["a1"],
        "prod": ["a1"],
    }
    assert (event["sequence"], event["body"]["earlier"]) == (1, None)
    unknown = "whether a revision is half applied there is not known"
    told(shop("status"), 0, "baseline", "staging, prod: the journal was begun anew at ", unknown)
    assert "baseline" in shop("runs", check=True).stdout
    told(
        shop("show", event["run"]),
        0,
        "because: the disk was lost",
        "there was no journal before",
        "no longer known",
    )
    told(shop("resume"), 0, "nothing to do")
    told(shop("rollback", event["run"], "--yes"), 2, "is a baseline")
    shop.project.tables("a2", down="a1")
    done = shop("rollout", "--yes", "--format", "json", check=True).json
    assert [[step["revision"] for step in target["revisions"]] for target in done["targets"]] == [["a2"], ["a2"]]
    assert shop("journal", "verify", check=True)


@pytest.mark.fault(26)
def test_a_broken_journal_is_put_aside_and_its_sound_beginning_taken_over(
    shop: Pipeline, happened: Happened
) -> None:
    """A run is refused, naming the break; rebuild keeps the broken file whole, and what was before the break."""
    change(shop, "UPDATE orchestrate_events SET actor = 'somebody else' WHERE sequence = 4")
    broken = file_of(shop).read_bytes()
    happened("event 4 has another actor than was written")
    shop.project.tables("a2", down="a1")
    said = told(shop("rollout", "--yes"), 10, "broken at event 4", "orchestrate journal rebuild")
    assert shop.heads("prod") == {"a1"}, said
    told(shop("journal", "verify"), 10, "broken at event 4")
    event = rebuilt(shop)
    earlier = event["body"]["earlier"]
    assert (earlier["events"], event["sequence"]) == (3, 4)
    assert Path(earlier["aside"]).read_bytes() == broken
    # Event 3 is the intent of a1, which prod has: the run is open there, and resuming it only records that.
    (open_,) = event["body"]["unsettled"]
    assert (open_["target"], open_["revisions"]) == ("prod", ["a1"])
    resumed = shop("resume", open_["run"], "--format", "json", check=True).json
    assert [s["outcome"] for t in resumed["targets"] for s in t["revisions"]] == ["recovered"]
    shop("rollout", "--yes", check=True)
    assert shop.heads("prod") == {"a2"}


SLOW = """
import pathlib, time
pathlib.Path("started").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.02)
"""


def test_a_journal_is_not_begun_anew_beside_a_run_of_any_environment(shop: Pipeline) -> None:
    """A run in staging keeps it from being begun anew, also by who looks at prod alone; afterwards it is."""
    root = shop.project.root
    shop.project.revision("a2", "a1", SLOW)
    run = shop.start("rollout", "--through", "staging", "--yes")
    end = time.monotonic() + 60
    while not (root / "started").exists():
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    change(shop, "UPDATE orchestrate_events SET actor = 'somebody else' WHERE sequence = 1")
    refused = shop("journal", "rebuild", "prod", "--reason", "edited")
    (root / "go").touch()
    output, errors = run.communicate(timeout=60)
    told(refused, 8, "staging: driven by run ")
    assert run.returncode == 0, output + errors
    told(shop("journal", "rebuild", "prod", "--reason", "edited", env={"STAGING_DATABASE_URL": None}), 0)


def test_a_sound_journal_is_not_begun_anew(shop: Pipeline) -> None:
    """Nothing is to be rebuilt, nor without a reason; the file is left as it is."""
    before = file_of(shop).read_bytes()
    told(shop("journal", "rebuild", "--reason", "why not"), 5, "the journal is sound")
    told(shop("journal", "rebuild", "--reason", " … "), 2, "the reason says nothing")
    assert file_of(shop).read_bytes() == before
    assert {path.name for path in file_of(shop).parent.iterdir()} == {"journal.db", "logs"}


@pytest.fixture
def team(sqlite: Pipeline, new_database: Callable[[str], str]) -> Pipeline:
    """As `shop`, with the journal in PostgreSQL, whose owner made it."""
    url = new_database("postgresql")
    sqlite.environ["ORCHESTRATE_JOURNAL"] = url
    sqlite.project.tables("a1")
    sqlite.stamp(staging="a1")
    sqlite("promote", "staging", "prod", "--yes", check=True)
    return sqlite


def as_writer(team: Pipeline, server: PostgreSQL) -> str:
    """A role with the rights that the documentation grants, and its URL."""
    owner = str(team.environ["ORCHESTRATE_JOURNAL"])
    server.create_role("release_pipeline", "secret")
    (grants,) = [block.text for block in Page(ROOT / "docs" / "journal.md").blocks if block.kind == "sql"]
    databases.execute(owner, *(line for line in grants.split(";") if line.strip()))
    return re.sub("//.*@", "//release_pipeline:secret@", owner)


def test_a_role_that_may_only_add_and_read_is_enough(team: Pipeline, postgresql_server: PostgreSQL) -> None:
    """With INSERT and SELECT alone runs are recorded and verified, and nothing can be changed or removed."""
    writer = as_writer(team, postgresql_server)
    team.project.tables("a2", down="a1")
    done = team("rollout", "--yes", "--format", "json", env={"ORCHESTRATE_JOURNAL": writer}, check=True).json
    said = told(team("journal", "verify", env={"ORCHESTRATE_JOURNAL": writer}), 0, done["journal"]["head"])
    assert f"{done['journal']['events']} events" in said
    for statement in ("UPDATE {} SET actor = 'bob'", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"):
        with pytest.raises(Exception, match=r"permission denied|must be owner"):
            databases.execute(writer, statement.format("orchestrate_events"))
    with pytest.raises(Exception, match="the journal is only added to"):
        databases.execute(str(team.environ["ORCHESTRATE_JOURNAL"]), "DELETE FROM orchestrate_events")


@pytest.mark.fault(26)
def test_a_broken_journal_of_a_team_is_put_aside_by_its_owner_alone(
    team: Pipeline, postgresql_server: PostgreSQL, happened: Happened
) -> None:
    """Its tables are kept under other names, the new ones have the same grants, and the team goes on."""
    writer, owner = as_writer(team, postgresql_server), str(team.environ["ORCHESTRATE_JOURNAL"])
    databases.execute(
        owner,
        "ALTER TABLE orchestrate_events DISABLE TRIGGER USER",
        "UPDATE orchestrate_events SET actor = 'bob' WHERE sequence = 5",
    )
    happened("its owner changed event 5")
    rebuild = ("journal", "rebuild", "--reason", "somebody edited it")
    told(
        team(*rebuild, env={"ORCHESTRATE_JOURNAL": writer}), 10, "must be owner", "as a role that owns the tables"
    )
    event = rebuilt(team)
    aside = event["body"]["earlier"]["aside"]
    assert databases.rows(owner, f"SELECT actor FROM {aside} WHERE sequence = 5") == [("bob",)]
    assert event["sequence"] == 5
    team.project.tables("a2", down="a1")
    team("rollout", "--yes", env={"ORCHESTRATE_JOURNAL": writer}, check=True)
    told(team("journal", "verify", env={"ORCHESTRATE_JOURNAL": writer}), 0, "the journal is whole")
