# SPDX-License-Identifier: Apache-2.0
"""docs/postfix-after-queue.md does what it says: Postfix's queue hands each mail over by LMTP, and
whatever goes wrong is waited for or bounced for those alone whom it concerns."""
import re
import time

import pytest

from parts import gnupg, mail, structure
from parts.client import send
from parts.gnupg import Person
from parts.house import BOB, CLARA, DORA, EVE, House
from parts.milter import Milter
from parts.postfix import AFTER_QUEUE, UNMILTERED, commands

REFUSED = "nina@nokey.example"  # has no key, and her rule wants one
ARCHIVE = "archive@example.org"
CLIENT = "127.0.0.9"

POLICY = {
    "defaults": {"encrypt": "opportunistic"},
    "rules": [
        {"name": "refused without a key", "match": {"to": REFUSED},
         "set": {"encrypt": "opportunistic", "without_key": "reject"}},
        {"name": "court mail is sealed", "match": {"to": "court@nokey.example"},
         "set": {"encrypt": "required", "without_key": "reject"}},
    ],
}
# Without 8BITMIME Postfix would rather convert: what is sealed must be what was written even then.
MAIN_CF = f"""\
smtpd_peername_lookup = no
smtpd_discard_ehlo_keywords = 8bitmime
virtual_alias_maps = inline:{{ {{ team@example.org = {BOB}, {CLARA} }} }}
sender_bcc_maps = inline:{{ {{ archived@example.org = {ARCHIVE} }} }}
mydestination = local.example.org
alias_maps = inline:{{ {{ team = {BOB} }} }}
transport_maps = inline:{{ {{ wkd.example = smtp:[127.0.0.1]:WORLD_PORT }} }}
smtpd_sender_restrictions =
    check_sender_access inline:{{ {{ filtered@example.org = FILTER smtp:[127.0.0.1]:WORLD_PORT }} }}
"""


@pytest.fixture(scope="module")
def running(directory):
    with House(directory / "a", policy=POLICY, place=AFTER_QUEUE, main_cf=MAIN_CF) as whole:
        yield whole


@pytest.fixture
def house(running):
    running.world.forget()
    yield running
    running.postfix.wait_until_queued()  # nobody: what was just taken is removed a moment later


def is_sealed_for(house, address: str) -> bool:
    sealed = structure.ciphertext(house.world.copy_for(address).content)
    return house.people[address].subkey_id() in gnupg.recipients_of(sealed)


def bounced(house) -> list[str]:
    """The recipients of whom the one bounce to the sender says that they got nothing."""
    report = house.world.copy_for(mail.SENDER)
    assert report.mail.startswith("MAIL FROM:<>")
    assert b"Received: by postseal" not in report.content
    return re.findall(rb"^Final-Recipient: rfc822; (\S+)", report.content, re.M)


def test_every_recipient_gets_what_is_right_for_them_once(house):
    sent = mail.plain("For all but one to see.\r\n", to=f"{BOB}, {DORA}, {CLARA}")
    send(house.submission_port, mail.SENDER, [BOB, DORA, CLARA, EVE], sent.raw)
    house.world.wait_for(4)
    for address in (BOB, DORA, EVE):
        assert is_sealed_for(house, address)
        sealed = structure.ciphertext(house.world.copy_for(address).content)
        assert house.people[address].decrypt(sealed) == sent.sealed_part
    assert house.world.copy_for(CLARA).content.endswith(sent.body)


def test_who_cannot_be_looked_up_waits_who_is_refused_bounces_and_the_others_are_served(house):
    # What is known of these two is remembered; nobody has asked for Erin's key yet.
    send(house.submission_port, mail.SENDER, [BOB, REFUSED], mail.plain(to=BOB).raw)
    house.world.wait_for(2)
    house.postfix.wait_until_queued()
    house.world.forget()
    house.wkd.stop()
    waiting = "erin@wkd.example"
    erin = Person(house.directory / "people", waiting)
    try:
        sent = mail.plain(to=f"{BOB}, {DORA}, {waiting}, {REFUSED}")
        send(house.submission_port, mail.SENDER, [BOB, DORA, waiting, REFUSED], sent.raw)
        (reason,) = house.postfix.wait_until_queued(waiting)
        assert "could not be looked up" in reason
        house.world.wait_for(3)  # two copies and the bounce
        assert is_sealed_for(house, BOB) and is_sealed_for(house, DORA)
        assert bounced(house) == [REFUSED.encode()]
        report = house.world.copy_for(mail.SENDER).content
        assert b"no OpenPGP key was found for this recipient" in report

        house.relay.add_key(erin)
        house.postfix.flush()
        house.world.wait_for(4)
        sealed = structure.ciphertext(house.world.copy_for(waiting).content)
        assert erin.decrypt(sealed) == sent.sealed_part
        for address in (BOB, DORA):
            house.world.copy_for(address)  # fails where there is a second one
    finally:
        house.wkd.start()
        erin.stop_agent()


