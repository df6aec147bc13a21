"""Revision scripts read without running them, held against what Alembic says after it has run them."""

from __future__ import annotations

import compileall
import hashlib
import os
import runpy
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from alembic.util import to_tuple
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.scripts import Script
from orchestrator.errors import Problem, ScriptsError
from orchestrator.project.revision_scripts.alembic_config import AlembicConfig
from orchestrator.project.revision_scripts.scripts import below, read_scripts

ROOT = "revision = 'a1'\ndown_revision = None\n"

TREES: Mapping[str, tuple[str, dict[str, str]]] = {
    "linear": ("", {"v/1.py": ROOT, "v/2.py": "revision = 'b2'\ndown_revision = 'a1'\n"}),
    "branched": (
        "",
        {
            "v/1.py": ROOT,
            "v/2.py": "revision = 'b2'\ndown_revision = 'a1'\nbranch_labels = 'left'\n",
            "v/3.py": "revision = 'c3'\ndown_revision = 'a1'\nbranch_labels = ('right', 'other')\n",
        },
    ),
    "merged": (
        "",
        {
            "v/1.py": ROOT,
            "v/2.py": "revision = 'b2'\ndown_revision = 'a1'\n",
            "v/3.py": "revision = 'c3'\ndown_revision = 'a1'\n",
            "v/4.py": "revision = 'd4'\ndown_revision = ('b2', 'c3')\n",
        },
    ),
    "list and set": (
        "",
        {
            "v/1.py": ROOT,
            "v/2.py": "revision = 'b2'\ndown_revision = ['a1']\nbranch_labels = {'x'}\n",
            "v/3.py": "revision = 'c3'\ndown_revision = ('a1',)\n",
            "v/4.py": "revision = 'd4'\ndown_revision = ['b2', 'c3']\n",
            "v/5.py": "revision = 'e5'\ndown_revision = ()\ndepends_on = []\nbranch_labels = ()\n",
        },
    ),
    "depends_on": (
        "",
        {
            "v/1.py": ROOT,
            "v/2.py": "revision = 'b2'\ndown_revision = None\ndepends_on = 'a1'\nbranch_labels = ['two']\n",
            "v/3.py": "revision = 'c3'\ndown_revision = None\ndepends_on = ('two', 'a1')\n",
            "v/4.py": "revision = 'd4'\ndown_revision = None\ndepends_on = ''\n",
        },
    ),
    "several locations": (
        "",
        {"w/1.py": ROOT, "v/2.py": "revision = 'b2'\ndown_revision = 'a1'\n", "w/sub/3.py": "raise SystemExit\n"},
    ),
    "recursive": (
        "recursive",
        {
            "v/b/1.py": ROOT,
            "v/a/deep/2.py": "revision = 'b2'\ndown_revision = 'a1'\n",
            "v/3.py": "revision = 'c3'\ndown_revision = 'a1'\n",
            "v/a/__pycache__/4.py": "raise SystemExit\n",
        },
    ),
    "annotated": (
        "",
        {
            "v/1.py": "from typing import Union\nrevision: str = 'a1'\ndown_revision: Union[str, None] = None\n",
            "v/2.py": "revision: str = 'b2'\ndown_revision: str = 'a1'\nbranch_labels: str\n",
        },
    ),
    "last assignment wins": (
        "",
        {"v/1.py": "revision = 'x'\nrevision = 'a1'\nif True:\n    down_revision = 'x'\ndown_revision = None\n"},
    ),
    "joined and chained": ("", {"v/1.py": "revision = rev = 'a' '1'\nx, y = 1, 2\ndown_revision = None\n"}),
    "windows line ends": ("", {"v/1.py": '"""One\r\ntwo\r\n\r\nthree"""\r\n' + ROOT.replace("\n", "\r\n")}),
    "docstrings": (
        "",
        {
            "v/1.py": '"""  create  \nthe table\n\nRevision ID: a1\n"""\n' + ROOT,
            "v/2.py": "'one ' 'line'\nrevision = 'b2'\ndown_revision = 'a1'\n",
            "v/3.py": "f'not one'\nrevision = 'c3'\ndown_revision = 'b2'\n",
            "v/4.py": "''\nrevision = 'd4'\ndown_revision = 'c3'\n",
            "v/5.py": "r'''\\d\\n\n\n'''\nrevision = 'e5'\ndown_revision = 'd4'\n",
        },
    ),
    "not scripts": (
        "",
        {
            "v/1.py": ROOT,
            "v/__init__.py": "raise SystemExit\n",
            "v/__init__x.py": "raise SystemExit\n",
            "v/.#2.py": "raise SystemExit\n",
            "v/3.py~": "raise SystemExit\n",
            "v/4.pyc": "raise SystemExit\n",
            "v/README": "revision = 'z'\n",
            "v/5.py/x": "",
        },
    ),
    "odd names": ("", {"v/a b.py": ROOT, "v/.hidden.py": "revision = 'b2'\ndown_revision = 'a1'\n"}),
    "named as in Alembic 0.1": ("", {"v/c0ffee.py": "down_revision = None\n"}),
    "legacy name, own revision": ("", {"v/c0ffee.py": ROOT}),
    "star imports": (
        "",
        {
            "v/1.py": "from sqlalchemy import *\nfrom alembic.op import *\n" + ROOT,
            "v/2.py": "from os import *\n" + ROOT,
        },
    ),
    "names only in functions": (
        "",
        {"v/1.py": ROOT + "def upgrade():\n    revision = 1\n    import depends_on\n"},
    ),
    "nothing": ("", {"v/.keep": ""}),
    "versions directory missing": ("", {}),
}


