"""Who of a wave is begun next: so many at once, so many of them on one server. Pure: knows no thread and no clock.

The earliest that may be begun is. A server that is full or slow keeps only its own targets waiting.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from heapq import heappop, heappush


class Schedule:
    """Positions 0, 1, … of targets, each on a server; at most `parallel` are in hand, `per_server` of one server.

    Beginning and ending one takes no longer the more of them there are, but for the logarithm of the servers.
    """

    def __init__(self, servers: Sequence[Hashable], parallel: int, per_server: int) -> None:
        self._servers = servers
        self._room = parallel
        self._per_server = per_server
        self._waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        self._in_hand: defaultdict[Hashable, int] = defaultdict(int)
        for position, server in enumerate(servers):
            self._waiting[server].append(position)
        # Of each server that has room and somebody waiting: the first who waits there.
        self._first = [waiting[0] for waiting in self._waiting.values()]
        self._left = len(servers)

    @property
    def exhausted(self) -> bool:
        """Whether nobody waits to be begun any more."""
        return self._left == 0

    def begin(self) -> int | None:
        """The one to begin now, which is in hand from here on; None where nobody may be begun now."""
        if not (self._first and self._room):
            return None
        server = self._servers[heappop(self._first)]
        position = self._waiting[server].popleft()
        self._left -= 1
        self._room -= 1
        self._in_hand[server] += 1
        self._offer(server)
        return position

    def end(self, position: int) -> None:
        """One that was in hand has ended."""
        server = self._servers[position]
        full = self._in_hand[server] == self._per_server
        self._in_hand[server] -= 1
        self._room += 1
        if full:
            self._offer(server)

    def close(self) -> None:
        """Nobody else is begun."""
        self._first.clear()
        self._waiting.clear()
        self._left = 0

    def _offer(self, server: Hashable) -> None:
        if self._waiting[server] and self._in_hand[server] < self._per_server:
            heappush(self._first, self._waiting[server][0])
