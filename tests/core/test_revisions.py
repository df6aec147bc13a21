"""The revision graph: what it says, what it refuses, and which names it understands."""

from __future__ import annotations

import subprocess
import sys

import pytest

from orchestrator.core.revisions import Graph
from orchestrator.core.scripts import Script
from orchestrator.errors import ScriptsError, UsageError
from tests.core.worlds import graph, scripts

DIAMOND = """
    a
    b a
    c a #left
    d b c
    e d
"""


def refusal(*found: Script) -> list[str]:
    """Every problem, as a person reads it, with the mend."""
    with pytest.raises(ScriptsError) as refused:
        Graph(found)
    error = refused.value
    told = error.problems or (error,)
    return [f"{problem} | {problem.mend}" for problem in told]


def test_a_merge_stands_on_both_sides() -> None:
    """
        a ── b ── d ── e
         └── c ──┘

    Ancestors are taken through both parents, and the given revision is among them.
    """
    assert graph(DIAMOND).ancestors(["d"]) == {"a", "b", "c", "d"}
    assert graph(DIAMOND).ancestors(["b"]) == {"a", "b"}
    assert graph(DIAMOND).ancestors([]) == frozenset()


def test_dependencies_are_ancestors_too() -> None:
    """
    a ── b
         ┆ depends on
    x ── y      (y needs b, through the label `main` of another base)
    """
    found = graph("a #main; b a; x; y x ~b; z y ~main")
    assert found.ancestors(["y"]) == {"a", "b", "x", "y"}
    assert found.heads == ("z",)


def test_heads_are_what_nothing_stands_on() -> None:
    """
    a ── b
     └── c
    x
    """
    assert graph("a; b a; c a; x").heads == ("b", "c", "x")
    assert graph("").heads == ()


def test_an_unknown_revision_is_a_key_error() -> None:
    """Whether a head is known is asked first; here a wrong id is a bug."""
    with pytest.raises(KeyError):
        graph("a").ancestors(["b"])
    assert "a" in graph("a")
    assert "b" not in graph("a")


def test_overlaps_are_lineage_alone() -> None:
    """
    a ── b        Both in one version table: somebody wrote there.
    x ┄┄ (b)      x merely depends on b, and Alembic may leave both rows.
    """
    found = graph("a; b a; x ~b")
    assert found.overlaps(["a", "b"]) == (("a", "b"),)
    assert found.overlaps(["b", "x"]) == ()
    assert found.overlaps(["b"]) == found.overlaps([]) == ()
    assert graph("a; b a; c b").overlaps(["a", "b", "c"]) == (("a", "b"), ("a", "c"), ("b", "c"))


def test_the_only_possible_order_needs_no_alembic() -> None:
    """`status` of a pipeline without branches, or with nothing missing, answers before Alembic is imported."""
    code = (
        "import sys\n"
        "from orchestrator.core.revisions import Graph\n"
        "from orchestrator.core.scripts import Script\n"
        "g = Graph([Script('a', (), 'a.py'), Script('b', ('a',), 'b.py'), Script('c', ('b',), 'c.py')])\n"
        "assert g.order({'b', 'c'}, ('a',)) == ('b', 'c')\n"
        "assert g.order((), ('c',)) == () and g.order(()) == ()\n"
        "assert g.resolve('heads') == ('c',) == g.resolve('c')\n"
        "print(any(name.partition('.')[0] == 'alembic' for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_a_graph_refuses_a_circle_and_names_its_files() -> None:
    """
    a → b → c → a
    """
    told = refusal(*scripts("a c; b a; c b"))
    assert len(told) == 1
    assert told[0].startswith("versions/")
    assert {f"versions/{name}.py" for name in "abc"} <= set(told[0].partition(": ")[0].split(", "))
    assert "revisions follow each other in a circle: " in told[0]
    assert told[0].endswith(" | correct the down_revision or depends_on of one of them")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "a a",
            (
                "versions/a.py: revisions follow each other in a circle: a → a"
                " | correct the down_revision or depends_on of one of them"
            ),
        ),
        (
            "a; b a nope",
            (
                "versions/b.py: down_revision 'nope' of revision 'b' is in no script"
                " | restore the missing file, or correct the reference"
            ),
        ),
        (
            "a; b a ~nope",
            (
                "versions/b.py: depends_on 'nope' of revision 'b' is in no script"
                " | restore the missing file, or correct the reference"
            ),
        ),
        (
            "a #one; b a #one",
            (
                "versions/a.py, versions/b.py: branch label 'one' is used more than once, or is also a revision id"
                " | give each branch a label of its own"
            ),
        ),
        (
            "a; b a #a",
            (
                "versions/b.py, versions/a.py: branch label 'a' is used more than once, or is also a revision id"
                " | give each branch a label of its own"
            ),
        ),
        (
            "a+b-c",
            (
                "versions/a+b-c.py: revision id 'a+b-c' has characters that Alembic does not allow: + -"
                " | rename the id"
            ),
        ),
    ],
)
def test_a_graph_refuses_what_alembic_could_not_run(text: str, problem: str) -> None:
    """Each mistake is told with its file and its mend."""
    assert refusal(*scripts(text)) == [problem]