@pytest.mark.parametrize("case", TREES)
def test_trees_are_read_as_alembic_reads_them(case: str, tmp_path: Path) -> None:
    """Every form of revision tree gives the ids, parents, dependencies, labels and messages that Alembic gives."""
    option, files = TREES[case]
    config = configured(tmp_path, recursive=option == "recursive")
    write(tmp_path, files)
    if case == "star imports":
        files["v/2.py"] = ROOT
        assert facts(read_scripts(config, run)) == alembic_facts(config)
    else:
        assert facts(read_scripts(config)) == alembic_facts(config)


def test_links_are_followed_once_and_judged_by_what_they_point_to(tmp_path: Path) -> None:
    """A script reached twice is read once, and a link's own name is not what makes it a script."""
    config = configured(tmp_path)
    write(tmp_path, {"v/1.py": ROOT, "else/2.py": "revision = 'b2'\ndown_revision = 'a1'\n", "else/notes": "x"})
    links = {"v/copy.py": "v/1.py", "v/bare": "else/2.py", "v/notes.py": "else/notes", "w": "v"}
    for link, aim in links.items():
        (tmp_path / link).symlink_to(tmp_path / aim)
    ours = read_scripts(config)
    assert facts(ours) == alembic_facts(config)
    assert [script.path for script in ours] == ["v/1.py", "v/bare"]


def test_encodings_are_those_of_the_file(tmp_path: Path) -> None:
    """A coding line and a byte order mark are obeyed as Python obeys them."""
    config = configured(tmp_path)
    write(tmp_path, {"v/.keep": ""})
    (tmp_path / "v/1.py").write_bytes(("# -*- coding: latin-1 -*-\n'größer'\n" + ROOT).encode("latin-1"))
    two = "'größer'\nrevision = 'b2'\ndown_revision = 'a1'\n"
    (tmp_path / "v/2.py").write_bytes(two.encode("utf-8-sig"))
    ours = read_scripts(config)
    assert facts(ours) == alembic_facts(config)
    assert {script.message for script in ours} == {"größer"}


WORDS = st.text("abcdef0123456789_", min_size=1, max_size=5).map(lambda text: f"r{text}")
LINES = st.text(st.sampled_from("ab'\"\\ {}%é"), max_size=8).map(lambda text: text.lstrip())


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    """The texts of up to twelve scripts, each written in one of the ways people and tools write them."""
    ids = draw(st.lists(WORDS, min_size=1, max_size=12, unique=True))
    labels = [f"label{number}" for number in range(len(ids))]
    files = {}
    for number, revision in enumerate(ids):
        earlier = st.lists(st.sampled_from(ids[:number]), max_size=3, unique=True) if number else st.just([])
        down = draw(earlier)
        names = st.sampled_from([name for name in ids[:number] if name not in down] or [None])
        depends = [name for name in [draw(names)] if name]
        values = {
            "revision": repr(revision),
            "down_revision": written(draw, down),
            "depends_on": written(draw, depends),
            "branch_labels": written(draw, draw(st.sampled_from([[], [labels[number]]]))),
        }
        places = draw(st.sampled_from(["v", "w", "v/a", "w/b/c"]))
        files[f"{places}/{draw(st.integers(0, 99))}_{revision}.py"] = text_of(draw, values)
    return files


