"""A sealed plan that waits in its file: it is not written over, and is what comes next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.core.events import NO_RUN, EventKind
from orchestrator.core.plan_json import to_json
from orchestrator.core.sealed import Sealed
from orchestrator.errors import RefusedError, UsageError
from orchestrator.operations import runs, sealing
from orchestrator.operations.release import Wish
from orchestrator.views.text.draw import draw
from tests.operations.conftest import Shop, now
from tests.views.drawing import text

PLAN = Path("release.plan.json")


@pytest.fixture
def waiting(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """prod demands one approval and lacks what test has; dora sealed that an hour ago."""
    monkeypatch.chdir(shop.project.root)
    given = {name: {"url": f"sqlite:///{name}.db"} for name in ("dev", "test", "prod")}
    given["prod"]["gates"] = {"approval": {"required": 1, "of": ["alice", "bob"]}}  # type: ignore[assignment]
    shop.project.environments(given)
    shop.stamp("b", "dev", "test")
    shop.stamp("a", "prod")
    seal(shop, hours=1)
    return shop


def seal(shop: Shop, hours: int = 0, expires: float | None = None) -> Sealed:
    """Seal the promotion to prod, so many hours ago."""
    at = now() - timedelta(hours=hours)
    made = sealing.seal(shop.prepare(Wish("prod", "test")), sealing.Author("dora", "dora@work"), PLAN, at, expires)
    assert made.sealed is not None
    return made.sealed


def approve(shop: Shop, plan: Sealed) -> None:
    told = {"seal": plan.seal, "by": "alice", "fingerprint": plan.plan.fingerprint}
    shop.record(EventKind.PLAN_APPROVED, NO_RUN, **told)


def begin(shop: Shop, plan: Sealed, run: str = "killed", **more: object) -> None:
    told = {"plan": to_json(plan.plan), "command": plan.plan.command, **more}
    shop.record(EventKind.RUN_STARTED, run, **told)


def following(shop: Shop) -> str:
    """What `status` says to type next."""
    *_, last = text(draw(shop.status(), now())).strip().splitlines()
    return last.strip()


def test_a_plan_that_was_approved_is_applied_and_not_written_over(waiting: Shop) -> None:
    """Sealed anew is what nobody approved yet; then `status` and the refusal say how the release goes on, until
    what the plan relies on changed.
    """
    first = seal(waiting, hours=1)
    assert following(waiting) == "next: orchestrate approve release.plan.json --as alice"
    approve(waiting, first)
    assert following(waiting).startswith("next: orchestrate apply release.plan.json")
    with pytest.raises(RefusedError, match=r"of dora, .* waits there, approved by alice") as caught:
        seal(waiting)
    assert (caught.value.mend or "").startswith("orchestrate apply release.plan.json")
    script = next(waiting.project.versions.glob("b_*"))
    script.write_text(f"{script.read_text()}# edited\n")
    assert following(waiting) == "next: orchestrate plan test prod --out release.plan.json"
    assert seal(waiting) != first


def test_a_plan_that_expired_is_written_over(waiting: Shop) -> None:
    """Nobody can apply it any more, whoever approved it."""
    approve(waiting, seal(waiting, hours=1, expires=60.0))
    assert following(waiting) == "next: orchestrate plan test prod --out release.plan.json"
    seal(waiting)


def test_a_plan_that_was_begun_is_taken_up_again(waiting: Shop) -> None:
    """The plan of a run that has not ended well is not written over either."""
    begun = seal(waiting)
    begin(waiting, begun, seal=begun.seal)
    with pytest.raises(RefusedError, match="waits there, begun by run killed of ann@work") as caught:
        seal(waiting, hours=2)
    assert (caught.value.mend or "").startswith("orchestrate resume killed")


def test_a_plan_that_no_run_applied_names_the_run_of_the_same_release(waiting: Shop) -> None:
    """Where its file came to hold another plan, the run that is to be taken up again is found by its way."""
    begin(waiting, seal(waiting, hours=3), seal="sha256:lost")
    with pytest.raises(UsageError, match=r"no run applied this plan.* run killed of ann@work") as caught:
        runs.find(waiting.configuration, str(PLAN))
    assert (caught.value.mend or "").startswith("orchestrate resume killed; of this plan: orchestrate apply ")
