# SPDX-License-Identifier: Apache-2.0
"""Keys that an administrator has given, and a keyserver that knows of a revocation: anybody's server,
which verifies nothing."""
import pytest

from parts import packets
from parts.gnupg import Person
from parts.keys_command import ANSWER_IS_NO, DONE, keys
from parts.keyservers import Hkp
from parts.relay import Relay

TO = "bob@partner.org"


@pytest.fixture
def bob(place):
    made = Person(place / "people", TO)
    yield made
    made.stop_agent()


@pytest.fixture
def server():
    made = Hkp()
    yield made
    made.stop()


@pytest.fixture
def relay(place, sink, server, bob):
    """Bob's key as it is now was given to it."""
    made = Relay(place, sink.port, settings={"keys": {
        "sources": ["store", "keyservers"], "keyservers": [{"url": server.url, "timeout": "8s"}]}})
    made.start()
    made.stop()
    assert keys(made, "import", "-", data=bob.certificate()).returncode == DONE
    return made


def test_refresh_says_that_a_keyserver_could_not_be_asked(relay, server, bob):
    done = keys(relay, "refresh", TO)
    assert done.returncode == DONE and not done.err, done.err
    server.codes[bob.fingerprint()] = 503
    done = keys(relay, "refresh", TO)
    assert done.returncode == DONE
    assert f"{TO}: whether its key was revoked could not be asked: {server.name} answered 503" in done.err


def test_junk_beside_it_hides_no_revocation(relay, server, bob):
    fingerprint = bob.fingerprint()
    issuer = bytes.fromhex(fingerprint)[-8:]
    junk = b"".join(packets.rsa_key(4, tag=packets.SUBKEY) + packets.signature(0x18, issuer)
                    for _ in range(65))
    server.serves[fingerprint] = packets.armored(bob.certificate() + junk)
    assert keys(relay, "refresh", TO).returncode == DONE
    bob.revoke()
    server.serves[fingerprint] = packets.armored(bob.certificate() + junk)
    done = keys(relay, "refresh", TO)
    assert done.returncode == ANSWER_IS_NO and "THE KEY IS LOST" in done.out, done.out


def test_revoked_subkey_is_sealed_to_no_more(relay, server, bob):
    bob.revoke_subkey()
    server.serves[bob.fingerprint()] = bob.armored_certificate()
    done = keys(relay, "refresh", TO)
    assert done.returncode == ANSWER_IS_NO and "its encryption key was revoked" in done.out, done.out
    assert "has lost an encryption key or a user ID" in done.err
    server.serves.clear()  # what it has said once is not forgotten
    assert keys(relay, "find", TO).returncode == ANSWER_IS_NO
    # Its owner has another one, which the administrator has to give.
    bob.add_subkey()
    assert keys(relay, "import", "-", data=bob.certificate()).returncode == DONE
    assert keys(relay, "find", TO).returncode == DONE
