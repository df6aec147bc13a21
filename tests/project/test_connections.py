import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.core.observations import Reading
from orchestrator.core.targets import Target
from orchestrator.databases.probe import probe
from orchestrator.errors import ConfigurationError, UnavailableError
from orchestrator.project.environments_file import connections, sources
from tests.project.configurations import HEAD, loaded, told
from tests.servers.postgresql import PostgreSQL


def fetched(root: Path, way: str) -> str:
    found = loaded(root, f"{HEAD}  dev: {{{way}}}\n", dict(os.environ))
    return found.endpoints()[Target("dev")].url.reveal()


def secret(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_file_gives_the_url_on_its_line(tmp_path: Path) -> None:
    """The URL is the file's one line, without its newline; the path begins at environments.yaml."""
    secret(tmp_path / "secret", "postgresql://u:pw@h/d\n")
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
    monkeypatch.setattr(sources, "COMMAND_SECONDS", 0.5)
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
    secret(tmp_path / "hunter2.txt", "hunter2")
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


def refusal(root: Path) -> str:
    """What is said of the file `secret` in place of its URL."""
    with pytest.raises(ConfigurationError) as refused:
        fetched(root, "url_file: secret")
    ((what, mend),) = told(refused.value, root)
    assert "hunter2" not in what
    return f"{what} → {mend}".replace(f"{root}/", "").removeprefix("environments.yaml:3: dev.url_file: ")


def test_a_file_that_others_may_write_is_refused(tmp_path: Path) -> None:
    """Whoever may write it decides which database is changed."""
    path = secret(tmp_path / "secret", "postgresql://u:hunter2@h/d")
    for mode in (0o620, 0o602):
        path.chmod(mode)
        assert refusal(tmp_path) == "secret can be written by others → chmod 600 secret"


def test_a_file_is_followed_to_where_a_link_leads(tmp_path: Path) -> None:
    """Kubernetes mounts a secret as a link to a link; what counts is the file at its end."""
    (tmp_path / "..data").mkdir()
    path = secret(tmp_path / "..data" / "url", "postgresql://u:pw@h/d")
    (tmp_path / "secret").symlink_to("..data/url")
    assert fetched(tmp_path, "url_file: secret") == "postgresql://u:pw@h/d"
    path.chmod(0o666)
    assert "can be written by others" in refusal(tmp_path)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes to, and a directory, are refused at once."""
    os.mkfifo(tmp_path / "secret")
    assert refusal(tmp_path).startswith("secret is not a file")
    (tmp_path / "secret").unlink()
    (tmp_path / "secret").mkdir()
    assert refusal(tmp_path).startswith("secret cannot be read: Is a directory")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_belongs_to_its_reader_or_to_root(tmp_path: Path) -> None:
    """Anybody else could change it; who reads root's, which a container mounts for all, is root's affair."""
    path = secret(tmp_path / "secret", "postgresql://u:pw@h/d")
    path.chmod(0o444)
    assert fetched(tmp_path, "url_file: secret") == "postgresql://u:pw@h/d"
    os.chown(path, 65534, 65534)
    assert refusal(tmp_path) == "secret belongs to somebody else → chown 0 secret"


def test_a_file_of_ones_own_is_for_oneself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ssh has it for keys: who else may read our own file is our affair."""
    path = secret(tmp_path / "secret", "postgresql://u:pw@h/d")
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
    assert fetched(tmp_path, "url_file: secret") == "postgresql://u:pw@h/d"
    path.chmod(0o640)
    assert refusal(tmp_path) == "secret can be read by others → chmod 600 secret"


PRINTING = "url_command: [cat, url]"


def test_a_url_is_fetched_again_when_it_is_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that lives for minutes is asked for anew before a connection, and masked before it is used."""
    url = secret(tmp_path / "url", "postgresql://u:pw-one@h/d")
    found = loaded(tmp_path, f"{HEAD}  dev: {{{PRINTING}}}\n", dict(os.environ))
    endpoint = found.endpoints()[Target("dev")]
    url.write_text("postgresql://v:pw-two@h/d")
    assert endpoint.url.reveal() == "postgresql://u:pw-one@h/d"
    monkeypatch.setattr(connections, "FRESH_SECONDS", 0.0)
    assert endpoint.url.reveal() == "postgresql://v:pw-two@h/d"
    assert found.redactor().text("pw-one pw-two") == "*** ***"


@pytest.mark.parametrize("later", ["", "nonsense", "postgresql://u:pw-two@h/another"])
def test_what_cannot_be_fetched_again_stays_as_it_was(
    tmp_path: Path, later: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vault that is down, or came to mean another database, does not stop a run whose token is good."""
    url = secret(tmp_path / "url", "postgresql://u:pw-one@h/d")
    endpoint = loaded(tmp_path, f"{HEAD}  dev: {{{PRINTING}}}\n", dict(os.environ)).endpoints()[Target("dev")]
    monkeypatch.setattr(connections, "FRESH_SECONDS", 0.0)
    url.write_text(later)
    assert endpoint.url.reveal() == "postgresql://u:pw-one@h/d"


@pytest.mark.postgresql
def test_a_password_that_changed_meanwhile_is_used(
    tmp_path: Path, postgresql_server: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that took the first token away lets the next connection in, with the next one."""
    name, _ = postgresql_server.new_database()
    url = tmp_path / "url"

    def rotate(password: str) -> None:
        postgresql_server.create_role("rotated", password)
        secret(url, postgresql_server.url(name, "rotated", password))

    rotate("first token")
    endpoint = loaded(tmp_path, f"{HEAD}  dev: {{{PRINTING}}}\n", dict(os.environ)).endpoints()[Target("dev")]
    assert probe(endpoint, lambda: datetime.now(UTC)).reading is Reading.EMPTY
    rotate("second token")
    assert probe(endpoint, lambda: datetime.now(UTC)).reading is Reading.DENIED
    monkeypatch.setattr(connections, "FRESH_SECONDS", 0.0)
    assert probe(endpoint, lambda: datetime.now(UTC)).reading is Reading.EMPTY
    postgresql_server.drop_database(name)
