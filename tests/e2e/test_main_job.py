# SPDX-License-Identifier: Apache-2.0
"""The main job with a real Postfix on both sides: what a user's program sends leaves sealed, and
opens to exactly what the user wrote, by programs that are not ours."""
import time

import pytest

from parts import gnupg, mail, structure
from parts.client import Refused, send
from parts.gnupg import Person
from parts.house import BOB, CLARA, DORA, EVE, House

# The corpus needs keys to be made, so tests are told apart by these names.
CORPUS = ["7 bit", "8 bit", "UTF-8", "lines of 998 octets", "lines that begin with dots",
          "trailing white space", "one line", "format=flowed", "empty body", "no Content-Type",
          "folded and odd fields", "nested multiparts", "30 MiB attachment", "multipart/signed"]


@pytest.fixture(scope="module")
def signer(person):
    return person(mail.SENDER, "signer")


@pytest.fixture(scope="module")
def corpus(signer):
    mails = {one.name: one for one in mail.corpus(signer)}
    assert sorted(mails) == sorted(CORPUS)
    return mails


@pytest.fixture(scope="module")
def running(directory):
    with House(directory) as whole:
        yield whole


@pytest.fixture
def house(running):
    running.world.forget()
    return running


@pytest.mark.parametrize("name", CORPUS)
def test_sealed_copy_opens_to_exactly_what_was_written(house, corpus, name):
    sent = corpus[name]
    send(house.submission_port, mail.SENDER, [BOB], sent.raw)
    got = house.world.wait_for(1)[0].content
    bob = house.people[BOB]
    sealed = structure.ciphertext(got)
    assert gnupg.recipients_of(sealed) == [bob.subkey_id()]
    expected = sent.sealed_part
    if not sent.content:  # readers take a part without a type for body text: one is written
        expected = bob.decrypt(sealed)
        assert expected.lower().startswith(b"content-type: text/plain")
        assert expected.endswith(b"\r\n\r\n" + sent.body)
    assert bob.decrypt(sealed) == expected
    assert bob.decrypt_with_sq(sealed) == expected
    assert bob.decrypt_with_rnp(sealed) == expected


def test_header_section_says_only_what_the_recipient_needs(house, corpus):
    send(house.submission_port, mail.SENDER, [BOB], corpus["7 bit"].raw)
    got = house.world.wait_for(1)[0].content
    names = [name.lower() for name in structure.field_names(got)]
    for telltale in mail.TELLTALE:
        assert telltale.lower() not in names
    section = structure.header_section(got)
    for secret in ("192.168.178.23", "client.example.org", "Thunderbird"):
        assert secret not in section
    for kept in ("Subject: Minutes of Tuesday\r\n", "To: Bob <bob@wkd.example>\r\n",
                 "From: Anna Adler <anna@example.org>\r\n",
                 "References: <first@example.net>\r\n <second@example.net>\r\n",
                 "Message-ID: <b9a53d5c-7c1f-4d6e-9a52-0c2f4f3a1b7d@example.org>\r\n"):
        assert kept in section
    assert structure.single_instance_fields_are_single(got)


def test_signature_of_the_sender_still_verifies_after_opening(house, corpus, signer):
    send(house.submission_port, mail.SENDER, [BOB], corpus["multipart/signed"].raw)
    opened = house.people[BOB].decrypt(structure.ciphertext(house.world.wait_for(1)[0].content))
    part, signature = mail.split_signed(opened)
    assert signer.verifies(part, signature)
    assert not signer.verifies(part.replace(b"20", b"2000"), signature)


def test_each_of_four_recipients_gets_what_is_right_for_them(house):
    sent = mail.plain("Everybody may see who else reads this, but for one.\r\n",
                      to=f"{BOB}, {DORA}, {CLARA}")
    send(house.submission_port, mail.SENDER, [BOB, DORA, CLARA, EVE], sent.raw)
    house.world.wait_for(4)
    key_ids = {address: person.subkey_id() for address, person in house.people.items()}

    for address in (BOB, DORA):
        sealed = structure.ciphertext(house.world.copy_for(address).content)
        assert set(gnupg.recipients_of(sealed)) == {key_ids[BOB], key_ids[DORA]}
        assert house.people[address].decrypt(sealed) == sent.sealed_part

    blind = house.world.copy_for(EVE).content
    assert gnupg.recipients_of(structure.ciphertext(blind)) == [key_ids[EVE]]
    assert house.people[EVE].decrypt(structure.ciphertext(blind)) == sent.sealed_part
    for address in (BOB, DORA, CLARA):
        assert EVE.encode() not in house.world.copy_for(address).content

    clear = house.world.copy_for(CLARA).content
    assert clear.endswith(b"\r\n\r\n" + sent.body)
    assert "User-Agent" not in structure.field_names(clear)


def test_key_directory_is_read_again_when_it_changes(house):
    frank = Person(house.directory / "people", "frank@nokey.example")
    try:
        send(house.submission_port, mail.SENDER, [frank.address], mail.plain("before\r\n").raw)
        assert house.world.wait_for(1)[0].content.endswith(b"before\r\n")
        house.relay.add_key(frank)
        time.sleep(1.2)  # the folder is looked at no more often than once a second
        send(house.submission_port, mail.SENDER, [frank.address], mail.plain("after\r\n").raw)
        sealed = structure.ciphertext(house.world.wait_for(2)[1].content)
        assert frank.decrypt(sealed).endswith(b"after\r\n")
    finally:
        frank.stop_agent()


def test_what_postseal_refuses_is_told_to_the_mail_program(house):
    wrong = mail.headers() + b"\r\nhalf a line\0end\r\n"
    with pytest.raises(Refused, match="550 5.6.0 .*NUL"):
        send(house.submission_port, mail.SENDER, [BOB], wrong)
    assert not house.world.transactions
