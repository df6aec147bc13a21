"""What revisions would execute, rendered by a real worker that may reach nothing."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from orchestrator.core.preview import Rendered
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.execution.render import render
from orchestrator.project.configuration import AlembicProject as Project
from orchestrator.project.configuration import Transactions
from tests.projects_builder import AlembicProject

ASKING = {
    "asks": "sa.inspect(op.get_bind()).get_table_names()",
    "rows": 'for row in op.get_bind().execute(sa.text("SELECT id FROM t")):\n    op.execute("DROP TABLE t")',
    "scalar": 'if op.get_bind().scalar(sa.text("SELECT 1 FROM t")):\n    op.execute("DROP TABLE t")',
    "with": 'with op.get_bind().execute(sa.text("SELECT id FROM t")) as found:\n    op.execute("DROP TABLE t")',
    "next": 'next(op.get_bind().execute(sa.text("SELECT id FROM t")))',
    "nobody": 'try:\n    op.get_bind().execute(sa.text("SELECT 1")).one()\nexcept:\n    op.drop_table("t")',
}
HOSTILE = {
    "engine": 'sa.create_engine("{url}").connect()',
    "driver": 'import psycopg\npsycopg.connect("host=127.0.0.1 port={port} dbname=shop")',
    "mysql": 'import pymysql\npymysql.connect(host="127.0.0.1", port={port})',
    "file": 'import sqlite3\nsqlite3.connect("{file}").execute("CREATE TABLE t (id)")',
    "bare": 'import socket\nsocket.create_connection(("127.0.0.1", {port}))',
    "program": 'import subprocess\nsubprocess.run(["touch", "{file}"])',
    "shell": 'import os\nos.system("touch {file}")',
    "swallows": 'try:\n    sa.create_engine("{url}").connect()\nexcept:\n    op.execute("SELECT 1; DROP TABLE t")',
    **ASKING,
    "ends": "import sys\nsys.exit(3)",
}
"""Scripts that want what is not there while they are rendered; ASKING and `ends` open nothing of their own."""
SOUND = {
    "a1": """
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
        op.bulk_insert(sa.table("t", sa.column("name")), [{"name": "hunter2"}, {"name": "it's me"}])
    """,
    "a2": """
        with op.get_context().autocommit_block():
            op.create_index("i", "t", ["name"], postgresql_concurrently=True)
    """,
    "a3": """op.execute("UPDATE t SET name = '100%' WHERE id = 7 -- why")""",
    "a4": "pass",
    "a5": """
        import platform
        platform.platform()
        op.execute("DELETE FROM t WHERE id = 7")
    """,
}


def rendered(built: AlembicProject, url: str) -> Mapping[str, Rendered]:
    """All of the project's scripts."""
    fields = {"name": "app", "config": built.ini, "section": "alembic", "python": sys.executable}
    project = Project(**fields, working_directory=built.root, transactions=Transactions.PER_REVISION)
    paths = {path.name.partition("_")[0]: path for path in sorted(built.versions.glob("*.py"))}
    variables = (("DATABASE_URL", Secret(url)),)
    return render(project, Endpoint(Target("prod"), Secret(url), "app", variables=variables), paths)


def test_a_rendering_reaches_no_database(alembic_project: type[AlembicProject], tmp_path: Path) -> None:
    """Whatever a script opens while it is rendered is refused, and the others are rendered all the same."""
    built, down = alembic_project("app"), None
    file = tmp_path / "touched"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        port = server.getsockname()[1]
        url = f"postgresql+psycopg://me:pa55word@127.0.0.1:{port}/shop"
        for name, body in {**SOUND, **HOSTILE}.items():
            text = body if name in SOUND else body.format(url=url, port=port, file=file)
            down = built.revision(name, down, text).name.partition("_")[0]
        told = rendered(built, url)
        try:
            server.accept()
        except TimeoutError:
            reached = False
        else:
            reached = True
    assert not reached
    assert not file.exists()
    refused = [name for name, one in told.items() if "nothing is reached" in (one.why or "")]
    assert refused == sorted(set(HOSTILE) - set(ASKING) - {"ends"})
    assert not any(told[name].statements for name in HOSTILE)
    assert "something outside (subprocess.Popen: touch)" in (told["program"].why or "")
    assert "something outside (os.system: touch)" in (told["shell"].why or "")
    assert told["a5"].why is None
    assert all((told[name].why or "").startswith("it asks the database, and nothing") for name in ASKING)
    assert "SystemExit" in (told["ends"].why or "")
    assert [s.text for s in told["a2"].statements] == [
        "COMMIT",
        "CREATE INDEX CONCURRENTLY i ON t (name)",
        "BEGIN",
    ]
    assert [s.text for s in told["a3"].statements] == ["UPDATE t SET name = '…' WHERE id = 7"]
    assert told["a4"] == Rendered()
    assert [s.text for s in told["a1"].statements][1:] == ["INSERT INTO t (name) VALUES (:name)"]
    assert "pa55word" not in str(told)
