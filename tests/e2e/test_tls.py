# SPDX-License-Identifier: Apache-2.0
"""TLS on both sides of a front listener: who is let in, who is believed, and that nothing which was
said in clear counts once there is TLS."""
import hashlib
import os
import signal
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from parts import mail, places, proxy
from parts.certificates import Authority
from parts.client import RawClient, Refused, send, unverified
from parts.relay import Relay
from parts.sink import EXTENSIONS, Sink

MTA, MAIL, OTHER = "mta.example.org", "mail.example.org", "smtp.example.org"
CANARY = b"the canary sings in clear"


@dataclass
class Pki:
    authority: Authority
    pairs: dict[str, tuple[Path, Path]]

    def server(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.pairs[name])
        return context

    def fingerprint(self, name: str) -> str:
        pem = self.pairs[name][0].read_text()
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


@pytest.fixture(scope="module")
def pki(directory):
    authority = Authority(directory)
    return Pki(authority, {name: authority.issue(name, name) for name in (MTA, MAIL, OTHER)})


@pytest.fixture
def hop():
    sinks = []

    def of(**options) -> Sink:
        sinks.append(Sink(places.free_port(), **options))
        return sinks[-1]
    yield of
    for sink in sinks:
        sink.stop()


def front(place, sink: Sink, tls: str, next_hop: dict | None = None, **listener) -> Relay:
    port = places.free_port()
    return Relay(place, sink.port, port=port, settings={
        "listen": [{"name": "submission", "place": "front", "address": f"127.0.0.1:{port}",
                    **listener}],
        "next_hop": {"address": f"127.0.0.1:{sink.port}", "client": "proxy", **(next_hop or {})},
        "keys": {"sources": ["directory"]}}, tls=tls)


def tls_settings(pki: Pki, start: str, *more: str, required: bool = True) -> str:
    def pair(name):
        return f"certificate: {pki.pairs[name][0]}, key: {pki.pairs[name][1]}"
    others = ", ".join(f"{{ {pair(name)} }}" for name in more)
    return (f"{{ start: {start}, {pair(MAIL)}, required: {str(required).lower()}"
            + (f", more: [{others}]" if more else "") + " }")


@pytest.fixture
def submission(place, pki, hop, started):
    """A front with STARTTLS, and the mail server behind it."""
    sink = hop(behind_front=True)
    relay = started(front(place, sink, tls_settings(pki, "starttls", OTHER)))
    relay.wait_until_it_takes_mail()
    return relay, sink


def ready_for_tls(relay: Relay) -> RawClient:
    client = RawClient(relay.port)
    assert client.read_reply().startswith("220 ")
    assert "STARTTLS" in client.say("EHLO client.example.org")
    return client


def test_what_is_pipelined_behind_starttls_is_never_obeyed(submission):
    relay, sink = submission
    with ready_for_tls(relay) as client:
        client.write(b"STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@example.org>\r\n")
        assert client.read_reply().startswith("220 ")
        client.start_tls()
        assert client.say("RCPT TO:<bob@example.net>").startswith("503 ")
        assert client.say("MAIL FROM:<anna@example.org>").startswith("503 ")  # the hello is forgotten
    assert not any("evil" in command for command in sink.commands)


def test_what_was_named_in_clear_is_forgotten(place, pki, hop, started):
    sink = hop(behind_front=True)
    relay = started(front(place, sink, tls_settings(pki, "starttls", required=False)))
    relay.wait_until_it_takes_mail()
    with ready_for_tls(relay) as client:
        assert client.say("STARTTLS").startswith("220 ")
        client.start_tls()
        assert client.say("MAIL FROM:<anna@example.org>").startswith("503 ")
        hello = client.say("EHLO client.example.org")
        assert "STARTTLS" not in hello


def test_nothing_but_starttls_works_before_it_where_it_is_required(submission):
    relay, sink = submission
    with ready_for_tls(relay) as client:
        assert client.say("MAIL FROM:<anna@example.org>").startswith("530 5.7.0 ")
    assert not any(command.startswith("MAIL") for command in sink.commands)


