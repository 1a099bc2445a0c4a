# SPDX-License-Identifier: Apache-2.0
"""Exim and OpenSMTPD, unpacked and never installed, each in a root file system of its own. What
makes them ready for postseal is read out of docs/front-of-others.md."""
import re
from pathlib import Path

from . import places
from .chroot import Chroot
from .postfix import written
from .process import Process

DOCUMENT = "front-of-others.md"
ACCOUNTS = {"Debian-exim": 61011, "opensmtpd": 61012, "opensmtpq": 61013}


class Exim:
    """Users log in with PLAIN, LOGIN or CRAM-MD5; their mail goes to `deliver_to` on loopback.
    `open_port` stands for 25."""

    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")

    def __init__(self, directory: Path, deliver_to: int, name: str, password: str):
        self.port, self.open_port = places.free_port(), places.free_port()
        self._root = Chroot(directory / "root", ACCOUNTS)
        self._root.install(places.unpacked_apart("exim4-daemon-heavy"), "usr/sbin/exim4")
        for folder in ("var/spool/exim4", "var/log/exim4"):
            self._root.make(folder, ACCOUNTS["Debian-exim"], 0o750)
        self._root.write("etc/exim4/exim4.conf", self._here(
            "primary_hostname = mta.example.org\nkeep_environment =\ntls_advertise_hosts =\n"
            "acl_smtp_rcpt = recipient\n" + written(DOCUMENT, "exim4.conf") + EXIM_SECTIONS.format(
                name=name, password=password, world=deliver_to, advertise=written(
                    DOCUMENT, "exim4.conf authenticator"))), 0o640)
        self._output = directory / "output"

    def _here(self, text: str) -> str:
        assert "[0.0.0.0]:25 " in text
        text = text.replace("[0.0.0.0]:25 ", f"[127.0.0.1]:{self.open_port} ")
        return text.replace("10587", str(self.port))

    def start(self) -> None:
        self.process = Process("exim", ["/usr/sbin/exim4", "-bdf"], self._output, None,
                               self._root.enter)
        self.process.wait_until_it_listens(self.port, self.open_port)

    def log(self) -> str:
        logs = sorted((self._root / "var/log/exim4").glob("*log"))
        return "".join(file.read_text(errors="replace") for file in logs) + self.process.log()

    def saw(self, client: str) -> bool:
        """Did it take mail of a user who is there?"""
        taken = rf"<= \S+ H=.*\[{re.escape(client)}\].* A=\w+:\S+@"
        return re.search(taken, self.log()) is not None

    def stop(self) -> None:
        self.process.stop()


EXIM_SECTIONS = """
begin acl
recipient:
  accept authenticated = *
  deny message = relay not permitted

begin routers
world:
  driver = manualroute
  route_list = * 127.0.0.1 byname
  self = send
  transport = world

begin transports
world:
  driver = smtp
  port = {world}
  hosts_try_chunking =

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{name}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
{advertise}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{name}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
{advertise}
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{if eq{{$auth1}}{{{name}}}{{{password}}}fail}}
  server_set_id = $auth1
{advertise}
"""


class OpenSmtpd:
    """Clients at `client` may relay to `deliver_to`. Debian's cannot do TLS: it takes no logins."""

    mechanisms = ()

    def __init__(self, directory: Path, deliver_to: int, client: str):
        self.port = places.free_port()
        self._root = Chroot(directory / "root", ACCOUNTS)
        self._root.install(places.unpacked_apart("opensmtpd"), "usr/sbin/smtpd")
        for folder, mode in (("var/run", 0o755), ("var/lib/opensmtpd/empty", 0o755),
                             ("var/spool/smtpd", 0o711)):
            self._root.make(folder, mode=mode)
        lines = written(DOCUMENT, "smtpd.conf")
        for said, here in (("10587", str(self.port)), ("203.0.113.0/24", client)):
            assert said in lines
            lines = lines.replace(said, here)
        action = f'action "outbound" relay host smtp://127.0.0.1:{deliver_to}\n'
        self._root.write("etc/smtpd.conf", action + lines)
        self._output = directory / "output"

    def start(self) -> None:
        self.process = Process("opensmtpd", ["/usr/sbin/smtpd", "-d"], self._output, None,
                               self._root.enter)
        self.process.wait_until_it_listens(self.port)

    def log(self) -> str:
        return self.process.log()

    def saw(self, client: str) -> bool:
        return f"smtp connected address={client} " in self.log()

    def stop(self) -> None:
        self.process.stop()
