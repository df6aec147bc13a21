from pathlib import Path

import pytest

from orchestrator.errors import ConfigurationError
from tests.project.configurations import HEAD, loaded, told

URL = "write it like postgresql://user@host/database or sqlite:///path/to/file.db"
CLEAR = 'write "${A_DATABASE_URL}" and export it, or use url_file or url_command; then change the password'
DURATION = 'write for example 5, "500ms" or "2m"'
NAMES = "use a-z, 0-9, - and _, at most 63 characters, the first a letter or a digit"
INVISIBLE = "pr\\u200bod: the name 'pr\\u200bod' holds U+200B ZERO WIDTH SPACE, names are [a-z0-9][a-z0-9_-]{0,62}"
KEYS = (
    "one of: project, variables, x_arguments, branches, labels, version_table, "
    "version_table_schema, require_tls, timeouts, "
    "url, url_file, url_command, tenants, verify, before, after, databases, protected, waves, gates"
)

FILES = [
    ("", "1: the file is empty", "write one with: orchestrate init"),
    ("[a]", "1: the file holds a list, not a mapping of keys", "begin it with: version: 1"),
    ("word", "1: the file holds text, not a mapping of keys", "begin it with: version: 1"),
    ("version: 1", "1: there are no environments", 'add one: environments: {dev: {url: "sqlite:///dev.db"}}'),
    (HEAD, "2: there are no environments", 'add one: environments: {dev: {url: "sqlite:///dev.db"}}'),
    ("environments: {a: {url: 'sqlite:///a'}}", "1: version: is missing", "begin the file with: version: 1"),
    ("version: 2\nenvironments: {a: {url: 'sqlite:///a'}}",
     "1: version: is not a version of this file that is known here", "write version: 1"),
    (HEAD + "  - a", "2: environments: must be a mapping of names, not a list", "write name: below it"),
]  # fmt: skip

