"""Where a journal's file may lie: its owner's alone, and on a disk of this machine.

It judges and makes files and directories; it opens no database.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from orchestrator.errors import JournalError, Problem
from orchestrator.journal.store import damaged, unusable

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = re.compile(
    r"(nfs\d*|cifs|smb\w*|afs|ceph|ncpfs|coda|lustre|gfs2|ocfs2|beegfs|gpfs|glusterfs|fuse(\..*)?)$"
)
_LOCAL = ("fuse.fuse-overlayfs",)
"""The root file system of containers without privileges."""
_SQLITE = b"SQLite format 3\0"
_AS_IT_IS = os.O_NOFOLLOW | os.O_NONBLOCK
"""Through no link, and without waiting for somebody who writes into a pipe."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def check(path: Path) -> None:
    """Raise JournalError where the file that is there, or its directory, is not its owner's alone.

    It tells at once what else is wrong, also that the file is no database: else that came after the mend.
    The directory may be read by others, since the file may not; who can write it can replace the file.
    """
    if (network := network_type(_mounts(), path)) is not None:
        what = f"the journal would lie on a network file system ({network}), whose locks cannot be relied on"
        mend = "journal: a path on a local disk, or a postgresql:// URL for a team"
        raise JournalError(what, where=str(path), mend=mend)
    problems = [*_checked(path.parent, folder=True), *_checked(path, folder=False)]
    if problems:
        raise JournalError.collect([*problems, *_no_database(path)], "{n} things are wrong with the journal")


def make(path: Path) -> None:
    """Make the file before SQLite does, readable by its owner alone; SQLite's side files inherit that.

    One that is there is left as it is. Raises OSError.
    """
    for folder in reversed([path.parent, *path.parent.parents]):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except FileExistsError:
        return


def network_type(mounts: str, path: Path) -> str | None:
    """The type of the network file system on which the path lies, None on any other.

    `mounts` is the text of /proc/self/mountinfo (proc(5)): the longest mount point that leads to the path counts,
    and of two at the same place the later.
    """
    place, found, longest = Path(os.path.realpath(path)), "", -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = Path(re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), before.split(" ")[4]))
        if place.is_relative_to(point) and len(point.parts) >= longest:
            found, longest = after.split(" ")[0], len(point.parts)
    return found if _NETWORK.match(found) and found not in _LOCAL else None


def _mounts() -> str:
    try:
        return _MOUNTS.read_text(errors="surrogateescape")
    except OSError:  # not Linux
        return ""


def _checked(path: Path, *, folder: bool) -> Iterator[Problem]:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise unusable(str(path), error) from error
    if not stat.S_ISLNK(found.st_mode) and stat.S_ISDIR(found.st_mode) is not folder:
        raise unusable(str(path), OSError(f"this is {'no' if folder else 'a'} directory"))
    if (wrong := _wrong(path, found, folder=folder)) is not None:
        what, mend = wrong
        thing = "the journal's directory" if folder else "the journal"
        yield Problem(f"{thing} {what}", str(path), mend)


def _no_database(path: Path) -> Iterator[Problem]:
    """That the file begins as no file of SQLite does (its file format, 1.3.1); an empty one is one to be."""
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _AS_IT_IS)) as file:
            begins = file.read(len(_SQLITE))
    except OSError:
        return
    if begins not in (b"", _SQLITE):
        error = damaged(str(path), "file is not a database")
        yield Problem(error.what, error.where, error.mend)


def _as_owner(path: Path, owner: int) -> str:
    """How somebody else's journal is used: as its owner, who with another owner could use it no more."""
    import pwd

    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"chown {os.geteuid()} {path}   # if you know where it comes from: that user has no name here"
    return f"as its owner: sudo -u {name} orchestrate …\nor share one, journal: a postgresql:// URL"


def _wrong(path: Path, found: os.stat_result, *, folder: bool) -> tuple[str, str] | None:
    """What is wrong with the file or the directory, and its mend."""
    us, mode = os.geteuid(), f"(mode {stat.S_IMODE(found.st_mode):04o})"
    if stat.S_ISLNK(found.st_mode):
        return "is a symbolic link", f"name what it leads to: journal: sqlite:///{os.path.realpath(path)}"
    if found.st_uid not in ((us, 0) if folder else (us,)):
        return f"belongs to another user (uid {found.st_uid}, this is {us})", _as_owner(path, found.st_uid)
    if folder and found.st_mode & _OTHERS_WRITE and not found.st_mode & stat.S_ISVTX:
        return f"can be written by others {mode}", f"chmod go-w {path}"
    if not folder and found.st_mode & _OTHERS:
        return f"can be read or written by others {mode}", f"chmod 600 {path}"
    return None
