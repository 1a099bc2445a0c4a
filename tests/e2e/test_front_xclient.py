# SPDX-License-Identifier: Apache-2.0
"""postseal in front of a Postfix that learns the client by XCLIENT instead of the PROXY protocol."""
import re

import pytest

from parts import mail, structure
from parts.client import RawClient
from parts.front import ANNA, BOB, CLIENT, FrontHouse, log_in

SENT = mail.plain("Dear Bob, this is for you alone.\r\n", to=BOB)

# As docs/postfix-front.md says: this line in the place of the other.
XCLIENT = ["smtpd_upstream_proxy_protocol=", "smtpd_authorized_xclient_hosts=127.0.0.1"]
# This one asks who has connected, and that is postseal.
NEIGHBOURS = "smtpd_relay_restrictions=permit_inet_interfaces,permit_sasl_authenticated,reject"


@pytest.fixture(scope="module")
def house(directory):
    with FrontHouse(directory / "house", xclient=XCLIENT, neighbours=[*XCLIENT, NEIGHBOURS],
                    unasked=XCLIENT[:1]) as running:
        yield running


def test_postfix_knows_the_client_and_its_login(house):
    with house.front_of("xclient", "xclient") as front:
        front.wait_until_it_takes_mail()
        house.postfix.wait_for_log(r"RCPT from unknown\[192\.0\.2\.1\]: 554 5\.7\.1")
        with front.connect() as smtp:
            log_in(smtp, "SCRAM-SHA-256")
            smtp.sendmail(ANNA, [BOB], SENT.raw)
        house.postfix.wait_for_log(
            rf": client=unknown\[{re.escape(CLIENT)}\], sasl_method=SCRAM-SHA-256")
        (copy,) = house.world.wait_for(1)
        assert front.bob.decrypt(structure.ciphertext(copy.content)) == SENT.sealed_part
        for secret in (CLIENT.encode(), b"laptop.home.example", b"192.0.2.1"):
            assert secret not in house.world.received
        with front.connect() as stranger:
            stranger.mail(ANNA)
            assert stranger.rcpt(BOB)[0] == 554


def test_restriction_that_takes_postseal_for_the_client_is_an_open_relay_and_found(house):
    with house.front_of("neighbours", "xclient") as front:
        front.relay.wait_for_log("would relay mail of strangers")
        with RawClient(front.starttls_port) as client:
            assert client.read_reply().startswith("421 ")


def test_postfix_that_does_not_take_it_from_us_gets_no_mail(house):
    with house.front_of("unasked", "xclient") as front:
        front.relay.wait_for_log("nobody knows yet")
        assert "XCLIENT" in front.relay.log()
        with RawClient(front.starttls_port) as client:
            assert client.read_reply().startswith("421 ")
