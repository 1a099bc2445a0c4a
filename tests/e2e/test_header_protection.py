# SPDX-License-Identifier: Apache-2.0
"""Header protection (RFC 9788), read back by programs that are not ours: outside there is no subject,
and mutt, neomutt and notmuch show the one that the sender wrote."""
import email
import email.policy

import pytest

from parts import mail, structure
from parts.client import send
from parts.gnupg import Person
from parts.readers import Notmuch, shown_by_mutt
from parts.relay import Relay

BOB = "bob@example.net"
SUBJECT = "The figures of May"
BODY = b"dear Bob,\r\n\r\nthey are good.\r\n"
CONTENT = b"Content-Type: text/plain; charset=us-ascii\r\n"


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def sealed(place, bob, started, sink):
    def under(policy: dict, content: bytes = CONTENT, body: bytes = BODY, subject: str = SUBJECT,
              more: bytes = b"", profiles: dict | None = None) -> bytes:
        whole = {"defaults": {"encrypt": "required", **policy}}
        if profiles:
            whole["header_profiles"] = profiles
        relay = Relay(place, sink.port, policy=whole, settings={"keys": {"sources": ["directory"]}})
        relay.add_key(bob)
        started(relay)
        header = mail.headers(to=f"Bob <{BOB}>", subject=subject) + more
        written = mail.Mail("protected", content, body, header)
        send(relay.port, mail.SENDER, [BOB], written.raw)
        return sink.accepted()[0].content
    return under


def opened(bob: Person, message: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(bob.decrypt(structure.ciphertext(message)), policy=email.policy.default)


@pytest.mark.parametrize("program", ["mutt", "neomutt"])
@pytest.mark.parametrize("policy", ["baseline", "shy"])
def test_protected_subject_is_shown_by(program, policy, sealed, bob, place):
    got = sealed({"header_protection": policy})
    assert "Subject: [...]\r\n" in structure.header_section(got)
    screen = shown_by_mutt(program, bob, got, place, last="they are good.")
    assert f"Subject: {SUBJECT}" in screen
    assert "they are good." in screen


@pytest.mark.parametrize("policy", ["baseline", "shy"])
def test_protected_subject_is_shown_and_found_by_notmuch(policy, sealed, bob, place):
    got = sealed({"header_protection": policy})
    notmuch = Notmuch(bob, place)
    notmuch.add(got)
    message, = notmuch.show('subject:"figures of May"')
    assert message["headers"]["Subject"] == SUBJECT
    assert message["crypto"]["decrypted"]["header-mask"]["Subject"] == "[...]"


def test_header_outside_says_no_more_than_the_policy_lets_it(sealed, bob):
    got = sealed({"header_protection": "shy", "headers": "standard"})
    section = structure.header_section(got)
    for secret in (SUBJECT, "Anna Adler", "Bob <", "+0100"):
        assert secret not in section
    assert f"From: {mail.SENDER}\r\n" in section and f"To: {BOB}\r\n" in section
    assert "Date: Tue, 05 Mar 2024 16:14:09 +0000\r\n" in section
    assert structure.single_instance_fields_are_single(got)
    inside = opened(bob, got)
    assert inside["Subject"] == SUBJECT and inside["From"] == f"Anna Adler <{mail.SENDER}>"
    assert (inside.get_param("hp"), inside.get_param("protected-headers")) == ("cipher", "v1")
    noted = dict(one.split(": ", 1) for one in inside.get_all("HP-Outer"))
    assert noted["Subject"] == "[...]" and noted["From"] == mail.SENDER
    for telltale in mail.TELLTALE:
        assert telltale not in inside


OUTLOOK = (f"Thread-Topic: {SUBJECT}\r\nThread-Index: AdxZAAECAwQFBgcICQoLDA0ODxAREgAAAAEB\r\n"
           f'Reply-To: "Adler, Anna" <{mail.SENDER}>\r\n').encode()


@pytest.mark.parametrize("headers", ["off", "open"])
@pytest.mark.parametrize("policy", ["baseline", "shy"])
def test_subject_is_nowhere_outside_where_the_profile_keeps_its_repetition(headers, policy, sealed, bob):
    profiles = {"open": {"from": "standard", "keep": ["Thread-*"]}}
    got = sealed({"header_protection": policy, "headers": headers}, more=OUTLOOK, profiles=profiles)
    section = structure.header_section(got)
    assert "Subject: [...]\r\n" in section
    assert SUBJECT not in section and "Thread-" not in section
    assert ("Adler, Anna" in section) == (policy == "baseline")
    assert ("User-Agent" in section) == (headers == "off")  # nothing else is hidden than before
    inside = opened(bob, got)
    assert inside["Subject"] == inside["Thread-Topic"] == SUBJECT
    assert inside["Reply-To"] == f'"Adler, Anna" <{mail.SENDER}>'


def test_entity_of_the_sender_is_inside_octet_for_octet(sealed, bob):
    content = (b'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary="s"\r\n'
               b"Content-Language: de\r\n")
    body = b"--s\r\nContent-Type: text/plain\r\n\r\nfrom  here \r\n--s\r\n\r\nx\r\n--s--\r\n"
    got = sealed({"header_protection": "baseline"}, content, body)
    plain = bob.decrypt(structure.ciphertext(got))
    boundary = opened(bob, got).get_boundary().encode()
    assert plain.split(b"--" + boundary + b"\r\n")[1] == content + b"\r\n" + body + b"\r\n--" + boundary + b"--\r\n"


def test_subject_may_be_shown_outside_all_the_same(sealed, bob):
    got = sealed({"header_protection": "baseline", "subject": "shown"})
    assert f"Subject: {SUBJECT}\r\n" in structure.header_section(got)
    assert opened(bob, got)["Subject"] == SUBJECT


def test_without_it_a_sealed_mail_is_as_it_always_was(sealed, bob):
    got = sealed({"header_protection": "off"})
    assert f"Subject: {SUBJECT}\r\n" in structure.header_section(got)
    assert bob.decrypt(structure.ciphertext(got)) == CONTENT + b"\r\n" + BODY
