import json
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.errors import ConfigurationError
from orchestrator.project.environments_file.variables import MAX_CHARACTERS, fill
from orchestrator.project.environments_file.yaml_file import MAX_BYTES, parse, read
from tests.project.configurations import loaded


def test_scalars_stay_the_text_that_was_written() -> None:
    """No scalar but a plain null changes its text."""
    document = parse(b"{a: 001, b: no, c: 1.10, d: 'null', e: null, f: ~, g: , h: !!str 5, i: 2020-01-01}", "f")
    assert document.value == {
        "a": "001", "b": "no", "c": "1.10", "d": "null", "e": None, "f": None, "g": None, "h": "5",
        "i": "2020-01-01",
    }  # fmt: skip


def test_every_place_has_its_line() -> None:
    """A key's line is that of the key, an item's that of the item."""
    document = parse(b"a:\n  b:\n    - x\n    -\n      c: y\n", "f")
    assert {place: document.lines[place] for place in [("a",), ("a", "b"), ("a", "b", 0), ("a", "b", 1, "c")]} == {
        ("a",): 1, ("a", "b"): 2, ("a", "b", 0): 3, ("a", "b", 1, "c"): 5,
    }  # fmt: skip
    assert document.where(("a", "b", 1, "missing")) == "f:5"


def test_merges_take_what_is_not_said() -> None:
    """A merged mapping gives what the mapping lacks, the first of several wins, and lines stay where they were."""
    document = parse(b"x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 9}\n", "f")
    assert document.value["z"] == {"a": "9", "b": "2", "c": "4"}
    assert document.lines["z", "c"] == 2


def test_a_byte_order_mark_is_no_content() -> None:
    """A file that begins with a byte order mark reads like one without."""
    assert parse(b"\xef\xbb\xbfa: 1", "f").value == {"a": "1"}


def test_nothing_is_none() -> None:
    """A file without a value has the value None."""
    assert [parse(text, "f").value for text in (b"", b"# only words\n", b"---\n...\n")] == [None] * 3


BOMB = b"\n".join([b"a0: &a0 [x,x,x,x,x,x,x,x,x,x]"] + [
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]".encode() for n in range(1, 9)
])  # fmt: skip
MERGE_BOMB = b"\n".join([b"a0: &a0 {x: 1}"] + [
    f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}".encode() for n in range(1, 9)
])  # fmt: skip
DEEP_ALIASES = b"\n".join([b"a0: &a0 [x]"] + [
    f"a{n}: &a{n} {'[' * 20}*a{n - 1}{']' * 20}".encode() for n in range(1, 60)
])  # fmt: skip

TAB = "found character that cannot start any token, while scanning for the next token that begins in line 2"
FLOW = "while parsing a flow mapping that begins in line 1"
QUOTED = "while scanning a quoted scalar that begins in line 1"


@pytest.mark.parametrize(
    ("content", "message", "mend"),
    [
        (b"a: 1\nb: \xff", "f:2: is not UTF-8 text", "save the file as UTF-8"),
        (b"a: \x07", "f:1:4: the character U+0007 is not allowed in YAML", "remove it"),
        (b"#" * (MAX_BYTES + 1), "f: is larger than 1 MiB", "is it the right file?"),
        (b"[" * 20_000, "f:1:34: is nested deeper than 32 levels", "is it the right file?"),
        (b"{a: " * 20_000, "f:1:130: is nested deeper than 32 levels", "is it the right file?"),
        (BOMB, "f:1:24: aliases make the file too large", "write it out without aliases"),
        (MERGE_BOMB, "f:1:5: aliases make the file too large", "write it out without aliases"),
        (DEEP_ALIASES, "f:2:21: aliases nest it too deep", "write it out without aliases"),
        (b"a: &a [*a]", "f:1:8: an alias stands inside what it repeats",
         "remove it; quote the value if it begins with *"),
        (b"a: *b", "f:1:4: an alias has no anchor above it", "remove it; quote the value if it begins with *"),
        (b"a: 1\n---\nb: 2", "f:2:1: a second document begins here", "remove the line that is ---"),
        (b"a:\n\tb: 1", "f:2:1: not YAML: " + TAB, "indent with spaces, not with tabs"),
        (b"a: b: c", "f:1:5: not YAML: mapping values are not allowed in this context",
         "quote the value, and check the indentation"),
        (b"a: {b: ${C}}",
         "f:1:9: not YAML: did not find expected ',' or '}', " + FLOW, 'quote the value: "${NAME}"'),
        (b"a: 'x", "f:1:6: not YAML: found unexpected end of stream, " + QUOTED,
         "check the indentation and the quotes there"),
    ],
)  # fmt: skip
@pytest.mark.fault(40)
def test_what_cannot_be_read_is_refused_with_its_place(
    content: bytes, message: str, mend: str, happened: Callable[[str], None]
) -> None:
    """A file that is not bounded, plain YAML is one error with line, reason and mend."""
    with pytest.raises(ConfigurationError) as refused:
        parse(content, "f")
    assert (str(refused.value), refused.value.mend) == (message, mend)
    happened(f"{len(content)} bytes that begin with {content[:20]!r} were given to the reader")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\nb: 2\na: 3", "f:3:1: the key 'a' stands here and in line 1"),
        (b"a: !!python/object/apply:os.system [x]", "f:1:4: tags are not understood here"),
        (b'a: "\\0"', "f:1:4: the character U+0000 cannot be used here"),
        (b"? [a]\n: b", "f:1:3: a key must be text"),
        (b"a: {<<: 5}", "f:1:9: << takes a mapping, or a list of mappings"),
        (
            b"{'postgresql://u:pw@h/d': 1, 'postgresql://u:pw@h/d': 2}",
            "f:1:30: the key '\u2026' stands here and in line 1",
        ),
    ],
)
@pytest.mark.fault(40)
def test_what_is_wrong_in_one_place_leaves_the_rest_readable(
    content: bytes, message: str, happened: Callable[[str], None]
) -> None:
    """Duplicate keys, tags and the like are problems of the document, so that others can be told with them."""
    assert [str(problem) for problem in parse(content, "f").problems] == [message]
    happened(f"the reader was given {content!r}")