ENVIRONMENTS = [
    ("a: 'sqlite:///hunter2'", "a: must be a mapping of keys, not text",
     "write a key before it, for example url:"),
    ("a:", "a: is empty", "write what belongs below it, for example url: …"),
    ("a: {}", "a: has no url, no url_file, no url_command, no databases", "add a url"),
    ("a: {url: }", "a.url: is empty", "write a value, or remove the key"),
    ("a: {url: ''}", "a.url: is empty", "write a value, or remove the key"),
    ("a: {url: [x]}", "a.url: must be one text, not a list", "write one value"),
    ("a: {url: 'sqlite:///x', url_file: y}", "a: has url and url_file", "keep exactly one of them"),
    ("a: {url: 'sqlite:///x', databases: {b: {url: 'sqlite:///y'}}}", "a: has url and databases",
     "keep exactly one of them"),
    ("a: {url: 'sqlite:///x', protectd: true}", "a: unknown key 'protectd'", "did you mean 'protected'?"),
    ("a: {url: 'sqlite:///x', 3: 3}", "a: unknown key '3'", KEYS),
    ("a: {databases: {b: {url: 'sqlite:///x', urll: 1}}}", "a.databases.b: unknown key 'urll'",
     "did you mean 'url'?"),
    ("a: {databases: {}}", "a.databases: is empty", "write at least one, or remove the key"),
    ("a: {databases: {b: {}}}", "a.databases.b: has no url, no url_file, no url_command", "add a url"),
    ("Prod: {url: 'sqlite:///x'}", "Prod: the name 'Prod' is not all lower case", "write prod"),
    ("pr\u200bod: {url: 'sqlite:///x'}", INVISIBLE, NAMES),
    ("'': {url: 'sqlite:///x'}", "'': the name is empty", "give it a name, for example: dev"),
    ("a: {url: hunter2}", "a.url: is not a database URL", URL),
    ("a: {url: 'postgresql://u:hunter2@h:99999/d'}", "a.url: is not a database URL", URL),
    (f"a: {{url: 'postgresql://h:{'9' * 5000}/d'}}", "a.url: is not a database URL", URL),
    ("a: {url: 'postgres://u:hunter2@h/d'}", "a.url: begins with postgres://, which SQLAlchemy does not know",
     "write postgresql://…"),
    ("a: {url: 'oracle://u:hunter2@h/d'}", "a.url: is for a database that is not supported",
     "supported are mariadb, mysql, postgresql, sqlite"),
    ("a: {url: 'mysql://u:hunter2@h'}", "a.url: names no database", "write it like mysql://user@host/database"),
    ("a: {url: 'sqlite://'}", "a.url: a database in memory is gone with its connection",
     "write sqlite:///path/to/file.db"),
    ("a: {url: 'sqlite:///:memory:'}", "a.url: a database in memory is gone with its connection",
     "write sqlite:///path/to/file.db"),
    ("a: {url: 'sqlite://dev.db'}", "a.url: has a host, and SQLite has none",
     "write three slashes: sqlite:///path/to/file.db"),
    ("a: {url: 'postgresql://u:hunter2@h/d', protected: on}",
     "a.url: a password in clear, in a protected environment",
     CLEAR),
    ("a: {url: '${X:-postgresql://u:hunter2@h/d}', protected: on}",
     "a.url: a password in clear, in a protected environment",
     CLEAR),
    ("a: {url: 'postgresql://u@tenant:hunter2@h/d', protected: on}",
     "a.url: a password in clear, in a protected environment",
     CLEAR),
    ("a: {url: 'postgresql://u@h/d?password=hunter2', protected: on}",
     "a.url: a password in clear, in a protected environment",
     CLEAR),
    ("a: {url: 'postgresql://u@h/d?connect_timeout=5&sslpa%73sword=hunter2', protected: on}",
     "a.url: a password in clear, in a protected environment", CLEAR),
    ("a: {url_command: [echo, 'postgresql://u:hunter2@h/d'], protected: on}",
     "a.url_command[1]: a password in clear, in a protected environment", CLEAR),
    ("a: {url: 'sqlite:///x', protected: on, variables: {DB_PASSWORD: hunter2}}",
     "a.variables.DB_PASSWORD: a password in clear, in a protected environment",
     'write "${DB_PASSWORD}" and export it; then change the password'),
    ("a: {url: 'sqlite:///x', protected: on, variables: {BROKER: 'amqp://u:hunter2@h'}}",
     "a.variables.BROKER: a password in clear, in a protected environment",
     'write "${BROKER}" and export it; then change the password'),
    ("a: {url: 'sqlite:///x', protected: on, x_arguments: [tenant=a, db-password=hunter2]}",
     "a.x_arguments[1]: a password in clear, in a protected environment",
     'write "${DB_PASSWORD}" and export it; then change the password'),
    ("a: {url: 'sqlite:///x', protected: maybe}", "a.protected: is neither true nor false", "write true or false"),
    ("a: {url: 'sqlite:///x', protected: '${HUNTER}'}", "a.protected: the variable HUNTER is not set, or empty",
     "export HUNTER=…"),
    ("a: {url: 'sqlite:///${'}", "a.url: a ${ is not followed by NAME}",
     "write ${NAME} or ${NAME:-default}; $${ stands for the two characters themselves"),
    ("a: {url: 'sqlite:///x', timeouts: {connect: 5x}}", "a.timeouts.connect: is not a duration", DURATION),
    ("a: {url: 'sqlite:///x', timeouts: {connect: -1}}", "a.timeouts.connect: is not a duration", DURATION),
    ("a: {url: 'sqlite:///x', timeouts: {connect: none}}", "a.timeouts.connect: cannot be without limit",
     DURATION),
    ("a: {url: 'sqlite:///x', timeouts: {statement: 0}}", "a.timeouts.statement: is shorter than a millisecond",
     "write none for no limit"),
    ("a: {url: 'sqlite:///x', timeouts: {statement: 999h}}", "a.timeouts.statement: is longer than 24 days",
     "write a shorter time"),
    ("a: {url: 'sqlite:///x', variables: {1X: y}}", "a.variables.1X: is not a variable's name",
     "use letters, digits and _, the first not a digit"),
    ("a: {url: 'sqlite:///x', x_arguments: b}", "a.x_arguments: must be a list, not text", "write [one, two]"),
    ("a: {url_command: []}", "a.url_command: is empty", "write a value, or remove the key"),
    ("a: {url: 'sqlite:///x', project: ap}", "a.project: there is no project 'ap'", "did you mean 'app'?"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message", "mend"), FILES)
def test_a_bad_file_is_one_problem(tmp_path: Path, content: str, message: str, mend: str) -> None:
    """What is wrong with a whole file is said once, with its line and what to type."""
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, content)
    assert told(refused.value, tmp_path) == [(f"environments.yaml:{message}", mend)]


@pytest.mark.parametrize(("entry", "message", "mend"), ENVIRONMENTS)
def test_a_bad_environment_is_one_problem(tmp_path: Path, entry: str, message: str, mend: str) -> None:
    """What is wrong with an environment is said once, with its line, and never with its value."""
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, f"{HEAD}  {entry}\n")
    assert told(refused.value, tmp_path) == [(f"environments.yaml:3: {message}", mend)]
    assert "hunter2" not in f"{refused.value!r} {told(refused.value, tmp_path)}"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Mistakes of YAML, of shape, of values and between targets come together, in the order of the lines."""
    text = (
        "version: 1\nenvironments:\n"
        "  dev: {url: 'sqlite:///a.db'}\n"
        "  dev: {url: 'sqlite:///b.db'}\n"
        "  Test: {url: 'sqlite:///c.db'}\n"
        "  qa: {ulr: 'sqlite:///d.db'}\n"
        "  same: {url: 'sqlite:///./a.db', project: nine}\n"
        "  prod: {url: 'postgresql://u:hunter2@h/d', protected: true}\n"
        "projects:\n  app: {config: '${INI}'}\n  two: {confg: x}\n"
        "journal: mysql://u:hunter2@h/d\ndefalts: {}\n"
    )
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, text)
    assert refused.value.what == f"10 problems in {tmp_path}/environments.yaml"
    assert [what.partition(".yaml:")[2] for what, _ in told(refused.value, tmp_path)] == [
        "4:3: the key 'dev' stands here and in line 3",
        "5: Test: the name 'Test' is not all lower case",
        "6: qa: unknown key 'ulr'",
        "7: same.project: there is no project 'nine'",
        "7: same and dev are the same database (environments.yaml:3)",
        "8: prod.url: a password in clear, in a protected environment",
        "10: projects.app.config: the variable INI is not set, or empty",
        "11: projects.two: unknown key 'confg'",
        "12: journal: cannot hold the journal",
        "13: unknown key 'defalts'",
    ]


def test_an_unprotected_environment_may_have_passwords(tmp_path: Path) -> None:
    """In a URL, a variable or an argument: a database on one's own machine has no secret worth a vault."""
    keys = "{url: 'postgresql://u:pw@h/d?password=pw', variables: {DB_PASSWORD: pw}, x_arguments: [password=pw]}"
    assert loaded(tmp_path, f"{HEAD}  dev: {keys}\n").endpoints()


