# SPDX-License-Identifier: Apache-2.0
"""postseal before Exim and OpenSMTPD, as docs/front-of-others.md sets them up."""
import smtplib

import pytest

from parts import mail, places, structure
from parts.client import RawClient
from parts.front import ANNA, BOB, CLIENT, PASSWORD, Front, log_in
from parts.other_servers import Exim, OpenSmtpd
from parts.sink import Sink

SENT = mail.plain("Dear Bob, this is for you alone.\r\n", to=BOB)
# How a client gets to relay: by a login, or by where it is.
WAYS = [("Exim", mechanism) for mechanism in Exim.mechanisms] + [("OpenSMTPD", "")]
ELSEWHERE = "127.0.0.3"


@pytest.fixture(scope="module")
def world():
    sink = Sink(places.free_port())
    yield sink
    sink.stop()


@pytest.fixture(scope="module")
def running(world, directory):
    """Each server with its postseal, started when a test asks for it."""
    makers = {"Exim": lambda: Exim(directory / "Exim", world.port, ANNA, PASSWORD),
              "OpenSMTPD": lambda: OpenSmtpd(directory / "OpenSMTPD", world.port, CLIENT)}
    started = {}

    def of(name: str) -> tuple:
        if name not in started:
            server = makers[name]()
            front = Front(directory / f"before {name}", server.port)
            started[name] = server, front
            server.start()
            front.start_and_wait()  # so the self-test got the refusal that it wants
        return started[name]
    yield of
    for server, front in started.values():
        front.stop()
        server.stop()


@pytest.mark.parametrize("name, mechanism", WAYS)
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_who_may_relay_sends_sealed_mail(running, world, name, mechanism, tls):
    server, front = running(name)
    world.forget()
    with front.connect(tls) as smtp:
        assert set(smtp.esmtp_features.get("auth", "").split()) == set(server.mechanisms)
        if mechanism:
            log_in(smtp, mechanism)
        assert smtp.sendmail(ANNA, [BOB], SENT.raw) == {}
    (copy,) = world.wait_for(1)
    assert copy.addresses == [BOB]
    assert front.bob.decrypt(structure.ciphertext(copy.content)) == SENT.sealed_part
    assert server.saw(CLIENT)
    assert b"Received: by postseal.example.org" in world.received
    assert CLIENT.encode() not in world.received


@pytest.mark.parametrize("name, reason", [("Exim", b"relay not permitted"),
                                          ("OpenSMTPD", b"Invalid recipient")])
def test_who_may_not_relay_hears_the_server_itself(running, world, name, reason):
    _, front = running(name)
    world.forget()
    with front.connect(source=ELSEWHERE) as smtp:
        if name == "Exim":
            with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
                log_in(smtp, "PLAIN", "wrong horse")
            assert caught.value.smtp_code == 535
        smtp.mail(ANNA)
        code, text = smtp.rcpt(BOB)
        assert code == 550 and reason in text
    assert not world.transactions


def test_other_ports_of_exim_stay_as_they_are(running):
    server, _ = running("Exim")
    with RawClient(server.open_port) as client:
        assert client.read_reply().startswith("220 mta.example.org ")
        assert "SIZE 52428800" in client.say("EHLO [127.0.0.1]")
