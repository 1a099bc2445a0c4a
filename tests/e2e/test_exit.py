# SPDX-License-Identifier: Apache-2.0
"""docs/postfix-exit.md does what it says: whatever leaves the house is sealed, by whichever way it came
there, and what stays inside stays in clear.

                                      local mailboxes
    users, programs, aliases -> Postfix -> postseal -> Postfix -> the world"""
import pytest

from parts import gnupg, mail, places, structure
from parts.client import send
from parts.gnupg import Person
from parts.house import BOB, CLARA, DORA, EVE, House
from parts.milter import Milter
from parts.postfix import EXIT, UNMILTERED, commands
from parts.sink import Sink

BEN, ARCHIVE = "ben@example.org", "archive@example.org"
AT_A_HOST = "bob@localhost"  # a domain that is found without DNS, and is not ours

POLICY = {
    "defaults": {"encrypt": "opportunistic"},
    "rules": [{"name": "court mail is sealed", "match": {"to": "court@nokey.example"},
               "set": {"encrypt": "required", "without_key": "reject"}}],
}
# The relay host is a trap: nothing may go there, neither to postseal nor on the way out.
RELAY_HOST = "relayhost = [127.0.0.1]:1\n"
MAIN_CF = f"""\
myorigin = example.org
mydestination = example.org
relay_domains = customer.example
mailbox_transport = smtp:[127.0.0.1]:MAILBOXES_PORT
alias_maps = inline:{{ {{ team = {BOB}, {BEN} }}, {{ office = ben, {DORA} }} }}
virtual_alias_maps = inline:{{ {{ everybody@example.org = {EVE}, {BEN} }} }}
always_bcc = {ARCHIVE}
transport_maps = inline:{{ {{ direct.example = smtp:[127.0.0.1]:WORLD_PORT }} }}
sender_dependent_default_transport_maps =
    inline:{{ {{ routed@example.org = smtp:[127.0.0.1]:WORLD_PORT }} }}
smtpd_sender_restrictions =
    check_sender_access inline:{{ {{ filtered@example.org = FILTER smtp:[127.0.0.1]:WORLD_PORT }} }}
smtp_tcp_port = WORLD_PORT
"""
RELAYED = {"content_filter=smtp:": "content_filter=smtp:[127.0.0.1]:WORLD_PORT"}


class Exit(House):
    """With mailboxes of its own."""

    def __init__(self, directory, main_cf: str, replaced: dict):
        mailboxes = places.free_port()
        super().__init__(directory, policy=POLICY, place=EXIT, replaced=replaced,
                         main_cf=main_cf.replace("MAILBOXES_PORT", str(mailboxes)))
        self.mailboxes = Sink(mailboxes)

    def __exit__(self, *failure) -> None:
        super().__exit__(*failure)
        self.mailboxes.stop()


@pytest.fixture(scope="module")
def running(directory):
    with Exit(directory / "a", MAIN_CF + RELAY_HOST, RELAYED) as whole:
        yield whole


@pytest.fixture
def house(running):
    running.world.forget()
    running.mailboxes.forget()
    yield running
    running.postfix.wait_until_queued()
    assert "too many hops" not in running.postfix.log()


def sealed(house, address: str) -> bytes:
    """What the one copy for this recipient says inside; it went through postseal exactly once."""
    copy = house.world.copy_for(address).content
    assert copy.count(b"\r\nReceived: by postseal.example.org\r\n") == 1, structure.header_section(copy)
    ciphertext = structure.ciphertext(copy)
    person = house.people[address]
    assert person.subkey_id() in gnupg.recipients_of(ciphertext)
    return person.decrypt(ciphertext)


def run_sendmail(house, sent: mail.Mail, *recipients: str) -> None:
    house.postfix.run("sendmail", "-i", "-f", mail.SENDER, *recipients,
                      data=sent.raw.replace(b"\r\n", b"\n"))


def test_mail_to_outside_is_sealed_and_copies_inside_stay_clear(house):
    sent = mail.plain("Inside and outside.\r\n", to=f"{BOB}, {CLARA}, {BEN}")
    send(house.submission_port, mail.SENDER, [BOB, CLARA, BEN], sent.raw)
    house.world.wait_for(2)
    house.mailboxes.wait_for(2)
    assert sealed(house, BOB) == sent.sealed_part
    assert house.world.copy_for(CLARA).content.endswith(sent.body)
    for inside in (BEN, ARCHIVE):  # bit for bit, but for what Postfix puts on top
        copy = house.mailboxes.copy_for(inside).content
        assert copy.endswith(sent.raw) and b"postseal" not in copy
    house.postfix.wait_until_queued()
    assert len(house.world.accepted()) == 2 and len(house.mailboxes.accepted()) == 2


@pytest.mark.parametrize("alias, outside", [
    ("team@example.org", BOB), ("office@example.org", DORA), ("everybody@example.org", EVE)])
def test_aliases_that_lead_outside_are_sealed(house, alias, outside):
    sent = mail.plain("To an alias.\r\n", to=alias)
    send(house.submission_port, mail.SENDER, [alias], sent.raw)
    house.world.wait_for(1)
    house.mailboxes.wait_for(2)
    assert sealed(house, outside) == sent.sealed_part
    for inside in (BEN, ARCHIVE):
        assert house.mailboxes.copy_for(inside).content.endswith(sent.body)


