import sys
from pathlib import Path

import pytest

from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Timeouts
from orchestrator.errors import ConfigurationError, UsageError
from orchestrator.project.configuration import Transactions
from tests.project.configurations import HEAD, loaded, told

FULL = """
version: 1
environments:
  dev:
    url: "sqlite:///dev.db"
    timeouts: {statement: 2m, run_lock_wait: 0}
    gates: {soak: 1d, window: {timezone: UTC, deny: [fri 12:00-24:00], freezes: [{from: "2026-12-18", to: "2027-01-04"}]}}
  prod:
    databases:
      app: {url: "${PROD_APP}", variables: {B: 001}, x_arguments: [3]}
      billing: {url: "postgresql://h/billing", version_table: v, version_table_schema: s, protected: x}
projects:
  app:
    config: server/alembic.ini
    python: .venv/bin/python
  billing: {config: /srv/b.ini, section: b, python: python3.9, working_directory: work, transactions: as_env}
defaults:
  protected: yes
  timeouts: {connect: 500ms, table_lock: none}
  variables: {A: "no", B: 2}
  x_arguments: [1, 2]
""".replace(", protected: x", "")  # noqa: E501 - a window on one line


def test_everything_that_can_be_written_is_read(tmp_path: Path) -> None:
    """Each key of the file ends where it belongs, typed, with databases taking from environments and defaults."""
    found = loaded(tmp_path, FULL, {"PROD_APP": "mysql+pymysql://u:secret@h/app"})
    endpoints = found.endpoints()
    dev, app, billing = endpoints.values()
    assert list(endpoints) == [Target("dev"), Target("prod"), Target("prod", "billing")]
    assert [(one.name, one.protected) for one in found.pipeline.environments] == [("dev", True), ("prod", True)]
    assert dev.url.reveal() == f"sqlite:///{tmp_path}/dev.db"
    assert dev.timeouts == Timeouts(connect=0.5, run_lock_wait=0.0, table_lock=None, statement=120.0)
    assert app.url.reveal() == "mysql+pymysql://u:secret@h/app"
    assert {name: value.reveal() for name, value in app.variables} == {"A": "no", "B": "001"}
    assert (app.x_arguments, dev.x_arguments) == (("3",), ("1", "2"))
    assert (billing.project, billing.version_table, billing.version_table_schema) == ("billing", "v", "s")


def test_projects_are_anchored_at_the_file(tmp_path: Path) -> None:
    """Relative paths begin at the file's directory; a bare interpreter name is left for PATH."""
    found = loaded(tmp_path, FULL, {"PROD_APP": "mysql://h/app"})
    app, billing = found.project_of(Target("dev")), found.project_of(Target("prod", "billing"))
    assert (app.config, app.working_directory) == (tmp_path / "server/alembic.ini", tmp_path / "server")
    assert (app.python, app.section) == (str(tmp_path / ".venv/bin/python"), "alembic")
    assert (billing.config, billing.python) == (Path("/srv/b.ini"), "python3.9")
    assert (billing.working_directory, billing.transactions) == (tmp_path / "work", Transactions.AS_ENV)


def test_branches_are_inherited_and_replaced(tmp_path: Path) -> None:
    """The nearest list of labels counts, an empty one means all again, and each knows where it was written."""
    text = HEAD + (
        "  dev: {url: 'sqlite:///d.db'}\n  qa: {url: 'sqlite:///q.db', branches: [001, 1e5, on, 0x10, 3.10]}\n"
        "  prod:\n    branches: [shop]\n    databases:\n"
        "      a: {url: 'sqlite:///a.db'}\n      b: {url: 'sqlite:///b.db', branches: []}\n"
        "defaults: {branches: [core, more]}\n"
    )
    found = loaded(tmp_path, text)
    branches = {str(t): found.branches_of(t) for t in found.pipeline.targets}
    assert [one.labels for one in branches.values()] == [
        ("core", "more"),
        ("001", "1e5", "on", "0x10", "3.10"),
        ("shop",),
        (),
    ]
    assert (branches["dev"].name, branches["dev"].where) == (
        "defaults.branches",
        f"{tmp_path}/environments.yaml:10",
    )
    assert branches["prod/a"].name == "prod.branches"


def test_locations_are_anchored_at_the_file(tmp_path: Path) -> None:
    """What a project says of its scripts is relative to the file, unless it is package:path."""
    text = HEAD + (
        "  dev: {url: 'sqlite:///d.db'}\nprojects:\n"
        "  app: {script_location: db/m, version_locations: [v one, /abs, 'shop:db/v']}\n"
        "  other: {script_location: 'shop:db', config: 'no_such_package:alembic.ini'}\n"
    )
    app, other = loaded(tmp_path, text).projects.values()
    assert app.script_location == str(tmp_path / "db/m")
    assert app.version_locations == (str(tmp_path / "v one"), "/abs", "shop:db/v")
    assert (other.script_location, other.version_locations) == ("shop:db", ())
    assert other.config == tmp_path / "no_such_package:alembic.ini"


def test_a_small_file_has_a_default_for_all(tmp_path: Path) -> None:
    """One project `app` with alembic.ini beside the file, this Python, and a journal under .orchestrator."""
    found = loaded(tmp_path, HEAD + "  dev: {url: 'sqlite:///dev.db'}\n")
    project = found.project_of(Target("dev"))
    assert (project.name, project.config, project.python) == ("app", tmp_path / "alembic.ini", sys.executable)
    assert found.journal.reveal() == f"sqlite:///{tmp_path}/.orchestrator/journal.db"
    assert found.endpoints()[Target("dev")].timeouts == Timeouts()


