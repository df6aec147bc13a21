"""What of a project's code is proved to leave nothing behind, by reading it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.project.imports import leaves_nothing
from tests.projects_builder import AlembicProject, make_template

GOOD = {
    "a script's own": "import sqlalchemy as sa\nfrom alembic import op\nfrom sqlalchemy.dialects import mysql",
    "the standard library": "import datetime as dt, json, os.path\nfrom logging.config import fileConfig",
    "what reads variables": "import os\nfrom os import environ\nx = os.environ.get('A') or os.getenv('B')\n"
    "y = environ['C']",
    "statements": "import sqlalchemy as sa\nt = sa.table('t')\nsa.update(t).values(a=1)\nt.insert()\n"
    "x = []\nx.append(sa.text('1'))",
    "a type of its own": "import sqlalchemy as sa\nclass X(sa.types.TypeDecorator):\n    impl = sa.String",
    "an enumeration": "import enum\nclass X(str, enum.Enum):\n    A = 'a'",
    "a table's batch": "from alembic import op\nimport sqlalchemy as sa\nwith op.batch_alter_table('t') as b:\n"
    "    b.alter_column('a', type_=sa.String)",
    "an empty revision's directives": "def process(context, revision, directives):\n    directives[:] = []",
    "a pattern": "import re\nfound = re.compile('a').match('b')",
    "several databases": "import logging\nlogger = logging.getLogger('alembic.env')\nengines = {}\n"
    "for name in ('a', 'b'):\n    engines[name] = rec = {}\n    rec['url'] = name",
    "what it made itself": "class Own: pass\nOwn.name = 1\nown = {}\nown['a'] = 2",
    "Alembic's config": "from alembic import context\nconfig = context.config\nconfig.attributes['a'] = 1",
}
BAD = {
    "a module of the application": "import models",
    "a part of it": "from app.models import Base",
    "a neighbour": "from . import names",
    "another library": "import geoalchemy2",
    "whatever there is": "from sqlalchemy import *",
    "a listener": "from sqlalchemy import event",
    "a listener by its place": "import sqlalchemy as sa\nsa.event.listen(sa.engine.Engine, 'connect', print)",
    "a compiler": "from sqlalchemy.ext.compiler import compiles",
    "an operation": "from alembic.operations import Operations\n@Operations.register_operation('x')\nclass X: 1",
    "an attribute of a library": "import sqlalchemy as sa\nsa.String.length = 7",
    "an item of a library": "import sys\nsys.modules['app'] = 1",
    "an attribute by name": "import string\nsetattr(string, 'left', 1)",
    "an attribute taken away": "import string\ndel string.digits",
    "a thread": "import threading",
    "the end": "import atexit",
    "code in a text": "exec('import models')",
    "an import by name": "import importlib\nimportlib.import_module('models')",
    "a variable": "import os\nos.environ['APP'] = 'x'",
    "a context of decimals": "from decimal import getcontext\nctx = getcontext()\nctx.prec = 3",
    "another context": "import decimal\ndecimal.setcontext(decimal.Context(prec=3))",
    "a seed": "import random\nrandom.seed(42)",
    "a limit": "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1, 1))",
    "a time zone": "import os, time\nos.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()",
    "warnings to the log": "import logging\nlogging.captureWarnings(True)",
    "the same under another name": "import logging\nlog = logging\nlog.captureWarnings(True)",
    "the same out of a list": "import logging\n[logging][0].captureWarnings(True)",
    "the same by its name": "import logging\ngetattr(logging, 'captureWarnings')(True)",
    "an attribute of another name": "import sqlalchemy as sa\ncls = sa.String\ncls.length = 3",
    "an item of another name": "import sqlalchemy as sa\nMeta = sa.MetaData\nMeta.naming_convention = {}",
    "an attribute in a loop": "import sqlalchemy as sa\nfor cls in (sa.String, sa.Text):\n    cls.length = 3",
    "an attribute in a function": "import sqlalchemy as sa\ndef f(c):\n    c.length = 3\nf(sa.String)",
    "an attribute of what is returned": "import sqlalchemy as sa\ndef f():\n    return sa.String\nf().length = 3",
    "an attribute of a member": "import sqlalchemy as sa\nclass X:\n    kind = sa.String\nX.kind.length = 3",
    "an attribute of a default": "import sqlalchemy as sa\ndef f(c=sa.String):\n    c.length = 3",
    "a mutator": "import sqlalchemy as sa\nsa.sql.sqltypes._type_map.update({})",
    "a mutator of the library's": "import json\njson.encoder.ESCAPE_DCT.update({'a': 'b'})",
    "a mutator under another name": "import json\nmap_ = json.encoder.ESCAPE_DCT\nmap_.update({'a': 'b'})",
    "a module's module": "import pathlib\npathlib.os.environ.clear()",
    "a dialect's behaviour": "from alembic.ddl.postgresql import PostgresqlImpl\nclass X(PostgresqlImpl):\n    1",
    "a dialect's behaviour by its place": "import alembic\nclass X(alembic.ddl.impl.DefaultImpl):\n    1",
    "a function": "from sqlalchemy.sql.functions import GenericFunction\n"
    "class now(GenericFunction):\n    name = 'now'",
    "a function without a statement": "from sqlalchemy.sql.functions import GenericFunction\n"
    "type('now', (GenericFunction,), {})",
    "a function by its place": "import sqlalchemy as sa\nclass now(sa.sql.functions.GenericFunction):\n    1",
    "a decorator": "import sqlalchemy as sa\n@sa.orm.reconstructor\ndef f(): 1",
    "no Python": "def",
}


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD)
def test_what_leaves_nothing_behind(tmp_path: Path, source: str) -> None:
    """Literal work with the standard library, Alembic and SQLAlchemy is proved."""
    (tmp_path / "env.py").write_text(source)
    assert leaves_nothing(tmp_path / "env.py")


@pytest.mark.parametrize("source", BAD.values(), ids=BAD)
def test_what_may_leave_something_behind(tmp_path: Path, source: str) -> None:
    """Anything of the application, and whatever may register or change something for all of a process, is not."""
    (tmp_path / "env.py").write_text(source)
    assert not leaves_nothing(tmp_path / "env.py")


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    """The proof is of the file as it is: one that came to import something is proved no more, nor one gone."""
    path = tmp_path / "env.py"
    for source, proved in (("import os", True), ("import models", False), ("import json", True)):
        path.write_text(source)
        assert leaves_nothing(path) is proved
    path.unlink()
    assert not leaves_nothing(path)


def test_what_alembic_generates_is_proved(tmp_path: Path) -> None:
    """An env.py as `alembic init` makes it, and a script as these tests make them, leave nothing behind."""
    project = AlembicProject(tmp_path / "app", make_template(tmp_path / "template"))
    project.tables("r1")
    assert all(map(leaves_nothing, (project.env_py, *project.versions.glob("*.py"))))
