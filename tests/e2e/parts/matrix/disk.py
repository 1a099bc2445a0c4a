# SPDX-License-Identifier: Apache-2.0
"""Watches the folder of a relay's spool while it runs: what is owed, and what is readable in any file
there, with a name or without."""
import base64
import os
import re
import threading
import time
from contextlib import suppress
from pathlib import Path

from .cases import CLEAR, PLANS
from .client import CANARY

ID = re.compile(rb"<(\d+)\.matrix@example\.org>")


def forms(text: str) -> list[bytes]:
    """How it looks as it is, and in base64 wherever it begins there."""
    raw = text.encode()
    return [raw, *(base64.b64encode(bytes(shift) + raw)[4:-4] for shift in range(3))]


FORMS = forms(CANARY)


def is_readable(octets: bytes) -> bool:
    return any(form in octets for form in FORMS)


def case_number(octets: bytes) -> int:
    found = ID.search(octets)
    return int(found[1]) if found else 0


class SpoolFolder:
    """`plan_of` tells the plan of a case by its number: some of them have copies in clear."""

    def __init__(self, folder: Path, process: int, plan_of):
        self.folder, self.process, self.plan_of = folder, process, plan_of
        self.leaks: list[str] = []
        self.unnamed_seen = 0
        self._numbers: dict[str, int] = {}  # of the case, by the entry's id
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(30)

    def owed(self) -> dict[int, list[tuple[str, str]]]:
        """By the number of the case: each recipient and what is owed to them."""
        found: dict[int, list[tuple[str, str]]] = {}
        for file in self._entries():
            with suppress(FileNotFoundError):
                found.setdefault(self._number(file), []).extend(_recipients(file.read_text()))
        return found

    def wait_until_nothing_is_owed(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._entries() and time.monotonic() < deadline:
            time.sleep(0.1)

    def _entries(self) -> list[Path]:
        return list((self.folder / "owed").glob("*.entry"))

    def _number(self, file: Path) -> int:
        if file.stem not in self._numbers:
            self._numbers[file.stem] = case_number(file.with_suffix(".mail").read_bytes())
        return self._numbers[file.stem]

    def _watch(self) -> None:
        seen: set[tuple] = set()
        while not self._stopping.wait(0.05):
            unnamed = Path(f"/proc/{self.process}/fd")
            for file in [*self.folder.rglob("*"), *map(unnamed.joinpath, _listed(unnamed))]:
                with suppress(OSError):
                    self._look_at(file, seen)

    def _look_at(self, path: Path, seen: set[tuple]) -> None:
        if path.is_dir() or (path.is_symlink() and not os.readlink(path).startswith(f"{self.folder}/")):
            return
        with open(path, "rb") as file:
            # Asked again: a descriptor of the relay may be another file's a moment later.
            where = os.readlink(f"/proc/self/fd/{file.fileno()}")
            state = os.fstat(file.fileno())
            mark = (state.st_ino, state.st_size, state.st_mtime_ns)
            if mark in seen or not where.startswith(f"{self.folder}/"):
                return
            seen.add(mark)
            octets = file.read()
        self.unnamed_seen += where.endswith("(deleted)")
        number = case_number(octets)
        # What goes in clear to its recipients is no secret here either; a sealed copy never is so.
        has_clear = number and CLEAR in PLANS[self.plan_of(number)]
        if is_readable(octets) and (not has_clear or b"multipart/encrypted" in _header(octets)):
            self.leaks.append(f"case {number}: readable in {where}")


def _header(octets: bytes) -> bytes:
    return octets.partition(b"\r\n\r\n")[0]


def _listed(folder: Path) -> list[str]:
    with suppress(OSError):
        return os.listdir(folder)
    return []


def _recipients(entry: str) -> list[tuple[str, str]]:
    """Each RCPT of an entry and, from the line after it, what is owed."""
    lines = entry.splitlines()
    return [(re.search("<(.*?)>", line)[1], following.partition(" ")[0])
            for line, following in zip(lines, lines[1:]) if line.startswith("RCPT TO:")]
