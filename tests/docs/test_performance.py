"""docs/performance.md and benchmarks/ tell of the same comparisons."""

from __future__ import annotations

import subprocess
import sys

from tests.docs.document import ROOT


def test_each_comparison_is_explained() -> None:
    """Whatever `python -m benchmarks` can be asked for stands in docs/performance.md."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    names = told.partition("[{")[2].partition("}")[0].replace("\n", "").replace(" ", "").split(",")
    page = (ROOT / "docs" / "performance.md").read_text()
    assert len(names) > 5, told
    assert [name for name in names if name and f"| `{name}`" not in page and f"ARGS={name}" not in page] == []
