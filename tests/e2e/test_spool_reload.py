# SPDX-License-Identifier: Apache-2.0
"""A reload while the spool is at work: what has not been begun by then goes by the new settings."""
import os
import signal
import threading

import pytest

from parts import mail, places, spool
from parts.client import send
from parts.relay import Relay, to_yaml
from parts.sink import Sink
from parts.split import spool_entries, spool_of, wait_until

DAVE, ERIN, FAY = (f"{name}@nokey.example" for name in ("dave", "erin", "fay"))
SLOW, NEXT = "slow@example.org", "next@example.org"
CANARY = b"CANARY-2be7 of a mail that is held"
CONTENT = b"Subject: x\r\n\r\nowed\r\n"
HELD = {"encrypt": "opportunistic", "without_key": "hold"}
SENT = {"encrypt": "opportunistic", "without_key": "send"}
REFUSED = {"encrypt": "required", "without_key": "reject"}
REFUSED_ALONE = {"encrypt": "opportunistic", "without_key": "reject"}  # required is so for all


@pytest.fixture
def relay(place, sink, later):
    return Relay(place, sink.port, policy={"defaults": HELD},
                 settings={"keys": {"sources": ["directory"]},
                           "spool": spool_of(later.port) | {"connections": 1}})


@pytest.fixture
def released():
    """What stands still until this is set."""
    event = threading.Event()
    yield event
    event.set()


def set_policy(relay: Relay, defaults: dict, **of: dict) -> None:
    """With what is set for `dave`, `erin` or `fay` alone."""
    rules = [{"name": name, "match": {"to": f"{name}@nokey.example"}, "set": changed}
             for name, changed in of.items()]
    relay.policy_file.write_text(to_yaml({"defaults": defaults} | ({"rules": rules} if rules else {})))


def reload(relay: Relay) -> None:
    before = relay.log().count("configuration reloaded")
    os.kill(relay.process.pid, signal.SIGHUP)
    relay.process.wait_for(lambda: relay.log().count("configuration reloaded") > before, "reload")


def hold_mail(relay: Relay, started, *to: str) -> None:
    """In the spool of a relay that is stopped again."""
    started(relay)
    send(relay.port, mail.SENDER, list(to or [DAVE]),
         mail.headers(to=DAVE) + b"\r\n" + CANARY + b"\r\n")
    relay.stop()
    assert len(spool_entries(relay)) == 1


def waiting(relay: Relay) -> list[str]:
    return [one["to"] for entry in spool_entries(relay) for one in entry["recipients"]]


def logged_as_sent(relay: Relay, to: str) -> int:
    return sum(f"to=<{to}>" in line and "sent in clear" in line for line in relay.log().splitlines())


def stand_still(released: threading.Event, at: str = ""):
    """An answer that comes when that is set."""
    def answer(line: str) -> None:
        if at in line:
            released.wait(60)
    return answer


def test_held_mail_goes_by_the_rules_of_its_own_turn(relay, later, started, released):
    hold_mail(relay, started)
    set_policy(relay, SENT)
    later.answers["RCPT"] = stand_still(released, SLOW)
    spool.put(relay.directory / "spool", CONTENT, (SLOW,))
    started(relay)  # what is owed goes first
    wait_until(lambda: any(SLOW in line for line in later.commands))
    set_policy(relay, REFUSED)
    reload(relay)
    released.set()
    wait_until(lambda: not spool_entries(relay))
    assert CANARY not in later.received
    owed, report = later.accepted()
    assert owed.addresses == [SLOW] and report.addresses == [mail.SENDER]


def test_rules_that_are_replaced_while_the_next_hop_is_called_are_not_sent_by(
        relay, later, started, released):
    hold_mail(relay, started)
    set_policy(relay, SENT)
    later.answers["greeting"] = stand_still(released)
    started(relay)
    wait_until(lambda: later.open_connections == 1)
    set_policy(relay, REFUSED)
    reload(relay)
    released.set()
    wait_until(lambda: not spool_entries(relay))
    assert CANARY not in later.received
    assert [one.addresses for one in later.accepted()] == [[mail.SENDER]]


def test_rules_that_are_replaced_before_the_final_dot_are_not_sent_by(
        relay, later, started, released):
    hold_mail(relay, started)
    set_policy(relay, SENT)
    later.answers["RCPT"] = stand_still(released, DAVE)
    started(relay)
    wait_until(lambda: any(DAVE in line for line in later.commands))
    set_policy(relay, REFUSED)
    reload(relay)
    released.set()
    wait_until(lambda: not spool_entries(relay))
    assert [one.addresses for one in later.accepted()] == [[mail.SENDER]]
    assert CANARY not in later.accepted()[0].content
    assert "twice" not in relay.log(), "nothing was handed over"
    assert f"to=<{DAVE}> taken back before it was handed over" in relay.log()
    assert not logged_as_sent(relay, DAVE)


