"""Where a journal's file may lie: its owner's alone, on a disk of this machine."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.core.secrets import Secret
from orchestrator.errors import JournalError
from orchestrator.journal import place
from orchestrator.journal.journal import Journal
from tests.journal.test_journal import events, write

Happened = Callable[[str], None]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A journal with one event."""
    path = tmp_path / "state" / "journal.db"
    write(Secret(f"sqlite:///{path}"), events("r1"))
    return path


def refusal(path: Path) -> JournalError:
    """Why the journal is refused; for readers as for writers."""
    reasons = []
    for writing in (False, True):
        with pytest.raises(JournalError) as refused:
            Journal(Secret(f"sqlite:///{path}"), writing=writing)
        reasons.append(refused.value)
    assert reasons[0].what == reasons[1].what
    return reasons[0]


@pytest.mark.fault(27)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
def test_a_file_that_others_can_read_or_write_is_refused(file: Path, mode: int, happened: Happened) -> None:
    """With its path, its mode and the chmod to type, after which it is used."""
    file.chmod(mode)
    happened(f"the file has mode {stat.S_IMODE(file.stat().st_mode):04o}")
    error = refusal(file)
    assert (error.where, error.mend) == (str(file), f"chmod 600 {file}")
    assert error.what == f"the journal can be read or written by others (mode {mode:04o})"
    file.chmod(0o600)
    with Journal(Secret(f"sqlite:///{file}")) as journal:
        assert journal.verify()[0] == 1


@pytest.mark.fault(27)
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_directory_that_others_can_write_is_refused(file: Path, mode: int, happened: Happened) -> None:
    """Who can write it can put another file in the journal's place; one that others only read does no harm."""
    file.parent.chmod(mode)
    happened(f"the directory has mode {stat.S_IMODE(file.parent.stat().st_mode):04o}")
    error = refusal(file)
    assert (error.where, error.mend) == (str(file.parent), f"chmod go-w {file.parent}")
    for harmless in (0o755, 0o1777):
        file.parent.chmod(harmless)
        Journal(Secret(f"sqlite:///{file}")).close()


def test_all_that_is_wrong_with_a_file_is_told_at_once(file: Path) -> None:
    """Who can read it, who can replace it, that it is no journal: none of it waits for another to be mended."""
    file.write_bytes(b"minutes of the meeting")
    file.chmod(0o644)
    file.parent.chmod(0o777)
    error = refusal(file)
    assert (error.what, error.exit) == ("3 things are wrong with the journal", 10)
    chmods = [f"chmod go-w {file.parent}", f"chmod 600 {file}"]
    assert [problem.mend for problem in error.problems[:2]] == chmods
    assert str(error.problems[2]).endswith("the journal cannot be used: file is not a database")
    assert "orchestrate journal rebuild" in str(error.problems[2].mend)
    file.chmod(0o600)
    file.parent.chmod(0o700)
    assert "the journal cannot be used: file is not a database" in refusal(file).what


@pytest.mark.fault(27)
@pytest.mark.parametrize("what", ["file", "directory"])
def test_a_symbolic_link_is_refused(file: Path, tmp_path: Path, what: str, happened: Happened) -> None:
    """Somebody else may have put it there; what it leads to can be named instead. Nothing is made through one."""
    if what == "file":
        path = link = file.with_name("link.db")
        link.symlink_to(file)
    else:
        link = tmp_path / "link"
        link.symlink_to(file.parent)
        path = link / file.name
    happened(f"{link.name} leads to {link.readlink()}")
    error = refusal(path)
    assert (error.what.endswith("is a symbolic link"), error.where) == (True, str(link))
    dangling = tmp_path / "dangling.db"
    dangling.symlink_to(tmp_path / "made.db")
    refusal(dangling)
    assert not (tmp_path / "made.db").exists()


@pytest.mark.fault(27)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_refused(file: Path, happened: Happened) -> None:
    """Neither the file nor its directory may be somebody else's, who keeps it where they have a name here."""
    for path in (file, file.parent):
        for owner, mend in ((12345, f"chown 0 {path}"), (65534, "as its owner: sudo -u nobody orchestrate …\n")):
            os.chown(path, owner, owner)
            happened(f"{path.name} belongs to uid {path.stat().st_uid}")
            error = refusal(file)
            assert f"belongs to another user (uid {owner}" in error.what
            assert str(error.mend).startswith(mend)
        os.chown(path, 0, 0)
    Journal(Secret(f"sqlite:///{file}")).close()


MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /home rw - nfs4 server:/home rw,vers=4.2
31 30 8:2 / /home/ann/local rw - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/a\\040share rw - cifs //server/share rw
33 22 0:42 / /mnt/ssh rw - fuse.sshfs ann@host:/ rw
34 22 0:43 / /containers rw - fuse.fuse-overlayfs overlay rw
35 22 0:44 / /work rw - overlay overlay rw
36 22 0:45 / /over rw - nfs server:/x rw
37 36 0:46 / /over rw - tmpfs none rw
38 22 0:47 / /windows rw - fuseblk /dev/sdc1 rw
"""


@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/journal.db", None),
        ("/home/ann/journal.db", "nfs4"),
        ("/home/ann/local/journal.db", None),
        ("/homes/journal.db", None),
        ("/mnt/a share/journal.db", "cifs"),
        ("/mnt/ssh/deep/journal.db", "fuse.sshfs"),
        ("/containers/journal.db", None),
        ("/work/.orchestrator/journal.db", None),
        ("/over/journal.db", None),
        ("/windows/journal.db", None),
    ],
)
def test_the_type_of_a_file_system_decides(path: str, network: str | None) -> None:
    """The longest mount point that leads to the path counts, and of several at one place the last."""
    assert place.network_type(MOUNTS, Path(path)) == network


@pytest.fixture
def fuse(tmp_path: Path) -> Iterator[Path]:
    """A real FUSE mount as sshfs makes one, whose server has gone, where this user may mount one."""
    folder, libc = tmp_path / "remote", ctypes.CDLL(None, use_errno=True)
    folder.mkdir()
    try:
        server = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"there is no FUSE here: {error}")
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
    failed = libc.mount(b"ann@host:/", bytes(folder), b"fuse.sshfs", 0, options)
    os.close(server)
    if failed:
        pytest.skip(f"no file system may be mounted here: {os.strerror(ctypes.get_errno())}")
    yield folder
    libc.umount2(bytes(folder), 2)


@pytest.mark.fault(28)
def test_a_network_file_system_is_refused(fuse: Path, happened: Happened) -> None:
    """Before anything on it is touched, naming its type and PostgreSQL as the way for teams."""
    (mount,) = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(fuse) in line]
    happened(f"mounted: {mount}")
    error = refusal(fuse / "journal.db")
    assert "network file system (fuse.sshfs)" in error.what
    assert "postgresql://" in str(error.mend)


@pytest.mark.control(27)
def test_without_the_check_a_world_readable_journal_is_used(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the check switched off the same file is read and written without a word."""
    file.chmod(0o666)
    monkeypatch.setattr(place, "check", lambda path: None)
    assert write(Secret(f"sqlite:///{file}"), events("r2"))[0].sequence == 2
