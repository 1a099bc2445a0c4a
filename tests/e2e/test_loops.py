# SPDX-License-Identifier: Apache-2.0
"""Mail that comes back ends, whatever becomes of its trace: by our own count where header cleaning
takes other hops' Received fields away, by theirs where mail passes untouched."""
import re
import shutil
import signal
import time

import pytest

from parts import mail, places, structure
from parts.client import RawClient, Refused, send
from parts.postfix import Postfix, reinjection
from parts.process import DidNotStart
from parts.relay import Relay
from parts.sink import Sink
from test_commands import postseal

BOB, CAROL = "bob@example.net", "carol@example.net"
TOKEN = re.compile(r"^Received: by \S+\r\n with ESMTP id ([b-df-hj-np-tv-z2-9BCDF]{32});", re.M)
KEYS = {"keys": {"sources": ["directory"]}}


class Circle(Sink):
    """A mail server that sends everything to where it came from, and passes the answer on."""

    def __init__(self):
        super().__init__(places.free_port(), {".": self._send_back})
        self.back_to = 0

    def _send_back(self, _line) -> str | None:
        if len(self.transactions) > 50:
            return "451 4.3.0 Where does this end?"
        came = self.transactions[-1]
        hop = b"Received: from relay by circle.example with ESMTP; Thu, 1 Jan 1970 00:00:00 +0000\r\n"
        try:
            send(self.back_to, mail.SENDER, came.addresses, hop + came.content)
        except Refused as refused:
            return f"{refused.code} {refused.text}"
        return None


@pytest.fixture
def circle():
    server = Circle()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def make(place, bob, started):
    """A relay before this next hop; further ones need a folder of their own."""
    def with_settings(next_hop, policy=None, folder="one", trace_key=None, **limits) -> Relay:
        made = Relay(place / folder, next_hop, policy=policy, settings={**KEYS, "limits": limits})
        made.add_key(bob)
        if trace_key:
            shutil.copy(trace_key, made.directory / "spool")
        return started(made)
    return with_settings


def key_of(relay: Relay):
    return relay.directory / "spool/trace.key"


def loops(relay: Relay, *recipients: str, message: bytes | None = None) -> str:
    with pytest.raises(Refused) as refused:
        send(relay.port, mail.SENDER, list(recipients),
             message or mail.plain(to=", ".join(recipients)).raw)
    assert refused.value.code == 554 and refused.value.text.startswith("5.4.6 ")
    return refused.value.text


def received(message: bytes) -> int:
    return structure.field_names(message).count("Received")


def test_cleaned_mail_in_a_circle_ends(make, circle):
    relay = make(circle.port)
    circle.back_to = relay.port
    assert "4 times" in loops(relay, CAROL)
    assert len(circle.transactions) == 4 and not circle.accepted()
    tokens = [TOKEN.findall(structure.header_section(one.content)) for one in circle.transactions]
    # One field of ours, of one shape whatever it counts, and none of anybody else's.
    assert all(len(each) == 1 for each in tokens)
    assert [received(one.content) for one in circle.transactions] == [1] * 4
    assert len({each[0] for each in tokens}) == 4


def test_sealed_mail_in_a_circle_ends(make, circle, bob):
    relay = make(circle.port)
    circle.back_to = relay.port
    assert "4 times" in loops(relay, BOB)
    assert len(circle.transactions) == 4
    sealed = {structure.ciphertext(one.content) for one in circle.transactions}
    assert len(sealed) == 1 and b"Hello" in bob.decrypt(sealed.pop())


@pytest.mark.parametrize("recipient", [BOB, CAROL])
def test_mail_whose_trace_stays_ends_by_the_number_of_hops(make, circle, recipient):
    # Sealed the first time where there is a key, and untouched from then on.
    relay = make(circle.port, policy={"defaults": {"encrypt": "opportunistic", "headers": "off"}})
    circle.back_to = relay.port
    hops = b"".join(b"Received: by hop%d.example; x\r\n" % number for number in range(95))
    assert "101 servers" in loops(relay, recipient, message=hops + mail.plain(to=recipient).raw)
    in_the_end = 100 if recipient == CAROL else 100
    assert received(circle.transactions[-1].content) == in_the_end


