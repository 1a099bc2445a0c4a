# SPDX-License-Identifier: Apache-2.0
"""What a policy can say of headers: profiles of one's own, identifiers without internal hosts,
signatures that survive, and no Received field where none is needed."""
import base64
import hashlib
import hmac
import re
import subprocess

import dkim
import pytest

from parts import mail, places, structure
from parts.client import Refused, send
from parts.process import DidNotStart
from parts.relay import Relay
from parts.sink import Sink
from test_commands import postseal
from test_loops import TOKEN, Circle

BOB, CAROL = "bob@example.net", "carol@example.net"  # Bob has a key
DIRECTORY = {"keys": {"sources": ["directory"]}}
LETTERS = "bcdfghjkmnpqrstvwxyz23456789BCDF"


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def make(place, bob, started, sink):
    """A relay under these lines of policy, and these settings; further ones in folders of their own."""
    def written(policy: str, folder: str = "one", next_hop: int | None = None, key: str = "", **settings):
        relay = Relay(place / folder, next_hop or sink.port, settings={**DIRECTORY, **settings})
        relay.policy_file.write_text(policy)
        relay.add_key(bob)
        if key:
            file = relay.directory / "message-ids.key"
            file.touch(0o600)
            file.write_text(key + "\n")
        return started(relay)
    return written


def message(*fields: str, to: str = CAROL, body: bytes = b"aye\r\n") -> bytes:
    lines = (f"From: Anna <{mail.SENDER}>", f"To: {to}", "Subject: berth seven",
             "Date: Tue, 5 Mar 2024 17:14:09 +0100", *fields)
    return "".join(line + "\r\n" for line in lines).encode() + b"\r\n" + body


def field(content: bytes, name: str) -> str | None:
    found = re.search(rf"^{name}:[ \t]*((?:.*\r\n)(?:[ \t].*\r\n)*)", structure.header_section(content), re.M | re.I)
    return found and re.sub(r"\r\n[ \t]+", " ", found[1]).strip()


# Profiles of one's own.

QUIET = """\
header_profiles:
  quiet:
    from: strict
    keep: [X-Ticket, "X-Harbour-*"]
    remove: ["*"]
    normalise: [Date]
defaults: { headers: quiet }
"""


def test_profile_of_ones_own_is_obeyed_in_clear_and_in_sealed_copies(make, sink):
    relay = make(QUIET)
    sent = message("Message-ID: <1@example.org>", "X-Ticket: 4711", "X-Harbour-Desk: 7", "X-Other: 1",
                   "Comments: who wrote this", "User-Agent: Sail", "List-Id: a.example.org", "X-Loop: yes",
                   "Bcc: hidden@example.net", "Content-Type: text/plain")
    send(relay.port, mail.SENDER, [BOB, CAROL], sent)
    ours = ["Received", "From", "To", "Subject", "Date", "Message-ID", "X-Ticket", "X-Harbour-Desk", "List-Id",
            "X-Loop"]
    clear, sealed = (sink.copy_for(one).content for one in (CAROL, BOB))
    assert structure.field_names(clear) == [*ours, "Content-Type"]
    assert structure.field_names(sealed)[:len(ours)] == ours
    for copy in (clear, sealed):
        assert field(copy, "Date") == "Tue, 05 Mar 2024 16:14:00 +0000"


def test_explain_says_which_profile_cleans_and_how(make):
    relay = make(QUIET.replace("quiet }", "quiet, date: utc }"))
    said = postseal("explain", "--config", relay.config_file, "--from", mail.SENDER, "--to", CAROL).out
    assert "1. cleaned, headers quiet, date in UTC: " + CAROL in said


def test_mistake_in_a_profile_is_shown_with_its_place(make):
    relay = make(QUIET)
    relay.policy_file.write_text(QUIET.replace('["*"]', "[X-Face, Message-ID]"))
    told = postseal("check", "--config", relay.config_file)
    assert told.returncode != 0
    assert "policy.yaml:5:22: 'Message-ID' cannot be removed: " in told.out + told.err


# Message identifiers.

HIDDEN = "defaults: { message_id: hmac }\n"
SECRET = "9b" * 32


def disguised(identifier: str) -> str:
    """As docs/headers.md says, made by another program."""
    octets = hmac.new(bytes.fromhex(SECRET), b"message-id " + identifier.encode(), hashlib.sha256).digest()
    bits = "".join(f"{octet:08b}" for octet in octets)
    return "<" + "".join(LETTERS[int(bits[5 * i:5 * i + 5], 2)] for i in range(26)) + "@example.org>"


IDS = {"message_ids": {"key": "message-ids.key", "hosts": ["*.corp.example"]}}


