# SPDX-License-Identifier: Apache-2.0
"""Where things are: the checkout, the build under test, the unpacked servers, free ports."""
import fcntl
import os
import random
import shutil
import socket
import tempfile
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("POSTSEAL_BUILD") or CHECKOUT / "build/dev").resolve()
POSTSEAL = BUILD / "cli/postseal"
UNPACKED = CHECKOUT / "build/parts/root"

# Loopback ports, below the range from which the kernel takes the ports of outgoing connections: those
# would otherwise take one before our server does.
PORTS = range(20000, 32000)
SHARE = 1500  # of one process that tests

_handed_out: set[int] = set()
_locks: list = []


def unpacked(path: str) -> Path:
    """A file of a package that scripts/packages unpacked but did not install."""
    found = UNPACKED / path
    if not found.exists():
        raise SystemExit(f"{found} is missing: run scripts/packages first")
    return found


def unpacked_apart(package: str) -> Path:
    """The folder of a package that has one of its own, since others bring the same files."""
    folder = CHECKOUT / "build/parts" / package
    if not folder.is_dir():
        raise SystemExit(f"{folder} is missing: run scripts/packages first")
    return folder


def sealer() -> Path:
    """The sealer executable of the build under test."""
    for candidate in sorted(BUILD.rglob("sealer")):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise SystemExit(f"there is no sealer in {BUILD}: build it first")


def free_port() -> int:
    """A loopback port nobody listens on, and that no other process that tests hands out meanwhile."""
    while True:
        port = random.choice(_share())
        if port in _handed_out:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _handed_out.add(port)
        return port


@cache
def _share() -> range:
    """Ours as long as this process lives: the lock on its file is."""
    for start in PORTS[::SHARE]:
        file = open(Path(tempfile.gettempdir()) / f"postseal-tests-ports-{start}", "w")
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _locks.append(file)
            return range(start, start + SHARE)
        file.close()
    raise SystemExit("too many tests run on this machine at once")


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


@contextmanager
def private_directory(name: str):
    """A folder with a short path (gpg-agent's sockets) that Postfix's daemons, which give up root,
    can walk into; removed at the end."""
    directory = Path(tempfile.mkdtemp(prefix=f"postseal-{name}-"))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        if not os.environ.get("POSTSEAL_KEEP"):
            shutil.rmtree(directory, ignore_errors=True)