def written(draw: st.DrawFn, names: Sequence[str]) -> str:
    scalar = {0: "None", 1: repr(names[0]) if names else ""}
    forms = [scalar[len(names)]] if len(names) < 2 else []
    return draw(st.sampled_from([*forms, repr(tuple(names)), repr(list(names))]))


def text_of(draw: st.DrawFn, values: Mapping[str, str]) -> str:
    optional = {name for name in ("depends_on", "branch_labels") if values[name] == "None" and draw(st.booleans())}
    order = draw(st.permutations([name for name in values if name not in optional]))
    colon = ": object" if draw(st.booleans()) else ""
    lines = [repr("\n".join(draw(st.lists(LINES, max_size=4)))), "import os"]
    lines += [f"{name}{colon} = {values[name]}" for name in order]
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return end.join([*lines, "def upgrade():", "    revision = 1", ""])


@settings(max_examples=60, deadline=None)
@given(files=trees(), recursive=st.booleans())
def test_any_tree_is_read_as_alembic_reads_it(files: dict[str, str], recursive: bool) -> None:
    """Whatever the graph, its spelling and its directories, Alembic sees the same scripts in the same order."""
    with tempfile.TemporaryDirectory() as folder:
        config = configured(Path(folder), recursive=recursive)
        write(Path(folder), files)
        assert facts(read_scripts(config)) == alembic_facts(config)


