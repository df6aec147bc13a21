"""The page of a run in a real browser: it asks for nothing, and is not wider than a telephone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from orchestrator.views.account import page
from orchestrator.views.html.render import html
from tests.views.account_samples import account
from tests.views.test_account import EVIL, hostile

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (400, 1200)
_MEASURE = """<script>
const told = {};
addEventListener('load', () => {
  for (const frame of document.querySelectorAll('iframe')) {
    const found = frame.contentDocument.documentElement;
    const rows = [...found.querySelectorAll('tbody tr')].map(row => row.getBoundingClientRect().height);
    const asked = frame.contentWindow.performance.getEntriesByType('resource').map(one => one.name);
    told[frame.id] = {width: found.scrollWidth, rows: rows.length, lowest: Math.min(...rows), asked: asked};
  }
  document.title = JSON.stringify(told);
});
</script>"""
_QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
_LEAKING = "<body><img src='http://outside.invalid/a.png'><div style='width: 900px'>wide</div></body>"


def _opened(folder: Path, pages: dict[str, str]) -> dict[str, Any]:
    """Each page at each width: how wide it is, how many rows, how low the lowest is, and what it asked for."""
    if BROWSER is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium: apt-get install chromium")
    frame = '<iframe id="{0} {1}" src="{0}.html" style="width:{1}px;height:900px;border:0"></iframe>'
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text)
    frames = folder / "frames.html"
    frames.write_text(_MEASURE + "".join(frame.format(name, width) for name in pages for width in WIDTHS))
    command = [
        *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"),
        *("--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=2000"),
        *_QUIET,
        *("--dump-dom", frames.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    title = re.search("<title>(.+?)</title>", done.stdout)
    assert title is not None, done.stdout[:1000] + done.stderr
    return json.loads(unescape(title[1]))  # type: ignore[no-any-return]


def test_a_browser_asks_for_nothing_and_needs_no_more_width_than_there_is(tmp_path: Path) -> None:
    """With 4 and 400 targets and with hostile texts, on a telephone and a screen; a page that does is noticed."""
    told = {"4": account(4, 1), "400": account(400), "hostile": hostile(EVIL * 3 + "x" * 300)}
    found = _opened(tmp_path, {**{name: html(page(one)) for name, one in told.items()}, "leaking": _LEAKING})
    assert len(found) == 4 * len(WIDTHS)
    leaking = [found.pop(f"leaking {width}") for width in WIDTHS]
    assert [one["asked"] for one in leaking] == [["http://outside.invalid/a.png"]] * 2
    assert leaking[0]["width"] > WIDTHS[0]
    for name, seen in found.items():
        assert seen["asked"] == [], name
        assert seen["width"] <= int(name.split()[1]), name
        assert (seen["rows"] > 10, seen["lowest"] > 10) == (True, True), name
