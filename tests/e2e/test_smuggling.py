# SPDX-License-Identifier: Apache-2.0
"""Only CRLF.CRLF ends a message, whichever way a client writes its dots: nothing that one side takes
for the end of a message is passed to another side that takes it for content, or the reverse."""
import itertools

import pytest

from parts import mail
from parts.client import RawClient
from parts.relay import Relay

ENDS = [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\0\r\n", b"\r\0\n"]
VARIANTS = [before + b"." + after for before, after in itertools.product(ENDS, ENDS)
            if b"\r\n.\r\n" not in before + b"." + after]

SMUGGLED = (b"MAIL FROM:<ceo@example.org>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\n"
            b"From: ceo@example.org\r\n\r\nsmuggled\r\n.\r\n")
POLICY = {"defaults": {"encrypt": "never", "headers": "off"}}


@pytest.fixture(scope="module")
def whole(directory, request):
    from parts import places
    from parts.sink import Sink
    sink = Sink(places.free_port())
    normalising = places.free_port()
    relay = Relay(directory, sink.port, policy=POLICY, settings={
        "keys": {"sources": ["directory"]},
        "limits": {"errors": 20}})
    _add_listener(relay, normalising)
    relay.start()
    yield sink, relay.port, normalising
    relay.stop()
    sink.stop()


def _add_listener(relay, port: int) -> None:
    text = relay.config_file.read_text()
    extra = (f"listen:\n  - name: printers\n    address: 127.0.0.1:{port}\n    protocol: smtp\n"
             "    trusted: [127.0.0.0/8]\n    bare_newline: normalise\n")
    relay.config_file.write_text(text.replace("listen:\n", extra, 1))


def _name(variant: bytes) -> str:
    return repr(variant)[2:-1]


def _send(port: int, end: bytes) -> tuple[str, str]:
    """The replies to the message and to QUIT."""
    with RawClient(port) as client:
        client.begin_data(mail.SENDER, "bob@example.net")
        client.write(mail.headers() + b"\r\nfirst" + end + SMUGGLED)
        return client.read_reply(), client.say("QUIT")


@pytest.mark.parametrize("variant", VARIANTS, ids=_name)
def test_odd_line_end_is_read_to_the_true_end_and_refused(whole, variant):
    sink, port, _ = whole
    sink.forget()
    answer, goodbye = _send(port, variant)
    assert answer.startswith("550 5.") and goodbye.startswith("221")
    assert not sink.transactions
    assert b"smuggled" not in sink.received and b"ceo@" not in sink.received


@pytest.mark.parametrize("variant", [one for one in VARIANTS if b"\0" not in one], ids=_name)
def test_normalised_line_ends_stay_content(whole, variant):
    sink, _, port = whole
    sink.forget()
    answer, goodbye = _send(port, variant)
    assert answer.startswith("250") and goodbye.startswith("221")
    (got,) = sink.accepted()
    assert got.addresses == ["bob@example.net"]
    assert b"\r" not in got.wire.replace(b"\r\n", b"")
    assert b"\n" not in got.wire.replace(b"\r\n", b"")
    assert b"smuggled" in got.content and b"MAIL FROM:<ceo@example.org>" in got.content
    assert not any("ceo@" in line for line in sink.commands)


def test_nul_is_refused_even_where_line_ends_are_normalised(whole):
    sink, _, port = whole
    sink.forget()
    answer, _ = _send(port, b"a\0b\r\n")
    assert answer.startswith("550 5.")
    assert not sink.transactions


@pytest.mark.parametrize("pieces", [1, 2, 3, 5])
def test_end_of_data_may_arrive_in_pieces(whole, pieces):
    sink, port, _ = whole
    sink.forget()
    text = mail.headers() + b"\r\n..\r\n.\r\nNOOP\r\n"
    with RawClient(port) as client:
        client.begin_data(mail.SENDER, "bob@example.net")
        for start in range(0, len(text), pieces):
            client.write(text[start:start + pieces])
        assert client.read_reply().startswith("250")
        assert client.read_reply().startswith("250")  # the NOOP that followed in the same write
    assert sink.accepted()[0].content == mail.headers() + b"\r\n.\r\n"


@pytest.mark.parametrize("line", [b"MAIL FROM:<a@example.org>\nRCPT TO:<b@example.net>\r\n",
                                  b"MAIL FROM:<a@example.org\r>\r\n",
                                  b"MAIL FROM:<a\0@example.org>\r\n",
                                  b"MAIL FROM:<a@example.org> AUTH=<>\r RCPT\r\n"])
def test_command_with_odd_octets_never_reaches_the_next_hop(whole, line):
    sink, port, _ = whole
    sink.forget()
    with RawClient(port) as client:
        client.read_reply()
        client.say("EHLO client.example.org")
        client.write(line)
        assert client.read_reply().startswith("5")
    assert not any(command.startswith("MAIL") for command in sink.commands)
