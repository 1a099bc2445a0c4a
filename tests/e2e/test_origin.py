# SPDX-License-Identifier: Apache-2.0
"""Rules about the connection: the client that the mail server tells, and the listener."""
import time

import pytest

from parts import mail, places
from parts.certificates import Authority
from parts.client import RawClient, send
from parts.dialog import Dialog, ScriptedNextHop
from parts.house import BOB as REACHABLE
from parts.house import House
from parts.relay import Relay
from parts.wkd import Directory, hashed_user

BOB = "bob@example.net"
CERTIFICATE = places.CHECKOUT / "tests/data/config/good/front/certificate.pem"
KEY = places.CHECKOUT / "tests/data/config/good/front/key.pem"
NEVER = {"encrypt": "never", "headers": "off"}
BASEMENT = {"rules": [{"name": "basement", "set": NEVER,
                       "match": {"client": ["192.0.2.0/24", "2001:db8::/32"]}}]}


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


def tell(client: RawClient, addr: str | None) -> None:
    """Greets as a mail server does, and says whose mail is coming."""
    assert client.read_reply().startswith("220")
    assert "XFORWARD" in client.say("EHLO mta.example.org")
    if addr:
        assert client.say(f"XFORWARD NAME=somewhere ADDR={addr}").startswith("250")
    assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")


def is_sealed(sink) -> bool:
    return b"multipart/encrypted" in sink.wait_for(1)[0].content


@pytest.mark.parametrize("addr,clear", [
    ("192.0.2.7", True), ("192.0.3.7", False), ("IPV6:2001:db8::7", True),
    ("IPV6:2001:db9::7", False), ("[UNAVAILABLE]", False), (None, False)])
def test_rule_about_clients_asks_for_whom_the_mail_server_speaks(place, sink, started, bob, addr,
                                                                 clear):
    relay = Relay(place, sink.port, policy=BASEMENT, settings={"keys": {"sources": ["directory"]}})
    relay.add_key(bob)
    started(relay)
    sent = mail.plain(to=BOB)
    with RawClient(relay.port) as client:
        tell(client, addr)
        assert client.say(f"RCPT TO:<{BOB}>").startswith("250")
        assert client.say("DATA").startswith("354")
        client.write(sent.raw + b".\r\n")
        assert client.read_reply().startswith("250")
    assert is_sealed(sink) != clear
    if clear:
        assert sink.accepted()[0].content.endswith(sent.raw)


def test_rule_about_this_machine_is_not_one_about_everybodys_mail(place, sink, started, bob):
    here = {"rules": [{"name": "programs of this machine", "set": NEVER,
                       "match": {"client": "127.0.0.0/8"}}]}
    relay = Relay(place, sink.port, policy=here, settings={"keys": {"sources": ["directory"]}})
    relay.add_key(bob)
    send(started(relay).port, mail.SENDER, [BOB], mail.plain(to=BOB).raw)
    assert is_sealed(sink)


def test_lookup_at_rcpt_begins_only_where_the_rule_for_this_client_wants_it(place, sink, started):
    directory = Directory(place, authority := Authority(place), "wkd.example").start()
    try:
        relay = started(Relay(place, sink.port, policy=BASEMENT, wkd=(directory,),
                              ca=authority.certificate, settings={"keys": {"sources": ["wkd"]}}))
        for addr, user in (("192.0.2.7", "cara"), ("198.51.100.7", "dora")):
            with RawClient(relay.port) as client:
                tell(client, addr)
                assert client.say(f"RCPT TO:<{user}@wkd.example>").startswith("250")
        until = time.monotonic() + 20
        while hashed_user("dora") not in directory.requests():
            assert time.monotonic() < until, "nobody was looked up"
            time.sleep(0.05)
        assert hashed_user("cara") not in directory.requests()
    finally:
        directory.stop()


def test_each_listener_has_its_rules(place, sink, started, bob):
    ports = {"filter": places.free_port(), "internal": places.free_port()}
    listen = [{"name": name, "address": f"127.0.0.1:{port}"} for name, port in ports.items()]
    relay = Relay(place, sink.port, port=ports["filter"],
                  policy={"rules": [{"name": "machines", "match": {"listener": "internal"},
                                     "set": NEVER}]},
                  settings={"keys": {"sources": ["directory"]}, "listen": listen})
    relay.add_key(bob)
    started(relay)
    for name, sealed in (("filter", True), ("internal", False)):
        sink.forget()
        send(ports[name], mail.SENDER, [BOB], mail.plain(to=BOB).raw)
        assert is_sealed(sink) == sealed, name


def test_postfix_tells_which_client_a_mail_is_from(directory):
    rules = {"rules": [{"name": "machines", "match": {"client": "127.0.0.2"}, "set": NEVER}]}
    with House(directory / "house", policy=rules) as house:
        for source, sealed in (("127.0.0.2", False), ("127.0.0.3", True)):
            house.world.forget()
            send(house.submission_port, mail.SENDER, [REACHABLE], mail.plain(to=REACHABLE).raw,
                 source=source)
            assert is_sealed(house.world) == sealed, source


STAFF = {"rules": [
    {"name": "staff", "set": NEVER,
     "match": {"login": "anna", "authenticated": True, "tls": True, "client": "127.0.0.9"}},
    {"name": "guests", "set": NEVER, "match": {"authenticated": False, "tls": True}}]}
LOGIN = ["AUTH PLAIN AGFubmEAc2VjcmV0", "AUTH PLAIN AGJlbgBzZWNyZXQ="]  # anna, ben


@pytest.mark.parametrize("login,source,rule", [
    (LOGIN[0], "127.0.0.9", "staff"), (LOGIN[1], "127.0.0.9", "defaults"),
    (LOGIN[0], "127.0.0.8", "defaults"), (None, "127.0.0.9", "guests")])
def test_front_decides_by_what_it_knows_itself(place, started, login, source, rule):
    back = [("EHLO postseal.example.org", ["250-mx.example", "250 AUTH PLAIN"]),
            *([(login, ["235 2.7.0 Welcome"])] if login else []),
            ("MAIL FROM:<anna@example.org>", ["250 Ok"]), (f"RCPT TO:<{BOB}>", ["250 Ok"]),
            ("DATA", ["354 Go on"]), (".", ["250 Ok"])]
    next_hop = ScriptedNextHop(Dialog(back=back), behind_front=True)
    port = places.free_port()
    listen = [{"name": "submissions", "place": "front", "address": f"127.0.0.1:{port}",
               "tls": {"start": "implicit", "certificate": CERTIFICATE, "key": KEY},
               "next_hop": {"address": f"127.0.0.1:{next_hop.port}", "client": "proxy"}}]
    relay = Relay(place, next_hop.port, port=port, policy=STAFF,
                  settings={"keys": {"sources": ["directory"]}, "listen": listen})
    try:
        started(relay).wait_until_it_takes_mail()
        with RawClient(relay.port, source=source) as client:
            client.start_tls()
            assert client.read_reply().startswith("220")
            client.say("EHLO client.example.org")
            for line in [login] if login else []:
                assert client.say(line).startswith("235")
            client.say(f"MAIL FROM:<{mail.SENDER}>")
            client.say(f"RCPT TO:<{BOB}>")
            assert client.say("DATA").startswith("354")
            client.write(mail.plain(to=BOB).raw + b".\r\n")
            assert client.read_reply().startswith("250"), relay.log()
        assert f'rule="{rule}"' in relay.log()
    finally:
        next_hop.stop()
    assert not next_hop.surprises
