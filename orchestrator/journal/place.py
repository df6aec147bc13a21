"""Where a journal's file may lie: its owner's alone, and on a disk of this machine.

It judges and makes files and directories; it opens no database.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from orchestrator.errors import JournalError
from orchestrator.journal.store import unusable

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = re.compile(
    r"(nfs\d*|cifs|smb\w*|afs|ceph|ncpfs|coda|lustre|gfs2|ocfs2|beegfs|gpfs|glusterfs|fuse(\..*)?)$"
)
_LOCAL = ("fuse.fuse-overlayfs",)
"""The root file system of containers without privileges."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def check(path: Path) -> None:
    """Raise JournalError where the file that is there, or its directory, is not its owner's alone.

    The directory may be read by others, since the file may not; who can write it can replace the file.
    """
    if (network := network_type(_mounts(), path)) is not None:
        what = f"the journal would lie on a network file system ({network}), whose locks cannot be relied on"
        mend = "journal: a path on a local disk, or a postgresql:// URL for a team"
        raise JournalError(what, where=str(path), mend=mend)
    _check_one(path.parent, folder=True)
    _check_one(path, folder=False)


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


def _check_one(path: Path, *, folder: bool) -> None:
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
        raise JournalError(f"{thing} {what}", where=str(path), mend=mend)


def _wrong(path: Path, found: os.stat_result, *, folder: bool) -> tuple[str, str] | None:
    """What is wrong with the file or the directory, and its mend."""
    us, mode = os.geteuid(), f"(mode {stat.S_IMODE(found.st_mode):04o})"
    if stat.S_ISLNK(found.st_mode):
        return "is a symbolic link", f"name what it leads to: journal: sqlite:///{os.path.realpath(path)}"
    if found.st_uid not in ((us, 0) if folder else (us,)):
        mend = f"chown {us} {path}   # if you know where it comes from"
        return f"belongs to another user (uid {found.st_uid}, this is {us})", mend
    if folder and found.st_mode & _OTHERS_WRITE and not found.st_mode & stat.S_ISVTX:
        return f"can be written by others {mode}", f"chmod go-w {path}"
    if not folder and found.st_mode & _OTHERS:
        return f"can be read or written by others {mode}", f"chmod 600 {path}"
    return None
