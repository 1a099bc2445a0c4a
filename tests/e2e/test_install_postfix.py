# SPDX-License-Identifier: Apache-2.0
"""docs/install-postfix.md does what it says: the listener for the way back is taken from it by every
test with Postfix, and its bypass is tried here."""
import re
import time

import pytest

from parts import gnupg, mail, places, structure
from parts.client import Refused, send
from parts.house import BOB, House
from parts.postfix import DOCUMENT, Postfix, reinjection


def bypass(port: int) -> list[str]:
    """The words of the documented command, for this test's submission service."""
    command = re.search(r"^postconf (-P) '(submission)(/inet/smtpd_proxy_filter=)'$",
                        DOCUMENT.read_text(), re.M)
    return [command[1], f"127.0.0.1:{port}{command[3]}"]


def send_until_taken(port: int, message: mail.Mail) -> None:
    """A running smtpd finishes with its old settings: the new ones come within some seconds."""
    for _ in range(20):
        try:
            return send(port, mail.SENDER, [BOB], message.raw)
        except Refused:
            time.sleep(0.5)
    raise AssertionError("Postfix still refuses mail")


def test_the_bypass_takes_a_dead_postseal_out_of_the_way(directory):
    with House(directory / "bypass") as house:
        send(house.submission_port, mail.SENDER, [BOB], mail.plain("sealed\r\n", to=BOB).raw)
        assert gnupg.recipients_of(structure.ciphertext(house.world.wait_for(1)[0].content))

        house.relay.stop()
        with pytest.raises(Refused) as caught:
            send(house.submission_port, mail.SENDER, [BOB], mail.plain("stuck\r\n", to=BOB).raw)
        assert 400 <= caught.value.code < 500

        house.postfix.postconf(*bypass(house.submission_port))
        send_until_taken(house.submission_port, mail.plain("in clear\r\n", to=BOB))
        assert arrives(house.world, b"in clear\r\n")


def arrives(world, ending: bytes) -> bool:
    """Postfix tells its postmaster about each refusal as well: those mails do not count."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if any(copy.content.endswith(ending) for copy in world.accepted()):
            return True
        time.sleep(0.1)
    return False


def test_the_way_back_takes_more_than_users_may_send(place, sink):
    """cleanup has a message_size_limit of its own: smtpd's override alone does not change it."""
    port = places.free_port()
    postfix = Postfix(place, reinjection(port), sink.port)
    main = postfix.config / "main.cf"
    main.write_text(main.read_text().replace("message_size_limit = 0", "message_size_limit = 99999", 1))
    try:
        postfix.start(port)
        send(port, mail.SENDER, [BOB], mail.plain("x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 4000,
                                                  to=BOB).raw)
        assert len(sink.wait_for(1)[0].content) > 280_000
    finally:
        postfix.stop()
