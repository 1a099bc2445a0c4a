# SPDX-License-Identifier: Apache-2.0
"""A house with postseal at its front door: mail programs talk to it, and it talks to a mail server.

    mail program -> postseal :587, :465 -> mail server -> the world

How both are set up is written in docs/postfix-front.md: its lines are used."""
import re
import smtplib
from contextlib import ExitStack, contextmanager
from pathlib import Path

from . import places
from .certificates import Authority
from .client import unverified
from .gnupg import Person
from .postfix import FRONT, Postfix, written
from .relay import Relay
from .sasl import Accounts, ScramSha256
from .sink import Sink

BOB = "bob@example.net"
ANNA, PASSWORD = "anna@example.org", "correct horse"
CLIENT = "127.0.0.2"  # where mail programs are; servers are at 127.0.0.1


def log_in(smtp: smtplib.SMTP, mechanism: str = "PLAIN", password: str = PASSWORD):
    """What smtplib's login() does, with a mechanism that it is told to use."""
    smtp.user, smtp.password = ANNA, password
    how = {"PLAIN": smtp.auth_plain, "LOGIN": smtp.auth_login, "CRAM-MD5": smtp.auth_cram_md5,
           "SCRAM-SHA-256": ScramSha256(ANNA, password)}[mechanism]
    smtp.auth(mechanism, how, initial_response_ok=mechanism == "PLAIN")
    return how


class Front:
    """postseal with a listener for STARTTLS and one for implicit TLS, as the document has them.
    `next_hop` is the port of the mail server, `owed` that where it takes mail without a login."""

    def __init__(self, directory: Path, next_hop: int, starttls_port: int | None = None,
                 introduction: str = "proxy", owed: int | None = None):
        directory.mkdir(exist_ok=True)
        self.starttls_port = starttls_port or places.free_port()
        self.implicit_port = places.free_port()
        self.authority = Authority(directory)
        self.bob = Person(directory / "people", BOB)
        lines = written(FRONT, "postseal.yaml")
        for said, here in (('"[::]:587"', f"127.0.0.1:{self.starttls_port}"),
                           ('"[::]:465"', f"127.0.0.1:{self.implicit_port}"),
                           ("127.0.0.1:10587", f"127.0.0.1:{next_hop}"),
                           ("127.0.0.1:10588", f"127.0.0.1:{owed or next_hop}"),
                           ("spool:\n", "spool:\n  path: spool\n"),
                           ("client: proxy", f"client: {introduction}")):
            assert said in lines
            lines = lines.replace(said, here)
        self.relay = Relay(directory, next_hop, port=self.starttls_port, lines=lines,
                           settings={"keys": {"sources": ["directory"]}})
        self.relay.add_key(self.bob)
        (self.relay.directory / "tls").mkdir()
        self.show("first")

    def show(self, name: str, key_of: str | None = None) -> Path:
        """Lays a new certificate where postseal reads it, as a renewal does; `key_of` is whose key
        lies beside it, by mistake."""
        certificate, key = self.authority.issue(name, "mail.example.org")
        if key_of:
            key = self.authority.directory / f"{key_of}.key"
        (self.relay.directory / "tls/certificate.pem").write_bytes(certificate.read_bytes())
        (self.relay.directory / "tls/key.pem").write_bytes(key.read_bytes())
        return certificate

    def start(self) -> None:
        self.relay.start()
        self.relay.process.wait_until_it_listens(self.implicit_port)

    def start_and_wait(self) -> None:
        self.start()
        self.wait_until_it_takes_mail()

    def wait_until_it_takes_mail(self) -> None:
        for name in ("submission", "submissions"):
            self.relay.wait_for_log(f"listener={name} takes mail: ", 60)

    def connect(self, tls: str = "starttls", source: str = CLIENT) -> smtplib.SMTP:
        """A mail program at `source`, which has begun TLS and said EHLO."""
        port = self.implicit_port if tls == "implicit" else self.starttls_port
        program = smtplib.SMTP_SSL if tls == "implicit" else smtplib.SMTP
        words = {"context": unverified()} if tls == "implicit" else {}
        smtp = program("127.0.0.1", port, local_hostname="laptop.home.example", timeout=60,
                       source_address=(source, 0), **words)
        if tls == "starttls":
            smtp.starttls(context=unverified())
        if tls != "none":
            smtp.ehlo()
        return smtp

    def stop(self) -> None:
        self.relay.stop()
        self.bob.stop_agent()


class FrontHouse:
    """All of it with Postfix. `variants` are further services like the documented one, each with
    settings that replace its own or are added to them."""

    def __init__(self, directory: Path, main_cf: str = "", **variants: list[str]):
        directory.mkdir()
        self.directory = directory
        self.world_port = places.free_port()
        self.ports = {name: places.free_port() for name in ("documented", *variants)}
        checks = directory / "header_checks"
        checks.write_text(written(FRONT, "front_header_checks"))
        services = written(FRONT, "master.cf")
        assert "/etc/postfix/front_header_checks" in services
        services = services.replace("/etc/postfix/front_header_checks", str(checks))
        smtpd, rest = re.split(r"^(?=127.0.0.1:10588 )", services, flags=re.M)
        chosen = "".join(_service(smtpd, port, variants.get(name, []))
                         for name, port in self.ports.items())
        self.owed_port = places.free_port()
        rest = rest.replace("127.0.0.1:10588 ", f"127.0.0.1:{self.owed_port} ")
        self.postfix = Postfix(directory / "postfix", chosen + rest, self.world_port, main_cf)
        Accounts(self.postfix.config / "sasl").add(ANNA, PASSWORD)
        self.front = Front(directory / "front", self.ports["documented"],
                           owed=self.owed_port)
        self._at_the_end = ExitStack()

    def __enter__(self) -> "FrontHouse":
        with ExitStack() as started:
            self.world = Sink(self.world_port)
            started.callback(self.world.stop)
            started.callback(self.postfix.stop)
            self.start_postfix()
            started.callback(self.front.stop)
            self.front.start_and_wait()
            self._at_the_end = started.pop_all()
        return self

    def __exit__(self, *failure) -> None:
        self._at_the_end.__exit__(*failure)

    def start_postfix(self) -> None:
        self.postfix.start(*self.ports.values(), self.owed_port)

    @contextmanager
    def front_of(self, variant: str, introduction: str = "proxy"):
        """A postseal of its own before a variant; it may not take mail yet."""
        with places.private_directory(variant) as directory:
            front = Front(directory, self.ports[variant], introduction=introduction)
            try:
                front.start()
                yield front
            finally:
                front.stop()


def _service(documented: str, port: int, changes: list[str]) -> str:
    service = documented.replace("127.0.0.1:10587 ", f"127.0.0.1:{port} ", 1)
    assert service != documented
    for change in changes:
        name = re.escape(change.partition("=")[0])
        service = re.sub(rf"^  -o {name}=.*\n", "", service, flags=re.M)
    return service + "".join(f"  -o {change}\n" for change in changes)
