# SPDX-License-Identifier: Apache-2.0
"""`mode: observe`: mail passes as it came, whatever the rules say and whatever fails; only the log tells
what they would have done."""
import json
import re
import sqlite3
import subprocess

import pytest

from parts import mail, places
from parts.client import send
from parts.gpg_faults import Gpg
from parts.relay import Relay
from parts.wkd import Directory, Hostile

BOB, SLOW, CAROL = "bob@wkd.example", "eve@slow.example", "carol@nowhere.example"
OBSERVE = {"defaults": {"mode": "observe", "encrypt": "required", "without_key": "reject",
                        "headers": "strict", "lookup_failed": "defer"}}


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def wkd(place, authority, bob):
    server = Directory(place, authority, "wkd.example")
    server.publish(bob)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make(place, sink, authority, wkd, started):
    def start(policy: dict, others: tuple = (), **settings) -> Relay:
        return started(Relay(place, sink.port, settings=settings, wkd=(wkd, *others),
                             ca=authority.certificate, policy=policy))
    return start


def told(relay: Relay, address: str) -> str:
    relay.wait_for_log(f" observed to=<{address}> ")
    line, = (one for one in relay.log().splitlines() if f" observed to=<{address}> " in one)
    return line


def test_mail_passes_as_it_came_and_the_log_says_what_would_be(make, sink, bob):
    relay = make(OBSERVE)
    message = mail.plain(to=f"{BOB}, {CAROL}").raw
    send(relay.port, mail.SENDER, [BOB, CAROL], message)
    copy, = sink.wait_for(1)
    assert copy.addresses == [BOB, CAROL] and copy.content == message
    for address in (BOB, CAROL):
        assert f'to=<{address}> untouched rule="defaults" reason="its rule only observes"' in relay.log()
    refused = told(relay, CAROL)
    assert ' refused rule="defaults"' in refused and 'reply="550 5.7.5 ' in refused

    send(relay.port, mail.SENDER, [BOB], mail.plain(to=BOB).raw)
    relay.wait_for_log(f"observed to=<{BOB}> sealed rule=\"defaults\" key={bob.fingerprint()} source=\"wkd\"")
    relay.stop()
    with sqlite3.connect(relay.directory / "keys.sqlite") as store:
        assert store.execute("SELECT count(*) FROM sealings").fetchone() == (0,), "nothing was sealed"


def test_a_domain_that_does_not_answer_holds_up_nothing(make, sink, authority):
    silent = Hostile(authority, "slow.example", "never")
    relay = make(OBSERVE, (silent,), keys={"deadline": "60s", "wkd": {"timeout": "60s"}})
    send(relay.port, mail.SENDER, [SLOW], mail.plain(to=SLOW).raw)
    assert len(sink.accepted()) == 1
    assert "observed to=" not in relay.log(), "the answer did not wait for the lookup"
    silent.stop()
    line = told(relay, SLOW)
    assert "could not be looked up" in line and " refused " in line


def test_one_rule_may_be_tried_while_the_others_are_in_force(make, sink):
    policy = {"defaults": {"encrypt": "opportunistic"},
              "rules": [{"name": "tried out", "match": {"to": "nowhere.example"},
                         "set": {"mode": "observe", "encrypt": "required", "without_key": "reject"}}]}
    relay = make(policy)
    send(relay.port, mail.SENDER, [BOB, CAROL], mail.plain(to=f"{BOB}, {CAROL}").raw)
    copies = {tuple(one.addresses): one.content for one in sink.wait_for(2)}
    assert b"BEGIN PGP MESSAGE" in copies[(BOB,)]
    assert copies[(CAROL,)] == mail.plain(to=f"{BOB}, {CAROL}").raw
    assert ' refused rule="tried out"' in told(relay, CAROL)
    assert f"observed to=<{BOB}>" not in relay.log()


def test_sealing_is_really_tried_and_where_it_fails_only_the_log_says_so(make, sink, place):
    """And the mail has left before, untouched."""
    gpg = Gpg(place)
    relay = make(OBSERVE, sealers={"gpg": gpg.path})
    message = mail.plain(to=BOB).raw
    send(relay.port, mail.SENDER, [BOB], message)
    assert " sealed " in told(relay, BOB)
    assert "warning" not in relay.log()
    gpg.suffer("fails")
    send(relay.port, mail.SENDER, [BOB], message)
    relay.wait_for_log(" observed: 451 4.3.0 The message could not be encrypted now")
    assert [copy.content for copy in sink.wait_for(2)] == [message, message]
    assert relay.log().count('reply="250 ') == 2


