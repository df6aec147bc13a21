"""How long a wave takes, for any targets on any servers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.estimates import makespan
from orchestrator.core.waves import WavePolicy


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3)), min_size=1, max_size=30),
    st.integers(1, 6),
    st.integers(1, 6),
)
def test_a_wave_is_never_quicker_than_it_can_be(
    targets: list[tuple[int, int]], parallel: int, per_server: int
) -> None:
    """It takes at least its slowest target and its fair share of all of them, and at most all of them in a row."""
    seconds, servers = [float(s) for s, _ in targets], [server for _, server in targets]
    took = makespan(seconds, servers, WavePolicy(parallel=parallel, per_server=per_server))
    assert max(*seconds, sum(seconds) / parallel) <= took + 1e-9
    for server in set(servers):
        mine = sum(s for s, where in zip(seconds, servers, strict=True) if where == server)
        assert mine / per_server <= took + 1e-9
    assert took <= sum(seconds) + 1e-9
