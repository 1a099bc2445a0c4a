# SPDX-License-Identifier: Apache-2.0
"""Mail whose key cannot be found now is kept: the user hears no error for somebody else's broken key
server, nothing of it leaves in clear meanwhile, and it is sealed and sent when the key comes."""
import email
import email.policy
import os
import signal
import subprocess

import pytest

from parts import mail, places, structure
from parts.client import Refused, RawClient, send
from parts.clock import Clock
from parts.gpg_faults import Gpg
from parts.relay import Relay, to_yaml
from parts.split import spool_entries, wait_until
from parts.wkd import Directory

DAVE = "dave@wkd.example"  # has no key
BOB, EVE, CAROL = "bob@wkd.example", "eve@other.example", "carol@example.com"
CANARY = b"CANARY-7d31 of a mail that is held"
HOLD = {"encrypt": "opportunistic", "lookup_failed": "hold", "without_key": "send", "then": "reject"}


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture(scope="module")
def eve(person):
    return person(EVE)


@pytest.fixture
def wkd(place, authority, bob):
    """Published, and not running yet."""
    server = Directory(place, authority, "wkd.example")
    server.publish(bob)
    yield server
    server.stop()


@pytest.fixture
def make(place, sink, authority, wkd, eve, started):
    """A running relay with these defaults, which has a key for Eve and asks a WKD for Bob's."""
    def start(protocol="smtp", rules=(), entries=1000, gpg=None, **defaults) -> Relay:
        spool = {"first_retry": "1s", "longest_retry": "1s", "entries": entries}
        policy = {"defaults": HOLD | defaults}
        if rules:
            policy["rules"] = list(rules)
        settings = {"spool": spool} | ({"sealers": {"gpg": gpg}} if gpg else {})
        relay = Relay(place, sink.port, settings=settings, wkd=(wkd,),
                      ca=authority.certificate, policy=policy)
        if protocol == "lmtp":
            text = relay.config_file.read_text()
            relay.config_file.write_text(text.replace("protocol: smtp", "protocol: lmtp"))
        relay.add_key(eve)
        relay.clock = Clock(relay)
        return started(relay)
    return start


def letter(*to: str) -> bytes:
    return mail.headers(to=", ".join(to)) + b"MIME-Version: 1.0\r\n\r\n" + CANARY + b"\r\n"


def deliver(relay: Relay, *to: str) -> None:
    send(relay.port, mail.SENDER, list(to), letter(*to))


def entry(relay: Relay) -> dict:
    found, = spool_entries(relay)
    return found


def bring_back(wkd: Directory, relay: Relay) -> None:
    """The domain is left alone for five minutes after a lookup that failed."""
    wkd.start()
    relay.clock.set("+6m")


def set_policy(relay: Relay, **defaults) -> None:
    relay.policy_file.write_text(to_yaml({"defaults": defaults}))
    before = relay.log().count("configuration reloaded")
    os.kill(relay.process.pid, signal.SIGHUP)
    relay.process.wait_for(lambda: relay.log().count("configuration reloaded") > before, "reload")


def report_to_sender(sink):
    wait_until(lambda: any("FROM:<>" in one.mail for one in sink.accepted()))
    report, = (one for one in sink.accepted() if "FROM:<>" in one.mail)
    assert report.addresses == [mail.SENDER] and CANARY not in report.content
    return email.message_from_bytes(report.content, policy=email.policy.default)


def test_mail_is_kept_and_sealed_when_the_key_server_is_back(make, wkd, bob, eve, sink):
    relay = make()
    deliver(relay, BOB, EVE, CAROL, "ben@example.org")
    served = {tuple(one.addresses) for one in sink.wait_for(2)}
    assert served == {(EVE,), (CAROL, "ben@example.org")}, "who is held keeps nobody from theirs"
    held = entry(relay)
    assert held["copy"] == "held" and [one["to"] for one in held["recipients"]] == [BOB]
    assert "could not be looked up" in held["recipients"][0]["said"]
    assert f"to=<{BOB}> held rule=\"defaults\"" in relay.log()
    relay.wait_for_log("The message is kept here")
    bring_back(wkd, relay)
    copy = next(one for one in sink.wait_for(3) if one.addresses == [BOB])
    assert CANARY not in copy.content
    assert CANARY in bob.decrypt(structure.ciphertext(copy.content))
    wait_until(lambda: not spool_entries(relay))
    assert "User-Agent" not in copy.content.decode("latin-1"), "its header is cleaned as any other's"
    assert copy.content.count(b"Received: ") == 1
    assert relay.log().count(f"to=<{BOB}> sealed rule=") == 1


def test_what_is_held_survives_a_kill(make, wkd, bob, sink):
    relay = make()
    deliver(relay, BOB)
    wait_until(lambda: len(spool_entries(relay)) == 1)
    os.kill(relay.process.pid, signal.SIGKILL)
    relay.stop(expect=-signal.SIGKILL)
    assert not sink.accepted()
    wkd.start()
    relay.start()
    assert CANARY in bob.decrypt(structure.ciphertext(sink.wait_for(1)[0].content))
    wait_until(lambda: not spool_entries(relay))


