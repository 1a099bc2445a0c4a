# SPDX-License-Identifier: Apache-2.0
"""Postfix's configuration files alone, with its own postconf to read and change them: nothing runs.

One for each place where postseal can stand beside Postfix; each is good as it is."""
import os
import shlex
import shutil
import subprocess
from pathlib import Path

from . import places
from .postfix import FRONT, reinjection, written

POSTCONF = places.unpacked("usr/sbin/postconf")
ENVIRONMENT = {"LD_LIBRARY_PATH": str(places.unpacked("usr/lib/postfix"))}

MAIN = """\
compatibility_level = 3.6
myhostname = mta.example.org
mydestination = example.org, localhost
mynetworks = 127.0.0.0/8 [::1]/128
alias_maps =
smtpd_forbid_bare_newline = normalize
"""

SERVICES = """\
smtp      inet  n - y - - smtpd
pickup    unix  n - y 60 1 pickup
cleanup   unix  n - y - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - y - - trivial-rewrite
smtp      unix  - - y - - smtp
relay     unix  - - y - - smtp -o syslog_name=postfix/$service_name
local     unix  - n n - - local
lmtp      unix  - - y - - lmtp
"""

SUBMISSION = """\
submission inet n - y - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_auth_only=yes
  -o { smtpd_relay_restrictions = permit_sasl_authenticated, reject }
"""

PROXIED = "  -o smtpd_proxy_filter=127.0.0.1:10025\n  -o smtpd_proxy_timeout=180s\n"

SCAN = """\
scan unix - - n - 20 lmtp
  -o lmtp_send_xforward_command=yes
  -o lmtp_data_done_timeout=1200
  -o disable_mime_output_conversion=yes
"""

# What stands in the way back of the last two places besides what the document says.
MAPPED_BEFORE = "no_unknown_recipient_checks,no_address_mappings"

PRIVATE = written(FRONT, "master.cf")


class Settings:
    """A folder with main.cf and master.cf."""

    def __init__(self, directory: Path, main: str, master: str):
        self.directory = directory
        directory.mkdir()
        (directory / "main.cf").write_text(MAIN + main)
        (directory / "master.cf").write_text(SERVICES + master)
        (directory / "dynamicmaps.cf").touch()

    def postconf(self, *words: str) -> str:
        done = subprocess.run([POSTCONF, "-c", self.directory, *words], check=True,
                              capture_output=True, env={**os.environ, **ENVIRONMENT})
        return done.stdout.decode()

    def printed(self) -> str:
        """What an administrator saves on a machine that has Postfix, for one that has not."""
        return self.postconf() + self.postconf("-F") + self.postconf("-P")

    def obey(self, line: str) -> None:
        """A command that `postseal check` has printed, as a shell would read it."""
        program, *words = shlex.split(line)
        assert program == "postconf", line
        self.postconf(*words)


def way_back(port: int, **changed: str) -> str:
    """The documented listener, with other values for some settings, and more behind them."""
    text = reinjection(port)
    for name, value in changed.items():
        kept = [line for line in text.splitlines() if not line.startswith(f"  -o {name}=")]
        kept.insert(1, f"  -o {name}={value}")
        text = "\n".join(kept) + "\n"
    return text


def before_queue(directory: Path) -> Settings:
    return Settings(directory, "", SUBMISSION + PROXIED + way_back(10026))


def after_queue(directory: Path) -> Settings:
    back = way_back(10026, content_filter="", receive_override_options=MAPPED_BEFORE)
    return Settings(directory, "content_filter = scan:[127.0.0.1]:10025\n", SUBMISSION + SCAN + back)


def exit_(directory: Path) -> Settings:
    back = way_back(10026, content_filter="out:", receive_override_options=MAPPED_BEFORE)
    return Settings(directory, "default_transport = scan:[127.0.0.1]:10025\n",
                    SUBMISSION + SCAN + back + "out unix - - n - - smtp\n")


def front(directory: Path) -> Settings:
    return Settings(directory, "", PRIVATE)


def copy_of(settings: Settings, directory: Path) -> Settings:
    made = Settings.__new__(Settings)
    made.directory = directory
    shutil.copytree(settings.directory, directory)
    return made
