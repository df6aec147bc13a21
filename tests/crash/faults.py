"""The fifty faults: what may happen, what is promised, how it ends; docs/reliability.md is made of it.

A test of a fault is marked with its number (tests/reliability.py). The exits are those of orchestrator.errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from orchestrator.errors import Exit

GUARANTEES: Mapping[str, str] = MappingProxyType(
    {
        "G1": "At most one run works in a database, counting what a dead run left at work there.",
        "G2": "A revision that the version table has is not started again.",
        "G3": "Nothing is recorded as applied that was not read back on a connection that is not `env.py`'s.",
        "G4": "No revision begins before its intent is durably in the journal.",
        "G5": "Where the database undoes what fails, a revision is applied as a whole or not at all.",
        "G6": "Where it does not, a half-done revision is found, named, and never run again unasked.",
        "G7": "An environment is not touched while the one before it lacks what is to come.",
    }
)
ALL = ("sqlite", "postgresql", "mysql")
SERVERS = ("postgresql", "mysql")
ANY: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One row. `databases`: the families where it differs, empty where the database plays no part.

    `exits`: what the command may return, the usual one first. `outcome`: what is true then, what the user reads.
    `reason`: why it is not produced by a test on one machine; empty where one does.
    """

    number: int
    what: str
    databases: tuple[str, ...]
    guarantees: tuple[str, ...]
    exits: tuple[Exit, ...]
    outcome: str
    reason: str = ""


def _numbered(faults: Iterable[Fault]) -> Mapping[int, Fault]:
    return MappingProxyType({fault.number: fault for fault in faults})


