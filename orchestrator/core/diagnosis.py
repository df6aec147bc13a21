"""Facts about a project and its targets → findings, each with its mend. Pure: others look, this judges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.core.divergence import State
from orchestrator.core.findings import Finding, Level, Topic, ok, problem
from orchestrator.core.identifiers import identifier
from orchestrator.core.inspection import Inspection
from orchestrator.core.network import tls_mend
from orchestrator.core.observations import Observation, Reading
from orchestrator.core.plan import at
from orchestrator.core.project_diagnosis import why
from orchestrator.core.targets import Target
from orchestrator.core.trial import Trial
from orchestrator.errors import OrchestrateError

_MOST_SECONDS_APART = 5.0
_WRITES = "writes"
_OLDEST = {"PostgreSQL": (12,), "MariaDB": (10, 5), "MySQL": (8,), "SQLite": (3, 26)}
"""The server versions from which on what is asked here is answered."""


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """One target. `trial` is one of env.py on the target itself, None where it could not be run.

    `schema` is that of a tenant which shares its database, `search_path` whether its URL says so.
    `unplaced` is why the target cannot take part in a promotion as it is. `faults` are what kept it from being
    looked at.
    """

    target: Target
    observation: Observation
    version_table: str = "alembic_version"
    version_table_schema: str | None = None
    require_tls: bool = False
    schema: str | None = None
    search_path: bool = False
    state: State | None = None
    unplaced: OrchestrateError | None = None
    inspection: Inspection | None = None
    trial: Trial | None = None
    faults: tuple[Finding, ...] = ()


def of_target(facts: TargetFacts) -> Iterator[Finding]:
    """Everything about one target that is not its project's."""
    yield from facts.faults
    yield from _server(facts)
    yield from _heads(facts)
    yield from _tried(facts)
    if facts.inspection is not None:
        role = facts.inspection.role or "this user"
        yield from _privileges(facts.inspection, role)
        yield from _way_there(facts.inspection, facts)
        yield from _session(facts.inspection, role)
    yield from _transactional(facts)


def _server(facts: TargetFacts) -> Iterator[Finding]:
    seen = facts.observation
    if seen.reading in (Reading.UNREACHABLE, Reading.DENIED):
        yield problem(Topic.SERVER, seen.detail or f"it is {seen.reading}", seen.mend)
    elif facts.inspection is not None:
        product = facts.inspection.server.partition(" ")[0]
        oldest = _OLDEST.get(product, ())
        if facts.inspection.version >= oldest:
            yield ok(Topic.SERVER, facts.inspection.server)
        else:
            least = ".".join(map(str, oldest))
            what = f"{facts.inspection.server} is older than what is tested here, {product} {least}"
            yield Finding(Topic.SERVER, Level.WARNING, what, "try each release on a copy first")


def _heads(facts: TargetFacts) -> Iterator[Finding]:
    seen = facts.observation
    if seen.reading is Reading.HIDDEN:
        yield problem(Topic.PRIVILEGES, seen.detail or "the version table cannot be read", seen.mend)
    elif facts.unplaced is not None:
        yield Finding(Topic.HEADS, Level.WARNING, facts.unplaced.what, facts.unplaced.mend)
    elif facts.state is not None:
        yield ok(Topic.HEADS, f"{str(facts.state).replace('_', ' ')} ({at(seen.heads)})")


def _tried(facts: TargetFacts) -> Iterator[Finding]:
    """What env.py did when it was run on the target itself."""
    trial = facts.trial
    if trial is None:
        return
    if not trial.reached:
        mend = f"look at the url and the `variables` of {facts.target.environment} in environments.yaml"
        yield problem(Topic.INJECTION, f"env.py does not reach this database: {why(trial)}", mend)
    elif trial.failure is not None and trial.failure.code == _WRITES:
        what = (
            f"env.py changes the database before it configures Alembic, also when it is only asked: {why(trial)}"
        )
        mend = "let env.py do that in a revision; what it would do after that could not be tried"
        yield Finding(Topic.INJECTION, Level.WARNING, what, mend)
    elif trial.failure is not None:
        yield problem(Topic.INJECTION, f"env.py does not come to its migrations here: {why(trial)}", "mend env.py")
    else:
        yield ok(Topic.INJECTION, "env.py connects to this very database")
    if trial.in_transaction:
        what = "env.py opens its own transaction: the revisions of a run are committed, or undone, all together"
        yield Finding(Topic.TRANSACTIONS, Level.NOTE, what)
    yield from _version_table(facts, trial)


_TELL_IT = "write search_path: true under tenants, or {schema} in the project's inject (x_arguments, variables)"


_CONNECTS_BY_ANOTHER = (
    "its URL gives it the tenant's search_path: let it connect by that URL, and set none of its own;"
    " or write redirect: true under the project's inject"
)