def test_what_a_protected_environment_keeps_out_of_the_file_is_allowed(tmp_path: Path) -> None:
    """References, names of files, switches, and an inherited password that it replaces."""
    text = (
        HEAD + "  dev: {url: 'sqlite:///d.db'}\n  prod:\n    url: 'postgresql://u:${PW}@h/d?sslpassword=${PW}'\n"
        "    protected: true\n    x_arguments: ['password=${PW}']\n    variables: {DB_PASSWORD: '${PW}',"
        " DB_PASSWORD_FILE: /run/secrets/pw, USE_SECRET: 'true', EMPTY_SECRET: ''}\n"
        "defaults: {variables: {DB_PASSWORD: hunter2}, x_arguments: [password=hunter2]}\n"
    )
    assert len(loaded(tmp_path, text, {"PW": "hunter2"}).endpoints()) == 2


def test_a_password_in_defaults_is_told_once(tmp_path: Path) -> None:
    """However many protected environments inherit it."""
    text = (
        HEAD + "  a: {url: 'sqlite:///a.db', protected: on}\n  b: {url: 'sqlite:///b.db', protected: on}\n"
        "defaults: {variables: {DB_PASSWORD: hunter2}}\n"
    )
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, text)
    assert [what for what, _ in told(refused.value, tmp_path)] == [
        "environments.yaml:5: defaults.variables.DB_PASSWORD: a password in clear, in a protected environment"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("'sqlite:///x.db'", "'sqlite:///a/../x.db'"),
        ("'sqlite:///real.db'", "'sqlite:///link.db'"),
        ("'postgresql://a:1@localhost/d'", "'postgresql+psycopg://b:2@127.0.0.1:5432/d'"),
        ("'postgresql://H/d'", "'${URL}'"),
    ],
)
def test_two_names_for_one_database_are_refused(tmp_path: Path, one: str, other: str) -> None:
    """Two targets with one database and version table are refused, naming both; two version tables are fine."""
    (tmp_path / "a").mkdir()
    (tmp_path / "real.db").touch()
    (tmp_path / "link.db").symlink_to("real.db")
    variables = {"URL": "postgresql://u:pw@h:5432/d"}
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, f"{HEAD}  a: {{url: {one}}}\n  b: {{url: {other}}}\n", variables)
    assert str(refused.value).endswith("environments.yaml:3)")
    assert "environments.yaml:4: b and a are the same database" in str(refused.value)
    loaded(tmp_path, f"{HEAD}  a: {{url: {one}}}\n  b: {{url: {other}, version_table: v}}\n", variables)


def test_a_password_from_a_variable_is_not_in_clear(tmp_path: Path) -> None:
    """A protected environment may put its URL together from variables; any other may hold a password."""
    text = "  a: {url: 'postgresql://${U}:${PW}@h/d', protected: true}\n  b: {url: 'postgresql://u:clear@h/e'}\n"
    assert len(loaded(tmp_path, HEAD + text, {"U": "u", "PW": "secret"}).endpoints()) == 2


def test_a_database_without_a_project_of_its_own_must_name_one(tmp_path: Path) -> None:
    """Where there are several projects, a database follows that of its name, else `app`, else it must say."""
    text = "  a: {databases: {x: {url: 'sqlite:///x.db'}}}\nprojects: {one: , two: }\n"
    with pytest.raises(ConfigurationError, match=r"a\.databases\.x: which project is it\?") as refused:
        loaded(tmp_path, HEAD + text)
    assert refused.value.mend == "add project: one or two"