# fmt: off
FAULTS = _numbered((
    Fault(1, "killed before a revision's intent is recorded",
          ALL, ("G4",), (Exit.DONE,),
          "nothing of the revision was begun; `resume` begins it"),
    Fault(2, "killed after the intent, before the first statement",
          ALL, ("G2", "G5", "G6"), (Exit.DONE, Exit.IN_DOUBT),
          "`resume` runs it again; where the database may keep parts and cannot show that it kept none, in "
          "doubt"),
    Fault(3, "killed in the middle of a statement",
          SERVERS, ("G1", "G5", "G6"), (Exit.DONE, Exit.LOCKED, Exit.IN_DOUBT),
          "`resume` waits for the server that still executes, names its session, then runs the revision again; "
          "on MySQL and MariaDB what appeared is named and the revision is in doubt"),
    Fault(4, "killed after the last statement, before the commit",
          ALL, ("G5", "G6"), (Exit.DONE, Exit.IN_DOUBT),
          "PostgreSQL undid it and `resume` runs it again; elsewhere what it left is named"),
    Fault(5, "killed after the commit, before the outcome is recorded",
          ALL, ("G2", "G3"), (Exit.DONE,),
          "recorded as recovered, not run again"),
    Fault(6, "killed between two targets",
          ALL, ("G2",), (Exit.DONE,),
          "finished targets are left alone; `resume` begins with the next one"),
    Fault(7, "killed between two environments",
          ALL, ("G2", "G7"), (Exit.DONE,),
          "the environment before is looked at again; then the next one begins"),
    Fault(8, "the orchestrator is killed, its worker lives",
          ALL, ("G1", "G2", "G3"), (Exit.LOCKED, Exit.DONE),
          "the worker ends after the revision in hand; a second run is told that a session works there, or "
          "waits for it; `resume` records what was finished"),
    Fault(9, "SIGINT once",
          ALL, ("G3",), (Exit.INTERRUPTED,),
          "the revision in hand is finished and recorded, no other begins: `run … stopped; orchestrate resume "
          "…`"),
    Fault(10, "SIGINT twice, SIGTERM, SIGHUP",
          ALL, ("G5", "G6"), (Exit.INTERRUPTED, Exit.TERMINATED, Exit.IN_DOUBT),
          "the second signal cancels the revision, in the server too; nothing of it is left, or it is in doubt"),
    Fault(11, "the server crashes and restarts in the middle of a statement",
          SERVERS, ("G3", "G5", "G6"), (Exit.FAILED, Exit.IN_DOUBT, Exit.UNAVAILABLE),
          "asked again until it answers: failed and not applied; in doubt on MySQL and MariaDB; 9 if it stays "
          "away, and `resume` settles it"),
    Fault(12, "the worker's session is terminated in the middle of a statement",
          SERVERS, ("G3", "G5", "G6"), (Exit.FAILED, Exit.IN_DOUBT),
          "`terminating connection due to administrator command`; failed and not applied, no traceback; in "
          "doubt on MySQL and MariaDB"),
    Fault(13, "the run lock's session alone is lost",
          SERVERS, ("G1",), (Exit.UNAVAILABLE,),
          "the revision in hand is finished and recorded, no other begins: `the run lock was lost`"),
    Fault(14, "a table is locked by the application",
          SERVERS, ("G5",), (Exit.FAILED,),
          "given up after `timeouts.table_lock`, with who holds the table; nothing of the revision is left"),
    Fault(15, "a statement's time runs out in CREATE INDEX CONCURRENTLY",
          ("postgresql",), ("G6",), (Exit.IN_DOUBT,),
          "the invalid index is named, and what to type"),
    Fault(16, "the network is cut",
          ("postgresql",), ("G1", "G3"), (Exit.UNAVAILABLE,),
          "noticed within seconds; what became of the revision is not known until `resume` can ask"),
    Fault(17, "a revision outside a transaction fails half-way",
          ("postgresql",), ("G6",), (Exit.IN_DOUBT,),
          "the statements that were kept are listed; not run again"),
    Fault(18, "a revision fails half-way where DDL commits by itself",
          ("sqlite", "mysql"), ("G6",), (Exit.IN_DOUBT,),
          "the objects that appeared or changed are listed; not run again"),
    Fault(19, "two to five orchestrators at one target",
          ALL, ("G1", "G2"), (Exit.LOCKED, Exit.DONE),
          "one applies; the others are told who holds the target, or wait and find nothing to do"),
    Fault(20, "one run resumed twice at once",
          ALL, ("G1", "G2"), (Exit.LOCKED,),
          "one goes on; the other is told who does"),
    Fault(21, "a pooler that fakes session locks",
          ("postgresql",), ("G1",), (Exit.UNAVAILABLE,),
          "stopped before any statement, whether the target's URL or env.py goes through it: `a connection pooler "
          "is in between`, give the direct URL"),
    Fault(22, "clocks an hour apart",
          ALL, ("G1", "G2"), (Exit.DONE,),
          "no effect: order is by sequence, and no lock expires"),
    Fault(23, "the journal's disk is full",
          ANY, ("G3", "G4"), (Exit.JOURNAL,),
          "nothing further begins; what was applied is said, and recorded by `resume`"),
    Fault(24, "the journal's server goes away during a run",
          ("postgresql",), ("G3", "G4"), (Exit.JOURNAL,),
          "the revision in hand ends, no other begins; `resume` records it"),
    Fault(25, "the journal is lost",
          ANY, ("G2",), (Exit.DONE,),
          "the databases are the fact: `status` and the next rollout work, nothing is run twice"),
    Fault(26, "the journal is corrupt, changed by hand, cut or newer",
          ANY, ("G4",), (Exit.JOURNAL,),
          "refused, with the place where the chain breaks"),
    Fault(27, "the journal can be read or written by others",
          ANY, ("G4",), (Exit.JOURNAL,),
          "made 0600 in a directory of 0700; refused otherwise, with the chmod to type"),
    Fault(28, "the journal lies on a network file system",
          ANY, ("G4",), (Exit.JOURNAL,),
          "refused: its locks cannot be relied on"),
    Fault(29, "env.py raises",
          ANY, ("G3",), (Exit.FAILED,),
          "file, line and last words of the error, masked; nothing was begun"),
    Fault(30, "env.py exits with 0 and did nothing",
          ANY, ("G3",), (Exit.FAILED,),
          "told as a failure: the version table does not have the revision"),
    Fault(31, "env.py connects to another database",
          ALL, ("G1",), (Exit.WRONG_DATABASE,),
          "stopped before any statement, in either database"),
    Fault(32, "env.py or a revision prints a password",
          ANY, (), (Exit.DONE, Exit.FAILED),
          "`***` on every output, log, journal and file"),
    Fault(33, "the database has a revision that the scripts lack",
          ALL, ("G2",), (Exit.DIVERGENCE,),
          "the id is shown; promotion is refused"),
    Fault(34, "tables, but no version table",
          ALL, ("G2",), (Exit.DIVERGENCE,),
          "refused: nobody knows which revisions it has; `adopt` takes it under control"),
    Fault(35, "several rows in the version table",
          ALL, ("G2",), (Exit.DIVERGENCE,),
          "branches are normal; rows of one line are refused, with both ids"),
    Fault(36, "a script was changed after a run planned it",
          ANY, ("G7",), (Exit.REFUSED,),
          "`resume` refuses and names the script; a plan that was shown is stale; other line ends are no change"),
    Fault(37, "a script is missing, twice there, or in a circle",
          ANY, (), (Exit.USAGE,),
          "the files are named; no traceback, nothing connected"),
    Fault(38, "a revision id that the version table cannot hold",
          ALL, ("G6",), (Exit.USAGE,),
          "refused before anything runs, with both lengths"),
    Fault(39, "names with invisible, foreign or too many characters",
          ANY, (), (Exit.USAGE,),
          "refused, with the characters spelled out"),
    Fault(40, "environments.yaml as a weapon: aliases, depth, size, tags, duplicates",
          ANY, (), (Exit.USAGE,),
          "refused within bounds, with line and column"),
    Fault(41, "two environments are one database",
          ALL, ("G1", "G7"), (Exit.USAGE,),
          "refused, also under another host name, user or path"),
    Fault(42, "a variable or a secret is missing or empty",
          ANY, (), (Exit.USAGE,),
          "all that are missing are listed at once; nothing connected"),
    Fault(43, "a role that may only read",
          SERVERS, ("G4",), (Exit.UNAVAILABLE,),
          "`status` works; a run is refused before any intent, with the right that is missing"),
    Fault(44, "one of several targets does not answer",
          ALL, ("G7",), (Exit.UNAVAILABLE,),
          "that target is named; nothing is begun behind it, the others are untouched"),
    Fault(45, "the target's disk is full, or the worker is killed for memory",
          ALL, ("G3", "G5", "G6"), (Exit.FAILED, Exit.IN_DOUBT),
          "the database's words or the signal's name; failed and not applied, or in doubt"),
    Fault(46, "the database moved after the plan was shown",
          ALL, ("G2",), (Exit.REFUSED,),
          "the plan is stale: what it saw and what is there now; plan again"),
    Fault(47, "the project's hook fails or hangs",
          ANY, ("G3",), (Exit.FAILED,),
          "the hook is named, with the end of its output, masked; a hook that hangs is ended by a signal"),
    Fault(48, "hostile text in names and messages",
          ANY, (), (Exit.DONE, Exit.FAILED),
          "control and bidirectional characters are shown escaped in text, and JSON stays one document"),
    Fault(49, "the database was restored from a backup",
          ALL, ("G2", "G3"), (Exit.DONE,),
          "the database is the fact, not the journal: `status` and the plan name the run whose revisions are "
          "gone; they are planned again"),
    Fault(50, "the URL leads to a replica or a read-only server",
          SERVERS, ("G4",), (Exit.UNAVAILABLE,),
          "refused before any intent"),
))
# fmt: on
