# SPDX-License-Identifier: Apache-2.0
"""A private Postfix: unpacked, never installed; own configuration, queue and state; loopback only.

Its configuration is what docs/postfix-*.md tell an administrator to write."""
import grp
import json
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

from . import places
from .process import Process

# Accounts that every Debian has, and that Postfix wants to be three different ones.
MAIL_OWNER, SETGID_GROUP, DEFAULT_PRIVILEGES = "daemon", "mail", "nobody"

INTERNAL_SERVICES = """\
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
showq     unix  n - n - - showq
pickup    unix  n - n 60 1 pickup
local     unix  - n n - - local
proxymap  unix  - - n - - proxymap
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
postlog   unix-dgram n - n - 1 postlogd
"""

# The places where postseal can stand, by the document that has the lines for each.
BEFORE_QUEUE, AFTER_QUEUE, EXIT, FRONT = (
    f"postfix-{name}.md" for name in ("before-queue", "after-queue", "exit", "front"))


# A listener for the way back that does not ask the milters of main.cf once more.
UNMILTERED = {"-o syslog_name=postfix/sealed\n":
              "-o syslog_name=postfix/sealed\n  -o smtpd_milters=\n"}


def written(document: str, file: str) -> str:
    """What an administrator is told to write into this file: every block that bears its name."""
    text = (places.CHECKOUT / "docs" / document).read_text()
    blocks = re.findall(rf"^```{re.escape(file)}\n(.*?)^```$", text, re.M | re.S)
    assert blocks, f"{document} has nothing for {file}"
    return "".join(blocks)


def commands(document: str, heading: str, submission: int) -> list[list[str]]:
    """The commands that stand under this heading, each as its words, for this test's submission."""
    text = (places.CHECKOUT / "docs" / document).read_text()
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"^```(\S*)\n(.*?)^```$", section, re.M | re.S)
    (block,) = [lines for file, lines in blocks if not file]
    block = block.replace("submission/inet", f"127.0.0.1:{submission}/inet")
    return [shlex.split(line) for line in block.splitlines()]


def with_ports(lines: str, submission: int, relay: int, back: int) -> str:
    """The documents' ports, 587, 10025 and 10026, are this test's."""
    lines = re.sub(r"^submission inet", f"127.0.0.1:{submission} inet", lines, flags=re.M)
    lines = re.sub(r"(127\.0\.0\.1\]?):10025\b", rf"\1:{relay}", lines)
    return re.sub(r"(127\.0\.0\.1\]?):10026\b", rf"\1:{back}", lines)


def reinjection(port: int) -> str:
    """Only the listener for the way back."""
    lines = written(BEFORE_QUEUE, "master.cf")
    return with_ports(lines[lines.index("127.0.0.1:10026 inet"):], 0, 0, port)


def _but_for(special: str, usual: str, words: int) -> str:
    """Both, but for what `special` says anew: entries are the same where their first words are.

    A setting given twice makes every daemon warn. At the start that fills the socket of postlogd
    (net.unix.max_dgram_qlen), which warns into it before it reads from it, and waits for ever."""
    again = {tuple(line.split()[:words]) for line in special.splitlines() if line[:1].strip()}
    kept = [line for line in usual.splitlines() if tuple(line.split()[:words]) not in again]
    return "\n".join(kept) + "\n" + special


