"""Passwords: in no output, no log, no journal and no file, also when drivers and env.py repeat them in errors.

Each password has a part that no encoding changes (`tests.canary`); whatever is left of it anywhere is found.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from tests import canary
from tests.command import Completed
from tests.crash.scene import wait_until
from tests.crash.switched_off import without
from tests.reliability import Happened
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.stories.pipeline import Pipeline, told

TOKEN = "Xq7canary of the application, Zk9tail"
LOUD = """
import base64, json, os, sys, urllib.parse
url = op.get_bind().engine.url
plain, password = url.render_as_string(hide_password=False), url.password
print("loud:", plain, password, repr(password), ascii(password), json.dumps([password, plain]))
print("loud:", *(quote(password) for quote in (urllib.parse.quote, urllib.parse.quote_plus)))
print("loud:", urllib.parse.quote(plain, safe=""), plain.replace("%", "%%"), repr(password.encode()))
print("loud:", *(base64.b64encode((" " * n + password).encode()).decode() for n in range(3)))
print("loud:", os.environ["APP_TOKEN"])
for letter in "loud: " + password + chr(10):
    sys.stderr.write(letter)
    sys.stderr.flush()
"""
NO_MASK = {
    "orchestrator.core.secrets": "Redactor.text = lambda self, text: text",
    "orchestrator.execution.setting": "Redactor.text = lambda self, text: text",
}


class Guarded:
    """A pipeline whose role has a password of a kind that everybody writes differently, and all that it said."""

    def __init__(self, pipeline: Pipeline, server: PostgreSQL | MariaDB) -> None:
        self.pipeline = pipeline
        self.root = pipeline.project.root
        self.said: dict[str, bytes | str] = {}
        canary.superuser(server, canary.NASTY)
        urls = {name: canary.with_canary(url, canary.NASTY) for name, url in pipeline.urls.items()}
        (self.root / "secret").write_text(urls["staging"])
        (self.root / "secret").chmod(0o600)
        pipeline.environ = {"PROD_URL": urls["prod"], "APP_TOKEN": TOKEN}
        variables = {"APP_TOKEN": "${APP_TOKEN}"}
        pipeline.project.environments(
            {
                "staging": {"url_file": "secret", "variables": variables},
                "prod": {"url_command": ["printenv", "PROD_URL"], "variables": variables},
            },
            protected=["prod"],
        )
        self.urls = urls

    def __call__(self, *args: str, **options: object) -> Completed:
        completed = self.pipeline(*args, **options)  # type: ignore[arg-type]
        self.said[" ".join(args)] = completed.stdout + completed.stderr
        return completed

    @property
    def everything(self) -> dict[str, bytes | str]:
        """What was said, and every file that was not there before."""
        own = (self.root / "secret", self.root / "migrations")
        return self.said | canary.left_behind(self.root.parent, lambda path: path in own or own[1] in path.parents)


@pytest.fixture(
    params=[
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ]
)
def guarded(
    request: pytest.FixtureRequest,
    make_pipeline: Callable[..., Pipeline],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Guarded:
    """staging, whose URL is in a file, and prod, whose URL a program gives; temporary files are kept in sight."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    return Guarded(make_pipeline(request.param), request.getfixturevalue(f"{request.param}_server"))


def loud(guarded: Guarded) -> None:
    """An env.py and two revisions that print the password in every form; the second raises it too."""
    env = guarded.pipeline.project.env_py
    line = 'print("loud:", config.get_main_option("sqlalchemy.url"), dict(os.environ))\n'
    env.write_text(
        "import os\n" + env.read_text().replace("target_metadata = None\n", f"target_metadata = None\n{line}")
    )
    guarded.pipeline.project.revision("a1", None, LOUD)
    guarded.pipeline.project.revision("a2", "a1", f'{LOUD}\nraise RuntimeError("cannot use " + plain)')


@pytest.mark.fault(32)
def test_a_password_is_shown_nowhere(guarded: Guarded, happened: Happened) -> None:
    """Whatever is typed and however it fails, the password stands in no stream and in no file that is left."""
    loud(guarded)
    assert guarded("rollout", "--yes", "--confirm", "prod").returncode == 6
    run = guarded.pipeline.latest_run()
    for args in (
        ("status",),
        ("doctor",),
        ("resume", "--format", "json"),
        ("show", run),
        ("show", run, "-f", "json"),
    ):
        guarded(*args)
    everything = guarded.everything
    logged = "".join(str(content) for name, content in everything.items() if name.endswith(".jsonl"))
    assert logged.count("loud: ") >= 13
    happened("env.py and the revision printed and raised the password, and their lines are in the run's log")
    assert "cannot use" in str(everything["show " + run])
    canary.assert_unseen(everything)


