# SPDX-License-Identifier: Apache-2.0
"""The parts without postseal: when the other files fail and this one does not, it is postseal."""
import pytest

from parts import gnupg, mail, places, structure
from parts.client import Refused, send
from parts.gnupg import CouldNotDecrypt
from parts.postfix import BEFORE_QUEUE, Postfix, with_ports, written
from parts.sink import DROP
from parts.wkd import hashed_user

TO = "bob@example.net"


@pytest.fixture(scope="module")
def bob(person):
    return person(TO)


def test_postfix_filters_reinjects_and_delivers_by_itself(place, sink):
    entrance, back = places.free_port(), places.free_port()
    # Its own re-injection listener stands in for a filter that changes nothing.
    services = with_ports(written(BEFORE_QUEUE, "master.cf"), entrance, back, back)
    postfix = Postfix(place / "postfix", services, sink.port)
    try:
        postfix.start(entrance, back)
        send(entrance, mail.SENDER, [TO, "carl@example.net"], mail.plain().raw)
        copies = sink.wait_for(2)
    finally:
        postfix.stop()
    assert sorted(one.addresses for one in copies) == [[TO], ["carl@example.net"]]
    assert all(one.content.endswith(mail.plain().raw) for one in copies)
    assert postfix.process.popen.poll() is not None
    assert not places.listens(entrance) and not places.listens(back)


def test_sink_keeps_what_was_meant_and_what_was_sent(sink):
    message = b"Subject: dots\r\n\r\n.\r\n..\r\n"
    send(sink.port, mail.SENDER, [TO], message)
    (got,) = sink.accepted()
    assert got.content == message
    assert got.wire == b"Subject: dots\r\n\r\n..\r\n...\r\n"
    assert message[:8] in sink.received


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
def test_sink_refuses_where_it_is_told_to(sink, step):
    sink.answers[step] = "451 4.7.1 not now"
    with pytest.raises(Refused, match="451 4.7.1 not now"):
        send(sink.port, mail.SENDER, [TO], mail.plain().raw)
    assert not sink.accepted()
    sink.answers[step] = DROP
    with pytest.raises(Exception, match="(?i)clos|lost|reset"):
        send(sink.port, mail.SENDER, [TO], mail.plain().raw)


def test_three_programs_open_what_gpg_sealed_and_refuse_what_was_tampered_with(bob):
    key = bob.home / "key.pgp"
    key.write_bytes(bob.certificate())
    plaintext = bytes(range(256)) * 40
    sealed = bob.gpg("--compress-algo", "none", "-f", str(key), "-e", data=plaintext)
    assert gnupg.recipients_of(sealed) == [bob.subkey_id()]
    tampered = sealed[:-30] + bytes([sealed[-30] ^ 1]) + sealed[-29:]
    for opening in (bob.decrypt, bob.decrypt_with_sq, bob.decrypt_with_rnp):
        assert opening(sealed) == plaintext
        with pytest.raises(CouldNotDecrypt):
            opening(tampered)


def test_a_signature_verifies_only_what_was_signed(bob):
    part, signature = mail.split_signed(mail.signed(bob).sealed_part)
    assert bob.verifies(part, signature)
    assert not bob.verifies(part + b"\r\n", signature)


def test_hashed_user_is_the_drafts_example():
    assert hashed_user("Joe.Doe") == "iy9q119eutrkn8s1mk4r39qejnbu3n5q"


@pytest.mark.parametrize("harm", [
    (b"Version: 1", b"Version: 2"), (b"multipart/encrypted", b"multipart/mixed"),
    (b"MIME-Version: 1.0\r\n", b""), (b"-----BEGIN", b"-----BEGUN"), (b"\r\n\r\nhQ", b"\n\nhQ"),
    (b"MIME-Version", b"Content-Transfer-Encoding: base64\r\nMIME-Version")])
def test_structure_check_sees_what_is_wrong(harm):
    good = (b'From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/encrypted;\r\n'
            b' protocol="application/pgp-encrypted"; boundary="=_b"\r\n\r\n--=_b\r\n'
            b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--=_b\r\n"
            b"Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n"
            b"hQEMA0==\r\n=abcd\r\n-----END PGP MESSAGE-----\r\n\r\n--=_b--\r\n")
    assert structure.ciphertext(good)
    assert harm[0] in good
    with pytest.raises((AssertionError, ValueError)):
        structure.ciphertext(good.replace(*harm))
