"""Templates: what stands in braces is known before it is filled in, and braces themselves can be written."""

from __future__ import annotations

import pytest

from orchestrator.core.injection import PLACEHOLDERS, Injection, Live, unknown
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target

URL = "postgresql+psycopg://us%40er:p%25w@db.example:5433/bill%20ing?sslmode=require"
TARGET = Target("prod", "billing")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{url}", URL),
        ("{driver}", "postgresql+psycopg"),
        ("{user}/{password}", "us@er/p%w"),
        ("{host}:{port}", "db.example:5433"),
        ("{database}", "bill ing"),
        ("{environment}-{name}", "prod-billing"),
        ("{{url}}", "{url}"),
        ("}}{{", "}{"),
        ("{{{name}}}", "{billing}"),
        ("no braces % $", "no braces % $"),
    ],
)
def test_a_template_is_filled_in(template: str, text: str) -> None:
    """Each placeholder is its part of the URL, decoded; doubled braces are braces."""
    assert unknown(template) == ()
    filled = Injection(variables=(("X", template),)).render(TARGET, Secret(URL))
    assert [value.reveal() for _, value in filled.variables] == [text]


def test_what_the_url_does_not_say_is_empty() -> None:
    """A URL without user and host leaves their placeholders empty; a port has its default."""
    templates = tuple(f"<{{{name}}}>" for name in ("user", "password", "host", "port"))
    filled = Injection(x_arguments=templates).render(Target("dev"), Secret("sqlite:////data/dev.db"))
    assert [value.reveal() for value in filled.x_arguments] == ["<>"] * 4
    filled = Injection(x_arguments=("{port}",)).render(Target("dev"), Secret("postgresql://db/shop"))
    assert [value.reveal() for value in filled.x_arguments] == ["5432"]


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{urll} {name} {}", ("urll", "")),
        ("{a}{b}", ("a", "b")),
        ("{", ("{",)),
        ("{{url}", ("}",)),
        ("{url}}", ("}",)),
        ("{connection}", ("connection",)),
        ("{url!r} {url:>9} { url }", ("url!r", "url:>9", " url ")),
    ],
)
def test_what_is_no_placeholder_is_told(template: str, names: tuple[str, ...]) -> None:
    """Every unknown name and every lone brace is found, and no language of formats hides in a placeholder."""
    assert unknown(template) == names


def test_an_option_of_another_section() -> None:
    """The name of an option is a template too, and what stands before its last slash is the section."""
    injection = Injection(options=(("{name}/sqlalchemy.url", "{url}"), ("databases", "{name}")))
    filled = injection.render(TARGET, Secret(URL))
    assert [(section, name, value.reveal()) for section, name, value in filled.options] == [
        ("billing", "sqlalchemy.url", URL),
        (None, "databases", "billing"),
    ]


def test_live_attributes() -> None:
    """An attribute that is `{connection}` or `{engine}` alone stands for the object; escaped it is text."""
    given = (("c", "{connection}"), ("e", "{engine}"), ("t", "{{connection}}"), ("n", "{name}"))
    filled = dict(Injection(attributes=given).render(TARGET, Secret(URL)).attributes)
    assert (filled["c"], filled["e"]) == (Live.CONNECTION, Live.ENGINE)
    assert filled["t"] == Secret("{connection}")
    assert filled["n"] == Secret("billing")


def test_nothing_filled_in_shows_itself() -> None:
    """What a template came to is a secret: no password shows where the value is printed."""
    templates = tuple(f"{{{name}}}" for name in PLACEHOLDERS)
    injection = Injection(options=(("a", "{url}"),), variables=(("B", "{password}"),), x_arguments=templates)
    assert "p%w" not in repr(injection.render(TARGET, Secret(URL)))
