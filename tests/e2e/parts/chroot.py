# SPDX-License-Identifier: Apache-2.0
"""A small root file system for an unpacked server that insists on paths and accounts of its own:
its program, what that links with, and /etc as a test writes it. Nothing of the machine changes."""
import os
import re
import shutil
import subprocess
from pathlib import Path

DEVICES = {"null": (1, 3), "urandom": (1, 9), "random": (1, 8)}


class Chroot:
    """`accounts` are names with user and group ids that nobody has on this machine."""

    def __init__(self, directory: Path, accounts: dict[str, int]):
        if os.geteuid() != 0:
            raise SystemExit("a chroot needs root: use sudo")
        self.directory = directory
        for folder in ("etc", "dev", "tmp", "run"):
            self.make(folder)
        (self / "tmp").chmod(0o1777)
        for name, numbers in DEVICES.items():
            os.mknod(self / f"dev/{name}", 0o20666, os.makedev(*numbers))
            (self / f"dev/{name}").chmod(0o666)
        users = {"root": 0, "nobody": 65534, **accounts}
        self.write("etc/passwd", "".join(f"{name}:x:{number}:{number}::/:/bin/false\n"
                                         for name, number in users.items()))
        self.write("etc/group", "".join(f"{name}:x:{number}:\n" for name, number in users.items()))
        self.write("etc/hosts", "127.0.0.1 localhost mta.example.org\n")
        self.write("etc/services", "smtp 25/tcp\n")
        self.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")

    def __truediv__(self, path: str) -> Path:
        return self.directory / path

    def make(self, folder: str, owner: int = 0, mode: int = 0o755) -> None:
        (self / folder).mkdir(parents=True, exist_ok=True)
        os.chown(self / folder, owner, owner)
        (self / folder).chmod(mode)

    def write(self, file: str, text: str, mode: int = 0o644, owner: int = 0) -> None:
        (self / file).parent.mkdir(parents=True, exist_ok=True)
        (self / file).write_text(text)
        os.chown(self / file, owner, owner)
        (self / file).chmod(mode)

    def install(self, unpacked: Path, program: str) -> None:
        """The program of an unpacked package, where it says that it is, and its libraries."""
        self._copy(unpacked / program, program)
        linked = subprocess.run(["ldd", unpacked / program], text=True, capture_output=True,
                                check=True).stdout
        assert "not found" not in linked, linked
        for library in re.findall(r"(?:=> |^\s)(/\S+) \(", linked, re.M):
            self._copy(Path(library), library.lstrip("/"))

    def _copy(self, file: Path, path: str) -> None:
        (self / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, self / path)

    def enter(self) -> None:
        """For a new process, before it becomes the server."""
        os.chroot(self.directory)
        os.chdir("/")
