# SPDX-License-Identifier: Apache-2.0
"""The whole house: a mail program's Postfix with postseal in its submission path, a Web Key
Directory, recipients, and the world's mail server at the end, which keeps what it gets.

    mail program -> Postfix -> postseal -> Postfix -> the world
                                  |
                      key directory, WKD, GnuPG
"""
from contextlib import ExitStack
from pathlib import Path

from . import places
from .certificates import Authority
from .gnupg import Person
from .postfix import Postfix, reinjection, submission
from .relay import Relay
from .sink import Sink
from .wkd import Directory

BOB, EVE = "bob@wkd.example", "eve@wkd.example"  # their domain publishes their keys
DORA = "dora@directory.example"                  # the administrator has put her key into a folder
CLARA = "clara@nokey.example"                    # her domain says that she has no key


class House:
    def __init__(self, directory: Path, settings: dict | None = None, policy: dict | None = None):
        self.directory = directory
        self.submission_port = places.free_port()
        self._reinjection_port = places.free_port()
        self.people = {address: Person(directory / "people", address)
                       for address in (BOB, EVE, DORA)}
        authority = Authority(directory)
        self.wkd = Directory(directory, authority, "wkd.example", "directory.example",
                             "nokey.example")
        for address in (BOB, EVE):
            self.wkd.publish(self.people[address])
        self.relay = Relay(directory, self._reinjection_port, wkd=(self.wkd,),
                           ca=authority.certificate, settings=settings, policy=policy)
        self.relay.add_key(self.people[DORA])
        self._at_the_end = ExitStack()

    def __enter__(self) -> "House":
        with ExitStack() as started:
            self.world = Sink(places.free_port())
            started.callback(self.world.stop)
            for person in self.people.values():
                started.callback(person.stop_agent)
            started.callback(self.wkd.stop)
            self.wkd.start()
            services = (submission(self.submission_port, self.relay.port)
                        + reinjection(self._reinjection_port))
            self.postfix = Postfix(self.directory / "postfix", services, self.world.port)
            started.callback(self.postfix.stop)
            self.postfix.start(self.submission_port, self._reinjection_port)
            started.callback(self.relay.stop)
            self.relay.start()
            self._at_the_end = started.pop_all()
        return self

    def __exit__(self, *failure) -> None:
        self._at_the_end.__exit__(*failure)
