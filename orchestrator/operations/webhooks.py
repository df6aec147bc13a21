"""Tells webhooks of a run while it goes on. None of them ever holds it up, or changes how it ends.

Each has a thread of its own with a queue before it: one that does not answer delays nobody else. What could not be
delivered is counted and told once, at the end.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable
from http.client import HTTPException
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import urlsplit

from orchestrator import __version__
from orchestrator.core.events import Event
from orchestrator.core.plan import Plan
from orchestrator.core.webhooks import Webhook, payload, summary

PATIENCE = 10.0
"""Seconds that the end of a run waits for deliveries that are left."""
_ANSWER = 5.0
"""Seconds for one answer."""
_PAUSES = (1.0, 3.0)
"""Seconds before a delivery is tried again."""
_WAITING = 1000
"""Deliveries that wait for one webhook; what comes beyond is lost, and counted."""
_BUSY = (408, 425, 429)
_OWN_FAULT = 500
"""From this status on the server says that it may be better later."""


class Webhooks:
    """Listens to a run. `mask` hides secrets, `warn` tells a person what could not be delivered."""

    def __init__(
        self,
        webhooks: Iterable[Webhook],
        plan: Plan | None,
        mask: Callable[[Any], Any],
        warn: Callable[[str], None],
    ) -> None:
        about = summary(plan) if plan is not None else None
        self._warn = warn
        written = lambda event: json.dumps(mask(payload(event, about))).encode()  # noqa: E731
        self._lines = [_Line(webhook, written) for webhook in webhooks]

    def __call__(self, event: Event) -> None:
        """Have it delivered to whoever asked for it; returns at once."""
        for line in self._lines:
            if event.kind in line.webhook.events:
                line.put(event)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        until = time.monotonic() + PATIENCE
        for line in self._lines:
            line.close(until)
            if line.lost:
                what = f"{line.lost} event{'s' if line.lost > 1 else ''} of this run"
                self._warn(f"webhook {line.name}: {what} could not be delivered: {line.reason}")


class _Line:
    """One webhook with its queue and its thread, which is begun at the first event."""

    def __init__(self, webhook: Webhook, written: Callable[[Event], bytes]) -> None:
        self.webhook, self._written = webhook, written
        self.name = urlsplit(webhook.url.reveal()).netloc.rpartition("@")[2]
        self.lost, self.reason = 0, ""
        self._waiting: queue.Queue[Event | None] = queue.Queue(_WAITING)
        self._hurried = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, event: Event) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._deliver_all, name="webhook", daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._lose("too many waited")

    def close(self, until: float) -> None:
        """Wait for what is left, but no longer than that; a Ctrl-C ends the waiting."""
        if self._thread is None:
            return
        try:
            self._waiting.put(None, timeout=max(0.0, until - time.monotonic()))
            self._thread.join(max(0.0, until - time.monotonic()))
        except (queue.Full, KeyboardInterrupt):
            pass
        self._hurried.set()
        if self._thread.is_alive():
            left = sum(item is not None for item in tuple(self._waiting.queue))
            self._lose(self.reason or f"no answer within {PATIENCE:.0f} seconds of the end", left + 1)

    def _lose(self, reason: str, count: int = 1) -> None:
        self.lost, self.reason = self.lost + count, reason

    def _deliver_all(self) -> None:
        while (event := self._waiting.get()) is not None:
            if reason := self._deliver(event):
                self._lose(reason)

    def _deliver(self, event: Event) -> str | None:
        """Post it, several times if need be; why it could not be delivered, None where it was."""
        request = _request(self.webhook, str(event.kind), self._written(event))
        for pause in (*_PAUSES, None):
            reason, later = _post(request)
            if reason is None or not later or pause is None or self._hurried.wait(pause):
                return reason
        return None


def _request(webhook: Webhook, kind: str, body: bytes) -> urllib.request.Request:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"orchestrate/{__version__}",
        "X-Orchestrate-Event": kind,
        "X-Orchestrate-Delivery": str(uuid.uuid4()),
    }
    if webhook.secret is not None:
        digest = hmac.new(webhook.secret.reveal().encode(), body, hashlib.sha256).hexdigest()
        headers["X-Orchestrate-Signature"] = f"sha256={digest}"
    return urllib.request.Request(webhook.url.reveal(), body, headers, method="POST")  # noqa: S310 - http, https


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What was signed for one address goes to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""


def _post(request: urllib.request.Request) -> tuple[str | None, bool]:
    """Why it was not taken, None where it was; and whether it may be later."""
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=_ANSWER):
            return None, False
    except HTTPError as error:
        error.close()
        return f"HTTP {error.code}", error.code in _BUSY or error.code >= _OWN_FAULT
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error  # its text never has the path, where a token may stand
        return f"{type(reason).__name__}: {getattr(reason, 'strerror', None) or 'no answer'}", True
