# SPDX-License-Identifier: Apache-2.0
"""A small world of its own: a network with nothing but a loopback interface, where the names that a
test gives lead, and an authority that everybody in it trusts. In it real clients ask our servers, on
the ports and by the names that they would ask anyhow."""
import os
import subprocess
import sys
from pathlib import Path

from .certificates import Authority
from .process import Process

SETUP = """\
set -e
ip link set lo up
mount --bind {folder}/hosts /etc/hosts
mount --bind {folder}/resolv.conf /etc/resolv.conf
mount --bind {authority} /etc/ssl/certs/ca-certificates.crt
exec "$@"
"""

# It knows nobody (NXDOMAIN): without it no client could tell that a name does not exist.
NAME_SERVER = """\
import socket
asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asked.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    question, client = asked.recvfrom(4096)
    end = question.index(0, 12) + 5
    asked.sendto(question[:2] + bytes([0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0]) + question[12:end], client)
"""


class World:
    def __init__(self, directory: Path, authority: Authority, *hosts: str):
        folder = directory / "world"
        folder.mkdir()
        (folder / "hosts").write_text(f"127.0.0.1 localhost {' '.join(hosts)}\n")
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        self.user = [] if os.geteuid() == 0 else ["--user"]
        root = ["--map-root-user"] if self.user else []
        setup = SETUP.format(folder=folder, authority=authority.certificate)
        self.keeper = Process("a world", ["unshare", *self.user, *root, "--net", "--mount", "sh", "-c",
                                          setup, "sh", sys.executable, "-c", NAME_SERVER],
                              folder / "output")
        self.keeper.wait_for(lambda: "ready" in self.keeper.log(), "come into being")

    def inside(self, argv: list) -> list:
        """The command that runs another one in there."""
        credentials = ["--preserve-credentials"] if self.user else []
        return ["nsenter", "--target", self.keeper.pid, *self.user, *credentials, "--net", "--mount",
                *argv]

    def run(self, *argv, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(word) for word in self.inside(list(argv))], capture_output=True,
                              env={**os.environ, **environment}, timeout=60, check=False)

    def stop(self) -> None:
        self.keeper.stop()