class Postfix:
    """`services` are added to master.cf; mail leaves by SMTP to `deliver_to` on loopback.

    The daemons give up root: `directory` has to be one that everybody can walk into."""

    def __init__(self, directory: Path, services: str, deliver_to: int, settings: str = ""):
        if os.geteuid() != 0:
            raise SystemExit("Postfix's master wants to be started by root: use sudo")
        self.directory = directory
        self.config = directory / "config"
        self._make_directories()
        (self.config / "main.cf").write_text(_but_for(settings, self._main_cf(deliver_to), 1))
        (self.config / "master.cf").write_text(_but_for(services, INTERNAL_SERVICES, 2))
        self.process: Process | None = None

    def start(self, *ports: int) -> "Postfix":
        daemons = places.unpacked("usr/lib/postfix/sbin")
        libraries = str(places.unpacked("usr/lib/postfix"))
        # -d: stay in the foreground. The usual `postfix start` would first check ownership of
        # files that only an installation has.
        self.process = Process(
            "postfix", [daemons / "master", "-c", self.config, "-d"], self.directory / "output",
            {"LD_LIBRARY_PATH": libraries, "MAIL_CONFIG": str(self.config)})
        self.process.wait_until_it_listens(*ports)
        return self

    def stop(self) -> None:
        if self.process:
            self.process.stop()

    def obey(self, words: list[str]) -> None:
        """A command as a document has it. `postfix reload` would look at a whole installation; what
        it does in the end is a signal."""
        if words == ["postfix", "reload"]:
            os.kill(self.process.pid, signal.SIGHUP)
        else:
            self.run(*words)

    def run(self, command: str, *words, data: bytes = b"") -> bytes:
        """One of Postfix's own commands on this instance; its output."""
        done = subprocess.run(
            [places.unpacked(f"usr/sbin/{command}"), *words], check=False, input=data,
            capture_output=True,
            env={**os.environ, "MAIL_CONFIG": str(self.config),
                 "LD_LIBRARY_PATH": str(places.unpacked("usr/lib/postfix"))})
        assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"
        return done.stdout

    def queued(self) -> list[tuple[str, str]]:
        """Every recipient who has not been served yet, with the reason, empty in the first try."""
        listing = [json.loads(line) for line in self.run("postqueue", "-j").splitlines()]
        return sorted((one["address"], one.get("delay_reason", ""))
                      for message in listing for one in message["recipients"])

    def wait_until_queued(self, *recipients: str) -> list[str]:
        """Why they wait, once just these recipients are left in the queue, in their order."""
        deadline = time.monotonic() + 60
        while True:
            queue = self.queued()
            reasons = [reason for _, reason in queue]
            if [address for address, _ in queue] == sorted(recipients) and all(reasons):
                return reasons
            assert time.monotonic() < deadline, f"queued: {queue}\n{self.log()}"
            time.sleep(0.1)

    def flush(self) -> None:
        """Tries everything in the queue again, until nothing is left in it."""
        deadline = time.monotonic() + 60
        while self.queued():
            assert time.monotonic() < deadline, f"queued: {self.queued()}\n{self.log()}"
            self.run("postqueue", "-f")
            time.sleep(0.5)

    def wait_for_log(self, pattern: str, seconds: float = 60) -> re.Match:
        """Its log is written by a process of its own, some time after what it tells of."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.log(), re.M)):
            assert time.monotonic() < deadline, f"nothing says {pattern!r}:\n{self.log()}"
            time.sleep(0.05)
        return found

    def log(self) -> str:
        return (self.directory / "maillog").read_text(errors="replace")

    def _main_cf(self, deliver_to: int) -> str:
        unpacked = places.UNPACKED
        return f"""\
compatibility_level = 3.6
config_directory = {self.config}
meta_directory = {self.config}
daemon_directory = {unpacked}/usr/lib/postfix/sbin
command_directory = {unpacked}/usr/sbin
shlib_directory = {unpacked}/usr/lib/postfix
queue_directory = {self.directory}/queue
data_directory = {self.directory}/state
maillog_file = {self.directory}/maillog
maillog_file_prefixes = {self.directory}
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME LD_LIBRARY_PATH
export_environment = TZ MAIL_CONFIG LANG LD_LIBRARY_PATH
mail_owner = {MAIL_OWNER}
setgid_group = {SETGID_GROUP}
default_privs = {DEFAULT_PRIVILEGES}

myhostname = mta.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
default_transport = smtp:[127.0.0.1]:{deliver_to}
relay_transport = smtp:[127.0.0.1]:{deliver_to}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtputf8_enable = no
message_size_limit = 0
mailbox_size_limit = 0
# Every recipient gets a transaction of their own, so that a test sees what each one got.
smtp_destination_recipient_limit = 1
"""

    def _make_directories(self) -> None:
        owner, group = pwd.getpwnam(MAIL_OWNER).pw_uid, grp.getgrnam(SETGID_GROUP).gr_gid
        queue = self.directory / "queue"
        self._make(self.config, 0o755)
        self._make(self.directory / "state", 0o700, owner)
        self._make(queue, 0o755)
        self._make(queue / "pid", 0o755)
        for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold",
                     "incoming", "private", "saved", "trace"):
            self._make(queue / name, 0o700, owner)
        self._make(queue / "public", 0o710, owner, group)
        self._make(queue / "maildrop", 0o730, owner, group)
        (self.directory / "maillog").touch()
        shutil.copy(places.unpacked("etc/postfix/postfix-files"), self.config)
        (self.config / "dynamicmaps.cf").touch()

    @staticmethod
    def _make(path: Path, mode: int, owner: int = 0, group: int = 0) -> None:
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, owner, group)
        path.chmod(mode)
