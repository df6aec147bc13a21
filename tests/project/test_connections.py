import os
import time
from pathlib import Path

import pytest

from orchestrator.core.targets import Target
from orchestrator.errors import ConfigurationError, UnavailableError
from orchestrator.project.environments_file import connections
from tests.project.configurations import HEAD, loaded, told


def fetched(root: Path, way: str) -> str:
    found = loaded(root, f"{HEAD}  dev: {{{way}}}\n", dict(os.environ))
    return found.endpoints()[Target("dev")].url.reveal()


def test_a_file_gives_the_url_on_its_line(tmp_path: Path) -> None:
    """The URL is the file's one line, without its newline; the path begins at environments.yaml."""
    (tmp_path / "secret").write_text("postgresql://u:pw@h/d\n")
    assert fetched(tmp_path, "url_file: secret") == "postgresql://u:pw@h/d"


def test_a_program_gives_the_url_without_a_shell(tmp_path: Path) -> None:
    """Arguments reach the program as they are written, and its one line is the URL."""
    assert (
        fetched(tmp_path, "url_command: [printf, '%s', 'sqlite:///a b;c.db']") == f"sqlite:///{tmp_path}/a b;c.db"
    )


def test_nothing_is_fetched_before_it_is_needed(tmp_path: Path) -> None:
    """Loading runs no program, and neither does asking for another environment."""
    text = f"{HEAD}  dev: {{url: 'sqlite:///d.db'}}\n  prod: {{url_command: [touch, ran]}}\n"
    loaded(tmp_path, text, dict(os.environ)).endpoints(["dev"])
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("way", "message"),
    [
        (
            "url_command: [sh, -c, 'echo hunter2; echo hunter2 >&2; exit 3']",
            "dev.url_command: sh failed with exit code 3",
        ),
        (
            "url_command: [/no/such/vault, hunter2]",
            "dev.url_command: vault cannot be run: No such file or directory",
        ),
        ("url_command: [sleep, '60']", "dev.url_command: sleep did not end within 0.5 seconds"),
        ("url_command: [sh, -c, 'exec >&-; sleep 60']", "dev.url_command: sh did not end within 0.5 seconds"),
    ],
)
def test_a_program_that_fails_makes_its_target_unavailable(
    tmp_path: Path, way: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that fails, hangs or is not there is named, with none of its arguments and nothing it wrote."""
    monkeypatch.setattr(connections, "COMMAND_SECONDS", 0.5)
    with pytest.raises(UnavailableError) as refused:
        fetched(tmp_path, way)
    assert told(refused.value, tmp_path) == [
        (f"environments.yaml:3: {message}", "run it by hand and read what it says")
    ]


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("url_command: [echo, hunter2]", "dev.url_command: is not a database URL"),
        ("url_command: [printf, 'hunter2\\nx']", "dev.url_command: gives more than one line of at most 8 KiB"),
        ("url_command: [yes, hunter2]", "dev.url_command: gives more than one line of at most 8 KiB"),
        ("url_command: ['true']", "dev.url_command: gives nothing"),
        ("url_file: hunter2.txt", "dev.url_file: is not a database URL"),
    ],
)
def test_what_is_not_one_url_is_refused_unseen(tmp_path: Path, way: str, message: str) -> None:
    """Output that is not one URL is refused, and none of it is shown."""
    (tmp_path / "hunter2.txt").write_text("hunter2")
    with pytest.raises(ConfigurationError) as refused:
        fetched(tmp_path, way)
    assert told(refused.value, tmp_path)[0][0] == f"environments.yaml:3: {message}"


def test_programs_of_many_targets_run_beside_each_other(tmp_path: Path) -> None:
    """Eight programs that each take a while take little longer than one."""
    lines = "".join(f"  e{n}: {{url_command: [sh, -c, 'sleep 0.3; echo sqlite:///{n}.db']}}\n" for n in range(8))
    begun = time.monotonic()
    assert len(loaded(tmp_path, HEAD + lines, dict(os.environ)).endpoints()) == 8
    assert time.monotonic() - begun < 1.5


def test_unavailable_outweighs_and_all_is_told(tmp_path: Path) -> None:
    """When a variable is missing and a program fails, both are told and the more severe kind is raised."""
    text = f"{HEAD}  a: {{url: '${{NOT_SET}}'}}\n  b: {{url_command: ['false']}}\n"
    with pytest.raises(UnavailableError) as refused:
        loaded(tmp_path, text, {"PATH": os.environ["PATH"]}).endpoints()
    assert len(refused.value.problems) == 2


def test_a_fetched_url_of_another_target_is_refused(tmp_path: Path) -> None:
    """Two targets found to be one database only when their URLs are fetched are refused then."""
    text = f"{HEAD}  a: {{url: 'sqlite:///x.db'}}\n  b: {{url_command: [echo, 'sqlite:///x.db']}}\n"
    found = loaded(tmp_path, text, dict(os.environ))
    with pytest.raises(ConfigurationError, match="b and a are the same database"):
        found.endpoints(["b"])
