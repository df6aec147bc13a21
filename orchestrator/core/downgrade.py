"""What a script's downgrade would do, as far as its text tells. Values only; reading the text is `project/`'s."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a downgrade does, in a few words (`drop_column orders.total`); `loses`: rows or values go."""

    text: str
    loses: bool = False


@dataclass(frozen=True, slots=True)
class Downgrade:
    """A script's `downgrade` as its syntax tree tells it.

    `where` is file:line. `impossible` says why it cannot be run, None where nothing keeps it from being tried.
    `idle` is one that does nothing, while the script's `upgrade` does something. `readable` is False where the
    text does not show all of it: code of other modules, a compiled file.
    """

    where: str
    acts: tuple[Act, ...] = ()
    impossible: str | None = None
    idle: bool = False
    readable: bool = True

    @property
    def loses(self) -> bool:
        """Whether anything that it is seen to do takes rows or values with it."""
        return any(act.loses for act in self.acts)