BROKEN: Mapping[str, tuple[str, str, str]] = {
    "no revision": ("x = 1\n", "v/bad.pyx.py: declares no revision", "move it out"),
    "only annotated": (
        "revision: str\ndown_revision = None\n",
        "v/bad.pyx.py: declares no revision",
        "move it out",
    ),
    "no down_revision": ("revision = 'a'\n", "declares no down_revision", "down_revision = None"),
    "revision is None": (
        "revision = None\ndown_revision = None\n",
        "revision is None, which is no name",
        "revision =",
    ),
    "revision is a number": ("revision = 12\ndown_revision = None\n", "revision is 12, which is", "revision ="),
    "number as parent": (
        "revision = 'a'\ndown_revision = 12\n",
        "down_revision is neither text",
        "down_revision =",
    ),
    "None in depends_on": (ROOT + "depends_on = ('b', None)\n", "depends_on is neither text", "depends_on ="),
    "syntax": ("revision = 'a'\n\ndef upgrade(:\n", "v/bad.pyx.py:3: is not Python", "correct the file"),
    "null byte": ("revision = 'a'\0\n", "is not Python", "correct the file"),
    "unknown coding": ("# coding: klingon\n" + ROOT, "unknown encoding: klingon", "correct the file"),
    "computed": (ROOT + "\nbranch_labels = LABEL\n", "v/bad.pyx.py:4: branch_labels: computed", "tuple of text"),
    "conditional": (
        ROOT + "if x:\n    depends_on = 'b'\n",
        "v/bad.pyx.py:3: depends_on: computed",
        "tuple of text",
    ),
    "deleted": (ROOT + "del revision\n", ":3: revision: computed", "tuple of text"),
    "imported": (ROOT + "from app import labels as branch_labels\n", ":3: branch_labels: computed", "tuple"),
    "unpacked": ("revision, down_revision = 'a', None\n", ":1: down_revision, revision: computed", "tuple"),
    "appended": (ROOT + "depends_on = ()\ndepends_on += ('x',)\n", ":4: depends_on: computed", "tuple of text"),
    "a function": (ROOT + "def revision(): ...\n", ":3: revision: computed", "tuple of text"),
    "a loop": (ROOT + "for revision in 'ab': pass\n", ":3: revision: computed", "tuple of text"),
    "joined at run time": (
        "revision = 'a' + 'b'\ndown_revision = None\n",
        ":1: revision: computed",
        "tuple of text",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_script_is_named_with_its_mend(case: str, tmp_path: Path) -> None:
    """A file that is no readable script is one problem that names the file, the line where known, and the mend."""
    text, what, mend = BROKEN[case]
    config = configured(tmp_path)
    write(tmp_path, {"v/good.py": "revision = 'g'\ndown_revision = None\n", "v/bad.pyx.py": text})
    (problem,) = problems_of(config)
    assert what in str(problem)
    assert problem.mend is not None
    assert mend in problem.mend


def test_all_broken_scripts_are_told_together(tmp_path: Path) -> None:
    """One error tells the problems of all files, those that cannot be read included."""
    config = configured(tmp_path)
    write(tmp_path, {f"v/{number}.pyx.py": text for number, (text, _, _) in enumerate(BROKEN.values())})
    (tmp_path / "v/gone.py").symlink_to(tmp_path / "nowhere.py")
    told = problems_of(config)
    assert len({problem.where for problem in told}) == len(BROKEN) + 1
    assert "v/gone.py: cannot be read: No such file or directory" in map(str, told)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_directory_that_may_not_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    """Where Alembic would see no scripts for lack of permission, the directory is a problem."""
    config = configured(tmp_path)
    write(tmp_path, {"v/1.py": ROOT})
    (tmp_path / "v").chmod(0)
    assert "cannot be read: Permission denied" in str(problems_of(config)[0])


def test_only_files_that_need_it_are_loaded_and_in_one_call(tmp_path: Path) -> None:
    """`load` is given exactly the files whose variables are computed, all at once, and its answer counts."""
    config = configured(tmp_path)
    write(
        tmp_path,
        {
            "v/1.py": "'First'\nrevision = ''.join(['a', '1'])\ndown_revision = None\nbranch_labels = ('x',)\n",
            "v/2.py": "raise SystemExit\nrevision = 'b2'\ndown_revision = 'a1'\n",
            "v/3.py": "revision = 'c3'\ndown_revision = 'b2'\ndepends_on = tuple(['a1'])\n",
        },
    )
    calls: list[Sequence[Path]] = []

    def load(paths: Sequence[Path]) -> Mapping[Path, Mapping[str, object]]:
        calls.append(paths)
        return run(paths)

    scripts = read_scripts(config, load)
    assert calls == [[tmp_path / "v/1.py", tmp_path / "v/3.py"]]
    assert facts(scripts) == [
        ("a1", (), (), {"x"}, "First"),
        ("b2", ("a1",), (), set(), ""),
        ("c3", ("b2",), ("a1",), set(), ""),
    ]


def test_what_loading_could_not_tell_is_a_problem(tmp_path: Path) -> None:
    """A file left out by `load`, or refused by it, is told beside the problems of the other files."""
    config = configured(tmp_path)
    write(tmp_path, {"v/1.py": "revision = f()\ndown_revision = None\n", "v/2x.py": "x = 1\n"})

    def refuse(paths: Sequence[Path]) -> Mapping[Path, Mapping[str, object]]:
        raise ScriptsError("no module named app", where="v/1.py")

    assert [str(one) for one in problems_of(config, lambda paths: {})] == [
        "v/1.py: the project's Python did not load it",
        "v/2x.py: declares no revision",
    ]
    assert [str(one) for one in problems_of(config, refuse)] == [
        "v/1.py: no module named app",
        "v/2x.py: declares no revision",
    ]


def test_compiled_scripts_are_found_as_alembic_finds_them_and_loaded(tmp_path: Path) -> None:
    """The `.pyc` files of a sourceless project are loaded, wherever Alembic finds them; without `load`, named."""
    config = configured(tmp_path, sourceless=True)
    write(
        tmp_path,
        {
            "v/one.py": ROOT,
            "v/two.py": "'Two'\nrevision = 'b2'\ndown_revision = 'a1'\n",
            "v/three.py": "revision = 'c3'\ndown_revision = 'b2'\n",
            "w/four.py": "revision = 'd4'\ndown_revision = 'c3'\n",
        },
    )
    compileall.compile_dir(tmp_path / "v", quiet=2)
    compileall.compile_dir(tmp_path / "w", quiet=2, legacy=True)
    for source in ("v/two.py", "v/three.py", "w/four.py"):
        (tmp_path / source).unlink()
    assert facts(read_scripts(config, run)) == alembic_facts(config)
    assert {script.revision: script.atomic for script in read_scripts(config, run)} == {
        "a1": True,
        "b2": False,
        "c3": False,
        "d4": False,
    }
    assert {problem.what for problem in problems_of(config)} == {
        "is compiled, and cannot be read without running it"
    }
    assert len(problems_of(config)) == 3


def test_folders_that_are_not_looked_into_are_known(tmp_path: Path) -> None:
    """Directories below a location that hold scripts are named, unless they are read anyway."""
    write(tmp_path, {"v/a/sqlite/1.py": ROOT, "v/postgresql/1.py": ROOT, "v/helpers/x.py": "", "v/2.py": ROOT})
    assert [path.name for path in below(configured(tmp_path))] == ["sqlite", "postgresql"]
    assert below(configured(tmp_path, recursive=True)) == ()


def test_compiled_scripts_have_a_digest_and_a_message(tmp_path: Path) -> None:
    """A digest over the bytes as they are, and the docstring's first paragraph, which only loading tells."""
    config = configured(tmp_path, sourceless=True)
    write(tmp_path, {"v/one.py": "'One\\nline'\n" + ROOT})
    compileall.compile_dir(tmp_path / "v", quiet=2, legacy=True)
    (tmp_path / "v/one.py").unlink()
    (script,) = read_scripts(config, run)
    assert script.digest == f"sha256:{hashlib.sha256((tmp_path / 'v/one.pyc').read_bytes()).hexdigest()}"
    assert script.message == "One\nline"


def test_relative_imports_are_no_obstacle(tmp_path: Path) -> None:
    """A script that imports from its package is read like any other, since nothing of it is run."""
    write(tmp_path, {"v/__init__.py": "", "v/1.py": ROOT + "from . import helpers\nfrom ..models import Order\n"})
    assert [script.revision for script in read_scripts(configured(tmp_path))] == ["a1"]


def test_scripts_are_not_run(tmp_path: Path) -> None:
    """Reading a script has none of the effects of importing it."""
    config = configured(tmp_path)
    write(tmp_path, {"v/1.py": ROOT + f"open({str(tmp_path / 'ran')!r}, 'w')\nimport not_installed\n"})
    assert [script.revision for script in read_scripts(config)] == ["a1"]
    assert not (tmp_path / "ran").exists()


def test_the_digest_ignores_line_ends_and_notices_all_else(tmp_path: Path) -> None:
    """The digest is SHA-256 over the text with LF line ends, so that a checkout on Windows does not change it."""
    config = configured(tmp_path)
    digests = []
    for content in (ROOT, ROOT.replace("\n", "\r\n"), ROOT.replace("\n", "\r"), ROOT + "#"):
        write(tmp_path, {"v/1.py": content})
        digests += [script.digest for script in read_scripts(config)]
    assert digests[0] == digests[1] == digests[2] == f"sha256:{hashlib.sha256(ROOT.encode()).hexdigest()}"
    assert digests[3] != digests[0]


def test_paths_are_shown_from_the_configuration(tmp_path: Path) -> None:
    """A script below the configuration's directory is shown relative to it, another one in full."""
    config = configured(tmp_path / "app")
    config_elsewhere = configured(tmp_path / "app", locations=(tmp_path / "shared", tmp_path / "app"))
    write(tmp_path, {"app/v/1.py": ROOT, "shared/2.py": ROOT, "app/3.py": ROOT})
    assert [script.path for script in read_scripts(config)] == ["v/1.py"]
    assert [script.path for script in read_scripts(config_elsewhere)] == [f"{tmp_path}/shared/2.py", "3.py"]


LEAVING = (
    "with op.get_context().autocommit_block(): pass",
    "op.execute('COMMIT')",
    "op.execute('commit')",
    "op.execute(sa.text('BEGIN; UPDATE t SET a = 1; COMMIT;'))",
    "op.execute('''\n  UPDATE t SET a = 1;\n  COMMIT\n''')",
    "op.execute(f'{x}; ROLLBACK')",
    "op.execute('commit and chain')",
    "op.execute('create index concurrently i on t (a)')",
    "op.execute('ALTER TABLE t DETACH PARTITION p CONCURRENTLY')",
    "op.create_index('i', 't', ['a'], postgresql_concurrently=True)",
    "for statement in ['COMMIT', 'VACUUM t']: op.execute(statement)",
    "SQL = 'VACUUM (FULL) t'",
    "bind.execution_options(isolation_level='AUTOCOMMIT')",
    "bind.execution_options(**{'isolation_level': 'AUTOCOMMIT'})",
    "op.get_bind().connection.set_isolation_level(0)",
    "bind.connection.autocommit = True",
    "session.commit()",
    "op.get_bind().get_transaction().rollback()",
    "with engine.begin() as connection: pass",
    "raw = bind.connection",
    "bind.connection.cursor().execute('INSERT INTO t VALUES (1)')",
    "op.get_bind().connection.connection.commit()",
    "raw = bind.engine.raw_connection()",
    "engine = sa.create_engine(url)",
)
STAYING = (
    "'COMMIT'",
    "# COMMIT; CREATE INDEX CONCURRENTLY",
    "op.execute('SELECT 1')  # then commit",
    "'''Must not VACUUM\n\nCOMMIT;\n'''",
    "op.execute('ALTER TYPE mood ADD VALUE \\'glad\\'')",
    "op.execute('REFRESH MATERIALIZED VIEW CONCURRENTLY v')",
    "op.execute('CREATE TEMPORARY TABLE t (a int) ON COMMIT DROP')",
    "op.execute('ROLLBACK TO SAVEPOINT s')",
    "op.execute('ALTER TABLE t SET (autovacuum_enabled = false)')",
    "op.add_column('builds', sa.Column('commit', sa.String(40), comment='Commit; built CONCURRENTLY'))",
    "op.create_index('i', 'builds', ['commit', 'vacuum'])",
    "op.create_index('i', 't', ['a'], postgresql_concurrently=False)",
    "with op.get_bind().begin_nested(): pass",
    "op.get_context().connection.execute(table.insert())",
    "context.connection.execute(table.update().where(table.c.cursor == None))",
    "op.execute(table.update().where(table.c.commit == None))",
)


@pytest.mark.parametrize("statement", [*LEAVING, *STAYING])
def test_a_script_that_leaves_its_transaction_is_not_atomic(statement: str, tmp_path: Path) -> None:
    """A commit, a rollback, autocommit or SQL that no transaction allows is seen; comments and prose are not."""
    config = configured(tmp_path)
    body = "".join(f"    {line}\n" for line in ["'''COMMIT'''", *statement.split("\n"), "pass"])
    write(tmp_path, {"v/1.py": "'''VACUUM\n\nCOMMIT;'''\n" + ROOT + "def upgrade():\n" + body})
    assert [script.atomic for script in read_scripts(config)] == [statement in STAYING]


def configured(
    root: Path, *, recursive: bool = False, sourceless: bool = False, locations: tuple[Path, ...] = ()
) -> AlembicConfig:
    root.mkdir(exist_ok=True)
    ini = root / "alembic.ini"
    both = locations or (root / "v", root / "w")
    return AlembicConfig(ini, root, ini, None, "alembic", root, both, recursive, sourceless)


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())


def run(paths: Sequence[Path]) -> Mapping[Path, Mapping[str, object]]:
    found = {path: runpy.run_path(str(path)) for path in paths}
    return {path: values | {"doc": values["__doc__"]} for path, values in found.items()}


def facts(scripts: Sequence[Script]) -> list[tuple[object, ...]]:
    return [
        (script.revision, script.down_revisions, script.depends_on, set(script.branch_labels), script.message)
        for script in scripts
    ]


def alembic_facts(config: AlembicConfig) -> list[tuple[object, ...]]:
    directory = ScriptDirectory(
        config.script_location,
        version_locations=config.version_locations,
        sourceless=config.sourceless,
        recursive_version_locations=config.recursive,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripts = list(directory._load_revisions())
    return [
        (
            script.revision,
            to_tuple(script.down_revision, default=()),
            to_tuple(script.dependencies or None, default=()),
            set(script._orig_branch_labels),
            script.doc,
        )
        for script in scripts
    ]


def problems_of(config: AlembicConfig, load: object = None) -> tuple[Problem, ...]:
    with pytest.raises(ScriptsError) as caught:
        read_scripts(config, load)  # type: ignore[arg-type]
    error = caught.value
    return error.problems or (Problem(error.what, error.where, error.mend),)
