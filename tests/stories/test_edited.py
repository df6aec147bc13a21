"""A script that is changed after it ran: seen, told, kept out of the next environment, and put back."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.stories.pipeline import Pipeline, told

_BY_HAND = 'op.create_table("t_b2", sa.Column("id", sa.Integer), sa.Column("more", sa.Integer))'


def _git(where: Path, *arguments: str) -> None:
    names = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    subprocess.run(["git", *names, *arguments], cwd=where, check=True, capture_output=True)


def test_an_edited_script_goes_nowhere_until_it_is_as_it_ran(make_pipeline: Callable[..., Pipeline]) -> None:
    """It is shown with its difference and refused with 5 until the command that was printed put it back."""
    shop = make_pipeline("sqlite", "dev", "staging", "prod")
    root, (_, edited) = shop.project.root, shop.project.tables("a1", "b2")
    _git(root, "init", "-q")
    _git(root, "add", "migrations")
    _git(root, "commit", "-qm", "as it ran")
    told(shop("rollout", "--through", "staging", "--yes"), 0)

    shop.project.revision(edited, "a1", _BY_HAND)
    said = told(
        shop("promote", "staging", "prod", "--yes"), 5, "gate scripts: b2 changed since staging ran it (run"
    )
    assert '- op.create_table("t_b2", sa.Column("id", sa.Integer, primary_key=True))' in said
    assert f"+ {_BY_HAND}" in said
    assert shop.tables("prod") == set()
    told(shop("status"), 0, "changed since dev, staging ran it (run", "orchestrate promote staging prod")

    (found,) = shop("status", "--format", "json").json["edited"]
    assert (found["revision"], found["targets"], found["unfound"]) == ("b2", ["dev", "staging"], None)
    assert found["former"]["path"] == found["path"] == "migrations/versions/b2_revision_b2.py"
    assert found["digest"] != found["ran"]["digest"]
    (planned,) = shop("plan", "staging", "prod", "--format", "json").json["edited"]
    assert (planned["targets"], planned["former"]) == (["staging"], found["former"])

    assert found["mend"] in said
    subprocess.run(shlex.split(found["mend"]), cwd=root, check=True, capture_output=True)
    told(shop("promote", "staging", "prod", "--yes"), 0)
    assert shop.heads("prod") == {"b2"}


def test_what_changed_before_it_came_further_stops_a_rollout_too(make_pipeline: Callable[..., Pipeline]) -> None:
    """A rollout brings nothing past the environment that ran other bytes, and without git it says so."""
    shop = make_pipeline("sqlite", "dev", "staging")
    shop.project.tables("a1", "b2")
    told(shop("rollout", "--through", "dev", "--yes"), 0)
    script = shop.project.revision("a1", None, message="Revision a1")
    said = told(shop("rollout", "--yes"), 5, "a1 changed since dev ran it", "the difference is not known: git")
    assert f"put migrations/versions/{script.name} back as it ran" in said
    assert shop.tables("staging") == set()