def test_an_unset_variable_stops_only_who_needs_it(tmp_path: Path) -> None:
    """Environments whose variables are not set are refused when they are asked for, all at once, and no others."""
    text = HEAD + (
        "  dev: {url: 'sqlite:///d.db', timeouts: {connect: '${D:-3}'}}\n"
        "  qa: {url: '${QA_URL}', timeouts: {connect: '${QA_WAIT}'}, x_arguments: ['${QA_X}']}\n"
        "  prod:\n    databases:\n      a: {url: 'sqlite:///a.db'}\n      b: {url: '${B_URL}'}\n"
    )
    found = loaded(tmp_path, text, {"QA_URL": ""})
    assert list(found.endpoints(["dev"])) == [Target("dev")]
    with pytest.raises(ConfigurationError) as refused:
        found.endpoints(["prod", "qa"])
    assert told(refused.value, tmp_path) == [
        ("environments.yaml:4: qa.url: the variable QA_URL is not set, or empty", "export QA_URL=…"),
        (
            "environments.yaml:4: qa.timeouts.connect: the variable QA_WAIT is not set, or empty",
            "export QA_WAIT=…",
        ),
        ("environments.yaml:4: qa.x_arguments[0]: the variable QA_X is not set, or empty", "export QA_X=…"),
        ("environments.yaml:8: prod.databases.b.url: the variable B_URL is not set, or empty", "export B_URL=…"),
    ]


def test_an_unset_default_stops_only_who_takes_it(tmp_path: Path) -> None:
    """A default whose variable is not set matters only where nothing else is said."""
    text = HEAD + (
        "  dev: {url: 'sqlite:///d.db', variables: {A: 1}}\n  qa: {url: 'sqlite:///q.db'}\n"
        "defaults: {variables: {A: '${NOT_SET}'}}\n"
    )
    found = loaded(tmp_path, text)
    assert found.endpoints(["dev"])
    with pytest.raises(ConfigurationError, match="NOT_SET"):
        found.endpoints(["qa"])


def test_unknown_environments_are_named_with_the_nearest(tmp_path: Path) -> None:
    """Asking for an environment that is not there is a usage error with the nearest name."""
    found = loaded(tmp_path, HEAD + "  dev: {url: 'sqlite:///d.db'}\n  prod: {url: 'sqlite:///p.db'}\n")
    with pytest.raises(UsageError, match="there is no environment 'prd'") as refused:
        found.environment("prd")
    assert refused.value.mend == "did you mean 'prod'?"
    with pytest.raises(UsageError):
        found.endpoints(["prd"])


def test_what_is_secret_is_masked_from_the_beginning(tmp_path: Path) -> None:
    """The redactor knows what file and variables hold once it is loaded, and what is fetched once it is."""
    (tmp_path / "secret").write_text("postgresql://u:from-file@h/d2")
    (tmp_path / "secret").chmod(0o600)
    text = HEAD + (
        "  prod:\n    url: '${URL}'\n    variables:\n"
        "      {API_TOKEN: '${TOKEN}', STAGE: '${STAGE}', OTHER_URL: '${OTHER}', APP_SECRET: in-clear,"
        " SORT_ORDER: none}\n    x_arguments: [tenant=acme, password=arg-pw]\n"
        "  later: {url_file: secret}\n"
        "journal: postgresql://u:journal-pw@h/j\n"
    )
    variables = {
        "URL": "postgresql://u:p%3ass-word@h/d?sslpassword=key-pw", "TOKEN": "tok-123", "STAGE": "prod",
        "OTHER": "redis://x:redis-pw@h/0", "PGPASSWORD": "libpq-pw",
    }  # fmt: skip
    found = loaded(tmp_path, text, variables)
    redactor = found.redactor()
    written = "journal-pw p:ss-word p%3ass-word p%3Ass-word key-pw tok-123 redis-pw in-clear arg-pw libpq-pw"
    assert redactor.text(f"prod acme none {written}") == "prod acme none" + " ***" * 10
    assert redactor.text("from-file") == "from-file"
    found.endpoints()
    assert redactor.text("from-file") == "***"
    assert not any(secret in repr(found) for secret in (*variables.values(), "journal-pw") if secret != "prod")


def test_twenty_thousand_targets_are_read_in_seconds(tmp_path: Path) -> None:
    """The largest file that is allowed is read without anything quadratic in it."""
    lines = "".join(f"    t{n}: {{url: 'postgresql://u:pw@h/d{n}'}}\n" for n in range(18_000))
    found = loaded(tmp_path, HEAD + "  d:\n   databases:\n" + lines)
    assert len(found.endpoints()) == 18_000


def test_what_is_protected_requires_tls_unless_said_otherwise(tmp_path: Path) -> None:
    """The nearest that says require_tls decides; where nobody does, whether the environment is protected."""
    text = """
version: 1
environments:
  dev: {url: "sqlite:///dev.db"}
  test: {url: "sqlite:///test.db", require_tls: true}
  prod:
    protected: true
    databases:
      app: {url: "sqlite:///app.db"}
      audit: {url: "sqlite:///audit.db", require_tls: false}
projects: {app: {}}
"""
    found = {str(t): e.require_tls for t, e in loaded(tmp_path, text).endpoints().items()}
    assert found == {"dev": False, "test": True, "prod": True, "prod/audit": False}
