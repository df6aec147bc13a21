"""`webhooks` in environments.yaml: what may stand there, and what is said where it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.events import EventKind
from orchestrator.core.webhooks import USUAL
from orchestrator.errors import ConfigurationError
from tests.project.configurations import HEAD, loaded, told

FILE = HEAD + "  dev: {url: 'sqlite:///dev.db'}\n"


def test_the_variables_of_a_webhook_are_wanted_where_a_run_begins(tmp_path: Path) -> None:
    """A file is read without them; whoever asks for the webhooks is told each that is not set."""
    text = (
        FILE
        + 'webhooks: [{url: "${HOOK_URL}", secret: "${HOOK_SECRET}", events: [step_failed]}, {url: "http://h/x"}]'
    )
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, text).webhooks()
    assert [what for what, _ in told(refused.value, tmp_path)] == [
        "environments.yaml:4: webhooks[0].url: the variable HOOK_URL is not set, or empty",
        "environments.yaml:4: webhooks[0].secret: the variable HOOK_SECRET is not set, or empty",
    ]
    configuration = loaded(tmp_path, text, {"HOOK_URL": "https://h/T0KENS", "HOOK_SECRET": "k3yk3y"})
    first, second = configuration.webhooks()
    assert (first.events, second.events) == (frozenset([EventKind.STEP_FAILED]), frozenset(USUAL))
    assert configuration.redactor().text("posted to https://h/T0KENS with k3yk3y") == "posted to *** with ***"


@pytest.mark.parametrize(
    ("entry", "what", "mend"),
    [
        ("{}", "webhooks[0].url: is missing", None),
        ("{url: ftp://h/x}", "webhooks[0].url: is no address of the web", "write https://host/path"),
        ("{url: 'https://h/a b'}", "webhooks[0].url: is no address of the web", "write https://host/path"),
        ("{url: 'https://u:hunter2@h/'}", "webhooks[0].url: holds a password in clear", None),
        ("{url: 'https://h/', secret: hunter2}", "webhooks[0].secret: stands in clear", None),
        (
            "{url: 'https://h/', events: [run_finish]}",
            "webhooks[0].events[0]: is no event of a run that is told",
            "did you mean 'run_finished'?",
        ),
        ("{url: 'https://h/', evnts: []}", "webhooks[0]: unknown key 'evnts'", "did you mean 'events'?"),
    ],
)
def test_a_webhook_that_cannot_be_told(entry: str, what: str, mend: str | None, tmp_path: Path) -> None:
    """Each mistake is told with its place and what to write, and never with the secret."""
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, f"{FILE}webhooks: [{entry}]")
    ((said, way),) = told(refused.value, tmp_path)
    assert what in said
    assert way is not None
    assert mend in (None, way)
    assert "hunter2" not in said + way
