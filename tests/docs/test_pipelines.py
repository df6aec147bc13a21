"""The pipelines that the documentation shows: each is YAML, and each command in it is one that there is."""

from __future__ import annotations

import hashlib
import hmac
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
import yaml

from orchestrator.cli.main import application
from orchestrator.core.webhooks import EVENTS
from tests.docs.document import ROOT, Page

PIPELINES, WEBHOOKS, RELEASES = (
    Page(ROOT / "docs" / f"{name}.md") for name in ("pipelines", "webhooks", "releases")
)
FILES = {block.text.splitlines()[0]: block.text for block in PIPELINES.blocks if block.kind == "yaml"}


def _texts(value: Any) -> Iterator[str]:
    """Every text in a file, whatever it is below."""
    match value:
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
        case str():
            yield value


def _commands(text: str) -> Iterator[list[str]]:
    """The words of each orchestrate command that a shell would run."""
    for line in _texts(yaml.safe_load(text)):
        for found in re.findall(r"\borchestrate ([^|>\n]+)", line):
            yield shlex.split(found)


@pytest.mark.parametrize("name", FILES)
def test_a_pipeline_shown_is_yaml_whose_commands_there_are(name: str) -> None:
    """A file that somebody copies can be read, and the command line understands each of its commands."""
    commands: Any = getattr(typer.main.get_command(application()), "commands")  # noqa: B009 - of Click's group
    found = list(_commands(FILES[name]))
    assert found
    for command, *arguments in found:
        commands[command].make_context(command, arguments)


def test_the_pipelines_show_what_they_promise() -> None:
    """For each platform: the plan as a comment, an approval, an apply with its JUnit file."""
    for files in ([text for name, text in FILES.items() if ".github" in name], [FILES["# .gitlab-ci.yml"]]):
        typed = [words for text in files for words in _commands(text)]
        assert {"plan", "approve", "apply", "rollout"} <= {words[0] for words in typed}
        assert any("markdown" in words for words in typed)
        assert all("--junit" in words for words in typed if words[0] in ("apply", "rollout"))


def test_every_event_that_a_webhook_may_ask_for_is_documented() -> None:
    """Each stands in webhooks.md."""
    assert [kind for kind in EVENTS if f"`{kind}`" not in WEBHOOKS.text] == []


def test_the_check_of_a_signature_that_is_shown_works() -> None:
    """Whoever copies it takes a delivery of ours, and no other."""
    (source,) = (block.text for block in WEBHOOKS.blocks if block.kind == "python")
    shown: dict[str, Any] = {}
    exec(source, shown)
    signature = "sha256=" + hmac.new(b"k3y", b"{}", hashlib.sha256).hexdigest()
    assert shown["genuine"](b"{}", signature, "k3y")
    assert not shown["genuine"](b"{ }", signature, "k3y")