def _version_table(facts: TargetFacts, trial: Trial) -> Iterator[Finding]:
    if (elsewhere := other_version_table(facts)) is None:
        if trial.version_table is not None:
            yield ok(Topic.VERSION_TABLE, ".".join(filter(None, (trial.place, trial.version_table))))
        return
    if facts.schema is not None and "version_table" not in elsewhere:
        what = f"env.py works in schema {elsewhere['version_table_schema']}, not in the tenant's, {facts.schema}"
        yield problem(Topic.VERSION_TABLE, what, _CONNECTS_BY_ANOTHER if facts.search_path else _TELL_IT)
        return
    keys = ", ".join(f"{key}: {value}" for key, value in elsewhere.items())
    what = f"env.py keeps its revisions in another table than {facts.version_table}"
    yield problem(Topic.VERSION_TABLE, what, f"write {keys} in environments.yaml")


def other_version_table(facts: TargetFacts) -> dict[str, str] | None:
    """The keys of environments.yaml that would name env.py's own version table; None where they name it already.

    Schemas are compared by where they lead: one side may name what the other takes from the session.
    """
    trial = facts.trial
    if trial is None or trial.version_table is None:
        return None
    place = trial.version_table_schema or trial.place
    expected = facts.version_table_schema or facts.observation.schema
    keys = {}
    if trial.version_table != facts.version_table:
        keys["version_table"] = trial.version_table
    if place is not None and place != expected:
        keys["version_table_schema"] = place
    return keys or None


def _privileges(seen: Inspection, role: str) -> Iterator[Finding]:
    for lack in seen.lacks:
        yield problem(Topic.PRIVILEGES, f"{role} {lack.what}", lack.mend)
    if seen.owners:
        owners, who = ", ".join(seen.owners), identifier(role)
        what = f"tables belong to {owners}: revisions that alter them will fail for {role}"
        mend = f"GRANT {identifier(seen.owners[0])} TO {who}   # or ALTER TABLE … OWNER TO {who}"
        yield Finding(Topic.PRIVILEGES, Level.WARNING, what, mend)
    if not seen.rights_told:
        what = f"what {role} may do is not known: the answer to SHOW GRANTS is not understood"
        yield Finding(Topic.PRIVILEGES, Level.NOTE, what)
    elif not seen.lacks and not seen.owners:
        yield ok(Topic.PRIVILEGES, f"{role} may read and write the version table and make tables")


def _way_there(seen: Inspection, facts: TargetFacts) -> Iterator[Finding]:
    environment = facts.target.environment
    if seen.pooler:
        what = "a connection pooler is in between: locks taken through it hold nothing"
        yield problem(Topic.POOLER, what, f"give {environment} the direct URL of the server")
    else:
        yield ok(Topic.POOLER, "no connection pooler is in between")
    if (unwritable := seen.unwritable(environment)) is not None:
        yield problem(Topic.READ_ONLY, unwritable.what, unwritable.mend)
    elif seen.read_only:
        what = f"sessions of {seen.role} are read-only: env.py must make its own writable, or no revision is run"
        who = identifier(seen.role or "")
        mend = f"ALTER ROLE {who} RESET default_transaction_read_only   # or ALTER DATABASE … RESET"
        yield Finding(Topic.READ_ONLY, Level.WARNING, what, mend)
    else:
        yield ok(Topic.READ_ONLY, "it can be written")
    if seen.encrypted is False:
        level = Level.PROBLEM if facts.require_tls else Level.NOTE
        what = "the connection is not encrypted: passwords and rows can be read on the way"
        yield Finding(Topic.TLS, level, what, tls_mend(facts.observation.family, environment))
    else:
        yield ok(Topic.TLS, "the connection is encrypted" if seen.encrypted else "nothing leaves this machine")


def _session(seen: Inspection, role: str) -> Iterator[Finding]:
    for name, value in seen.limits:
        what = f"{name} is {value} for {role}: a revision that takes longer is cut off"
        mend = f"ALTER ROLE {identifier(role)} SET {name} = 0   # or give timeouts.statement in environments.yaml"
        yield Finding(Topic.LIMITS, Level.NOTE, what, mend)
    if seen.cluster:
        what = "the server is one node of a Galera cluster: locks hold on this node alone"
        yield Finding(
            Topic.LOCKS, Level.WARNING, what, "let every run of this environment use the URL of one node"
        )
    if not seen.blockers_named:
        what = "performance_schema is off: who keeps a revision from a table can only be guessed"
        yield Finding(Topic.LOCKS, Level.NOTE, what, "start the server with performance_schema = ON")
    if abs(seen.clock) > _MOST_SECONDS_APART:
        side = "ahead of" if seen.clock > 0 else "behind"
        what = f"the server's clock is {abs(seen.clock):.0f} s {side} this machine's: times will not fit together"
        yield Finding(Topic.CLOCK, Level.WARNING, what, "let both follow a time server")


def _transactional(facts: TargetFacts) -> Iterator[Finding]:
    if facts.observation.transactional:
        yield ok(Topic.TRANSACTIONAL_DDL, "a revision that fails is undone as a whole")
    elif facts.observation.reading.readable:
        what = "DDL is not transactional: a revision that fails half-way cannot be undone, and a person must look"
        yield Finding(Topic.TRANSACTIONAL_DDL, Level.NOTE, what)