def test_what_replaced_rules_said_of_others_does_not_count_when_a_copy_is_taken_back(
        relay, later, started, released):
    hold_mail(relay, started, DAVE, ERIN)
    set_policy(relay, SENT, erin=REFUSED_ALONE)
    later.answers["RCPT"] = stand_still(released, DAVE)
    started(relay)
    wait_until(lambda: any(DAVE in line for line in later.commands))
    set_policy(relay, SENT, erin=HELD)
    reload(relay)
    released.set()
    assert [one.addresses for one in later.wait_for(1)] == [[DAVE]]
    wait_until(lambda: waiting(relay) == [ERIN])
    set_policy(relay, SENT)
    reload(relay)
    assert [one.addresses for one in later.wait_for(2)] == [[DAVE], [ERIN]], "and no report"


def test_who_has_theirs_by_replaced_rules_is_not_sent_to_again_and_nobody_is_refused_by_them(
        relay, later, started, released):
    hold_mail(relay, started, DAVE, ERIN, FAY)
    set_policy(relay, SENT, dave={"headers": "strict"}, erin=REFUSED_ALONE)  # so it is a copy of his own
    later.answers["."] = stand_still(released)
    started(relay)
    wait_until(lambda: later.transactions)
    set_policy(relay, SENT, erin=HELD)
    reload(relay)
    released.set()
    first, second = later.wait_for(2)
    wait_until(lambda: waiting(relay) == [ERIN])
    kept = second.addresses[0]
    taken_back = f"to=<{kept}> taken back before it was handed over: the rules were replaced"
    assert relay.log().count(taken_back) == 1
    assert logged_as_sent(relay, kept) == 1, "once it was"
    assert sorted(first.addresses + second.addresses) == [DAVE, FAY]
    set_policy(relay, SENT)
    reload(relay)
    assert later.wait_for(3)[2].addresses == [ERIN], "and no report"


def test_what_is_owed_goes_to_the_next_hop_of_now(relay, later, started, released):
    other = Sink(places.free_port())
    later.answers["RCPT"] = stand_still(released)
    for one in (SLOW, NEXT):
        spool.put(relay.directory / "spool", CONTENT, (one,))
    started(relay)
    wait_until(lambda: any("RCPT" in line for line in later.commands))
    first = later.conversations[0][-1]
    text = relay.config_file.read_text()
    relay.config_file.write_text(text.replace(f":{later.port}\n", f":{other.port}\n"))
    reload(relay)
    released.set()
    (second,) = other.wait_for(1)
    assert second.recipients != [first] and len(later.accepted()) == 1
    wait_until(lambda: not spool_entries(relay))
    other.stop()


def test_the_spool_stays_where_it_is_until_a_restart(relay, later, started):
    started(relay)
    text = relay.config_file.read_text()
    for folder in ("elsewhere", "nowhere"):
        (relay.directory / "elsewhere").mkdir(exist_ok=True)
        relay.config_file.write_text(text.replace("path: spool\n", f"path: {folder}\n"))
        reload(relay)
        relay.wait_for_log(f"spool.path is {relay.directory}/{folder} now, and needs a restart")
        large = mail.headers(to=DAVE) + b"\r\n" + (b"x" * 76 + b"\r\n") * 30000
        send(relay.port, mail.SENDER, [DAVE], large)  # more than fits into memory
    relay.config_file.write_text(text)
    assert len(spool_entries(relay)) == 2, "held where they were before"
    assert not list((relay.directory / "elsewhere").iterdir())
    set_policy(relay, SENT)
    reload(relay)
    assert [one.addresses for one in later.wait_for(2)] == [[DAVE], [DAVE]]
    relay.stop()
    relay.config_file.write_text(text.replace("path: spool\n", "path: elsewhere\n"))
    started(relay)
    assert (relay.directory / "elsewhere" / "owed").exists()


def test_another_spelling_of_the_folder_is_no_other_spool(relay, started):
    started(relay)
    text = relay.config_file.read_text()
    (relay.directory / "link").symlink_to("spool")
    for spelling in ("spool/", "link"):
        relay.config_file.write_text(text.replace("path: spool\n", f"path: {spelling}\n"))
        reload(relay)
    assert "spool.path is" not in relay.log()
    # A link that leads elsewhere by now is another one, though both paths are the same.
    (relay.directory / "spool").rename(relay.directory / "old")
    (relay.directory / "new").mkdir()
    (relay.directory / "spool").symlink_to("new")
    reload(relay)
    assert "spool.path is" in relay.log()
