# SPDX-License-Identifier: Apache-2.0
"""Debian's PostgreSQL, unpacked and not installed, on a socket in a private folder; and standbys of
it. It refuses to be root, and takes the account of nobody then."""
import os
import shutil
import signal
import subprocess
from pathlib import Path

from . import places
from .process import Process
from .unit_sandbox import NOBODY

SETTINGS = ("listen_addresses=", "fsync=off", "shared_buffers=16MB", "max_connections=40",
            "autovacuum=off", "wal_keep_size=64MB")


def url(*servers: "PostgreSQL") -> str:
    """For keys.store: the first of them that takes what is written."""
    return f"postgresql://postseal@/postgres?host={','.join(str(one.sockets) for one in servers)}"


class PostgreSQL:
    def __init__(self, directory: Path, name: str = "postgresql"):
        self.name = name
        self.sockets = directory / name
        self._data = self.sockets / "data"
        self.sockets.mkdir()
        if os.geteuid() == 0:
            os.chown(self.sockets, NOBODY, NOBODY)
        self._more: tuple = ()
        self._environment: dict[str, str] = {}
        self.process: Process | None = None

    def create(self) -> "PostgreSQL":
        self._run("initdb", "--no-sync", "--username=postgres", "--auth=trust", "--encoding=UTF8",
                  "--locale=C", f"--pgdata={self._data}")
        self.start()
        self.sql("CREATE ROLE postseal LOGIN")
        self.sql("GRANT CREATE ON DATABASE postgres TO postseal")
        return self

    def create_standby_of(self, primary: "PostgreSQL") -> "PostgreSQL":
        """Whatever the primary commits from now on has arrived there before it counts."""
        self._run("pg_basebackup", "-h", primary.sockets, "-U", "postgres", "-D", self._data,
                  "-X", "stream", "-R", "--checkpoint=fast", "--no-sync")
        self.start()
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.sql("SELECT pg_reload_conf()")
        return self

    def listen(self, certificate: Path, key: Path, password: str) -> int:
        """Also on a port of loopback, with TLS alone and for who knows the password."""
        for file, name in ((certificate, "server.crt"), (key, "server.key")):
            copy = self._data / name
            shutil.copy(file, copy)
            os.chown(copy, self._data.stat().st_uid, -1)
            copy.chmod(0o600)
        (self._data / "pg_hba.conf").write_text(
            "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        self.sql(f"ALTER ROLE postseal PASSWORD '{password}'")
        self.stop()
        port = places.free_port()
        self._more = (f"port={port}", "listen_addresses=127.0.0.1", "ssl=on")
        self._environment = {"PGPORT": str(port)}
        self.start()
        return port

    def start(self) -> None:
        options = [word for setting in SETTINGS + self._more for word in ("-c", setting)]
        self.process = Process(self.name, [_program("postgres"), "-D", self._data, "-k",
                                           self.sockets, *options],
                               self.sockets / "output", preexec_fn=_become_nobody)
        ready = [_program("pg_isready"), "-q", "-h", self.sockets]
        self.process.wait_for(
            lambda: subprocess.run(ready, check=False, env=self._environment).returncode == 0, "start")

    def sql(self, statement: str) -> str:
        """By its superuser; columns with | between."""
        return self._run("psql", "-X", "-At", "-h", self.sockets, "-U", "postgres", "-c", statement)

    def promote(self) -> None:
        self.sql("SELECT pg_promote()")

    def pause(self) -> None:
        """It is there, and does nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self.process.stop()

    def stop(self) -> None:
        if self.process:
            self.resume()
            self._signal(signal.SIGQUIT)
            self.process.stop()

    def _signal(self, number: int) -> None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        if not children.exists():
            return
        for pid in [*map(int, children.read_text().split()), self.process.pid]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def _run(self, program: str, *words) -> str:
        done = subprocess.run([_program(program), *map(str, words)], text=True, capture_output=True,
                              preexec_fn=_become_nobody, check=False, timeout=60,
                              env={**os.environ, **self._environment})
        assert done.returncode == 0, f"{program}: {done.stderr}"
        return done.stdout.strip()


def _program(name: str) -> Path:
    return places.unpacked(f"usr/lib/postgresql/15/bin/{name}")


def _become_nobody() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