def test_after_hold_for_the_sender_is_told(make, sink):
    relay = make(hold_for="1h")
    deliver(relay, BOB)
    relay.wait_for_log("The message is kept here")
    assert not sink.accepted()
    relay.clock.set("+61m")
    report = report_to_sender(sink)
    _words, status, _header = report.iter_parts()
    of_bob = status.get_payload()[1]
    assert BOB in of_bob["Final-Recipient"] and of_bob["Status"] == "5.7.5"
    wait_until(lambda: not spool_entries(relay))
    assert CANARY not in sink.received


def test_after_hold_for_mail_may_go_in_clear_where_the_policy_says_so(make, sink):
    relay = make(hold_for="1h", then="send")
    deliver(relay, BOB)
    relay.wait_for_log("The message is kept here")
    assert not sink.accepted()
    relay.clock.set("+61m")
    copy = sink.wait_for(1)[0]
    assert CANARY in copy.content and b"User-Agent" not in copy.content
    wait_until(lambda: not spool_entries(relay))


def test_what_was_required_when_it_came_never_leaves_in_clear(make, wkd, sink):
    relay = make(encrypt="required", without_key="reject", unusable_key="reject", hold_for="1h")
    deliver(relay, BOB)
    relay.wait_for_log("The message is kept here")
    set_policy(relay, encrypt="opportunistic", lookup_failed="send", hold_for="1h", then="send")
    relay.clock.set("+61m")
    assert "5.7.5" in report_to_sender(sink).as_string()
    assert CANARY not in sink.received


def test_a_rule_that_has_been_relaxed_frees_what_was_not_required(make, sink):
    relay = make()
    deliver(relay, BOB)
    relay.wait_for_log("The message is kept here")
    set_policy(relay, encrypt="never")
    assert CANARY in sink.wait_for(1)[0].content


def test_over_lmtp_who_is_held_hears_250_like_the_others(make, wkd, bob, eve, sink):
    relay = make(protocol="lmtp", rules=[
        {"name": "no key, no mail", "match": {"to": CAROL}, "set": {"without_key": "reject"}}])
    with RawClient(relay.port, timeout=60) as client:
        client.read_reply()
        client.say("LHLO client.example.org")
        client.say(f"MAIL FROM:<{mail.SENDER}>")
        for one in (BOB, EVE, CAROL):
            assert client.say(f"RCPT TO:<{one}>").startswith("250")
        client.say("DATA")
        client.write(letter(BOB, EVE, CAROL) + b".\r\n")
        replies = [client.read_reply() for _ in range(3)]
    assert [reply[:3] for reply in replies] == ["250", "250", "550"], replies
    assert [one.addresses for one in sink.wait_for(1)] == [[EVE]]
    bring_back(wkd, relay)
    sealed = sink.wait_for(2)[1]
    assert sealed.addresses == [BOB]
    assert CANARY in bob.decrypt(structure.ciphertext(sealed.content))


def test_all_wait_where_a_rule_seals_for_all_or_for_none(make, wkd, bob, eve, sink):
    relay = make(encrypt="all-or-none")
    deliver(relay, BOB, EVE)
    wait_until(lambda: len(spool_entries(relay)) == 1)
    assert not sink.accepted()
    bring_back(wkd, relay)
    copy = sink.wait_for(1)[0]
    assert sorted(copy.addresses) == [BOB, EVE]
    for person in (bob, eve):
        assert CANARY in person.decrypt(structure.ciphertext(copy.content))


def test_what_cannot_be_sealed_keeps_nobody_else_waiting(make, place, wkd, bob, sink):
    gpg = Gpg(place)
    relay = make(gpg=gpg.path)
    deliver(relay, BOB, DAVE)
    assert [one["to"] for one in entry(relay)["recipients"]] == [BOB, DAVE]
    gpg.suffer("fails")
    bring_back(wkd, relay)
    assert sink.wait_for(1)[0].addresses == [DAVE], "whose domain says now that there is no key"
    wait_until(lambda: [one["to"] for one in entry(relay)["recipients"]] == [BOB])
    assert "could not be encrypted" in entry(relay)["recipients"][0]["said"]
    gpg.mend()
    sealed = sink.wait_for(2)[1]
    assert sealed.addresses == [BOB]
    assert CANARY in bob.decrypt(structure.ciphertext(sealed.content))
    wait_until(lambda: not spool_entries(relay))


def test_who_could_not_be_told_later_hears_it_now(make, sink):
    relay = make()
    with pytest.raises(Refused) as caught:
        send(relay.port, "bounces@service.example", [BOB], letter(BOB))
    assert caught.value.code == 451
    assert not sink.accepted() and spool_entries(relay) == []
    assert "refused, since its sender could not be told later" in relay.log()


def test_what_the_spool_has_no_room_for_is_not_promised(make, eve, sink):
    relay = make(entries=1)
    deliver(relay, BOB)
    with pytest.raises(Refused) as caught:
        deliver(relay, BOB, EVE)
    assert caught.value.code == 452 and "The spool is full" in caught.value.text
    assert not sink.accepted(), "nor was anything sent to the others"


def test_explain_says_who_is_held(make):
    relay = make()
    done = subprocess.run(
        [places.POSTSEAL, "explain", "--config", relay.config_file, "--from", mail.SENDER,
         "--to", BOB], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gets     nothing yet: it is held, and their key is looked for again" in done.stdout
