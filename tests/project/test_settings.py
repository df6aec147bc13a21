import os
from pathlib import Path

import pytest

from orchestrator.core.targets import Target
from orchestrator.errors import ConfigurationError
from orchestrator.execution.calls import program_variables
from orchestrator.project.settings import LogFormat, OutputFormat
from orchestrator.project.settings_reader import read_settings
from tests.project.configurations import HEAD, loaded, told

FILE = HEAD + (
    "  dev: {url: '${NOT_SET}'}\n  eu-west: {url: '${NOT_SET}', protected: true}\n"
    "  many: {databases: {x: {url: 'sqlite:///x.db'}, y-1: {url_file: none}}}\n"
)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ORCHESTRATE_")]:
        monkeypatch.delenv(name)


def test_settings_have_defaults() -> None:
    """Without variables the file is environments.yaml here, output is text, and logs suit the stream."""
    found = read_settings()
    assert (found.config, found.journal) == (Path("environments.yaml"), None)
    assert (found.format, found.log_format) == (OutputFormat.TEXT, LogFormat.AUTO)


def test_variables_set_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each variable is read, one set to nothing is not, and the journal's takes the place of the file's."""
    monkeypatch.setenv("ORCHESTRATE_CONFIG", "other.yaml")
    monkeypatch.setenv("ORCHESTRATE_FORMAT", "json")
    monkeypatch.setenv("ORCHESTRATE_LOG_FORMAT", "")
    monkeypatch.setenv("ORCHESTRATE_JOURNAL", "sqlite:///mine.db")
    found = read_settings()
    assert (found.config, found.format, found.log_format) == (
        Path("other.yaml"),
        OutputFormat.JSON,
        LogFormat.AUTO,
    )
    assert loaded(tmp_path, FILE, settings=found).journal.reveal() == f"sqlite:///{tmp_path}/mine.db"
    assert "mine.db" not in repr(found)


def test_variables_override_urls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An overriding URL takes the place of whatever the file says, also of an unset variable, in any case."""
    monkeypatch.setenv("ORCHESTRATE_ENVIRONMENTS__EU_WEST__URL", "postgresql://u:secret@h/${d}")
    monkeypatch.setenv("orchestrate_environments__many__databases__y_1__url", "sqlite:///y.db")
    endpoints = loaded(tmp_path, FILE, settings=read_settings()).endpoints(["eu-west", "many"])
    assert endpoints[Target("eu-west")].url.reveal() == "postgresql://u:secret@h/${d}"
    assert endpoints[Target("many", "y-1")].url.reveal() == f"sqlite:///{tmp_path}/y.db"


OVERRIDES = [
    ("EU_WAST__URL", "there is no environment 'eu_wast'", "did you mean 'eu-west'?"),
    ("MANY__URL", "many has databases, each with its own URL",
     "write ORCHESTRATE_ENVIRONMENTS__MANY__DATABASES__NAME__URL"),
    ("MANY__DATABASES__Z__URL", "there is no database 'z'", "one of: x, y-1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "message", "mend"), OVERRIDES)
def test_an_override_without_a_place_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, message: str, mend: str
) -> None:
    """A URL for what the file does not have is an error that names the variable, not its value."""
    monkeypatch.setenv(f"ORCHESTRATE_ENVIRONMENTS__{name}", "postgresql://u:hunter2@h/d")
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, FILE, settings=read_settings())
    assert told(refused.value, tmp_path) == [(f"ORCHESTRATE_ENVIRONMENTS__{name}: {message}", mend)]


def test_a_bad_override_is_told_where_it_came_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An overriding URL that cannot be used is refused when it is needed, naming its variable."""
    monkeypatch.setenv("ORCHESTRATE_ENVIRONMENTS__DEV__URL", "hunter2")
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, FILE, settings=read_settings()).endpoints(["dev"])
    assert str(refused.value) == "ORCHESTRATE_ENVIRONMENTS__DEV__URL: dev.url: is not a database URL"


def test_a_program_of_a_run_may_call_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a run gives to the programs that it begins is no override, and changes nothing that is read."""
    for name, value in program_variables("run-1", "prod", "promote").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ORCHESTRATE_OUTCOME", "failed")
    assert loaded(tmp_path, FILE, settings=read_settings()).path == tmp_path / "environments.yaml"


def test_every_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong and misspelt variables are told together, by name, and never by value."""
    wrong = {
        "FORMAT": "is not a known format", "LOG_FORMAT": "is not a known format",
        "JOURNAL": "cannot hold the journal", "ENVIRONMENTS__DEV__ULR": "is not a variable that is read",
        "ENVIRONMENTS__QA": "is not a variable that is read",
        "ENVIRONMENTS_DEV_URL": "is not a variable that is read",
        "ENVIRONMENT__DEV__URL": "is not a variable that is read",
    }  # fmt: skip
    for name in wrong:
        monkeypatch.setenv(f"ORCHESTRATE_{name}", "mysql://u:hunter2@h/d")
    with pytest.raises(ConfigurationError) as refused:
        read_settings()
    assert {str(problem) for problem in refused.value.problems} == {
        f"ORCHESTRATE_{name}: {what}" for name, what in wrong.items()
    }