def test_conversation_holds_together_outside_and_names_no_host(make, sink):
    # Two relays of one house, with one key; the second message goes through the other one.
    one, two = (make(HIDDEN, folder, key=SECRET, **IDS) for folder in ("one", "two"))
    first, second = "<1.4711@pc17.corp.example>", "<2.4712@pc17.corp.example>"
    send(one.port, mail.SENDER, [BOB, CAROL], message(f"Message-ID: {first}", to=f"{BOB}, {CAROL}"))
    copies = [sink.copy_for(who).content for who in (BOB, CAROL)]
    assert {field(copy, "Message-ID") for copy in copies} == {disguised(first[1:-1])}
    # Carol answers, and cites what she got; Anna's program cites what it has sent, too.
    answer = "<reply.9@example.net>"
    sink.forget()
    send(two.port, mail.SENDER, [CAROL], message(f"Message-ID: {second}", f"In-Reply-To: {answer}",
                                                 f"References: {first}\r\n {field(copies[1], 'Message-ID')} {answer}"))
    got = sink.copy_for(CAROL).content
    known = disguised(first[1:-1])
    assert field(got, "References") == f"{known} {known} {answer}"
    assert field(got, "In-Reply-To") == answer
    assert field(got, "Message-ID") == disguised(second[1:-1]) != known
    assert all(b"corp.example" not in copy and b"471" not in copy.split(b"\r\n\r\n")[0] for copy in (*copies, got))


def test_identifiers_survive_a_restart(make, sink):
    relay = make(HIDDEN, key=SECRET, **IDS)
    for _ in range(2):
        send(relay.port, mail.SENDER, [CAROL], message("Message-ID: <1@pc17.corp.example>"))
        relay.stop()
        relay.start()
    assert {field(one.content, "Message-ID") for one in sink.accepted()} == {disguised("1@pc17.corp.example")}


def test_mail_that_stays_inside_keeps_its_identifiers(make, sink):
    relay = make(HIDDEN, key=SECRET, **IDS)
    sent = message("Message-ID: <1@pc17.corp.example>", to="carl@example.org")
    send(relay.port, mail.SENDER, ["carl@example.org"], sent)
    assert sink.accepted()[0].content == sent


def test_without_a_key_nothing_starts(make):
    with pytest.raises(DidNotStart, match="'message_id: hmac' needs 'message_ids' in postseal.yaml"):
        make(HIDDEN)


# Signatures of servers before us.

@pytest.fixture(scope="module")
def signing_key():
    pem = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], check=True, capture_output=True).stdout
    public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, check=True,
                            capture_output=True).stdout
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def with_dkim(sent: bytes, pem: bytes, *names: bytes) -> bytes:
    return dkim.sign(sent, b"s1", b"example.org", pem, include_headers=list(names)) + sent


def is_valid(got: bytes, record: bytes) -> bool:
    return dkim.verify(got, dnsfunc=lambda *_, **__: record)


def encrypted_by_the_sender(bob) -> tuple[str, bytes]:
    file = bob.home / "certificate"
    file.write_bytes(bob.certificate())
    armored = bob.gpg("--armor", "--no-keyring", "-f", str(file), "-e", data=b"secret").replace(b"\n", b"\r\n")
    return ('Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="=_x"',
            b"--=_x\r\nContent-Type: application/pgp-encrypted\r\nX-Mailer: inside\r\n\r\nVersion: 1\r\n\r\n--=_x\r\n"
            b"Content-Type: application/octet-stream\r\n\r\n" + armored + b"\r\n--=_x--\r\n")


def signed_by_the_sender(bob) -> tuple[str, bytes]:
    written = mail.signed(bob)
    inside = written.body.replace(b"--=_signed\r\nContent-Type: application", b"--=_signed\r\nX-Mailer: inside\r\n"
                                  b"Content-Type: application")
    return re.sub(r"\s+", " ", written.content.decode()).strip(), inside


@pytest.fixture(params=[encrypted_by_the_sender, signed_by_the_sender, None], ids=["encrypted", "signed", "plain"])
def written(request, bob):
    """What a user's program writes, already encrypted, already signed, or neither."""
    content, body = request.param(bob) if request.param else ("Content-Type: text/plain", b"aye\r\n")
    return message("Message-ID: <1@example.org>", "User-Agent: Sail", "X-Mailer: Sail", "MIME-Version: 1.0 (Sail)",
                   content, body=body), body


STRICT = "defaults: { encrypt: never, headers: strict, dkim: %s }\n"


