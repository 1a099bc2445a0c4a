# SPDX-License-Identifier: Apache-2.0
"""SIZE (RFC 1870): the next hop hears true figures, and what sealing makes too large for it is compressed,
or refused before anybody gets anything."""
import random
import re

import pytest

from parts import mail, places, structure
from parts.client import RawClient, Refused, send
from parts.relay import Relay
from parts.sink import EXTENSIONS, Sink

BOB, CAROL = "bob@example.net", "carol@example.net"
LIMIT = 200_000


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def small():
    """A next hop that takes no large mail."""
    offered = [f"SIZE {LIMIT}" if word.startswith("SIZE") else word for word in EXTENSIONS]
    sink = Sink(places.free_port(), extensions=offered)
    yield sink
    sink.stop()


@pytest.fixture
def make(place, bob, started):
    def before(sink: Sink, policy=None) -> Relay:
        made = Relay(place, sink.port, policy=policy, settings={"keys": {"sources": ["directory"]}})
        made.add_key(bob)
        return started(made)
    return before


def message_of(body: bytes, to: str) -> mail.Mail:
    content = b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n"
    return mail.Mail("sized", content, body, mail.headers(to=to))


def prose(octets: int) -> bytes:
    line = b"The quick brown fox jumps over the lazy dog, again and again.\r\n"
    return line * (octets // len(line))


def noise(octets: int) -> bytes:
    chance = random.Random(octets)
    line = lambda: bytes(chance.choices(range(0x80, 0x100), k=76)) + b"\r\n"
    return b"".join(line() for _ in range(octets // 78))


def declared(sink: Sink) -> list[int]:
    """By each MAIL that the next hop has heard."""
    return [int(re.search(r" SIZE=(\d+)", line)[1]) for line in sink.commands
            if line.startswith("MAIL")]


def test_the_clients_figure_is_mirrored_and_a_grown_message_announced_anew(make, sink, bob):
    relay = make(sink)
    sent = mail.plain(to=BOB).raw
    send(relay.port, mail.SENDER, [BOB], sent, [f"SIZE={len(sent)}"])
    sealed = sink.accepted()[0].content
    assert len(sealed) > len(sent) and b"Hello" in bob.decrypt(structure.ciphertext(sealed))
    assert declared(sink) == [len(sent), len(sealed)]


def test_a_message_that_has_not_grown_has_one_transaction(make, sink):
    relay = make(sink, {"defaults": {"encrypt": "never", "headers": "off"}})
    sent = mail.plain(to=BOB).raw
    for size in (len(sent), 10):  # what the client says too little of its own is its own affair
        sink.forget()
        send(relay.port, mail.SENDER, [BOB], sent, [f"SIZE={size}"])
        assert declared(sink) == [size]
        assert sink.accepted()[0].content == sent


def test_clients_may_send_what_the_next_hop_takes(make, small):
    with RawClient(make(small).port) as client:
        client.read_reply()
        assert f"SIZE {LIMIT}" in client.say("EHLO client.example.org")


def test_text_that_sealing_makes_too_large_is_compressed(make, small, bob):
    sent = message_of(prose(190_000), f"{BOB}, {CAROL}")
    send(make(small).port, mail.SENDER, [BOB, CAROL], sent.raw, [f"SIZE={len(sent.raw)}"])
    sealed = small.copy_for(BOB).content
    assert len(sealed) < LIMIT // 4
    for decrypt in (bob.decrypt, bob.decrypt_with_sq, bob.decrypt_with_rnp):
        assert decrypt(structure.ciphertext(sealed)) == sent.sealed_part
    assert small.copy_for(CAROL).content.endswith(sent.body)  # in clear, and as it came
    assert declared(small)[1:] == [len(one.content) for one in small.accepted()]


def test_text_that_fits_is_not_compressed(make, small, bob):
    sent = message_of(prose(100_000), BOB)
    send(make(small).port, mail.SENDER, [BOB], sent.raw)
    sealed = small.copy_for(BOB).content
    assert len(sealed) > 137_000
    assert bob.decrypt(structure.ciphertext(sealed)) == sent.sealed_part


@pytest.mark.parametrize("recipients", [[BOB], [CAROL, BOB]])
def test_what_does_not_compress_is_refused_and_nobody_gets_anything(make, small, recipients):
    sent = message_of(noise(190_000), ", ".join(recipients))
    with pytest.raises(Refused) as refused:
        send(make(small).port, mail.SENDER, recipients, sent.raw, [f"SIZE={len(sent.raw)}"])
    assert refused.value.code == 552
    said = refused.value.text
    assert f"5.3.4 <{BOB}>: sealing makes this message too large" in said
    assert f"It came with {len(sent.raw)} octets" in said and f"may have {LIMIT}" in said
    assert not small.transactions and "DATA" not in small.commands
