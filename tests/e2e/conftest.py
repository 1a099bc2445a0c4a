# SPDX-License-Identifier: Apache-2.0
"""What several files share. ctest runs one pytest for each file, so a module is a session here."""
import pytest

from parts import places
from parts.relay import Relay
from parts.sink import Sink


@pytest.fixture(scope="module")
def directory(request):
    with places.private_directory(request.module.__name__) as path:
        yield path


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
def started():
    """Starts a relay that is stopped, and whose exit is judged, however the test ends."""
    relays = []

    def start(relay: Relay, preexec_fn=None) -> Relay:
        relays.append(relay)
        return relay.start(preexec_fn)

    yield start
    for relay in relays:
        relay.stop()
