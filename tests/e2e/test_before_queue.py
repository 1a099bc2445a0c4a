# SPDX-License-Identifier: Apache-2.0
"""docs/postfix-before-queue.md does what it says: its lines are those of most tests with Postfix.
What it and the table in docs/install-postfix.md promise beside the main job is tried here."""
import time

import pytest

from parts import gnupg, mail, places, structure
from parts.client import Refused, send
from parts.house import BOB, CLARA, DORA, EVE, House
from parts.milter import Milter
from parts.postfix import BEFORE_QUEUE, UNMILTERED, Postfix, commands, reinjection

CLIENT = "127.0.0.9"  # every loopback address is ours; Postfix and postseal use the first
ARCHIVE = "archive@example.org"
MAIN_CF = f"""\
smtpd_peername_lookup = no
virtual_alias_maps = inline:{{ {{ team@example.org = {BOB} }} }}
sender_bcc_maps = inline:{{ {{ archived@example.org = {ARCHIVE} }} }}
smtpd_milters = inet:127.0.0.1:%d
"""


@pytest.fixture(scope="module")
def milter():
    running = Milter(EVE)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def running(directory, milter):
    with House(directory / "a", main_cf=MAIN_CF % milter.port, replaced=UNMILTERED) as whole:
        yield whole


@pytest.fixture
def house(running):
    running.world.forget()
    yield running
    running.postfix.wait_until_queued()


def test_address_of_the_client_reaches_both_logs(house):
    send(house.submission_port, mail.SENDER, [BOB], mail.plain(to=BOB).raw, source=CLIENT)
    copy = house.world.wait_for(1)[0].content
    assert gnupg.recipients_of(structure.ciphertext(copy))
    assert f" client={CLIENT} " in house.relay.log()
    house.postfix.wait_for_log(rf"sealed/smtpd\[\d+\]: .*, orig_client=\S+\[{CLIENT}\]")
    assert CLIENT.encode() not in copy


def test_what_the_table_says_is_not_seen_passes_in_clear(house):
    sent = mail.plain("To an alias.\r\n", to="team@example.org")
    send(house.submission_port, mail.SENDER, ["team@example.org"], sent.raw)
    assert house.world.wait_for(1)[0].addresses == [BOB]
    assert house.world.copy_for(BOB).content.endswith(sent.body)

    house.world.forget()
    house.postfix.run("sendmail", "-i", "-f", mail.SENDER, BOB,
                      data=sent.raw.replace(b"\r\n", b"\n"))
    house.world.wait_for(1)
    assert house.world.copy_for(BOB).content.endswith(sent.body)


def test_archive_behind_it_gets_a_copy_of_each_delivery(house):
    sent = mail.plain("For the archive.\r\n", to=f"{BOB}, {CLARA}", sender="archived@example.org")
    send(house.submission_port, "archived@example.org", [BOB, CLARA, DORA], sent.raw)
    house.world.wait_for(6)
    house.postfix.wait_until_queued()
    copies = [one.content for one in house.world.accepted() if one.addresses == [ARCHIVE]]
    assert sorted(one.endswith(sent.body) for one in copies) == [False, False, True]


def test_milter_at_submission_sees_no_message_and_adds_nobody(house, milter):
    send(house.submission_port, mail.SENDER, [BOB], mail.plain(to=BOB).raw)
    house.world.wait_for(1)
    house.postfix.wait_until_queued()
    assert [one.addresses for one in house.world.accepted()] == [[BOB]]
    assert not any(milter.bodies)


def send_until_taken(port: int, message: mail.Mail) -> None:
    """A running smtpd finishes with its old settings: the new ones come within some seconds."""
    for _ in range(120):
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

        for words in commands(BEFORE_QUEUE, "Out of the way again", house.submission_port):
            house.postfix.obey(words)
        send_until_taken(house.submission_port, mail.plain("in clear\r\n", to=BOB))
        assert arrives(house.world, b"in clear\r\n")


def arrives(world, ending: bytes) -> bool:
    """Postfix tells its postmaster about each refusal as well: those mails do not count."""
    deadline = time.monotonic() + 60
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
