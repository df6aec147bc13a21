"""Where the events of a run go, and what becomes of the run where they can go nowhere."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from orchestrator.cli.live import LiveFleet
from orchestrator.cli.log import RunLog
from orchestrator.cli.output import console
from orchestrator.core.events import Event
from orchestrator.views.events import log_line
from orchestrator.views.text.fleet import Fleet, expected
from tests.views.fleet_samples import RUN, history, plan, told

COUNT = 60
EVENTS = tuple(told(COUNT))


class Stream(StringIO):
    """A stream that may be a terminal, and breaks after so many texts."""

    def __init__(self, *, terminal: bool = False, holds: int = 10**9) -> None:
        super().__init__()
        self.terminal = terminal
        self.holds = holds

    def isatty(self) -> bool:
        """As it was told."""
        return self.terminal

    def write(self, text: str) -> int:
        """Until nobody reads any more."""
        self.holds -= 1
        if self.holds < 0:
            raise BrokenPipeError
        return super().write(text)


def heard(log: RunLog) -> None:
    """Let it hear the whole run."""
    with log:
        for event in EVENTS:
            log(event)


def kept(folder: Path) -> list[object]:
    """What is in the run's own file."""
    return [json.loads(line) for line in (folder / f"{RUN}.jsonl").read_text().splitlines()]


def test_json_lines_are_the_lines_of_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a program reads from stdout is what the run's file has, and stderr has it not once more."""
    lines = Stream()
    heard(RunLog(tmp_path, None, None, lines))
    assert [json.loads(line) for line in lines.getvalue().splitlines()] == kept(tmp_path)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("holds", [0, 1, 7])
def test_a_reader_of_json_lines_that_goes_ends_nothing(tmp_path: Path, holds: int) -> None:
    """The run is heard to its end, and people at the terminal still see it."""
    screen = Stream()
    heard(RunLog(tmp_path, console(screen, str), None, Stream(holds=holds)))
    assert len(kept(tmp_path)) == len(EVENTS)
    assert f"run {RUN}" in screen.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_screen_that_goes_ends_nothing(tmp_path: Path, terminal: bool) -> None:
    """Neither a terminal nor a pipe has to be there until the end; a program's lines go on."""
    lines = Stream()
    fleet = Fleet(expected(plan(COUNT)))
    heard(RunLog(tmp_path, console(Stream(terminal=terminal, holds=3), str), fleet, lines))
    assert len(kept(tmp_path)) == len(lines.getvalue().splitlines()) == len(EVENTS)


def shown(events: tuple[Event, ...], *, terminal: bool) -> str:
    """What a person sees of these events."""
    screen = Stream(terminal=terminal)
    live = LiveFleet(Fleet(expected(plan(COUNT))), console(screen, str))
    for event in events:
        live.show(event)
    live.close()
    return screen.getvalue()


def test_a_pipe_gets_a_line_a_wave_and_now_and_then_one_more() -> None:
    """Progress at most each five seconds of the run, beside what needs eyes."""
    lines = shown(EVENTS, terminal=False).splitlines()
    progress = [line for line in lines if " done" in line]
    seconds = (EVENTS[-1].at - EVENTS[0].at).total_seconds()
    assert (len(progress), sum(" targets, " in line for line in lines)) == (int(seconds // 5), 6)
    assert not any("\x1b" in line for line in lines)


def test_a_terminal_gets_one_line_that_moves() -> None:
    """It is drawn over, and is gone at the end; what needs eyes stays."""
    seen = shown(EVENTS, terminal=True)
    assert "\x1b[2K" in seen
    assert "no server answers at db2:5432" in seen
    assert seen.rindex("\x1b[2K") > seen.rindex(" done")


def test_a_line_of_the_log_is_flat() -> None:
    """The plan, and which database each of a fleet is, which only the journal needs, are not in it."""
    assert "plan" not in log_line(EVENTS[0])
    assert "identities" not in log_line(replace(EVENTS[0], body={"identities": {"prod": "x1"}}))
    assert "plan" in history(3).events[0].body