def test_two_files_with_one_id_are_both_named() -> None:
    """Neither of the two is silently the one that counts."""
    one, two = Script("a", (), "versions/one.py"), Script("a", (), "versions/two.py")
    assert refusal(one, two) == [
        (
            "versions/one.py, versions/two.py: revision 'a' is defined by 2 files"
            " | give one of them another revision id, or delete it"
        )
    ]


def test_everything_wrong_with_the_scripts_is_told_at_once() -> None:
    """
    a → b → a      x → y → x      c → ?      `one` twice
    """
    told = refusal(*scripts("a b; b a; x y; y x; c nope; d #one; e #one"))
    assert sum("in a circle" in line for line in told) == 2
    assert sum("is in no script" in line for line in told) == 1
    assert sum("used more than once" in line for line in told) == 1
    assert len(told) == 4


NAMED = """
    1a2b3c4d
    1a2b9999 1a2b3c4d #expand
    5e6f0000 1a2b9999
    7777aaaa 1a2b3c4d #my-branch
"""


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("1a2b3c4d", ("1a2b3c4d",)),
        ("1a2b3", ("1a2b3c4d",)),
        ("5e6f", ("5e6f0000",)),
        ("expand", ("1a2b9999",)),
        ("expand@head", ("5e6f0000",)),
        ("my-branch@head", ("7777aaaa",)),
        ("5e6f0000@head", ("5e6f0000",)),
        ("heads", ("5e6f0000", "7777aaaa")),
    ],
)
def test_names_mean_what_they_mean_to_alembic(name: str, ids: tuple[str, ...]) -> None:
    """Ids, the start of one, labels, `label@head`, `heads`."""
    assert graph(NAMED).resolve(name) == ids


def test_head_is_the_only_head() -> None:
    """With one head `head` is it; with several it says so."""
    assert graph("a; b a").resolve("head") == ("b",)
    with pytest.raises(UsageError, match="Multiple heads"):
        graph(NAMED).resolve("head")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "no revision is meant by '': something is missing in it"),
        ("@", "no revision is meant by '@': something is missing in it"),
        ("expand@", "no revision is meant by 'expand@': something is missing in it"),
        ("@head", "no revision is meant by '@head': something is missing in it"),
        ("base", "no revision is meant by 'base': that is before the first revision"),
        ("expand@base", "no revision is meant by 'expand@base': that is before the first revision"),
        (
            "-1",
            "no revision is meant by '-1': steps are counted from somewhere, and every database is somewhere else",
        ),
        (
            "expand@-1",
            (
                "no revision is meant by 'expand@-1': "
                "steps are counted from somewhere, and every database is somewhere else"
            ),
        ),
        ("nope", "no single revision is meant by 'nope': No such revision or branch 'nope'"),
    ],
)
def test_names_that_mean_no_place_are_refused(name: str, told: str) -> None:
    """What Alembic reads as steps, as nothing or not at all is a usage error with a mend, never an empty plan."""
    with pytest.raises(UsageError) as refused:
        graph(NAMED).resolve(name)
    assert str(refused.value) == told
    assert refused.value.mend == "alembic history   # lists the revisions"


