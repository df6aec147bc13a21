"""A plan's file, whatever somebody put into it: the plan that was sealed, or an error in words."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.core.sealed import Sealed, from_json, to_json
from orchestrator.errors import RefusedError, UsageError
from orchestrator.project import plan_file
from tests.core.seals import sealed
from tests.fuzz.values import QUICK, VALUES, spoilt
from tests.views.samples import PLAN

ONE: Sealed = sealed(PLAN)
WRITTEN: dict[str, Any] = json.loads(json.dumps({**to_json(ONE), "seal": ONE.seal}))


@QUICK
@given(spoilt(WRITTEN) | VALUES)
@example({**WRITTEN, "plan": {**WRITTEN["plan"], "waves": [[5]]}})
@example({**WRITTEN, "plan": {**WRITTEN["plan"], "selection": {"labels": [[]]}}})
@example({**WRITTEN, "created_at": "2026-07-01T12:00:00"})
@example({**WRITTEN, "files": ["x"]})
def test_any_value_is_what_was_sealed_or_a_value_error(value: Any) -> None:
    """Of what does not come from a seal nothing is believed, and nothing but one kind of error is raised."""
    try:
        read = from_json(value)
    except ValueError:
        return
    assert (read, value) == (ONE, WRITTEN)


TEXT = json.dumps(WRITTEN)
CUTS = st.integers(0, len(TEXT) - 1)


@QUICK
@given(st.binary(max_size=40) | st.builds(lambda at, rest: TEXT[:at].encode() + rest, CUTS, st.binary()))
@example(b"[" * 100_000)
@example(b'{"a": ' * 100_000)
@example(b"9" * 5000)
@example(b"NaN")
@example(b"\xff\xfe")
@example((TEXT[:-1] + ', "author": "eve"}').encode())
def test_any_bytes_are_an_error_in_words(content: bytes) -> None:
    """A file cut off, damaged, nested without end, or with a name twice is refused and never crashes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "r.plan.json")
        path.write_bytes(content)
        with pytest.raises((UsageError, RefusedError)) as caught:
            plan_file.read(path)
    assert caught.value.where == str(path)
    assert caught.value.mend
