"""A server that a webhook tells: real HTTP on this machine, with answers as a test wants them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request: its headers and its bytes."""

    path: str
    headers: Message
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON in it."""
        return json.loads(self.raw)


class Receiver:
    """`url` is its address; `taken` are the deliveries in their order."""

    def __init__(self, answer: Callable[[Delivery], int]) -> None:
        self.taken: list[Delivery] = []
        receiver = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                delivery = Delivery(self.path, self.headers, raw)
                receiver.taken.append(delivery)
                status = answer(delivery)
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def events(self) -> list[str]:
        """The kinds of events, in their order."""
        return [delivery.body["event"] for delivery in self.taken]


@contextmanager
def receiving(answer: Callable[[Delivery], int] = lambda _: 204) -> Iterator[Receiver]:
    """A server that answers each delivery with that status."""
    receiver = Receiver(answer)
    Thread(target=receiver.server.serve_forever, daemon=True).start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
