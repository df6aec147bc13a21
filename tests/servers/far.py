"""Servers that are reached over a network which can be cut: two namespaces of the test's own, which end with it.

The server's address is not that of its interface, so that it stays where it is when the interface goes down: who
is on the server's side still gets there. Linux alone, and root alone.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import Server

ADDRESS = "10.213.0.1"
"""The servers' address: no loopback address, and only the two namespaces know it."""
_LAYOUT = (
    ("server", "ip link set lo up"),
    ("server", f"ip addr add {ADDRESS}/32 dev lo"),
    ("server", "ip addr add 10.213.1.1/24 dev wire"),
    ("server", "ip link set wire up"),
    ("client", "ip link set lo up"),
    ("client", "ip addr add 10.213.1.2/24 dev wire"),
    ("client", "ip link set wire up"),
    ("client", f"ip route add {ADDRESS}/32 via 10.213.1.1"),
)
_CLONE_NEWNET = 0x40000000
_NOTICES_SOON = ("--tcp-keepalive-time=1", "--tcp-keepalive-interval=1", "--tcp-keepalive-probes=2")


def missing() -> str | None:
    """Why no network can be made here; None where it can."""
    if os.geteuid() != 0:
        return "a network of the test's own takes root"
    lacking = [name for name in ("unshare", "ip", "openssl") if shutil.which(name) is None]
    if lacking:
        return f"not installed: {', '.join(lacking)} (apt-get install iproute2 util-linux openssl)"
    tried = subprocess.run(["unshare", "-n", "true"], capture_output=True, text=True, check=False)
    return f"no network namespace may be made: {tried.stderr.strip()}" if tried.returncode else None


class Network:
    """Two namespaces, `client` and `server`, joined by a wire that can be cut."""

    def __init__(self, directory: Path) -> None:
        self.certificate = directory / "certificate.pem"
        # Each ends when its input does, so also when the test process was killed.
        self._holders = {
            side: subprocess.Popen(["unshare", "-n", "cat"], stdin=subprocess.PIPE)
            for side in ("client", "server")
        }
        home = Path("/proc/self/ns/net").readlink()
        for holder in self._holders.values():
            while Path(f"/proc/{holder.pid}/ns/net").readlink() == home:
                os.sched_yield()
        ends = [str(holder.pid) for holder in self._holders.values()]
        _done(
            "ip", "link", "add", "wire", "netns", ends[0], "type", "veth", "peer", "name", "wire", "netns", ends[1]
        )
        for side, command in _LAYOUT:
            self._run(side, command)
        self._certify()

    @contextmanager
    def entered(self, side: str) -> Iterator[None]:
        """Inside, this thread and the programs that it starts are on that side."""
        with Path("/proc/thread-self/ns/net").open() as home:
            with Path(f"/proc/{self._holders[side].pid}/ns/net").open() as there:
                _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def cut(self) -> None:
        """From here on no packet gets from one side to the other, and none comes back to say so."""
        self._run("server", "ip link set wire down")

    def join(self) -> None:
        """Undo the cut."""
        self._run("server", "ip link set wire up")

    @property
    def is_cut(self) -> bool:
        """Whether the client's end of the wire has no carrier."""
        with self.entered("client"):
            return "NO-CARRIER" in _done("ip", "-oneline", "link", "show", "wire")

    def remove(self) -> None:
        """The namespaces and all in them are gone."""
        for holder in self._holders.values():
            holder.communicate()

    def _run(self, side: str, command: str) -> None:
        with self.entered(side):
            _done(*command.split())

    def _certify(self) -> None:
        """A certificate for the servers' address, signed by itself, with its key in the same file."""
        new = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=far"
        key = self.certificate.with_suffix(".key")
        where = ["-keyout", str(key), "-out", str(self.certificate)]
        _done(*new.split(), "-addext", f"subjectAltName=IP:{ADDRESS}", *where)
        self.certificate.chmod(0o644)
        self.key = key


class _Far(Server):
    """A server on the network's far side; asked over its socket it answers from anywhere."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network
        for name, path in (("server.crt", network.certificate), ("server.key", network.key)):
            shutil.copyfile(path, self.directory / name)
            (self.directory / name).chmod(0o600)
        self.hand_over(self.directory)

    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        near = super().url(database, user, password)  # type: ignore[safe-super]  # each family has one
        return near.replace("127.0.0.1", ADDRESS)

    def _spawn(self) -> None:
        with self._network.entered("server"):
            super()._spawn()


class FarPostgreSQL(_Far, PostgreSQL):
    """A PostgreSQL that offers TLS, where the system has one that can, and does not insist on it."""

    def _lay_out(self) -> None:
        super()._lay_out()
        with (self.directory / "cluster" / "pg_hba.conf").open("a") as access:
            access.write("host all all 10.213.0.0/16 scram-sha-256\n")

    def _command(self) -> Sequence[str]:
        files = (
            f"-c ssl=on -c ssl_cert_file={self.directory}/server.crt -c ssl_key_file={self.directory}/server.key"
        )
        tls = files.split() if system_postgresql() else []
        return [*super()._command(), "-c", "listen_addresses=*", *tls]

    def _reachable_binaries(self) -> Path:
        return system_postgresql() or super()._reachable_binaries()


class FarMariaDB(_Far, MariaDB):
    """A MariaDB that offers TLS, does not insist on it, and notices within seconds that a client is gone."""

    def _command(self) -> Sequence[str]:
        files = f"--ssl-cert={self.directory}/server.crt", f"--ssl-key={self.directory}/server.key"
        return [*super()._command(), "--bind-address=0.0.0.0", *_NOTICES_SOON, *files]

    def start(self) -> None:
        super().start()
        account = f"'{self.superuser}'@'10.213.%'"
        self.execute(f"CREATE OR REPLACE USER {account} IDENTIFIED BY '{self.password}'")
        self.execute(f"GRANT ALL ON *.* TO {account} WITH GRANT OPTION")


def system_postgresql() -> Path | None:
    """The binaries of the system's PostgreSQL, which can do TLS; the wheel's cannot."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _done(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout
