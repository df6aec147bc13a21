"""Values as an attacker or an accident makes them, for the fuzz tests."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

QUICK = settings(max_examples=150, deadline=None)
TEXT = st.text(st.characters(), max_size=12)
"""Any text, with NULs, control characters and half surrogates."""
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
"""Anything that JSON can say."""


@st.composite
def spoilt(draw: st.DrawFn, sound: Any) -> Any:
    """A sound value with one place in it replaced by anything, or taken away."""
    if isinstance(sound, dict) and sound and draw(st.integers(0, 3)):
        name = draw(st.sampled_from(sorted(sound)))
        if not draw(st.integers(0, 4)):
            return {key: value for key, value in sound.items() if key != name}
        return {**sound, name: draw(spoilt(sound[name]))}
    if isinstance(sound, list) and sound and draw(st.integers(0, 3)):
        place = draw(st.integers(0, len(sound) - 1))
        return [*sound[:place], draw(spoilt(sound[place])), *sound[place + 1 :]]
    return draw(VALUES)