def handshake(relay: Relay, context: ssl.SSLContext, name: str | None = None) -> ssl.SSLSocket:
    client = ready_for_tls(relay)
    assert client.say("STARTTLS").startswith("220 ")
    client.start_tls(context, name)
    return client.socket


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_modern_tls_is_spoken(submission, version):
    context = unverified()
    context.minimum_version = context.maximum_version = version
    with handshake(submission[0], context) as socket:
        assert socket.version() == {ssl.TLSVersion.TLSv1_2: "TLSv1.2"}.get(version, "TLSv1.3")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_not(submission):
    context = unverified()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        handshake(submission[0], context)


@pytest.mark.parametrize("cipher", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA"])
def test_ciphers_without_forward_secrecy_or_authentication_are_refused(submission, cipher):
    context = unverified()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        handshake(submission[0], context)


def test_client_of_another_protocol_is_refused(submission):
    context = unverified()
    context.set_alpn_protocols(["http/1.1"])
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        handshake(submission[0], context)
    context.set_alpn_protocols(["http/1.1", "smtp"])
    with handshake(submission[0], context) as socket:
        assert socket.selected_alpn_protocol() == "smtp"


@pytest.mark.parametrize("asked,shown", [(MAIL, MAIL), (OTHER, OTHER)])
def test_certificate_is_chosen_by_the_name_that_the_client_asks_for(submission, pki, asked, shown):
    context = ssl.create_default_context(cafile=pki.authority.certificate)
    with handshake(submission[0], context, asked) as socket:
        assert hashlib.sha256(socket.getpeercert(True)).hexdigest() == pki.fingerprint(shown)


def test_unknown_name_gets_the_first_certificate(submission, pki):
    with handshake(submission[0], unverified(), "elsewhere.example") as socket:
        assert hashlib.sha256(socket.getpeercert(True)).hexdigest() == pki.fingerprint(MAIL)


def test_reload_changes_the_certificate_and_a_wrong_one_changes_nothing(submission, pki):
    relay, _ = submission
    config = relay.config_file.read_text()
    with ready_for_tls(relay) as old:
        relay.config_file.write_text(config.replace(str(pki.pairs[MAIL][1]),
                                                    str(pki.pairs[MTA][1])))
        os.kill(relay.process.pid, signal.SIGHUP)
        relay.wait_for_log("the old one stays")
        assert "does not belong" in relay.log() or "mismatch" in relay.log()
        assert shown_by(relay) == pki.fingerprint(MAIL)
        relay.config_file.write_text(config.replace(str(pki.pairs[MAIL][0]), str(pki.pairs[MTA][0]))
                                     .replace(str(pki.pairs[MAIL][1]), str(pki.pairs[MTA][1])))
        os.kill(relay.process.pid, signal.SIGHUP)
        relay.wait_for_log("configuration reloaded")
        assert shown_by(relay) == pki.fingerprint(MTA)
        assert old.say("NOOP").startswith("250 ")  # sessions go on


def shown_by(relay: Relay) -> str:
    with handshake(relay, unverified()) as socket:
        return hashlib.sha256(socket.getpeercert(True)).hexdigest()


def test_whole_mail_passes_within_implicit_tls(place, pki, hop, started):
    sink = hop(behind_front=True)
    relay = started(front(place, sink, tls_settings(pki, "implicit")))
    relay.wait_until_it_takes_mail()
    body = b"one line of many\r\n" * 200_000  # many TLS records, and a file instead of memory
    with RawClient(relay.port) as client:
        client.start_tls()
        client.begin_data(mail.SENDER, "bob@example.net")
        client.write(mail.plain(body.decode(), to="bob@example.net").raw + b".\r\n")
        assert client.read_reply().startswith("250 ")
        assert client.say("QUIT").startswith("221 ")
        assert client.socket.recv(1) == b""  # a goodbye of TLS, not a cut
    assert sink.wait_for(1)[0].content.endswith(body)
    assert sink.clients[0].address == "127.0.0.1"


def test_garbage_instead_of_a_handshake_ends_one_session_only(place, pki, hop, started):
    sink = hop(behind_front=True)
    relay = started(front(place, sink, tls_settings(pki, "implicit")))
    relay.wait_until_it_takes_mail()
    with RawClient(relay.port) as client:
        client.write(b"EHLO client.example.org\r\n" * 20)
        with suppress(ConnectionResetError):
            while client.socket.recv(4096):
                pass
    with RawClient(relay.port) as client:
        client.start_tls()
        assert client.read_reply().startswith("220 ")


# The next hop's side.

def filter_before(place, sink: Sink, **next_hop) -> Relay:
    return Relay(place, sink.port, settings={"next_hop": next_hop,
                                             "keys": {"sources": ["directory"]}})


def send_canary(relay: Relay) -> None:
    send(relay.port, mail.SENDER, ["bob@example.net"],
         mail.plain(CANARY.decode() + "\r\n", to="bob@example.net").raw)


def assert_nothing_is_sent(relay: Relay, sink: Sink) -> str:
    with pytest.raises(Refused) as refused:
        send_canary(relay)
    assert refused.value.code == 421
    assert not any(command.startswith("MAIL") for command in sink.commands)
    assert CANARY not in sink.received
    return refused.value.text


def verified(pki: Pki, **settings) -> dict:
    return {"tls": "verified", "name": MTA, "ca_file": pki.authority.certificate, **settings}


def test_next_hop_is_verified_by_its_authority(place, pki, hop, started):
    sink = hop(tls=pki.server(MTA))
    send_canary(started(filter_before(place, sink, **verified(pki))))
    assert sink.wait_for(1)[0].encrypted


def test_next_hop_is_verified_by_its_fingerprint(place, pki, hop, started):
    sink = hop(tls=pki.server(OTHER))
    relay = filter_before(place, sink, tls="verified", fingerprint=pki.fingerprint(OTHER))
    send_canary(started(relay))
    assert sink.wait_for(1)[0].encrypted


def test_no_mail_goes_to_somebody_else(place, pki, hop, started):
    sink = hop(tls=pki.server(OTHER))
    text = assert_nothing_is_sent(started(filter_before(place, sink, **verified(pki))), sink)
    assert "verify" in text


def test_no_mail_goes_to_an_unknown_authoritys_server(place, pki, hop, started, directory):
    (directory / "foreign").mkdir()
    foreign = Authority(directory / "foreign")
    sink = hop(tls=Pki(foreign, {MTA: foreign.issue(MTA, MTA)}).server(MTA))
    assert_nothing_is_sent(started(filter_before(place, sink, **verified(pki))), sink)


def test_no_mail_goes_to_another_certificate_than_the_pinned_one(place, pki, hop, started):
    sink = hop(tls=pki.server(MTA))
    relay = filter_before(place, sink, tls="verified", fingerprint=pki.fingerprint(OTHER))
    assert "pinned" in assert_nothing_is_sent(started(relay), sink)


def test_no_mail_goes_in_clear_where_tls_has_to_be_verified(place, pki, hop, started):
    sink = hop()  # offers no STARTTLS, or somebody has taken the offer out
    text = assert_nothing_is_sent(started(filter_before(place, sink, **verified(pki))), sink)
    assert "STARTTLS" in text


def test_refused_starttls_is_no_way_around_verification(place, pki, hop, started):
    sink = hop(tls=pki.server(MTA), answers={"STARTTLS": "454 4.7.0 not now"})
    assert_nothing_is_sent(started(filter_before(place, sink, **verified(pki))), sink)


@pytest.mark.parametrize("again", ["EHLO", "HELO"])
def test_refused_hello_is_no_way_around_verification(place, pki, hop, started, again):
    refusals = ["501 5.5.2 Not by that name"]
    sink = hop(tls=pki.server(MTA),
               answers={"EHLO": lambda _: refusals.pop() if refusals else None})
    relay = started(filter_before(place, sink, **verified(pki)))
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 ")
        assert client.say("EHLO client.example.org").startswith("501 ")
        assert client.say(f"{again} client.example.org").startswith("250")
        for line in (f"MAIL FROM:<{mail.SENDER}>", "RCPT TO:<bob@example.net>"):
            assert client.say(line).startswith("250 ")
        assert client.say("DATA").startswith("354 ")
        client.write(CANARY + b"\r\n.\r\n")
        assert client.read_reply().startswith("250 ")
    assert sink.wait_for(1)[0].encrypted


def test_what_is_said_between_starttls_and_the_handshake_ends_the_connection(place, pki, hop,
                                                                             started):
    injected = "220 2.0.0 Ready\r\n250-sink.example.net\r\n250 AUTH PLAIN"
    sink = hop(tls=pki.server(MTA), answers={"STARTTLS": injected})
    assert_nothing_is_sent(started(filter_before(place, sink, **verified(pki))), sink)


@pytest.mark.parametrize("offered", [True, False])
def test_opportunistic_tls_is_used_where_it_is_offered(place, pki, hop, started, offered):
    sink = hop(tls=pki.server(OTHER) if offered else None)
    send_canary(started(filter_before(place, sink, tls="opportunistic")))
    assert sink.wait_for(1)[0].encrypted == offered


def test_opportunistic_tls_that_fails_is_done_without(place, pki, hop, started):
    context = pki.server(MTA)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA")  # nothing that we would take
    sink = hop(tls=context)
    send_canary(started(filter_before(place, sink, tls="opportunistic")))
    assert not sink.wait_for(1)[0].encrypted


def test_requiretls_is_offered_only_between_verified_connections(place, pki, hop, started):
    sink = hop(tls=pki.server(MTA), behind_front=True, extensions=(*EXTENSIONS, "REQUIRETLS"))
    relay = started(front(place, sink, tls_settings(pki, "starttls"), verified(pki)))
    relay.wait_until_it_takes_mail()
    with ready_for_tls(relay) as client:
        assert client.say("STARTTLS").startswith("220 ")
        client.start_tls()
        assert "REQUIRETLS" in client.say("EHLO client.example.org")
        assert client.say("MAIL FROM:<anna@example.org> REQUIRETLS").startswith("250 ")
    assert "MAIL FROM:<anna@example.org> REQUIRETLS" in sink.commands


# Load balancers.

@pytest.mark.parametrize("header", [proxy.header_v1, proxy.header_v2])
def test_balancer_names_the_client_and_the_next_hop_hears_it(place, pki, hop, started, header):
    sink = hop(behind_front=True)
    relay = started(front(place, sink, tls_settings(pki, "implicit"),
                          load_balancers=["127.0.0.0/8"]))
    relay.wait_until_it_takes_mail()
    with RawClient(relay.port) as client:
        client.write(header("203.0.113.9", "198.51.100.1", 4711, 465))
        client.start_tls()
        client.begin_data(mail.SENDER, "bob@example.net")
        client.write(mail.plain("x\r\n", to="bob@example.net").raw + b".\r\n")
        assert client.read_reply().startswith("250 ")
    assert sink.clients == [proxy.Client("203.0.113.9", 4711, "198.51.100.1", 465)]
    relay.wait_for_log("client=203.0.113.9")


def test_balancer_without_a_header_is_not_served(place, pki, hop, started):
    sink = hop(behind_front=True)
    relay = started(front(place, sink, tls_settings(pki, "starttls"),
                          load_balancers=["127.0.0.0/8"]))
    relay.wait_until_it_takes_mail()
    with RawClient(relay.port) as client:
        client.write(b"EHLO client.example.org\r\n")
        assert client.read_line() == ""
    relay.wait_for_log("no PROXY header")


def test_nobody_else_says_who_they_are(submission):
    relay, sink = submission
    with RawClient(relay.port) as client:
        client.write(proxy.header_v1("203.0.113.9", "198.51.100.1", 4711, 587))
        heard = client.read_reply() + client.read_reply()
    assert "203.0.113.9" not in heard
    assert not any(one.address == "203.0.113.9" for one in sink.clients)
