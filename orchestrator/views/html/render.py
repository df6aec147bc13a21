"""A page as one HTML file: no script, no request, every text escaped; readable on a telephone and on paper."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from orchestrator.core.picture import Picture
from orchestrator.core.plain import harmless
from orchestrator.views.page import Facts, Page, Table
from orchestrator.views.svg import svg

Clean = Callable[[str], str]
_REMEMBERED = 4096
"""Texts that are known to be clean: a head or a result stands in thousands of rows."""


def html(page: Page, clean: Clean = str) -> str:
    """The page; every text passes `clean`, and is made harmless and escaped after that."""

    @lru_cache(_REMEMBERED)
    def finished(text: str) -> str:
        return harmless(clean(text))

    def shown(value: object) -> object:
        return finished(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=PackageLoader("orchestrator.views", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["table"] = lambda part: isinstance(part, Table)
    environment.tests["facts"] = lambda part: isinstance(part, Facts)
    environment.tests["picture"] = lambda part: isinstance(part, Picture)
    drawn = lambda picture: Markup(svg(picture, finished))  # noqa: E731, S704 - the view escapes each text itself
    return environment.get_template("page.html").render(page=page, svg=drawn)