def test_mail_waits_while_postseal_is_down_and_is_delivered_once(house):
    house.relay.stop()
    for number in range(3):
        send(house.submission_port, mail.SENDER, [BOB], mail.plain(f"{number}\r\n", to=BOB).raw)
    house.postfix.wait_until_queued(BOB, BOB, BOB)
    assert not house.world.transactions
    house.relay.start()
    house.postfix.flush()
    copies = house.world.wait_for(3)
    opened = [house.people[BOB].decrypt(structure.ciphertext(one.content)) for one in copies]
    assert sorted(text.split(b"\r\n")[-2] for text in opened) == [b"0", b"1", b"2"]


def test_rule_that_binds_the_message_binds_all_of_its_recipients(house):
    others = [f"p{number}@nokey.example" for number in range(60)]
    send(house.submission_port, mail.SENDER, ["court@nokey.example", *others], mail.plain().raw)
    house.world.wait_for(1)
    house.postfix.wait_until_queued()
    assert len(bounced(house)) == 61
    assert [one.addresses for one in house.world.accepted()] == [[mail.SENDER]]


def test_address_of_the_client_reaches_both_logs(house):
    send(house.submission_port, mail.SENDER, [BOB], mail.plain(to=BOB).raw, source=CLIENT)
    house.world.wait_for(1)
    assert f" client={CLIENT} " in house.relay.log()
    house.postfix.wait_for_log(rf"sealed/smtpd\[\d+\]: .*, orig_client=\S+\[{CLIENT}\]")


def test_mail_of_local_programs_is_sealed(house):
    house.postfix.run("sendmail", "-i", "-f", mail.SENDER, BOB,
                      data=mail.plain(to=BOB).raw.replace(b"\r\n", b"\n"))
    house.world.wait_for(1)
    assert is_sealed_for(house, BOB)


def test_virtual_aliases_are_expanded_before_and_the_archive_gets_one_clear_copy(house):
    sent = mail.plain("From the team.\r\n", to="team@example.org",
                      sender="Archived <archived@example.org>")
    send(house.submission_port, "archived@example.org", ["team@example.org"], sent.raw)
    house.world.wait_for(3)
    house.postfix.wait_until_queued()
    assert is_sealed_for(house, BOB)
    assert house.world.copy_for(CLARA).content.endswith(sent.body)
    assert house.world.copy_for(ARCHIVE).content.endswith(sent.body)


def test_long_lines_and_eight_bits_are_sealed_as_they_were_written(house):
    body = b"x" * 3000 + b"\r\n" + "Gr\u00fc\u00dfe\r\n".encode()
    content = b"Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    sent = mail.Mail("long", content, body, mail.headers(to=BOB))
    send(house.submission_port, mail.SENDER, [BOB], sent.raw)
    sealed = structure.ciphertext(house.world.wait_for(1)[0].content)
    assert house.people[BOB].decrypt(sealed) == sent.sealed_part


@pytest.mark.parametrize("sender, recipient", [
    (mail.SENDER, "team@local.example.org"), ("filtered@example.org", BOB)],
    ids=["local aliases", "FILTER"])
def test_what_the_table_says_is_not_seen_passes_in_clear(house, sender, recipient):
    sent = mail.plain("around\r\n", to=recipient, sender=sender)
    send(house.submission_port, sender, [recipient], sent.raw)
    assert house.world.wait_for(1)[0].content.endswith(sent.body)


def test_recipients_that_a_milter_adds_are_sealed_to_and_the_bypass_frees_what_waits(directory):
    milter = Milter(EVE)
    try:
        with House(directory / "b", place=AFTER_QUEUE, replaced=UNMILTERED,
                   main_cf=f"smtpd_milters = inet:127.0.0.1:{milter.port}\n") as house:
            sent = mail.plain(to=BOB)
            send(house.submission_port, mail.SENDER, [BOB], sent.raw)
            house.world.wait_for(2)
            assert is_sealed_for(house, BOB) and is_sealed_for(house, EVE)

            house.world.forget()
            house.relay.stop()
            send(house.submission_port, mail.SENDER, [BOB], sent.raw)
            house.postfix.wait_until_queued(BOB, EVE)
            *once, again = commands(AFTER_QUEUE, "Out of the way again", house.submission_port)
            for words in once:
                house.postfix.obey(words)
            while house.postfix.queued():
                house.postfix.obey(again)
                house.postfix.run("postkick", "public", "pickup", "W")  # it looks once a minute
                time.sleep(1)
            house.world.wait_for(2)
            assert all(one.content.endswith(sent.body) for one in house.world.accepted())
    finally:
        milter.stop()
