"""The account of a run as a page: complete, the same in every format, and nobody's text is obeyed."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from orchestrator.core.account import Account
from orchestrator.core.gates.verdict import Verdict
from orchestrator.views.account import page
from orchestrator.views.html.render import html
from orchestrator.views.markdown.marks import Pen
from orchestrator.views.markdown.report import report as markdown
from orchestrator.views.svg import svg
from orchestrator.views.text.draw import draw
from tests.views.account_samples import account, graph, unrecorded
from tests.views.drawing import text
from tests.views.samples import NOW
from tests.views.test_hostile import HOSTILE, assert_harmless

EVIL = "<script>alert(1)</script><img src=http://x onerror=a> \" ' & {{ 7*7 }} ]]> --> | `x`"
TOLD = [
    ("who", ["ann@work", "orchestrate promote staging prod", "2026-07-01 11:00:01"]),
    ("approvals and author", ["bob", "bob@desk", "2026-07-01 08:00:00"]),
    ("bytes", ["sha256:b2", "sha256:5ea1", "sha256:e2", "versions/c3.py differs: sha256:edited", "1.14.0"]),
    ("statements", ["UPDATE orders SET total = '…'; (3 times)", "… and 2 more"]),
    ("gates", ["soak", "waived", "the outage cannot wait", "prod is next after staging"]),
    ("environments", ["1 applied, 1 failed"]),
    ("times", ["61.5 s", "0.250 s"]),
    ("targets", ["prod/app@t0000", "b2 0.250 s, c3 61.5 s at attempt 2"]),
    ("errors", ["revision c3 failed: no such column: total", "orchestrate resume 20260701-110000-ab12"]),
    ("what happened", ["prod: verify (sh) failed", "wave 1 of 1: 2 targets, 1 failed"]),
    ("the journal", ["d1" * 32]),
]


class _Elements(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= set(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(("what", "texts"), TOLD, ids=[what for what, _ in TOLD])
def test_every_format_tells_all_of_it(what: str, texts: list[str]) -> None:
    """Who, which bytes, gates and waivers, times, heads, errors and the journal's head: in all of them."""
    told = account(2, failed=1)
    shown = {
        "html": _Elements(html(page(told))).text,
        "markdown": re.sub(r"\\(.)|<!-- -->", r"\1", unescape(markdown(Pen(), page(told)))),
        "text": text(draw(told, NOW), width=400),
    }
    for kind, whole in shown.items():
        missing = [one for one in texts if one not in whole]
        assert not missing, f"{kind} lacks {missing} in\n{whole}"


def test_a_page_asks_for_nothing_and_runs_nothing() -> None:
    """No script, no handler, no address: what is in the file is all there is."""
    found = _Elements(html(page(account(3, failed=1))))
    assert not found.elements & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    names = {name for name, _ in found.attributes}
    assert not {name for name in names if name.startswith("on") or name in ("src", "action", "data")}
    assert all((value or "").startswith("#") for name, value in found.attributes if name == "href")
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'") in (
        found.attributes
    )


def hostile(evil: str) -> Account:
    """The text wherever a text from outside can be."""
    told = account(2, failed=1)
    (drawn,) = told.pictures
    nowhere = ((evil, drawn.marks["c3"][0]),)
    gates = tuple(Verdict(evil, one.answer, evil, waiver=one.waiver) for one in told.gates or ())
    return replace(
        told,
        run=replace(told.run, command=evil, actor=evil, reason=evil, stopped_by=evil),
        gates=gates,
        sealed={"author": evil, "actor": evil, "created_at": evil, "files": {evil: evil}},
        scripts=tuple(replace(one, message=evil, path=evil, now=evil) for one in told.scripts),
        targets=tuple(replace(one, reason=evil, mend=evil, end=(evil,)) for one in told.targets),
        course=tuple(replace(one, actor=evil, body={**one.body, "reason": evil}) for one in told.course),
        pictures=(replace(drawn, messages=dict.fromkeys(drawn.messages, evil), elsewhere=nowhere),),
        unread=evil,
    )


@pytest.mark.parametrize("evil", [EVIL, *HOSTILE.values()], ids=["html", *HOSTILE])
def test_no_hostile_text_gets_out_of_its_place(evil: str) -> None:
    """It is read as text in HTML, in the picture, in Markdown and on a terminal, and adds no element to a page."""
    told, innocent = hostile(evil), hostile("innocent")
    drawn = html(page(told))
    assert _Elements(drawn).elements == _Elements(html(page(innocent))).elements
    assert_harmless(drawn.replace("\t", ""))
    assert_harmless(markdown(Pen(), page(told)).replace("\t", ""))
    assert "<img" not in drawn
    assert "<script" not in re.sub(r"`[^`]*`", "", markdown(Pen(), page(told)))
    assert_harmless(text(draw(told, NOW), terminal=True))


def test_secrets_are_masked_before_anything_is_escaped() -> None:
    """A password with signs that HTML writes otherwise is not known any more once it is escaped."""
    secret = "p&<ss'w\"rd"
    told = hostile(f"login with {secret} failed")
    mask = lambda text: text.replace(secret, "***")  # noqa: E731
    for written in (html(page(told), mask), svg(told.pictures[0], mask), markdown(Pen(mask), page(told))):
        assert "***" in unescape(written)
        assert secret not in unescape(written)


def test_what_is_not_known_is_said_to_be_so() -> None:
    """A run of an older journal, cut off, without scripts: no gate is made up, no script called the same."""
    shown = text(draw(unrecorded(), NOW), width=300)
    for told in ("not ended", "What the gates said is not recorded", "it cannot be parsed", "not read"):
        assert told in shown
    assert "the same" not in shown


def test_thousands_of_targets_are_a_summary_on_a_terminal_and_whole_in_a_file() -> None:
    """A person at a terminal is told how many; the page has a row for each, and no more than it needs."""
    told = account(4000, failed=3)
    shown = text(draw(told, NOW), width=200)
    assert "4,000 rows: --details" in shown
    assert len(shown.splitlines()) < 80
    whole = html(page(told))
    assert whole.count("<tr>") > 4000
    assert len(whole) < 4_000_000
    assert "3,997 applied, 3 failed" in shown
    assert len(text(draw(graph(), NOW)).splitlines()) < 15
