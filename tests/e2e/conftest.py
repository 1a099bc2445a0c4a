# SPDX-License-Identifier: Apache-2.0
"""What several files share. ctest runs one pytest for each file, so a module is a session here."""
import pytest

from parts import places
from parts.certificates import Authority
from parts.gnupg import Person
from parts.relay import Relay
from parts.sink import Sink


@pytest.fixture(scope="module")
def directory(request):
    with places.private_directory(request.module.__name__) as path:
        yield path


@pytest.fixture(scope="module")
def person(directory):
    """Makes recipients, whose agents end with the file."""
    made = []

    def make(address: str, folder: str = "people", **how) -> Person:
        made.append(Person(directory / folder, address, **how))
        return made[-1]

    yield make
    for one in made:
        one.stop_agent()


@pytest.fixture(scope="module")
def authority(directory):
    return Authority(directory)


@pytest.fixture
def place():
    """A folder for one test alone."""
    with places.private_directory("test") as path:
        yield path


@pytest.fixture
def sink():
    server = Sink(places.free_port())
    yield server
    server.stop()


@pytest.fixture
def later():
    """The spool's own next hop."""
    server = Sink(places.free_port())
    yield server
    server.stop()


@pytest.fixture
def started():
    """Starts a relay that is stopped, and whose exit is judged, however the test ends."""
    relays = []

    def start(relay: Relay, preexec_fn=None) -> Relay:
        relays.append(relay)
        return relay.start(preexec_fn)

    yield start
    for relay in relays:
        relay.stop()