@pytest.mark.control(32)
@pytest.mark.sqlite
def test_without_the_redactor_a_password_is_shown(sqlite: Pipeline, tmp_path: Path) -> None:
    """What the project's code prints is then in the log as it was printed."""
    sqlite.write({"variables": {"APP_TOKEN": TOKEN}})
    sqlite.project.revision("a1", None, 'import os; print("loud:", os.environ["APP_TOKEN"])')
    logs = sqlite.project.root / ".orchestrator"
    told(sqlite("rollout", "--through", "staging", "--yes"), 0)
    canary.assert_unseen(canary.left_behind(logs))
    told(sqlite("rollout", "--yes", env=without(tmp_path / "off", NO_MASK)), 0)
    with pytest.raises(AssertionError, match="can be read"):
        canary.assert_unseen(canary.left_behind(logs))


@pytest.mark.fault(29)
def test_an_env_py_that_raises_the_url(guarded: Guarded, happened: Happened) -> None:
    """It is told with file, line and the last words, which are masked; nothing was begun."""
    guarded.pipeline.project.tables("a1")
    env = guarded.pipeline.project.env_py
    env.write_text(
        "from alembic import context\nfrom pathlib import Path\nPath('was_run').touch()\n"
        'raise RuntimeError("cannot use " + context.config.get_main_option("sqlalchemy.url"))\n' + env.read_text()
    )
    said = told(
        guarded("rollout", "--through", "staging", "--yes"),
        6,
        "env.py failed: RuntimeError: cannot use",
        "***@127.0.0.1",
        "(migrations/env.py:4)",
    )
    assert (guarded.root / "was_run").exists()
    happened("env.py was run, and its error was told")
    assert "orchestrate resume" in said
    assert guarded.pipeline.tables("staging") == set()
    canary.assert_unseen(guarded.everything)


def test_a_password_that_is_wrong_is_not_shown(guarded: Guarded) -> None:
    """The server refuses it, and what server and driver say of it is masked."""
    guarded.pipeline.project.tables("a1")
    (guarded.root / "secret").write_text(guarded.urls["staging"].replace("Zk9tail", "Zk9tailor"))
    told(
        guarded("status", "--exit-code"),
        9,
        "the password was refused" if "postgresql" in str(guarded.urls) else "",
    )
    assert guarded("rollout", "--yes", "--confirm", "prod", "--format", "json").returncode == 9
    guarded("doctor", "staging")
    canary.assert_unseen(guarded.everything)


def test_a_bug_is_reported_without_a_password(guarded: Guarded, tmp_path: Path) -> None:
    """The traceback of an error of ours, in its file, and the line about it are masked."""
    guarded.pipeline.project.tables("a1")
    line = f"def refusal(*_):\n    raise KeyError({guarded.urls['staging']!r}, {canary.NASTY!r} * 9)\n"
    broken = without(tmp_path / "off", {"orchestrator.core.divergence": f"{line}stand = refusal"})
    said = told(guarded("status", env=broken), 1, "this is a bug in orchestrate (KeyError")
    (report,) = (tmp_path / "temporary").glob("orchestrate-*.txt")
    assert str(report) in said
    assert report.stat().st_mode & 0o777 == 0o600
    assert "Traceback" in report.read_text()
    (tmp_path / "off" / "sitecustomize.py").unlink()
    canary.assert_unseen({name: text for name, text in guarded.everything.items() if "__pycache__" not in name})


@pytest.mark.fault(42)
def test_all_that_is_missing_is_told_at_once(sqlite: Pipeline, happened: Happened) -> None:
    """Variables that are not set or empty, a file that is not there, each with its place; nothing is connected."""
    sqlite.project.environments(
        {
            "dev": {"url": "sqlite:///dev.db"},
            "staging": {"url": "${STAGING_URL}"},
            "qa": {"url_file": "secret"},
            "prod": {"url": "${PROD_URL}", "variables": {"APP_TOKEN": "${APP_TOKEN}"}},
        },
        protected=["prod"],
    )
    env = {"STAGING_URL": None, "PROD_URL": "", "APP_TOKEN": None}
    happened("STAGING_URL and APP_TOKEN are not set, PROD_URL is empty, and there is no file `secret`")
    told(
        sqlite("rollout", "--yes", "--confirm", "prod", env=env),
        2,
        "4 problems with the targets asked for",
        "staging.url: the variable STAGING_URL is not set, or empty",
        "secret cannot be read: No such file or directory",
        "prod.url: the variable PROD_URL is not set, or empty",
        "prod.variables.APP_TOKEN: the variable APP_TOKEN is not set, or empty",
    )
    assert not (sqlite.project.root / "dev.db").exists()