def test_of_more_than_twenty_at_once_the_log_says_that_they_were_not_looked_at(make, sink, authority):
    silent = Hostile(authority, "slow.example", "never")
    relay = make(OBSERVE, (silent,), keys={"deadline": "60s", "wkd": {"timeout": "60s"}})
    too_many = " observed: not looked at, for others are just now"
    sent = 0
    while too_many not in relay.log():  # some may have ended by then, on a busy machine
        assert sent < 500
        send(relay.port, mail.SENDER, [SLOW], mail.plain(to=SLOW).raw)
        sent += 1
    assert sent > 20
    assert len(sink.wait_for(sent)) == sent
    silent.stop()
    relay.process.wait_for(
        lambda: relay.log().count(f" observed to=<{SLOW}> ") + relay.log().count(too_many) == sent,
        "look at the others", 60)


def test_mark_of_the_senders_stays_where_the_rule_only_observes(make, sink):
    """Who gets the mail as it came gets all of it; the others nothing of the mark."""
    policy = {"defaults": {"encrypt": "never"},
              "rules": [{"name": "tried out", "match": {"to": "nowhere.example"}, "set": {"mode": "observe"}},
                        {"name": "asked for", "match": {"tag": "[seal]"}, "set": {"encrypt": "never"}}]}
    relay = make(policy)
    marked = mail.plain(to=f"{BOB}, {CAROL}", subject="[seal] The figures").raw
    send(relay.port, mail.SENDER, [BOB, CAROL], marked)
    copies = {tuple(one.addresses): one.content for one in sink.wait_for(2)}
    assert copies[CAROL,] == marked
    assert b"seal]" not in copies[BOB,] and b"\r\nSubject: The figures\r\n" in copies[BOB,]


def test_explain_shows_all_that_would_be_done_with_headers_and_copies(make, bob):
    relay = make({"defaults": {"mode": "observe", "headers": "strict", "header_protection": "baseline"}})
    words = [places.POSTSEAL, "explain", "--config", relay.config_file, "--from", mail.SENDER, "--to", BOB,
             "--to", CAROL, "-"]
    message = mail.plain(to=f"{BOB}, {CAROL}", subject="The figures").raw
    said = subprocess.run(words, input=message, capture_output=True, timeout=60, check=True).stdout.decode()
    now, would = said.split("\nIf the rules that only observe were in force:\n")
    assert "Header fields that change" not in now and f"1. untouched, headers off: {BOB} {CAROL}\n" in now
    assert re.search(rf"would +sealed, because .*\n  key +{bob.fingerprint()}, ", now)
    assert f"1. sealed, headers strict, protected (baseline): {BOB}\n" in would
    assert f"2. cleaned, headers strict: {CAROL}\n" in would
    lines = [" ".join(line.split()) for line in would.splitlines()]
    assert "Header fields that change (sealed, strict, protected (baseline))" in lines
    assert "Subject was The figures (as it was it stands inside)" in lines
    assert "User-Agent removed Mozilla Thunderbird" in lines
    told_json = json.loads(subprocess.run([*words[:-1], "--json", "-"], input=message, capture_output=True,
                                          timeout=60, check=True).stdout)
    assert [one["header_changes"] for one in told_json["deliveries"]] == [[]]
    assert told_json["would"]["refusal"] is None
    sealed, clear = told_json["would"]["deliveries"]
    assert (sealed["treatment"], sealed["recipients"]) == ("sealed", [BOB])
    assert (clear["treatment"], clear["recipients"]) == ("cleaned", [CAROL])
    assert {"User-Agent", "Subject"} <= {one["field"] for one in sealed["header_changes"]}
    assert sealed["certificates"] == [bob.fingerprint()]


def test_explain_and_tests_say_what_the_rules_mean(make, place):
    relay = make(OBSERVE)
    words = [places.POSTSEAL, "explain", "--config", relay.config_file, "--from", mail.SENDER, "--to", BOB]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"gets +untouched\n", done.stdout) and re.search(r"would +sealed, because ", done.stdout)
    told_json = json.loads(subprocess.run([*words, "--json"], capture_output=True, timeout=60,
                                          check=True).stdout)
    recipient, = told_json["recipients"]
    assert recipient["gets"] == "untouched" and recipient["would"]["gets"] == "sealed"
    tests = place / "tests.yaml"
    tests.write_text(f"tests:\n  - name: sealed\n    from: {mail.SENDER}\n    to: {BOB}\n"
                     "    keys: found\n    expect: sealed\n")
    done = subprocess.run([places.POSTSEAL, "test", "--config", relay.config_file, tests],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
