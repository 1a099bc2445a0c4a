# SPDX-License-Identifier: Apache-2.0
"""The commands of docs/postfix-front.md that put postseal before Postfix, and those that take it
out of the way again, on a port that mail programs know."""
import subprocess
import time

import pytest

from parts import mail, places, structure
from parts.client import RawClient, send
from parts.front import ANNA, BOB, Front, FrontHouse, log_in
from parts.postfix import FRONT, commands

SENT = mail.plain("Dear Bob.\r\n", to=BOB)


@pytest.fixture
def house(place):
    with FrontHouse(place / "house", submission=SUBMISSION) as running:
        yield running


# What stands in master.cf from before. Any loopback client may relay, as a logged-in user would.
SUBMISSION = ["syslog_name=postfix/submission", "smtpd_upstream_proxy_protocol=",
              "mynetworks=127.0.0.0/8", "smtpd_relay_restrictions=permit_mynetworks,reject"]


class Machine:
    """Does what the documented commands say. Submission's port is that of `front`."""

    def __init__(self, house: FrontHouse, front: Front):
        self.house, self.front = house, front

    def obey(self, words: list[str]) -> None:
        if words[0] == "systemctl":
            assert words[-1] == "postseal" and "--now" in words
            {"enable": self.front.start_and_wait, "disable": self.front.relay.stop}[words[1]]()
        elif words[0] == "postseal":
            subprocess.run([places.POSTSEAL, *words[1:], "--config", self.front.relay.config_file],
                           check=True, capture_output=True)
        else:
            self.house.postfix.obey(words)

    def wait_until(self, listens: bool) -> None:
        """Postfix takes a port, and lets go of it, a moment after it has been told."""
        deadline = time.monotonic() + 60
        while places.listens(self.front.starttls_port) != listens:
            assert time.monotonic() < deadline, self.house.postfix.log()
            time.sleep(0.05)


def test_the_documented_commands_put_postseal_before_postfix_and_out_of_the_way(house, place):
    port = house.ports["submission"]
    front = Front(place / "front", house.ports["documented"], port)
    machine = Machine(house, front)
    there, away = (commands(FRONT, heading, port)
                   for heading in ("4. Postfix", "Out of the way again"))
    try:
        send(port, ANNA, [BOB], SENT.raw)
        assert house.world.wait_for(1)[-1].content.endswith(SENT.body)

        *before, start = there
        for words in before:
            machine.obey(words)
        machine.wait_until(listens=False)
        machine.obey(start)
        with front.connect() as smtp:
            log_in(smtp)
            smtp.sendmail(ANNA, [BOB], SENT.raw)
        assert front.bob.decrypt(structure.ciphertext(house.world.wait_for(2)[-1].content))

        for words in away:
            machine.obey(words)
        machine.wait_until(listens=True)
        with RawClient(port) as client:
            assert client.read_reply().startswith("220 mta.example.org ESMTP Postfix")
        send(port, ANNA, [BOB], SENT.raw)
        assert house.world.wait_for(3)[-1].content.endswith(SENT.body)
    finally:
        front.stop()
