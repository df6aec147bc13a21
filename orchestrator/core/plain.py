"""Text from scripts, databases and child processes, made harmless for a terminal. Pure.

Every text for a person passes through here on its way out. JSON does not: there such characters are escaped.
"""

from __future__ import annotations

_DISGUISING = (
    0x061C,  # marks that turn the writing round
    *(0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),
    # what is not seen at all: two names that look the same need not be
    *(0x00AD, 0x180E, 0x200B, *range(0x2060, 0x2066), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)),
    *(0x2028, 0x2029),  # line ends to some programs
)
_OBEYED = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: 0x2421,
    **dict.fromkeys((*range(0x80, 0xA0), *_DISGUISING, *range(0xD800, 0xE000)), 0xFFFD),
}
"""What a terminal obeys, hides, or cannot be sent → a sign."""


def harmless(text: str) -> str:
    """The text without anything that a terminal would obey or hide.

    One character stands for one, so that styles and columns stay where they are.
    """
    return text.translate(_OBEYED)


def code_points(text: str) -> str:
    """Every character that cannot be seen or is not what it looks like, as `U+200B`; empty where there is none."""
    if text.isprintable():
        return ""
    odd = dict.fromkeys(character for character in text if not character.isprintable())
    return ", ".join(f"U+{ord(character):04X}" for character in odd)
