# SPDX-License-Identifier: Apache-2.0
"""A front never makes an open relay of the mail server behind it: it serves nobody until that one
has refused to relay for a stranger, and says which setting to change."""
import os
import signal

import pytest

from parts.client import RawClient
from parts.front import ANNA, BOB, CLIENT, FrontHouse

# What people write, and what the self-test has to find of it.
LAX = ["mynetworks=127.0.0.0/8",
       "smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,reject"]
OPEN = ["mynetworks=0.0.0.0/0", LAX[1]]
BROKEN = ["smtpd_relay_restrictions=permit"]  # with which no smtpd of Postfix goes on
DEFERS = ["smtpd_relay_restrictions=permit_sasl_authenticated,defer_unauth_destination"]
STRICT = ["smtpd_client_restrictions=permit_sasl_authenticated,reject"]


@pytest.fixture(scope="module")
def running(directory):
    with FrontHouse(directory / "house", lax=LAX, open=OPEN, broken=BROKEN, defers=DEFERS,
                    strict=STRICT) as house:
        yield house


@pytest.fixture
def house(running):
    running.world.forget()
    return running


def greeting(front) -> str:
    with RawClient(front.starttls_port) as client:
        return client.read_reply()


def answer_to_a_stranger(front) -> int:
    with front.connect() as smtp:
        smtp.mail(ANNA)
        return smtp.rcpt(BOB)[0]


def test_stranger_is_no_neighbour_of_the_mail_server(house):
    """With permit_mynetworks the verdict depends on who the self-test seems to be."""
    with house.front_of("lax") as front:
        front.wait_until_it_takes_mail()
        house.postfix.wait_for_log(r"connect from unknown\[192\.0\.2\.1\]")
        # And it is right: a client of the machine itself may relay there, somebody else's may not.
        assert CLIENT.startswith("127.") and answer_to_a_stranger(front) == 250


def test_restriction_that_asks_for_a_login_first_is_a_refusal_too(house):
    with house.front_of("strict") as front:
        front.wait_until_it_takes_mail()
        assert answer_to_a_stranger(front) == 554


def test_open_relay_serves_nobody_until_it_is_mended(house):
    with house.front_of("open") as front:
        front.relay.wait_for_log("would relay mail of strangers to postseal-self-test@example.com")
        said = front.relay.log()
        assert "-o mynetworks=" in said and "smtpd_relay_restrictions=" in said
        assert "clients hear 421" in said and greeting(front).startswith("421 ")
        assert not house.world.transactions

        service = f"127.0.0.1:{house.ports['open']}/inet"
        for words in (["postconf", "-P", f"{service}/mynetworks="], ["postfix", "reload"]):
            house.postfix.obey(words)
        os.kill(front.relay.process.pid, signal.SIGHUP)
        front.wait_until_it_takes_mail()
        assert greeting(front).startswith("220 ")
        assert answer_to_a_stranger(front) == 554


def test_deferral_proves_nothing(house):
    with house.front_of("defers") as front:
        front.relay.wait_for_log("nobody knows yet")
        assert greeting(front).startswith("421 ")
        assert "450" in front.relay.log() or "454" in front.relay.log()


def test_mail_server_that_says_nothing_is_named_before_the_wait_ends(house):
    with house.front_of("broken") as front:
        front.relay.wait_for_log("has not answered yet. With Postfix, its own log says why")
        assert greeting(front).startswith("421 ")
        house.postfix.wait_for_log("fatal: in parameter smtpd_relay_restrictions")


def test_mail_server_that_starts_later_is_asked_again(house):
    house.postfix.stop()
    try:
        with house.front_of("documented") as front:
            front.relay.wait_for_log("nobody knows yet")
            assert "refused" in front.relay.log()
            assert greeting(front).startswith("421 ")
            house.start_postfix()
            front.wait_until_it_takes_mail()
            assert answer_to_a_stranger(front) == 554
    finally:
        house.postfix.stop()
        house.start_postfix()
