"""Finds how a target reaches an env.py that ignores the URL it is given.

What a name asks for is read from the name (`DB_HOST` wants the host). Names are those that a trial of env.py saw
asked for, then those found in the application's sources. Whole groups are tried at once, and of what reaches
env.py the fewest are kept. Pure: whoever calls it runs the trials.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.core.injection import Injection, Pairs

if TYPE_CHECKING:
    from orchestrator.core.trial import Trial

MOST_TRIALS = 12
"""A trial starts the project's Python and costs about a second."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DATABASE = re.compile(
    r"DB|DATABASES?|SQL|SQLALCHEMY|PG|PGSQL|POSTGRES|POSTGRESQL|MYSQL|MARIADB|SQLITE|CONN|ALEMBIC"
)
_GLUED = re.compile(r"^(PG|DB|MYSQL|POSTGRES)(?=HOST|PORT|USER|PASS|DATABASE|NAME|URL|URI)")
_ADDRESSES = {"URL", "URI", "DSN", "CONN", "CONNECTION", "CONNSTR", "STRING"}
_PARTS = {
    **dict.fromkeys(("HOST", "HOSTNAME", "SERVER", "ADDRESS"), "{host}"),
    "PORT": "{port}",
    **dict.fromkeys(("USER", "USERNAME", "LOGIN"), "{user}"),
    **dict.fromkeys(("PASSWORD", "PASS", "PASSWD", "PWD", "PW"), "{password}"),
    **dict.fromkeys(("DRIVER", "DRIVERNAME", "DIALECT"), "{driver}"),
    **dict.fromkeys(("NAME", "DBNAME", "DB", "DATABASE", "FILE", "PATH"), "{database}"),
}
_LIVE = {**dict.fromkeys(("CONNECTION", "CONN", "CONNECTABLE"), "{connection}"), "ENGINE": "{engine}"}
_STAGES = dict.fromkeys(("ENVIRONMENT", "ENV", "STAGE"), "{environment}")
_SUFFIXES = {"SYNC", "ASYNC"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run an env.py: what is handed to it, and the Flask app that it runs inside."""

    injection: Injection = field(default_factory=Injection)
    flask_app: str | None = None

    def __str__(self) -> str:
        """The way in a few words, as `variable DATABASE_URL`."""
        injection = self.injection
        ways = [
            _listed("option", [name for name, _ in injection.options]),
            _listed("attribute", [name for name, _ in injection.attributes]),
            _listed("argument", [f"-x {text.partition('=')[0]}" for text in injection.x_arguments]),
            _listed("variable", [name for name, _ in injection.variables]),
            "a redirect of its connections" if injection.redirect else "",
        ]
        way = " and ".join(filter(None, ways)) or "sqlalchemy.url"
        return f"{way} inside the Flask app {self.flask_app}" if self.flask_app else way


@dataclass(frozen=True, slots=True)
class Names:
    """What is asked for by name, in the order in which to believe it.

    `flask_apps` are `module:name`; `engines` are the databases that a multidb configuration lists. `connects` is
    whether a trial saw a connection asked for: only then can one be redirected.
    """

    variables: tuple[str, ...] = ()
    x_arguments: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    flask_apps: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    connects: bool = False

    def with_seen(self, trial: Trial) -> Names:
        """These names after those that a trial saw asked for."""
        read = trial.read
        return Names(
            variables=_once(read.variables, self.variables),
            x_arguments=_once(read.x_arguments, self.x_arguments),
            options=_once(read.options, self.options),
            attributes=_once(read.attributes, self.attributes),
            flask_apps=self.flask_apps,
            engines=self.engines,
            connects=self.connects or bool(trial.connections),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """How a search ended: the way that reaches env.py and its trial, or None and the trial that came furthest."""

    way: Candidate | None
    trial: Trial


@dataclass(frozen=True, slots=True)
class _Part:
    """What is kept or left out as a whole: one address, or all parts of one (host, user, password …)."""

    kind: str
    pairs: Pairs


def search(given: Candidate, names: Names, attempt: Callable[[Candidate], Trial]) -> Found:
    """The way that reaches env.py, `given` where that does; `attempt` runs a trial, twelve times at most."""
    first = attempt(given)
    if first.reached:
        return Found(given, first)
    seek = _Seek(given, names, attempt, first)
    return Found(seek.found(), seek.furthest)


class _Seek:
    """One search; it knows more after every trial."""

    def __init__(
        self, given: Candidate, names: Names, attempt: Callable[[Candidate], Trial], first: Trial
    ) -> None:
        self._names = names.with_seen(first)
        self._attempt = attempt
        self._given = given
        self._tried = {given: False}
        self.furthest = first

    def found(self) -> Candidate | None:
        """The first way that reaches, with as little in it as reaches."""
        while len(self._tried) < MOST_TRIALS:
            rungs = (rung for rung in _ladder(self._names, self._given) if _candidate(*rung) not in self._tried)
            rung = next(rungs, None)
            if rung is None:
                return None
            if self._reaches(*rung):
                return _candidate(self._fewest(*rung), rung[1])
        return None

    def _reaches(self, parts: Sequence[_Part], flask_app: str | None) -> bool:
        candidate = _candidate(parts, flask_app)
        if candidate not in self._tried and len(self._tried) < MOST_TRIALS:
            trial = self._attempt(candidate)
            self._names = self._names.with_seen(trial)
            self._tried[candidate] = trial.reached
            self.furthest = max(self.furthest, trial, key=_progress)
        return self._tried.get(candidate, False)

    def _fewest(self, parts: Sequence[_Part], flask_app: str | None) -> Sequence[_Part]:
        """Of parts that reach together those that are needed: each time the last of the shortest beginning."""
        needed: list[_Part] = []
        rest = list(parts)
        while rest and not (needed and self._reaches(needed, flask_app)):
            least, enough = 0, len(rest)
            while enough - least > 1:
                middle = (least + enough) // 2
                if self._reaches([*needed, *rest[:middle]], flask_app):
                    enough = middle
                else:
                    least = middle
            needed.append(rest[enough - 1])
            rest = rest[: enough - 1]
        return needed


def _ladder(names: Names, given: Candidate) -> Iterator[tuple[Sequence[_Part], str | None]]:
    """What to try, the best first; each rung is everything of its kind at once."""
    app = given.flask_app
    attributes = _parts("attributes", names.attributes, asked_of_alembic)
    arguments = _parts("x_arguments", names.x_arguments, asked_of_alembic)
    options = _parts("options", [name for name in names.options if name != "sqlalchemy.url"], asked_of_alembic)
    likely = _parts("variables", names.variables, wanted_by)
    others = _parts("variables", [name for name in names.variables if not wanted_by(name)], _address)
    everything = [*attributes, *arguments, *options, *likely, *others]
    if names.engines:
        yield [_Part("options", (("databases", "{name}"), ("{name}/sqlalchemy.url", "{url}")))], app
    for known in names.flask_apps:
        yield likely, known
    for parts in (attributes, arguments, options, likely, _without_ports(likely), [*likely, *others]):
        if parts:
            yield parts, app
    for inside in (app, *names.flask_apps):
        yield everything, inside
    if names.connects:
        yield [_Part("redirect", ())], app


def wanted_by(name: str) -> str | None:
    """The template of what a name asks for; None for a name that asks for nothing of a database.

    `DATABASE_URL` and `url` → `{url}`, `POSTGRES_SERVER` and `PGHOST` → `{host}`, `HOST` alone is not ours.
    """
    words = _words(name)
    if not words or not (any(map(_DATABASE.fullmatch, words)) or (len(words) == 1 and words[0] in _ADDRESSES)):
        return None
    return "{url}" if words[-1] in _ADDRESSES else _PARTS.get(words[-1])


def asked_of_alembic(name: str) -> str | None:
    """The same for what env.py asks of its configuration, which is there for migrations alone: more is ours."""
    last = "".join(_words(name)[-1:])
    return _LIVE.get(last) or wanted_by(name) or _address(name) or _STAGES.get(last)


def _address(name: str) -> str | None:
    return "{url}" if "".join(_words(name)[-1:]) in _ADDRESSES else None


def _words(name: str) -> list[str]:
    words = [_GLUED.sub(r"\1 ", word.upper()) for word in _WORDS.findall(name)]
    words = [part for word in words for part in word.split()]
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return words


def _parts(kind: str, names: Iterable[str], wanted_by: Callable[[str], str | None]) -> list[_Part]:
    """The names that ask for something; those of one address's pieces (`DB_HOST`, `DB_USER` …) stay together."""
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for name in names:
        if (wanted := wanted_by(name)) is not None:
            key = ("", *_words(name)[:-1]) if wanted in _PARTS.values() else (name,)
            found.setdefault(key, []).append((name, wanted))
    return [_Part(kind, tuple(pairs)) for pairs in found.values()]


def _without_ports(parts: Iterable[_Part]) -> list[_Part]:
    """The same for a URL that names no port, where an application would stumble over an empty one."""
    kept = [_Part(part.kind, tuple(pair for pair in part.pairs if pair[1] != "{port}")) for part in parts]
    return [part for part in kept if part.pairs]


def _candidate(parts: Iterable[_Part], flask_app: str | None) -> Candidate:
    given = list(parts)
    of = {
        kind: tuple(p for part in given if part.kind == kind for p in part.pairs)
        for kind in ("options", "variables", "attributes", "x_arguments")
    }
    injection = Injection(
        options=of["options"],
        variables=of["variables"],
        x_arguments=tuple(f"{name}={value}" for name, value in of["x_arguments"]),
        attributes=of["attributes"],
        redirect=any(part.kind == "redirect" for part in given),
    )
    return Candidate(injection, flask_app)


def _progress(trial: Trial) -> tuple[bool, bool, int]:
    """How far env.py came: to the target, to any connection, and else by how much it had asked for."""
    read = trial.read
    asked = sum(map(len, (read.variables, read.x_arguments, read.options, read.attributes)))
    return trial.reached, bool(trial.connections), asked


def _once(*names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for some in names for name in some))


def _listed(kind: str, names: Sequence[str]) -> str:
    return f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else ""
