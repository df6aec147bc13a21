"""How long a plan will take, from what was measured."""

from __future__ import annotations

from orchestrator.core.estimates import Span, estimates
from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.plan import Plan, PlanKind, Step, TargetPlan, Wave
from orchestrator.core.preview import Measured
from orchestrator.core.targets import Target
from orchestrator.core.waves import WavePolicy

STEPS = (Step("a1", "sha256:a1"), Step("a2", "sha256:a2"))
TENANTS = tuple(Target("prod", tenant=name) for name in "abcde")


def plan(*waves: tuple[Target, ...]) -> Plan:
    """The same two revisions for every target."""
    made = tuple(Wave(tuple(TargetPlan(t, (), ("a2",), STEPS) for t in wave)) for wave in waves)
    return Plan(PlanKind.PROMOTE, "staging", "prod", ("a2",), made, ())


def pipeline(**policy: object) -> Pipeline:
    """dev, staging and prod, the last with these rules for waves."""
    prod = Environment("prod", TENANTS, policy=WavePolicy(**policy))  # type: ignore[arg-type]
    return Pipeline((Environment("dev", ()), Environment("staging", ()), prod))


def test_an_environment_takes_what_its_waves_take() -> None:
    """Targets run side by side as far as policy and servers allow, waves one after the other, with pauses."""
    measured = {("staging", "sha256:a1"): Measured("staging", 2.0, 5.0, 3)}
    measured |= {("staging", "sha256:a2"): Measured("staging", 1.0, 1.0)}
    waves = plan(TENANTS[:1], TENANTS[1:])
    for policy, servers, whole in (
        ({"parallel": 4, "per_server": 4}, ["one"] * 5, Span(6.0, 12.0)),
        ({"parallel": 4, "per_server": 2}, ["one"] * 5, Span(9.0, 18.0)),
        ({"parallel": 4, "per_server": 2}, ["one", "one", "one", "two", "two"], Span(6.0, 12.0)),
        ({"parallel": 1, "pause": 10.0}, ["one"] * 5, Span(25.0, 40.0)),
    ):
        (found,) = estimates(waves, measured, pipeline(**policy), dict(zip(TENANTS, servers, strict=True)))
        assert found.whole == whole, policy
        assert set(found.targets.values()) == {Span(3.0, 6.0)}
        assert not found.unmeasured


def test_the_nearest_measurement_counts() -> None:
    """What the environment itself took is taken before what the one before it took; what nobody took is named."""
    measured = {
        (name, "sha256:a1"): Measured(name, seconds, seconds)
        for name, seconds in (("dev", 1.0), ("staging", 2.0), ("prod", 3.0))
    }
    for known, seconds in ((3, 3.0), (2, 2.0), (1, 1.0)):
        given_ = dict(list(measured.items())[:known])
        (found,) = estimates(plan(TENANTS[:1]), given_, pipeline(), {TENANTS[0]: "one"})
        assert (found.whole.typical, found.unmeasured, found.known) == (seconds, ("a2",), True)
    (nothing,) = estimates(plan(TENANTS[:1]), {}, pipeline(), {TENANTS[0]: "one"})
    assert not nothing.known
    assert nothing.unmeasured == ("a1", "a2")
