# SPDX-License-Identifier: Apache-2.0
"""BDAT (RFC 3030) ends here and goes on as DATA: a chunk is so many octets whatever they are, nothing
in one is ever a command, and whatever is refused, client and server stay in step."""
import itertools
import time

import pytest

from parts import mail, places, structure
from parts.client import RawClient
from parts.gnupg import Person
from parts.relay import Relay
from parts.sink import Sink

BOB, CAROL = "bob@example.net", "carol@example.com"
NEVER = {"defaults": {"encrypt": "never", "headers": "off"}}

ENDS = [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\0\r\n", b"\r\0\n"]
VARIANTS = [before + b"." + after for before, after in itertools.product(ENDS, ENDS)]
SMUGGLED = (b"MAIL FROM:<ceo@example.org>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\n"
            b"From: ceo@example.org\r\n\r\nsmuggled\r\n.\r\nBDAT 4 LAST\r\nRSET\r\nQUIT\r\n")


@pytest.fixture(scope="module")
def whole(directory):
    sink = Sink(places.free_port())
    normalising = places.free_port()
    relay = Relay(directory, sink.port, policy=NEVER, settings={
        "keys": {"sources": ["directory"]}, "limits": {"message_size": "1MiB"}})
    text = relay.config_file.read_text()
    relay.config_file.write_text(text.replace("listen:\n", (
        f"listen:\n  - name: printers\n    address: 127.0.0.1:{normalising}\n    protocol: smtp\n"
        "    trusted: [127.0.0.0/8]\n    bare_newline: normalise\n"), 1))
    relay.start()
    yield sink, relay, normalising
    relay.stop()
    sink.stop()


@pytest.fixture
def strict(whole):
    sink, relay, _ = whole
    sink.forget()
    return sink, relay.port


@pytest.fixture
def normalising(whole):
    sink, _, port = whole
    sink.forget()
    return sink, port


def chunk(octets: bytes, last: str = "") -> bytes:
    return b"BDAT %d%s\r\n%s" % (len(octets), last.encode(), octets)


def chunks(*pieces: bytes) -> bytes:
    return b"".join(chunk(piece) for piece in pieces[:-1]) + chunk(pieces[-1], " LAST")


def begin(port: int, *recipients: str) -> RawClient:
    """A client whose next word is BDAT."""
    client = RawClient(port)
    assert client.read_reply().startswith("220")
    assert "CHUNKING" in client.say("EHLO client.example.org")
    assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")
    for recipient in recipients or (BOB,):
        assert client.say(f"RCPT TO:<{recipient}>").startswith("250")
    return client


def send(port: int, *pieces: bytes) -> tuple[list[str], str]:
    """The replies to the chunks, and to QUIT: the client is in step if that is 221."""
    with begin(port) as client:
        client.write(chunks(*pieces))
        replies = [client.read_reply() for _ in pieces]
        return replies, client.say("QUIT")


def _name(variant: bytes) -> str:
    return repr(variant)[2:-1]


def is_clean(message: bytes) -> bool:
    rest = message.replace(b"\r\n", b"")
    return not any(octet in rest for octet in (b"\r", b"\n", b"\0"))


def cuts(before: bytes, middle: bytes, after: bytes) -> list[tuple[bytes, ...]]:
    """The same message in one chunk, and cut in two at every place in its middle."""
    message = before + middle + after
    places_to_cut = range(len(before), len(before + middle) + 1)
    return [(message,), *((message[:at], message[at:]) for at in places_to_cut)]


@pytest.mark.parametrize("variant", VARIANTS, ids=_name)
def test_odd_line_end_in_a_chunk_is_refused_and_nothing_behind_it_is_a_command(strict, variant):
    sink, port = strict
    for pieces in cuts(mail.headers() + b"\r\nfirst", variant, SMUGGLED):
        sink.forget()
        replies, goodbye = send(port, *pieces)
        message = b"".join(pieces)
        assert goodbye.startswith("221")
        assert not any("ceo@" in command for command in sink.commands)
        if is_clean(message):
            assert all(reply.startswith("250") for reply in replies)
            (got,) = sink.accepted()
            assert got.addresses == [BOB] and got.content == message
        else:
            assert replies[-1].startswith("550 5.6.0")
            assert not sink.transactions and b"smuggled" not in sink.received


@pytest.mark.parametrize("variant", [one for one in VARIANTS if b"\0" not in one], ids=_name)
def test_normalised_line_ends_in_chunks_stay_content(normalising, variant):
    sink, port = normalising
    contents = set()
    for pieces in cuts(mail.headers() + b"\r\nfirst", variant, SMUGGLED):
        sink.forget()
        replies, goodbye = send(port, *pieces)
        assert all(reply.startswith("250") for reply in replies) and goodbye.startswith("221")
        (got,) = sink.accepted()
        assert got.addresses == [BOB] and is_clean(got.wire)
        assert got.content.endswith(SMUGGLED)
        assert not any("ceo@" in command for command in sink.commands)
        contents.add(got.content)
    assert len(contents) == 1  # where a chunk ends makes no difference


@pytest.mark.parametrize("text", [b"Subject: x\r\n\r\n.\r\n", b".\r\n", b"..\r\n.a\r\n.\r\n", b"\r\n",
                                  b"", b"a\r\n.\r\n.\r\n"], ids=_name)
def test_dots_are_content(strict, text):
    sink, port = strict
    replies, _ = send(port, text)
    assert replies[-1].startswith("250")
    assert sink.accepted()[0].content == text


@pytest.mark.parametrize("text", [b"Subject: x\r\n\r\nno end", b"Subject: x", b"x\r\n."], ids=_name)
def test_last_line_without_an_end_gets_one(strict, text):
    sink, port = strict
    replies, _ = send(port, text)
    assert replies[-1].startswith("250")
    assert sink.accepted()[0].content == text + b"\r\n"


def test_chunks_of_any_size_make_one_message(strict):
    sink, port = strict
    message = mail.plain("One line of many.\r\n" * 20_000).raw
    for size in (1, 2, 997, 65536):
        sink.forget()
        text = message if size > 2 else message[:300]
        pieces = [text[at:at + size] for at in range(0, len(text), size)]
        replies, goodbye = send(port, *pieces)
        assert all(reply.startswith("250") for reply in replies) and goodbye.startswith("221")
        assert sink.accepted()[0].content.removesuffix(b"\r\n") == text.removesuffix(b"\r\n")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_chunks_may_arrive_in_pieces(strict, size):
    sink, port = strict
    wire = chunks(b"Subject: x\r\n\r\n", b".\r\n", b"NOOP\r\n") + b"NOOP\r\n"
    with begin(port) as client:
        for at in range(0, len(wire), size):
            client.write(wire[at:at + size])
        assert [client.read_reply()[:3] for _ in range(4)] == ["250"] * 4
    assert sink.accepted()[0].content == b"Subject: x\r\n\r\n.\r\nNOOP\r\n"


def test_a_whole_conversation_in_one_write(strict):
    sink, port = strict
    once = (b"MAIL FROM:<anna@example.org>\r\nRCPT TO:<bob@example.net>\r\n"
            + chunks(b"Subject: x\r\n", b"\r\nRSET\r\n"))
    with RawClient(port) as client:
        assert client.read_reply().startswith("220")
        client.write(b"EHLO client.example.org\r\n" + once + once + b"QUIT\r\n")
        assert [client.read_reply()[:3] for _ in range(10)] == ["250"] * 9 + ["221"]
    assert [one.content for one in sink.accepted()] == [b"Subject: x\r\n\r\nRSET\r\n"] * 2


REFUSED = {
    "before EHLO": (b"", 0),
    "before MAIL": (b"EHLO c.example.org\r\n", 1),
    "before RCPT": (b"EHLO c.example.org\r\nMAIL FROM:<anna@example.org>\r\n", 2),
    "after the last": (b"EHLO c.example.org\r\nMAIL FROM:<anna@example.org>\r\n"
                       b"RCPT TO:<bob@example.net>\r\nBDAT 3 LAST\r\nx\r\n", 4),
    "after RSET": (b"EHLO c.example.org\r\nMAIL FROM:<anna@example.org>\r\n"
                   b"RCPT TO:<bob@example.net>\r\nBDAT 3\r\nx\r\nRSET\r\n", 5),
}


@pytest.mark.parametrize("before", REFUSED.values(), ids=REFUSED)
def test_chunk_of_a_refused_command_is_thrown_away(strict, before):
    sink, port = strict
    said, replies = before
    with RawClient(port) as client:
        assert client.read_reply().startswith("220")
        client.write(said + chunk(SMUGGLED) + chunk(SMUGGLED, " LAST"))
        assert all(client.read_reply()[0] == "2" for _ in range(replies))
        assert [client.read_reply()[0] for _ in range(2)] == ["5", "5"]
        assert client.say("NOOP").startswith("250")
    assert not any("ceo@" in command for command in sink.commands)
    assert b"smuggled" not in sink.received


@pytest.mark.parametrize("end", ["RSET", "EHLO client.example.org", "HELO client.example.org"])
def test_chunks_that_were_given_up_are_in_no_later_message(strict, end):
    sink, port = strict
    with begin(port) as client:
        client.write(chunk(b"Subject: given up\r\n"))
        assert client.read_reply().startswith("250")
        assert client.say(end).startswith("250")
        assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")
        assert client.say(f"RCPT TO:<{CAROL}>").startswith("250")
        client.write(chunks(b"Subject: sent\r\n"))
        assert client.read_reply().startswith("250")
    (got,) = sink.accepted()
    assert got.addresses == [CAROL] and got.content == b"Subject: sent\r\n"
    assert b"given up" not in sink.received


@pytest.mark.parametrize("line", ["BDAT", "BDAT x", "BDAT -5", "BDAT +5", "BDAT 5 FIRST", "BDAT 0x5",
                                  "BDAT 5 LAST LAST", "BDAT 18446744073709551616", "BDAT 5\x01",
                                  "BDAT\t5"])
def test_size_that_cannot_be_read_ends_the_conversation(strict, line):
    # Where its chunk ends is not known: all of it would be taken for commands.
    sink, port = strict
    with begin(port) as client:
        client.write(line.encode() + b"\r\n" + SMUGGLED)
        assert client.read_reply()[:4] in ("501 ", "500 ")
        assert client.read_line() == ""
    assert not any("ceo@" in command for command in sink.commands)


def test_size_on_a_line_with_a_bare_newline_ends_the_conversation(strict):
    sink, port = strict
    with begin(port) as client:
        client.write(b"BDAT 5\n" + SMUGGLED)
        assert client.read_reply().startswith("500 5.5.2")
        assert client.read_line() == ""
    assert not any("ceo@" in command for command in sink.commands)


def test_message_too_large_is_read_to_the_end_and_refused_to_the_last_chunk(strict):
    sink, port = strict
    piece = b"y" * 998 + b"\r\n"
    with begin(port) as client:
        client.write(chunk(piece * 1000) + chunk(piece * 100) + chunk(piece) + chunk(piece, " LAST"))
        assert [client.read_reply()[:9] for _ in range(4)] == ["250 2.0.0"] + ["552 5.3.4"] * 3
        assert client.say("NOOP").startswith("250")
        assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")
        client.say(f"RCPT TO:<{BOB}>")
        client.write(chunks(b"Subject: y\r\n"))
        assert client.read_reply().startswith("250")
    assert [one.content for one in sink.accepted()] == [b"Subject: y\r\n"]


def test_huge_chunk_is_refused_without_being_kept(whole):
    _, relay, _ = whole
    with begin(relay.port) as client:
        before = relay.private_memory()
        piece = b"z" * (1 << 20)
        client.write(b"BDAT %d\r\n" % (64 << 20))
        for _ in range(64):
            client.write(piece)
        assert client.read_reply().startswith("552 5.3.4")
        assert relay.private_memory() - before < 8 << 20
        assert client.say("RSET").startswith("250")


def test_header_section_too_large_is_refused(place, sink, started):
    relay = started(Relay(place, sink.port, policy=NEVER, settings={
        "keys": {"sources": ["directory"]}, "limits": {"header_size": "16KiB"}}))
    with begin(relay.port) as client:
        client.write(chunks(b"X: y\r\n" * 3000, b"\r\nbody\r\n"))
        assert client.read_reply().startswith("250")
        assert client.read_reply().startswith("552 5.3.4")
        assert client.say("NOOP").startswith("250")
    assert not sink.transactions


def test_next_hop_that_refuses_the_message_is_heard_after_the_last_chunk(place, started):
    sink = Sink(places.free_port(), {"DATA": "451 4.7.1 Not now"})
    try:
        relay = started(Relay(place, sink.port, policy=NEVER,
                              settings={"keys": {"sources": ["directory"]}}))
        replies, goodbye = send(relay.port, b"Subject: x\r\n", b"\r\nx\r\n")
        assert replies[0].startswith("250") and replies[1] == "451 4.7.1 Not now"
        assert goodbye.startswith("221")
    finally:
        sink.stop()


@pytest.mark.parametrize("unfinished", [b"BDAT 100 LAST\r\nhalf", b"BDAT 3\r\nx\r\n", b"BDAT 3 LAST\r\n"])
def test_client_that_goes_before_the_last_octet_sends_nothing(strict, unfinished):
    sink, port = strict
    with begin(port) as client:
        client.write(unfinished)
    with begin(port) as client:
        assert client.say("QUIT").startswith("221")
    deadline = time.monotonic() + 60
    while sink.open_connections and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not sink.transactions and sink.open_connections == 0


def test_sealed_chunks_open_to_what_was_written(place, sink, started):
    bob = Person(place / "people", BOB)
    try:
        relay = Relay(place, sink.port, settings={"keys": {"sources": ["directory"]}})
        relay.add_key(bob)
        started(relay)
        text = mail.plain(".\r\n..\r\nfrom chunks, and no line end", to=BOB)
        replies, _ = send(relay.port, text.raw[:100], text.raw[100:])
        assert replies[-1].startswith("250")
        opened = bob.decrypt(structure.ciphertext(sink.copy_for(BOB).content))
        assert opened == text.sealed_part + b"\r\n"
    finally:
        bob.stop_agent()


def test_lmtp_answers_a_chunk_once_and_the_last_one_for_each_recipient(place, sink, started):
    relay = Relay(place, sink.port, policy=NEVER, settings={"keys": {"sources": ["directory"]}})
    config = relay.config_file.read_text()
    relay.config_file.write_text(config.replace("protocol: smtp", "protocol: lmtp"))
    started(relay)
    with RawClient(relay.port) as client:
        client.read_reply()
        assert "CHUNKING" in client.say("LHLO mta.example.org")
        for pieces, ends in (((b"Subject: x\r\n", b"\r\nx\r\n"), "250"),
                             ((b"Subject: x\n\r\n", b"\r\nx\r\n"), "550")):
            client.say(f"MAIL FROM:<{mail.SENDER}>")
            for recipient in (BOB, CAROL):
                assert client.say(f"RCPT TO:<{recipient}>").startswith("250")
            client.write(chunks(*pieces) + b"NOOP\r\n")
            assert [client.read_reply()[:3] for _ in range(4)] == [ends, ends, ends, "250"]
    assert [one.addresses for one in sink.accepted()] == [[BOB, CAROL]]


def test_binarymime_is_refused(strict):
    _, port = strict
    with RawClient(port) as client:
        client.read_reply()
        assert "BINARYMIME" not in client.say("EHLO client.example.org")
        assert client.say(f"MAIL FROM:<{mail.SENDER}> BODY=BINARYMIME").startswith("555 5.5.4")