def test_postfix_that_sends_back_is_told(make, place):
    port = places.free_port()
    relay = make(port)
    postfix = Postfix(place / "postfix", reinjection(port), relay.port)
    try:
        postfix.start(port)
        # From nobody, so that no bounce goes the same way.
        with RawClient(relay.port) as client:
            client.begin_data("", CAROL)
            client.write(mail.plain(to=CAROL).raw + b".\r\n")
            assert client.read_reply().startswith("250")
        deadline = time.monotonic() + 60
        while "554 5.4.6 This message has passed here 4 times" not in postfix.log():
            assert time.monotonic() < deadline, postfix.log()
            time.sleep(0.1)
    finally:
        postfix.stop()


def test_relays_with_one_key_count_together(make, sink, circle):
    first = make(circle.port)
    second = make(circle.port, folder="two", trace_key=key_of(first))
    circle.back_to = second.port
    assert "4 times" in loops(first, CAROL)
    assert len(circle.transactions) == 4


def test_what_a_stranger_has_written_is_not_counted(make, place, sink):
    stranger = make(sink.port, folder="stranger")
    send(stranger.port, mail.SENDER, [CAROL], mail.plain(to=CAROL).raw)
    written = structure.header_section(sink.accepted()[0].content)
    line = re.search(r"^Received: .*\r\n(?: .*\r\n)*", written, re.M)[0].encode()
    sink.forget()
    ours = make(sink.port, passes=1)
    send(ours.port, mail.SENDER, [CAROL], line * 20 + mail.plain(to=CAROL).raw)
    send(ours.port, mail.SENDER, [CAROL], line.replace(b"ESMTP id ", b"ESMTP id b") * 20
         + mail.plain(to=CAROL).raw)
    assert len(sink.accepted()) == 2


def test_the_key_outlives_reload_and_restart(make, place, sink):
    relay = make(sink.port, passes=1)
    send(relay.port, mail.SENDER, [CAROL], mail.plain(to=CAROL).raw)
    been_here = sink.accepted()[0].content
    key = key_of(relay).read_bytes()
    assert key_of(relay).stat().st_mode & 0o777 == 0o600

    other = place / "other-spool"
    other.mkdir()
    config = relay.config_file.read_text()
    relay.config_file.write_text(re.sub(r"path: spool", f"path: {other}", config))
    relay.process.popen.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 30
    while "configuration reloaded" not in relay.log():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    loops(relay, CAROL, message=been_here)
    assert not list(other.iterdir())

    relay.config_file.write_text(config)
    relay.stop()
    relay.start()
    loops(relay, CAROL, message=been_here)
    assert key_of(relay).read_bytes() == key


def test_lmtp_tells_it_for_each_recipient(place, make, sink, started):
    relay = make(sink.port, passes=1)
    send(relay.port, mail.SENDER, [CAROL], mail.plain(to=CAROL).raw)
    been_here = sink.accepted()[0].content
    other = Relay(place / "lmtp", sink.port, settings={**KEYS, "limits": {"passes": 1}})
    other.config_file.write_text(other.config_file.read_text().replace("protocol: smtp", "protocol: lmtp"))
    shutil.copy(key_of(relay), other.directory / "spool")
    started(other)
    with RawClient(other.port) as client:
        client.read_reply()
        client.say("LHLO mta.example.org")
        client.say(f"MAIL FROM:<{mail.SENDER}>")
        for recipient in (BOB, CAROL):
            client.say(f"RCPT TO:<{recipient}>")
        client.say("DATA")
        client.write(been_here + b".\r\n")
        assert [client.read_reply()[:9] for _ in range(2)] == ["554 5.4.6"] * 2
    assert len(sink.accepted()) == 1


def write(content: str, mode: int = 0o600):
    def spoil(file):
        file.write_text(content)
        file.chmod(mode)
    return spoil


@pytest.mark.parametrize("spoil,said", [
    (write("no key\n"), "is no key"),
    (lambda file: file.mkdir(), "is no regular file"),
    (write("ab" * 32 + "\n", mode=0o644), "chmod 0600")])
def test_key_that_cannot_be_used_is_told_by_check_and_at_the_start(place, sink, spoil, said):
    relay = Relay(place, sink.port, settings=KEYS)
    checked = postseal("check", "--config", relay.config_file)
    assert checked.returncode == 0 and not key_of(relay).exists()  # the service makes it, not root
    spoil(key_of(relay))
    checked = postseal("check", "--config", relay.config_file)
    assert checked.returncode != 0
    assert str(key_of(relay)) in checked.err and said in checked.err
    with pytest.raises(DidNotStart, match=said):
        relay.start()