def test_a_program_that_fails_is_named_and_nothing_it_said(sqlite: Pipeline) -> None:
    """Its exit code is told, and exit 9; its arguments, its output and its errors are not."""
    program = f"echo {TOKEN!r}; echo {TOKEN!r} >&2; exit 3"
    sqlite.project.environments({"dev": {"url_command": ["sh", "-c", program]}})
    said = told(sqlite("status"), 9, "dev.url_command: sh failed with exit code 3", "run it by hand")
    canary.assert_unseen({"output": said})


def test_a_url_in_the_wrong_place_is_masked(sqlite: Pipeline) -> None:
    """A command line that is not understood repeats what was typed, but not its password."""
    for form in ("text", "json"):
        completed = sqlite(
            "status", "dev", "--scratc", "x", f"postgresql://u:{canary.PLAIN}@h/d", "--format", form
        )
        assert completed.returncode == 2
        canary.assert_unseen({form: completed.stdout + completed.stderr})


def test_the_files_of_a_run_are_private(sqlite: Pipeline) -> None:
    """The journal and the logs can be read by their owner alone."""
    sqlite.project.tables("a1")
    sqlite("rollout", "--yes")
    folder = sqlite.project.root / ".orchestrator"
    modes = {path.relative_to(folder).as_posix(): path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert modes.pop("logs") == 0o700
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("word", ["app", "prod", "test"])
def test_a_password_like_a_word_garbles_nothing(
    make_pipeline: Callable[..., Pipeline], postgresql_server: PostgreSQL, word: str
) -> None:
    """A run is recorded and resumed as ever where the password is the name of an environment or a database."""
    shop = make_pipeline("postgresql", "test", "prod")
    postgresql_server.create_role(f"role_of_{word}", word)
    postgresql_server.execute(f"ALTER ROLE role_of_{word} SUPERUSER")
    for name, url in shop.urls.items():
        database = url.rpartition("/")[2]
        shop.environ[f"{name.upper()}_DATABASE_URL"] = postgresql_server.url(database, f"role_of_{word}", word)
    shop.project.tables("a1")
    failing = shop.project.revision("a2", "a1", 'raise RuntimeError("not yet")')
    told(shop("rollout", "--yes"), 6, "not yet")
    document = shop("resume", "--format", "json").json
    assert [target["target"] for target in document["targets"]] == ["test", "prod"]
    assert document["targets"][0]["revisions"][0]["outcome"] == "applied"
    assert failing.exists()


@pytest.mark.fault(47)
def test_a_hook_that_hangs_is_ended_by_a_signal(sqlite: Pipeline, happened: Happened) -> None:
    """Twice Ctrl-C ends it: nothing was begun, nothing is held, and the run can be resumed."""
    sqlite.project.tables("a1")
    (sqlite.project.root / "hooks.py").write_text(
        dedent("""
        import pathlib, time

        def prepare(config, target):
            print("asking the vault for", target.url)
            pathlib.Path("hanging").touch()
            time.sleep(600)
        """)
    )
    sqlite.write(projects={"app": {"hook": "hooks:prepare"}})
    process = sqlite.start("rollout", "--yes")
    wait_until((sqlite.project.root / "hanging").exists, "the hook to hang", process)
    happened("the hook ran and slept")
    logs = sqlite.project.root / ".orchestrator" / "logs"
    for count in (1, 2):
        process.send_signal(signal.SIGINT)
        wait_until(lambda n=count: logged(logs).count('"stopping"') >= n, "the signal to be noticed", process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, f"{out}\n{err}"
    assert "asking the vault for" in logged(logs)
    assert "orchestrate resume" in out + err
    assert sqlite.tables("staging") == set()
    (sqlite.project.root / "hooks.py").write_text("def prepare(config, target):\n    pass\n")
    told(sqlite("resume"), 0)


def logged(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.glob("*.jsonl"))