def test_a_start_that_fits_several_ids_is_refused() -> None:
    """`1a2b` could be two revisions."""
    with pytest.raises(UsageError, match="Multiple revisions start with '1a2b'"):
        graph(NAMED).resolve("1a2b")


def test_a_long_history_is_walked_without_recursion() -> None:
    """Two thousand revisions in a line with twenty branches are a graph like any other."""
    line = [Script(f"r{n:04}", (f"r{n - 1:04}",) if n else (), f"r{n:04}.py") for n in range(2000)]
    branches = [Script(f"b{n:02}", (f"r{n * 90:04}",), f"b{n:02}.py") for n in range(20)]
    found = Graph([*line, *branches])
    assert len(found.heads) == 21
    assert len(found.order(found.ancestors(found.heads))) == 2020


COMPONENTS = """
    a
    e1 a #expand
    e2 e1
    c1 a ~e1 #contract
    c2 c1
    m e2 c2
    x #extra
    y x ~expand
"""


@pytest.mark.parametrize(
    ("text", "branches", "revisions", "heads"),
    [
        ("a; b a #one; c a #two", ["one"], "a b", ("b",)),
        ("a; b a #one; c a #two", ["one", "two"], "a b c", ("b", "c")),
        ("a; b a #one; c b; d b", ["one"], "a b c d", ("c", "d")),
        ("a; b a #one; c a ~b #two", ["two"], "a b c", ("c",)),
        ("a; b a #one; c a ~b #two", ["one"], "a b", ("b",)),
        ("a; b a; x; y x", ["y"], "x y", ("y",)),
        (COMPONENTS, ["extra"], "a e1 x y", ("y",)),
        (COMPONENTS, ["contract"], "a e1 e2 c1 c2 m", ("m",)),
    ],
)
def test_a_part_has_what_the_heads_of_its_branches_stand_on(
    text: str, branches: list[str], revisions: str, heads: tuple[str, ...]
) -> None:
    """Lines go on from a label, or from a named revision, to every end; a merge brings its other side along."""
    part = graph(text).only(branches)
    assert set(part.scripts) == set(revisions.split())
    assert part.heads == heads


def test_names_in_a_part_are_those_of_the_whole() -> None:
    """
    a ── b      one
     └── c      two

    A name of the other branch means nothing here, and is no mistake; heads are the part's own.
    """
    part = graph("a; b1 a #one; c1 a #two").only(["one"])
    assert [part.resolve(name) for name in ("b1", "c1", "two@head", "one@heads")] == [("b1",), (), (), ("b1",)]
    assert part.resolve("head") == part.resolve("heads") == ("b1",)
    with pytest.raises(UsageError, match="'three@head'"):
        part.resolve("three@head")


def test_a_part_of_an_unknown_branch_is_a_key_error() -> None:
    """Whether a label is known is asked first; here a wrong one is a bug."""
    with pytest.raises(KeyError):
        graph("a #one").only(["two"])


def test_the_labels_of_a_revision() -> None:
    """Those of its line: labels on what it stands on by down_revision, not on what it depends on."""
    found = graph(COMPONENTS)
    assert found.labels == ("expand", "contract", "extra")
    assert found.labels_of("m") == ("expand", "contract")
    assert (found.labels_of("y"), found.labels_of("a")) == (("extra",), ())


@pytest.mark.parametrize("name", ["001", "v3.2.0.a", "0.98.0", "main_0002", "kilo", "1e5", "0x10", "on", "no"])
def test_an_id_that_looks_like_something_else_is_an_id(name: str) -> None:
    """It is matched as a whole before anything begins with it, alone and in front of @head."""
    found = graph(f"{name}; {name}9 {name}; other")
    assert found.resolve(name) == (name,)
    assert found.resolve(f"{name}@head") == (f"{name}9",)
    assert found.only([name]).heads == (f"{name}9",)