@pytest.mark.fault(40)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: " + b"${A}" * 65, "f:1: a: its variables make it too large"),
        (b"a: [" + b"'${A}${A}${A}${A}'," * 70 + b"]", "f:1: a[64]: its variables make it too large"),
    ],
)
def test_variables_do_not_make_a_file_large(content: bytes, message: str, happened: Callable[[str], None]) -> None:
    """A few bytes that name a long variable again and again are refused before they fill the memory."""
    filled = fill(parse(content, "f"), {"A": "x" * 65_536})
    grown = sum(len(expansion.text) for expansion in filled.expansions.values())
    assert grown <= MAX_CHARACTERS
    assert str(filled.problems[0]) == message
    happened(f"{len(content)} bytes would have become {content.count(b'$') * 65_536}")


@pytest.mark.fault(39)
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("pr\u200bod", "U+200B ZERO WIDTH SPACE"),
        ("pr\u202eod", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("pr\ufeffod", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("pr\nod", "U+000A"),
        ("pr\x00od", "U+0000"),
        ("caf\u00e9", "U+00E9 LATIN SMALL LETTER E WITH ACUTE"),
        ("cafe\u0301", "U+0301 COMBINING ACUTE ACCENT"),
        ("\u0440rod", "U+0440 CYRILLIC SMALL LETTER ER"),
        ("x" * 64, "at most 63 characters"),
        ("x'; DROP TABLE victims; --", "is not a usable name"),
    ],
)
def test_a_name_that_is_not_what_it_looks_like_is_refused(
    tmp_path: Path, name: str, shown: str, happened: Callable[[str], None]
) -> None:
    """An environment's name with unseen, foreign or too many characters is refused, with line and code points."""
    content = f"version: 1\nenvironments:\n  {json.dumps(name)}: {{url: 'sqlite:///a.db'}}\n"
    with pytest.raises(ConfigurationError) as refused:
        loaded(tmp_path, content)
    problems = refused.value.problems or (refused.value,)
    said = [f"{problem} {problem.mend}" for problem in problems]
    assert any(shown in one and "environments.yaml:3" in one for one in said), said
    assert all(one.isprintable() and (name.isascii() or name not in one or name.isprintable()) for one in said)
    happened(f"the file holds the name {name!a}")


@pytest.mark.fault(39)
@pytest.mark.parametrize("key", ["version_table", "version_table_schema"])
def test_a_table_s_name_that_a_server_would_cut_is_refused(
    tmp_path: Path, key: str, happened: Callable[[str], None]
) -> None:
    """A name of more than 63 bytes, of which PostgreSQL keeps 63, and one that cannot be seen are refused."""
    for name, what in (
        ("é" * 32, "longer than 63 bytes"),
        ("a\u200bb", r"holds U\+200B"),
        ("a\nb", r"holds U\+000A"),
    ):
        content = f"version: 1\nenvironments:\n  dev: {{url: 'sqlite:///a.db', {key}: {json.dumps(name)}}}\n"
        with pytest.raises(ConfigurationError, match=what):
            loaded(tmp_path, content)
    happened("the file was read, and held the name")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A missing file says how to make one, a directory which file in it may be meant."""
    with pytest.raises(ConfigurationError) as missing:
        read(tmp_path / "environments.yaml")
    assert missing.value.mend == "write one with: orchestrate init"
    with pytest.raises(ConfigurationError, match="is a directory, not a file"):
        read(tmp_path)
