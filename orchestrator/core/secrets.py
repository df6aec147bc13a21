"""The type that secrets travel in, and the one redactor that every sink uses.

A URL is never printed, logged, journalled or passed in argv. Pure: where secrets come from is `project/`'s.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 3
"""Masking shorter texts than this would garble ordinary words and hide nothing worth hiding."""
_SHORT, _SHORT_WORD = 8, 12
"""Below so many characters a secret of letters and digits, or of letters alone, may be part of ordinary words."""
_SAYING_NOTHING = {"true", "false", "none", "null"}
_TELLING = re.compile(
    r"passw|passphrase|pwd|secret|token|credential|(?:^|[_.-])(?:pass|key)(?:$|[_.-])|(?:api|access|private)key",
    re.IGNORECASE,
)
_HOLDING = re.compile(r"(?:passw(?:or)?d\d?|passphrase|pwd|secret|token|api_?key|(?:^|[_.-])pass)$", re.IGNORECASE)
_OF_URL = re.compile(r"(?<=://)([^\s:/@'\"<>]*):(?!(?:\*\*\*|password)@|\$\{)[^\s@'\"<>]+@")
_OF_KEYWORD = re.compile(
    r"(?i)(passw(?:or)?d|passphrase|pwd)=(?!%s|%\(|[:$?{<(*…])(?:'(?:[^'\\]|\\.)*'|[^\s&;,'\"<>)]+)"
)
_OF_SQL = re.compile(r"(?i)(\bpassword\s+|\bidentified\s+(?:\w+\s+)?by\s+(?:password\s+)?)'(?:[^']|'')*'")
_ENCODED = re.compile("%[0-9A-F]{2}")
_CUT = "…"
_SHORTEST_PIECE = 4


class Secret:
    """A text that shows itself to nobody who does not ask by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; call it where it is used, keep no copy."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def telling(name: str) -> bool:
    """Whether a variable's name suggests that its value is secret: `DB_PASSWORD`, `API_KEY`, `TOKEN_2`."""
    return _TELLING.search(name) is not None


def holding(name: str) -> bool:
    """Whether the name can only be that of a secret's text itself: `DB_PASSWORD`, and not `PASSWORD_FILE`."""
    return _HOLDING.search(name) is not None


class Redactor:
    """Replaces every known secret, in each form that libraries print it, by `***`.

    So it does with the password of any URL and any `password=…`, known or not. `names` are texts that are shown
    anyway, like those of environments: a password that is one of them is masked only where it stands as one.
    Secrets may be added while other threads mask.
    """

    def __init__(self, secrets: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        self._passed_over = {*names, *_SAYING_NOTHING}
        self._known: set[str] = set()
        self._forms: dict[str, dict[str, None]] = {}
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Learn more secrets; texts shorter than three characters are not masked. One of several lines is also
        masked line by line.
        """
        for secret in {part for given in secrets for part in (given, *given.splitlines())} - self._known:
            self._known.add(secret)
            if secret.lower() in self._passed_over:
                continue
            for form in (form for form in _forms(secret) if len(form) >= _SHORTEST):
                # Each of these is one step for other threads, or one's form would overwrite another's.
                self._forms.setdefault(form[:_SHORTEST], {})[form] = None

    def text(self, text: str) -> str:
        """The text with every secret masked; also one of which a text that was cut (`…`) shows only a part."""
        # There may be thousands of secrets and as many texts: only forms whose beginning is there are looked for.
        starts = {text[at : at + _SHORTEST] for at in range(len(text) - _SHORTEST + 1)}
        found = {form for start in starts for form in tuple(self._forms.get(start, ()))}
        for form in sorted(found, key=len, reverse=True):
            text = _word(form).sub(MASK, text) if _is_word(form) else text.replace(form, MASK)
        if found and _CUT in text:
            *cut, last = text.split(_CUT)
            text = _CUT.join([*(_without_piece(part, found) for part in cut), last])
        return _without_unknown(text)

    def value(self, value: Any) -> Any:
        """A JSON-like value with every text in it masked, keys too."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(str(key)): self.value(item) for key, item in value.items()}
            case list() | tuple():
                return [self.value(item) for item in value]
            case _:
                return value


def _without_unknown(text: str) -> str:
    """The text without passwords that nobody told us of, where their place gives them away."""
    if "://" in text:
        text = _OF_URL.sub(rf"\1:{MASK}@", text)
    if "=" in text:
        text = _OF_KEYWORD.sub(rf"\1={MASK}", text)
    return _OF_SQL.sub(rf"\1'{MASK}'", text) if "'" in text else text


def _without_piece(text: str, forms: Iterable[str]) -> str:
    """The text without the beginning of a secret at its end."""
    for form in forms:
        for size in range(min(len(form), len(text)), _SHORTEST_PIECE - 1, -1):
            if text.endswith(form[:size]):
                return text[:-size] + MASK
    return text


def _is_word(secret: str) -> bool:
    return secret.isalnum() and len(secret) < (_SHORT_WORD if secret.isalpha() else _SHORT)


def _word(secret: str) -> re.Pattern[str]:
    """The secret where it is no part of a longer word; what is encoded or escaped before it is none."""
    before = r"(?:(?<![0-9A-Za-z_])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt]))"
    return re.compile(rf"{before}{re.escape(secret)}(?![0-9A-Za-z_])")


def _forms(secret: str) -> set[str]:
    """The secret as it is, and as URLs, Python, JSON, SQL, libpq, Alembic's configuration and base64 write it."""
    if secret.isalnum() and secret.isascii():
        return {secret, *_base64(secret)}
    encoded = {
        *(quote(secret, safe, errors="replace") for safe in ("", "/", " +")),  # the last is SQLAlchemy's
        quote_plus(secret, errors="replace"),
        re.sub("[:@/]", lambda found: f"%{ord(found[0]):X}", secret),  # SQLAlchemy 1.4's
    }
    lower = {_ENCODED.sub(lambda found: found[0].lower(), form) for form in encoded if "%" in form}
    plain = {
        secret,
        *(repr(secret)[1:-1], ascii(secret)[1:-1], repr(secret.encode(errors="replace"))[2:-1]),
        *(json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]),
        re.sub(r"([\\'])", r"\\\1", secret),
        secret.replace("'", "''"),
    }
    forms = plain | encoded | lower
    return forms | {form.replace("%", "%%") for form in forms if "%" in form} | set(_base64(secret))


def _base64(secret: str) -> Iterator[str]:
    """What every base64 text has in it that holds the secret, whatever stands before and after it there."""
    content = secret.encode(errors="replace")
    for before in range(3):
        text = base64.b64encode(bytes(before) + content).decode().rstrip("=")
        unsure = (before + len(content)) % 3 != 0
        core = text[before + 1 if before else 0 : -1 if unsure else None]
        if len(core) >= _SHORT:
            yield core
            yield core.replace("+", "-").replace("/", "_")
