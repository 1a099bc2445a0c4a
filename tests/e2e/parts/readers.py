# SPDX-License-Identifier: Apache-2.0
"""Mail programs that open what was sealed: mutt and neomutt at a terminal of their own, notmuch with its
index. They show what their user would see."""
import json
import os
import pty
import re
import select
import subprocess
import termios
import time
from pathlib import Path

from .gnupg import Person

PATIENCE = 30  # seconds
ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>78])")


def shown_by_mutt(program: str, person: Person, message: bytes, directory: Path, last: str) -> str:
    """All that was written to the screen when the only message of a mailbox has been opened, up to where
    `last` stands."""
    mailbox = directory / f"{program}.mbox"
    mailbox.write_bytes(b"From somebody Thu Nov 26 08:00:00 2026\n" + message.replace(b"\r\n", b"\n") + b"\n")
    settings = directory / f"{program}rc"
    settings.write_text("set crypt_use_gpgme=yes\nset pager_stop=yes\nset mail_check=0\nset wait_key=no\n"
                        "set crypt_protected_headers_read=yes\nset quit=yes\n"
                        f"unignore *\nset sleep_time=0\nset folder={directory}\n")
    pid, terminal = pty.fork()
    if pid == 0:
        termios.tcsetwinsize(0, (60, 120))
        os.environ.update(GNUPGHOME=str(person.home), TERM="vt100", HOME=str(directory), LC_ALL="C.UTF-8")
        os.execvp(program, [program, "-n", "-R", "-F", str(settings), "-f", str(mailbox), "-e",
                            "push <display-message>"])
    written = b""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and last.encode() not in _plain(written):
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                written += os.read(terminal, 65536)
            except OSError:
                break
    os.close(terminal)  # which ends it
    os.waitpid(pid, 0)
    return _plain(written).decode("utf-8", "replace")


def _plain(written: bytes) -> bytes:
    return ESCAPES.sub(b"", written)


class Notmuch:
    """A mail store with one user, whose key opens what is put into it."""

    def __init__(self, person: Person, directory: Path):
        self.mails = directory / "notmuch"
        (self.mails / "cur").mkdir(parents=True)
        config = directory / "notmuch-config"
        config.write_text(f"[database]\npath={self.mails}\n[user]\nname=Bob\n"
                          f"primary_email={person.address}\n[new]\ntags=new\n[index]\ndecrypt=true\n")
        self._environment = {**os.environ, "NOTMUCH_CONFIG": str(config), "GNUPGHOME": str(person.home),
                             "HOME": str(directory)}

    def add(self, message: bytes) -> None:
        (self.mails / "cur" / f"{time.monotonic_ns()}:2,S").write_bytes(message.replace(b"\r\n", b"\n"))
        self._run("new")

    def show(self, search: str) -> list[dict]:
        """Each message that is found, as its JSON says."""
        found = json.loads(self._run("show", "--decrypt=true", "--format=json", "--entire-thread=false", search))
        return [message for thread in found for top in thread for message in _messages(top)]

    def _run(self, *words: str) -> bytes:
        done = subprocess.run(["notmuch", *words], capture_output=True, env=self._environment, timeout=60,
                              check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _messages(node) -> list[dict]:
    message, replies = node
    rest = [one for reply in replies for one in _messages(reply)]
    return ([message] if message else []) + rest
