import pytest

from orchestrator.project.environments_file.variables import expand, fill
from orchestrator.project.environments_file.yaml_file import parse

VARIABLES = {"A": "one", "EMPTY": "", "BYTES": "\udcff"}


@pytest.mark.parametrize(
    ("template", "text", "missing"),
    [
        ("${A}", "one", ()),
        ("x${A}y${A}", "xoney" + "one", ()),
        ("${NO:-two}", "two", ()),
        ("${EMPTY:-two}", "two", ()),
        ("${NO:-}", "", ()),
        ("${BYTES:-two}", "two", ()),
        ("$${A}", "${A}", ()),
        ("$A $$ $", "$A $$ $", ()),
        ("${NO}/${NOT}/${NO}", "//", ("NO", "NOT")),
        ("${BYTES}", "", ("BYTES",)),
    ],
)
def test_references_are_replaced(template: str, text: str, missing: tuple[str, ...]) -> None:
    """A reference becomes its variable's value, or its default where that is unset or empty."""
    expansion = expand(template, VARIABLES)
    assert expansion is not None
    assert (expansion.text, expansion.missing) == (text, missing)


@pytest.mark.parametrize("template", ["${", "${}", "${A", "${A-x}", "${1}", "${A:-${B}}", "${A:?x}"])
def test_what_is_no_reference_is_refused(template: str) -> None:
    """Only ${NAME} and ${NAME:-default} are understood; nothing else is guessed."""
    assert expand(template, VARIABLES) is None


def test_a_value_that_comes_out_empty_is_missing_but_in_variables() -> None:
    """A URL from a variable that is set to nothing is missing; what env.py is given may be empty."""
    text = b"{url: '${EMPTY}', url_file: '/run/${EMPTY}/url', variables: {X: '${EMPTY}'}}"
    filled = fill(parse(text, "f"), VARIABLES)
    assert {place: found.missing for place, found in filled.expansions.items()} == {
        ("url",): ("EMPTY",), ("url_file",): ("EMPTY",), ("variables", "X"): (),
    }  # fmt: skip
