"""Lines to paste: what they hold, and that YAML reads them back as they were meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from orchestrator.core.diagnosis import TargetFacts
from orchestrator.core.injection import Injection
from orchestrator.core.injection_search import Candidate, Found
from orchestrator.core.suggestion import of_way, suggestion, to_yaml
from orchestrator.core.targets import Target
from tests.core.test_diagnosis import FACTS, PLAIN, PROJECT, PROVED, REACHED, VARIABLE


def of_table(target: str, table: str | None) -> TargetFacts:
    """A target whose env.py uses this version table; None where it could not be tried."""
    trial = replace(PROVED, version_table=table) if table else None
    return replace(FACTS, target=Target.parse(target), trial=trial)


def suggested(*targets: TargetFacts, way: Candidate | None = PLAIN) -> Any:
    text = suggestion([replace(PROJECT, found=Found(way, REACHED))], targets)
    return None if text is None else yaml.safe_load(text)


@pytest.mark.parametrize("way", [PLAIN, None])
def test_nothing_is_suggested_where_the_file_is_right_or_no_way_is_known(way: Candidate | None) -> None:
    """Only a way that reaches and is not there yet is worth a line."""
    assert suggested(FACTS, way=way) is None


def test_the_way_to_env_py_is_suggested_for_its_project() -> None:
    """The lines are those of the project in environments.yaml."""
    assert suggested(FACTS, way=VARIABLE) == {
        "projects": {"app": {"inject": {"variables": {"DATABASE_URL": "{url}"}}}}
    }


def test_a_version_table_of_all_is_a_default() -> None:
    """What is the same wherever env.py could be tried is said once."""
    targets = of_table("dev", "v"), of_table("prod", "v"), of_table("test", None)
    assert suggested(*targets) == {"defaults": {"version_table": "v"}}


def test_version_tables_that_differ_are_said_where_they_are() -> None:
    """Each environment, and each of several databases, gets its own."""
    targets = of_table("dev", "v"), of_table("prod/billing", "w"), of_table("test", "alembic_version")
    assert suggested(*targets) == {
        "environments": {
            "dev": {"version_table": "v"},
            "prod": {"databases": {"billing": {"version_table": "w"}}},
        }
    }


WAYS = [
    Injection(options=(("databases", "{name}"), ("{name}/sqlalchemy.url", "{url}"))),
    Injection(x_arguments=("url={url}", "tenant: acme", "yes")),
    Injection(attributes=(("connection", "{connection}"),), redirect=True),
    Injection(variables=(("A", 'a "quoted" # text'), ("ON", ""), ("on", "null"))),
]


@pytest.mark.parametrize("injection", WAYS)
def test_what_is_written_is_read_back(injection: Injection) -> None:
    """YAML gives every name and template back as the text it was."""
    keys = of_way(Candidate(injection, "shop:create_app()"))
    assert yaml.safe_load(to_yaml({"projects": {"app": keys}})) == {"projects": {"app": keys}}
    assert keys["flask_app"] == "shop:create_app()"


@pytest.mark.parametrize(
    "text", ["true", "Off", "1", "1.5", ".5", ".inf", "~", "", " a", "a: b", "é", "- x", "{x}", "0x1", "1e3"]
)
def test_a_text_stays_a_text(text: str) -> None:
    """What YAML would take for a number, a truth value or a mapping is quoted."""
    assert yaml.safe_load(to_yaml({"key": text, "list": [text]})) == {"key": text, "list": [text]}
