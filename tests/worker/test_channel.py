"""The worker's end of the conversation when the other end dies."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.worker.channel import Channel, ParentGone

WORKER = Path(__file__).parents[2] / "orchestrator" / "worker"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Channel]]:
    """The parent's socket and the worker's channel."""
    ours, theirs = socket.socketpair()
    with ours:
        yield ours, Channel(theirs.detach())


def test_a_question_to_nobody(ends: tuple[socket.socket, Channel]) -> None:
    """Whoever asks a parent that is gone is told so, before or after it could read the question."""
    ours, channel = ends
    ours.close()
    for _ in range(2):
        with pytest.raises(ParentGone):
            channel.ask("intent", revision="r1")
    assert channel.hear() is None


def test_half_an_answer_is_no_answer(ends: tuple[socket.socket, Channel]) -> None:
    """An answer that was cut off by the parent's death does not count, even where it reads like one."""
    ours, channel = ends
    ours.sendall(b'{"go": true}')
    ours.close()
    with pytest.raises(ParentGone):
        channel.ask("intent", revision="r1")


def test_programs_do_not_inherit_the_channel(ends: tuple[socket.socket, Channel]) -> None:
    """A program that env.py starts does not get the channel, so it cannot keep the parent waiting."""
    _, channel = ends
    assert not os.get_inheritable(channel._socket.fileno())


def test_an_idle_worker_ends_with_its_parent() -> None:
    """A worker that was asked nothing ends when the parent's socket closes, and ends well."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([sys.executable, str(WORKER), str(theirs.fileno())], pass_fds=[theirs.fileno()])
    theirs.close()
    ours.close()
    assert process.wait(60) == 0


def test_what_nobody_reads_does_not_fail() -> None:
    """Printing goes on without an error when the reader of stdout has gone."""
    source = (
        "import sys; sys.path.insert(0, sys.argv[1]); import output; output.outlive_the_reader()\n"
        "sys.stdin.readline(); print('to nobody'); print('again', file=sys.stderr); open(sys.argv[2], 'w').close()"
    )
    reader, writer = os.pipe()
    witness = Path(os.environ["HOME"]) / "printed"
    process = subprocess.Popen(
        [sys.executable, "-c", source, str(WORKER), str(witness)],
        stdin=subprocess.PIPE,
        stdout=writer,
        stderr=writer,
    )
    os.close(writer)
    os.close(reader)
    process.communicate(b"\n", timeout=60)
    assert process.returncode == 0
    assert witness.exists()