def test_mail_of_local_programs_is_sealed(house):
    sent = mail.plain("cron says\r\n", to=BOB)
    run_sendmail(house, sent, BOB, BEN)
    house.world.wait_for(1)
    house.mailboxes.wait_for(2)
    assert sealed(house, BOB) == sent.sealed_part
    assert house.mailboxes.copy_for(BEN).content.endswith(sent.body)


def test_mail_of_others_that_an_alias_sends_on_is_left_alone(house):
    sent = mail.plain("From far away.\r\n", to="team@example.org", sender="far@far.example")
    send(house.submission_port, "far@far.example", ["team@example.org"], sent.raw)
    house.world.wait_for(1)
    copy = house.world.copy_for(BOB).content
    assert copy.endswith(sent.raw)


def test_refusals_of_the_policy_and_of_the_world_bounce_to_the_sender(house):
    house.world.answers["RCPT"] = lambda line: "550 5.1.1 Nobody" if DORA in line else None
    try:
        send(house.submission_port, mail.SENDER, [DORA], mail.plain(to=DORA).raw)
        house.mailboxes.wait_for(2)  # the archive's copy, and the bounce
        first = house.mailboxes.copy_for(mail.SENDER)
        assert first.mail.startswith("MAIL FROM:<>")
        assert f"Final-Recipient: rfc822; {DORA}".encode() in first.content
        assert b"550 5.1.1 Nobody" in first.content
    finally:
        del house.world.answers["RCPT"]
    house.mailboxes.forget()
    send(house.submission_port, mail.SENDER, ["court@nokey.example", BEN], mail.plain().raw)
    house.mailboxes.wait_for(3)
    second = house.mailboxes.copy_for(mail.SENDER)
    assert b"Final-Recipient: rfc822; court@nokey.example" in second.content
    assert b"no OpenPGP key was found for this recipient" in second.content
    assert not house.world.accepted()


def test_bounce_to_outside_leaves_once(house):
    """Somebody outside wrote to an alias that leads to a mailbox outside, which is not there."""
    house.world.answers["RCPT"] = lambda line: "550 5.1.1 Nobody" if BOB in line else None
    try:
        send(house.submission_port, "far@far.example", ["team@example.org"],
             mail.plain(sender="far@far.example").raw)
        house.world.wait_for(1)
        house.postfix.wait_until_queued()
        assert house.world.copy_for("far@far.example").mail.startswith("MAIL FROM:<>")
        assert len(house.world.accepted()) == 1
    finally:
        del house.world.answers["RCPT"]


def test_mail_waits_while_postseal_is_down_and_is_delivered_once(house):
    house.relay.stop()
    sent = mail.plain("later\r\n", to=BOB)
    send(house.submission_port, mail.SENDER, [BOB, BEN], sent.raw)
    house.mailboxes.wait_for(2)  # who is inside does not wait
    house.postfix.wait_until_queued(BOB)
    assert not house.world.transactions
    house.relay.start()
    house.postfix.flush()
    house.world.wait_for(1)
    assert sealed(house, BOB) == sent.sealed_part


@pytest.mark.parametrize("sender, recipient", [
    (mail.SENDER, "x@direct.example"), ("routed@example.org", BOB), ("filtered@example.org", BOB),
    (mail.SENDER, "x@customer.example")],
    ids=["transport_maps", "sender_dependent_default_transport_maps", "FILTER", "relay_domains"])
def test_what_the_table_says_is_not_seen_passes_around(house, sender, recipient):
    sent = mail.plain("around\r\n", to=recipient, sender=sender)
    send(house.submission_port, sender, [recipient], sent.raw)
    house.world.wait_for(1)
    house.postfix.wait_until_queued()
    copy = house.world.copy_for(recipient).content
    assert copy.endswith(sent.raw) and b"postseal" not in copy


def test_recipients_that_a_milter_adds_are_sealed_to(directory):
    milter = Milter(EVE)
    try:
        with Exit(directory / "c", MAIN_CF + f"smtpd_milters = inet:127.0.0.1:{milter.port}\n",
                  {**RELAYED, **UNMILTERED}) as house:
            sent = mail.plain(to=BOB)
            send(house.submission_port, mail.SENDER, [BOB], sent.raw)
            house.world.wait_for(2)
            assert sealed(house, BOB) == sealed(house, EVE) == sent.sealed_part
            assert milter.bodies == [sent.body]
    finally:
        milter.stop()


def test_way_out_without_a_host_is_the_recipients_own_domain(directory):
    """The document's very lines: no next hop after the colon; and its way around a dead postseal."""
    house = Exit(directory / "b", MAIN_CF, {})
    house.people[AT_A_HOST] = Person(directory / "b/people", AT_A_HOST)
    house.relay.add_key(house.people[AT_A_HOST])
    with house:
        sent = mail.plain("by its own domain\r\n", to=AT_A_HOST)
        send(house.submission_port, mail.SENDER, [AT_A_HOST], sent.raw)
        house.world.wait_for(1)
        house.postfix.wait_until_queued()
        assert sealed(house, AT_A_HOST) == sent.sealed_part

        house.world.forget()
        house.relay.stop()
        send(house.submission_port, mail.SENDER, [AT_A_HOST], sent.raw)
        house.postfix.wait_until_queued(AT_A_HOST)
        for words in commands(EXIT, "Out of the way again", house.submission_port):
            house.postfix.obey(words)
        house.postfix.flush()
        assert house.world.wait_for(1)[0].content.endswith(sent.raw)
