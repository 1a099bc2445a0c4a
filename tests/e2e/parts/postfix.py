# SPDX-License-Identifier: Apache-2.0
"""A private Postfix: unpacked, never installed; own configuration, queue and state; loopback only.

The services are written as docs/install-postfix.md tells an administrator to write them."""
import grp
import os
import pwd
import re
import shutil
import signal
import subprocess
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

# What a mail program talks to. Any loopback client may relay here, as a logged-in user would.
SUBMISSION = """\
127.0.0.1:{port} inet n - n - - smtpd
  -o syslog_name=submission
  -o smtpd_proxy_filter=127.0.0.1:{filter_port}
  -o smtpd_relay_restrictions=permit_mynetworks,reject
"""

DOCUMENT = places.CHECKOUT / "docs/install-postfix.md"


def submission(port: int, filter_port: int) -> str:
    return SUBMISSION.format(port=port, filter_port=filter_port)


def reinjection(port: int) -> str:
    """Where mail comes back from postseal: the very lines that an administrator is told to write."""
    written = re.search(r"^127\.0\.0\.1:10026 inet.*?(?=^```)", DOCUMENT.read_text(), re.M | re.S)
    return written[0].replace("127.0.0.1:10026", f"127.0.0.1:{port}")


class Postfix:
    """`services` are added to master.cf; mail leaves by SMTP to `deliver_to` on loopback.

    The daemons give up root: `directory` has to be one that everybody can walk into."""

    def __init__(self, directory: Path, services: str, deliver_to: int, settings: str = ""):
        if os.geteuid() != 0:
            raise SystemExit("Postfix's master wants to be started by root: use sudo")
        self.directory = directory
        self.config = directory / "config"
        self._make_directories()
        (self.config / "main.cf").write_text(self._main_cf(deliver_to) + settings)
        (self.config / "master.cf").write_text(INTERNAL_SERVICES + services)
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

    def postconf(self, *words: str) -> None:
        """postconf(1) on this instance, then what `postfix reload` does."""
        libraries = str(places.unpacked("usr/lib/postfix"))
        subprocess.run([places.unpacked("usr/sbin/postconf"), "-c", self.config, *words],
                       check=True, env={**os.environ, "LD_LIBRARY_PATH": libraries})
        os.kill(self.process.pid, signal.SIGHUP)

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