def test_mail_is_cleaned_outside_though_its_sender_has_protected_it(make, sink, written):
    sent, body = written
    relay = make(STRICT % "drop")
    send(relay.port, mail.SENDER, [BOB], sent)
    got = sink.accepted()[0].content
    assert structure.field_names(got) == ["Received", "From", "To", "Subject", "Date", "Message-ID", "MIME-Version",
                                          "Content-Type"]
    assert field(got, "MIME-Version") == "1.0"
    assert got.split(b"\r\n\r\n", 1)[1] == body  # what is inside is nobody's to clean


def test_kept_signature_is_valid_and_the_rest_is_cleaned(make, sink, written, signing_key):
    pem, record = signing_key
    sent, body = written
    relay = make(STRICT % "keep")
    signed = with_dkim(sent, pem, b"from", b"date", b"message-id", b"user-agent")
    send(relay.port, mail.SENDER, [BOB], signed)
    got = sink.accepted()[0].content
    assert is_valid(got, record) and got.endswith(b"\r\n\r\n" + body)
    names = structure.field_names(got)
    assert "User-Agent" in names and "X-Mailer" not in names
    assert field(got, "Date").endswith("+0100") and field(got, "MIME-Version") == "1.0"


def test_stale_signature_goes_and_one_that_fits_stays(make, sink, written, signing_key):
    pem, record = signing_key
    sent, _ = written
    relay = make(STRICT % "drop")
    for names in ([b"from", b"date"], [b"from", b"message-id"]):
        send(relay.port, mail.SENDER, [BOB], with_dkim(sent, pem, *names))
    stale, good = (one.content for one in sink.accepted())
    assert "DKIM-Signature" not in structure.field_names(stale)
    assert is_valid(good, record)
    assert all(field(one, "Date") == "Tue, 05 Mar 2024 16:14:00 +0000" for one in (stale, good))


def test_sealing_takes_signatures_though_they_are_to_be_kept(make, sink, signing_key):
    relay = make("defaults: { dkim: keep }\n")
    signed = with_dkim(message("User-Agent: Sail", to=BOB), signing_key[0], b"from", b"user-agent")
    send(relay.port, mail.SENDER, [BOB], signed)
    got = sink.accepted()[0].content
    assert structure.ciphertext(got)
    assert not {"DKIM-Signature", "User-Agent"} & set(structure.field_names(got))


# No Received field of ours.

def listening(port: int, **more) -> dict:
    return {"listen": [{"name": "in", "address": f"127.0.0.1:{port}", **more}]}


@pytest.fixture
def front(place, bob, started):
    """postseal before a mail server that takes everything, and says nothing of itself without need."""
    def before(next_hop: Sink) -> Relay:
        port = places.free_port()
        relay = Relay(place, next_hop.port, port=port, settings={
            **DIRECTORY, **listening(port, place="front", login="never", received="none")})
        relay.config_file.write_text(relay.config_file.read_text().replace(
            f"next_hop:\n  address: 127.0.0.1:{next_hop.port}\n",
            f"next_hop:\n  address: 127.0.0.1:{next_hop.port}\n  client: proxy\n", 1))
        relay.add_key(bob)
        started(relay).wait_until_it_takes_mail()
        return relay
    return before


def test_mail_of_a_program_says_nothing_of_the_relay(front):
    server = Sink(places.free_port(), behind_front=True)
    try:
        relay = front(server)
        send(relay.port, mail.SENDER, [BOB, CAROL], message())
        for one in (BOB, CAROL):
            got = server.copy_for(one).content
            assert structure.field_names(got)[0] == "From" and b"postseal" not in got
        server.forget()
        # A machine that hands on what it has got: here the field is what would end a circle.
        send(relay.port, mail.SENDER, [CAROL], b"Received: by inner.example.org; x\r\n" + message())
        assert len(TOKEN.findall(structure.header_section(server.accepted()[0].content))) == 1
    finally:
        server.stop()


def test_circle_ends_though_the_first_pass_has_left_no_field(front):
    class Behind(Circle):
        def __init__(self):
            Sink.__init__(self, places.free_port(), {".": self._send_back}, behind_front=True)
            self.back_to = 0

    circle = Behind()
    try:
        relay = front(circle)
        circle.back_to = relay.port
        with pytest.raises(Refused, match="4 times"):
            send(relay.port, mail.SENDER, [CAROL], message())
        found = [structure.field_names(one.content).count("Received") for one in circle.transactions]
        assert found == [0, 1, 1, 1, 1]
    finally:
        circle.stop()


@pytest.mark.parametrize("more", [{"protocol": "lmtp"}, {"place": "filter"}])
def test_behind_a_mail_server_our_field_cannot_be_left_out(place, sink, more):
    port = places.free_port()
    relay = Relay(place, sink.port, port=port, settings=listening(port, received="none", **more))
    told = postseal("check", "--config", relay.config_file)
    assert told.returncode != 0 and "'received: none' is for 'place: front'" in told.out + told.err
