# SPDX-License-Identifier: Apache-2.0
"""Certificates of a front are renewed while it runs: what is open goes on, what is new sees the new
one, and a mistake changes nothing."""
import os
import signal
import ssl
from pathlib import Path

import pytest

from parts.client import RawClient
from parts.front import ANNA, BOB, PASSWORD, FrontHouse

RELOADED = "configuration reloaded"
REFUSED = "the new configuration is wrong, the old one stays"


@pytest.fixture
def house(directory, place):
    with FrontHouse(place / "house") as running:
        yield running


def reload(house, outcome: str) -> None:
    log = house.front.relay.log
    before = log().count(outcome)
    os.kill(house.front.relay.process.pid, signal.SIGHUP)
    house.front.relay.process.wait_for(lambda: log().count(outcome) > before, f"say {outcome!r}")


def is_shown(house, certificate: Path) -> bool:
    """By both listeners, in a handshake that verifies authority and name."""
    expected = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    context = ssl.create_default_context(cafile=house.front.authority.certificate)
    shown = []
    for port in (house.front.starttls_port, house.front.implicit_port):
        with RawClient(port) as client:
            if port == house.front.starttls_port:
                client.read_reply()
                client.say("EHLO laptop.home.example")
                client.say("STARTTLS")
            client.start_tls(context, "mail.example.org")
            shown.append(client.socket.getpeercert(True))
    return shown == [expected] * 2


def test_reload_shows_a_new_certificate_and_keeps_sessions(house):
    first = house.front.authority.directory / "first.pem"
    assert is_shown(house, first)
    with house.front.connect("starttls") as one, house.front.connect("implicit") as other:
        one.login(ANNA, PASSWORD)
        renewed = house.front.show("renewed")
        assert is_shown(house, first), "before the reload"
        reload(house, RELOADED)
        assert is_shown(house, renewed)
        other.login(ANNA, PASSWORD)
        for smtp in (one, other):
            assert smtp.noop()[0] == 250
            assert smtp.mail(ANNA)[0] == smtp.rcpt(BOB)[0] == 250


@pytest.mark.parametrize("mistake, reason", [
    (lambda front: front.show("renewed", key_of="first"), "key"),
    (lambda front: (front.relay.directory / "tls/certificate.pem").write_text("no PEM\n"),
     "certificate.pem"),
    (lambda front: (front.relay.directory / "tls/key.pem").unlink(), "key.pem"),
], ids=["key of another", "no certificate", "no key"])
def test_wrong_certificate_changes_nothing_and_is_explained(house, mistake, reason):
    first = house.front.authority.directory / "first.pem"
    mistake(house.front)
    reload(house, REFUSED)
    explained = [line for line in house.front.relay.log().splitlines() if REFUSED in line]
    assert len(explained) == 1 and reason in explained[0].split(REFUSED)[1]
    assert is_shown(house, first)
    with house.front.connect() as smtp:
        smtp.login(ANNA, PASSWORD)

    mended = house.front.show("mended")
    reload(house, RELOADED)
    assert is_shown(house, mended)
