"""What the suite of projects is driven with: trees of files, the databases that they name, the real command."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import Command
from tests.projects.tree import TREES, Tree
from tests.stories.pipeline import told

_NAMED = re.compile(r"\$\{(\w+)_URL\}")

MakeTree = Callable[..., Tree]


@pytest.fixture
def make_tree(tmp_path: Path, new_database: Callable[[str], str], orchestrate: Command) -> MakeTree:
    """Copies the tree of a case, and makes a new database of `family` for each one that it names.

    `driver` replaces the driver in the URLs.
    """

    def make(case: str, family: str = "sqlite", driver: str | None = None) -> Tree:
        root = tmp_path / case
        shutil.copytree(TREES / case, root)
        names = dict.fromkeys(_NAMED.findall((root / "environments.yaml").read_text()))
        urls = {name.lower(): new_database(family) for name in names}
        if driver is not None:
            urls = {name: f"{driver}://{url.partition('://')[2]}" for name, url in urls.items()}
        return Tree(root, urls, orchestrate)

    return make


def released(tree: Tree) -> None:
    """Roll out to every environment: the run says that it applied something to each database."""
    document = tree.document("rollout", "--yes")
    assert document["outcome"] == "succeeded", document
    assert {target["result"] for target in document["targets"]} == {"applied"}, document


def promoted(tree: Tree) -> None:
    """Roll out to dev, promote to prod: both are in sync afterwards, as status says it too."""
    told(tree("rollout", "--through", "dev", "--yes"), 0)
    told(tree("promote", "dev", "prod", "--yes"), 0)
    told(tree("status", "--exit-code"), 0, "in sync with dev")
