# SPDX-License-Identifier: Apache-2.0
"""The whole house: a mail program's Postfix with postseal in its submission path, a Web Key
Directory, recipients, and the world's mail server at the end, which keeps what it gets.

    mail program -> Postfix -> postseal -> Postfix -> the world
                                  |
                      key directory, WKD, GnuPG

Where postseal stands beside Postfix is written in one of the documents: its lines are used."""
from contextlib import ExitStack
from pathlib import Path

from . import places
from .certificates import Authority
from .gnupg import Person
from .postfix import BEFORE_QUEUE, EXIT, Postfix, with_ports, written
from .relay import Relay
from .sink import Sink
from .wkd import Directory

BOB, EVE = "bob@wkd.example", "eve@wkd.example"  # their domain publishes their keys
DORA = "dora@directory.example"                  # the administrator has put her key into a folder
CLARA = "clara@nokey.example"                    # her domain says that she has no key


class House:
    """`main_cf` is added to what the document says, `replaced` maps words of it to others; in both,
    WORLD_PORT is that of the world's mail server."""

    def __init__(self, directory: Path, settings: dict | None = None, policy: dict | None = None,
                 place: str = BEFORE_QUEUE, main_cf: str = "", replaced: dict | None = None):
        self.directory = directory
        self.submission_port = places.free_port()
        self.reinjection_port = places.free_port()
        self.place = place
        self.world_port = places.free_port()
        self._main_cf = self._here(main_cf)
        self._replaced = replaced or {}
        self.people = {address: Person(directory / "people", address)
                       for address in (BOB, EVE, DORA)}
        authority = Authority(directory)
        self.wkd = Directory(directory, authority, "wkd.example", "directory.example",
                             "nokey.example")
        for address in (BOB, EVE):
            self.wkd.publish(self.people[address])
        filter_port = places.free_port()
        self._ports = (self.submission_port, filter_port, self.reinjection_port)
        self.relay = Relay(directory, self.reinjection_port, wkd=(self.wkd,), port=filter_port,
                           ca=authority.certificate, settings=settings, policy=policy,
                           lines=self._written("postseal.yaml"))
        self.relay.add_key(self.people[DORA])
        self._at_the_end = ExitStack()

    def __enter__(self) -> "House":
        with ExitStack() as started:
            self.world = Sink(self.world_port)
            started.callback(self.world.stop)
            for person in self.people.values():
                started.callback(person.stop_agent)
            started.callback(self.wkd.stop)
            self.wkd.start()
            main_cf = "" if self.place == BEFORE_QUEUE else self._written("main.cf")
            services = self._written("master.cf")
            if self.place == EXIT:  # which has nothing to say about how mail comes in
                services += f"127.0.0.1:{self.submission_port} inet n - n - - smtpd\n"
            self.postfix = Postfix(self.directory / "postfix", services, self.world_port,
                                   main_cf + self._main_cf)
            started.callback(self.postfix.stop)
            self.postfix.start(self.submission_port, self.reinjection_port)
            started.callback(self.relay.stop)
            self.relay.start()
            self._at_the_end = started.pop_all()
        return self

    def __exit__(self, *failure) -> None:
        self._at_the_end.__exit__(*failure)

    def _written(self, file: str) -> str:
        lines = with_ports(written(self.place, file), *self._ports)
        for old, new in self._replaced.items():
            lines = lines.replace(old, self._here(new))
        return lines

    def _here(self, text: str) -> str:
        return text.replace("WORLD_PORT", str(self.world_port))
