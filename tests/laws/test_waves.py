"""Slicing an environment into waves, the failure budget, and who is begun next: for any number of targets."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.schedule import Schedule
from orchestrator.core.targets import Target
from orchestrator.core.waves import Budget, Share, WavePolicy, leads, slices

TARGETS = [Target("prod", "app", f"t{number:02}") for number in range(30)]
percentages = st.floats(0.1, 100).map(lambda percent: Share(percent=percent))
shares = st.integers(1, 40).map(lambda count: Share(count=count)) | percentages
names = st.lists(st.sampled_from([str(target.tenant) for target in TARGETS]), min_size=1, max_size=4).map(tuple)
fleets = st.lists(st.sampled_from(TARGETS), unique=True).flatmap(
    lambda found: st.tuples(st.just(tuple(found)), st.sets(st.sampled_from(found or TARGETS)).map(found_in(found)))
)
policies = st.builds(WavePolicy, canary=st.none() | shares | names, size=st.none() | shares)


def found_in(targets: list[Target]):  # type: ignore[no-untyped-def]
    """Keeps those that are among the targets."""
    return lambda chosen: frozenset(chosen).intersection(targets)


@given(fleets, policies)
def test_each_target_is_in_one_wave_and_the_order_is_kept(
    fleet: tuple[tuple[Target, ...], frozenset[Target]], policy: WavePolicy
) -> None:
    """None is forgotten and none comes twice; within the canary, and through all waves after it, order holds."""
    targets, moving = fleet
    waves = slices(targets, policy, moving)
    assert Counter(target for wave in waves for target in wave) == Counter(targets)
    assert all(waves), "a wave of nobody"
    place = {target: position for position, target in enumerate(targets)}
    first = [place[target] for wave in waves[:1] for target in wave]
    assert first == sorted(first)
    later = [place[target] for wave in waves[1:] for target in wave]
    assert later == sorted(later)
    if policy.canary is None:
        assert [target for wave in waves for target in wave] == list(targets)


@given(fleets, policies)
def test_the_canary_goes_first_and_alone(
    fleet: tuple[tuple[Target, ...], frozenset[Target]], policy: WavePolicy
) -> None:
    """Whatever else moves comes after it; a name that is nobody's still sends one ahead."""
    targets, moving = fleet
    changing = [target for target in targets if target in moving]
    waves = slices(targets, policy, moving)
    if policy.canary is None or not changing:
        return
    first = [target for target in waves[0] if target in moving]
    match policy.canary:
        case Share() as share:
            assert first == changing[: share.at_least_one(len(changing))]
        case named:
            known = [target for target in targets if target.tenant in named]
            expected = [target for target in known if target in moving] if known else changing[:1]
            assert not expected or first == expected
    if leads(waves, policy, moving):
        assert set(waves[0]) <= moving
    match policy.canary:
        case tuple() as named if any(target.tenant in named for target in targets):
            assert leads(waves, policy, moving) is (0 < sum(t.tenant in named for t in changing) < len(changing))
        case _:
            assert leads(waves, policy, moving) is (len(waves) > 1)


@given(fleets, policies)
def test_a_wave_is_as_large_as_was_asked_and_the_last_one_not_larger(
    fleet: tuple[tuple[Target, ...], frozenset[Target]], policy: WavePolicy
) -> None:
    """What has nothing to do does not count."""
    targets, moving = fleet
    counts = [sum(target in moving for target in wave) for wave in slices(targets, policy, moving)]
    size = policy.size.at_least_one(len(moving)) if policy.size else max(len(moving), 1)
    ordinary = counts[1:] if policy.canary is not None else counts
    assert all(count == size for count in ordinary[:-1])
    assert all(count <= size for count in ordinary)


@given(st.integers(1, 10_000), st.floats(0.01, 100))
def test_a_percentage_makes_no_empty_wave_and_lets_no_more_fail_than_it_says(of: int, percent: float) -> None:
    """Up to at least one for a wave, down for the budget, and exact where it comes out even."""
    share = Share(percent=percent)
    assert 1 <= share.at_least_one(of) <= max(1, of)
    assert share.at_most(of) <= of * percent / 100 + 1e-6
    assert share.at_least_one(of) - share.at_most(of) in (0, 1)
    assert Share(percent=7).at_least_one(100) == Share(percent=7).at_most(100) == 7


@given(shares, st.integers(0, 500), st.lists(st.integers(0, 3), max_size=30))
def test_a_budget_is_over_with_the_first_failure_too_many(share: Share, targets: int, failures: list[int]) -> None:
    """However the failures come in."""
    budget = Budget.of(WavePolicy(max_failures=share), targets)
    for count in failures:
        budget = budget.after(count)
    assert budget.over is (sum(failures) > share.at_most(targets))
    assert Budget.of(WavePolicy(), targets).after(1).over


@given(st.lists(st.integers(0, 4), max_size=40), st.integers(1, 6), st.integers(1, 4), st.data())
def test_a_schedule_fills_every_place_and_no_more(
    servers: list[int], parallel: int, per_server: int, data: st.DataObject
) -> None:
    """Whoever may be begun is, the earliest first; so nobody starves, and a slow server holds up its own alone."""
    schedule = Schedule(servers, parallel, per_server)
    waiting, in_hand = list(range(len(servers))), set[int]()
    while waiting or in_hand:
        busy = Counter(servers[position] for position in in_hand)
        may = [p for p in waiting if len(in_hand) < parallel and busy[servers[p]] < per_server]
        begun = schedule.begin()
        assert begun == (may[0] if may else None)
        if begun is not None:
            waiting.remove(begun)
            in_hand.add(begun)
            continue
        ended = data.draw(st.sampled_from(sorted(in_hand)))
        in_hand.remove(ended)
        schedule.end(ended)
        assert schedule.exhausted is not bool(waiting)
    assert schedule.exhausted


@given(st.lists(st.integers(0, 2), min_size=1), st.integers(0, 5))
def test_a_closed_schedule_begins_nobody(servers: list[int], begun: int) -> None:
    """Those in hand may end all the same."""
    schedule = Schedule(servers, 3, 2)
    in_hand = [position for position in (schedule.begin() for _ in range(begun)) if position is not None]
    schedule.close()
    for position in in_hand:
        assert schedule.begin() is None
        schedule.end(position)
    assert schedule.exhausted
    assert schedule.begin() is None
