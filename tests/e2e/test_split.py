# SPDX-License-Identifier: Apache-2.0
"""A mail with several deliveries and one answer: what fails behind the first one is reported to the
sender or owed by the spool, and never the client's to repair."""
import email
import email.policy
import socket
from pathlib import Path

import pytest

from parts import mail
from parts.relay import Relay
from parts.sink import DROP, EXTENSIONS, HANG, Sink
from parts.split import (BOB, CANARY, CAROL, DAVE, EVE, FAY, at_message, only_for, send,
                         spool_entries, spool_of, wait_until)


@pytest.fixture(scope="module")
def people(person):
    return [person(address) for address in (BOB, EVE, FAY)]


@pytest.fixture
def make(place, people, sink, later, started):
    def start(settings: dict | None = None, policy: dict | None = None) -> Relay:
        chosen = {"keys": {"sources": ["directory"]}, "spool": spool_of(later.port)}
        for section, values in (settings or {}).items():
            chosen.setdefault(section, {}).update(values)
        relay = Relay(place, sink.port, settings=chosen, policy=policy)
        for person in people:
            relay.add_key(person)
        return started(relay)
    return start


def reports(of: Sink) -> list:
    return [email.message_from_bytes(one.content, policy=email.policy.default)
            for one in of.accepted() if "FROM:<>" in one.mail]


def failed_recipients(report) -> dict:
    _words, status, _header = report.iter_parts()
    return {one["Final-Recipient"].partition(";")[2].strip(): one["Status"]
            for one in status.get_payload()[1:]}


def test_largest_sealed_group_goes_first_and_the_answer_is_its_own(make, sink, later):
    sink.answers["."] = at_message(1, "250 2.0.0 Queued as FIRST")
    relay = make()
    assert send(relay) == "250 2.0.0 Queued as FIRST"
    assert [one.addresses for one in sink.accepted()] == [[BOB], [CAROL, DAVE]]
    assert CANARY not in sink.accepted()[0].content and CANARY in sink.accepted()[1].content
    assert not later.accepted() and spool_entries(relay) == []


@pytest.mark.parametrize("answer", ["451 4.3.0 Not now", "554 5.7.1 Never", DROP])
def test_before_the_first_delivery_is_taken_the_client_hears_it(make, sink, later, answer):
    sink.answers["."] = at_message(1, answer)
    relay = make()
    heard = send(relay)
    assert heard == answer if isinstance(answer, str) else heard.startswith("421")
    assert sink.accepted() == later.accepted() == [] and spool_entries(relay) == []


def test_what_is_refused_later_is_told_to_the_sender_before_the_client_hears(make, sink):
    sink.answers["RCPT"] = only_for(CAROL, "550 5.1.1 No such user here")
    relay = make()
    answer = send(relay, of_rcpt={CAROL: " ORCPT=rfc822;carol.old@example.com"})
    assert answer.startswith("250")
    assert [one.addresses for one in sink.accepted()] == [[BOB], [DAVE], [mail.SENDER]]
    (report,) = reports(sink)
    assert failed_recipients(report) == {CAROL: "5.1.1"}
    text = report.as_string()
    assert "No such user here" in text and "carol.old@example.com" in text
    assert "postmaster@example.org" in report["From"]
    assert CANARY not in report.as_bytes() and "User-Agent" not in text
    sent = next(one for one in sink.accepted() if "FROM:<>" in one.mail)
    assert "NOTIFY=NEVER" in sent.recipients[0]
    assert spool_entries(relay) == []
    assert CANARY not in relay.log().encode()


def test_a_message_that_is_refused_later_is_reported_for_all_its_recipients(make, sink):
    sink.answers["."] = at_message(2, "554 5.6.0 Not this one")
    assert send(make()).startswith("250")
    (report,) = reports(sink)
    assert failed_recipients(report) == {CAROL: "5.6.0", DAVE: "5.6.0"}


@pytest.mark.parametrize("sender,of_rcpt,why", [
    ("", {}, "the sender is <>"),
    ("someone@elsewhere.example", {}, "outside the local domains"),
    (mail.SENDER, {CAROL: " NOTIFY=NEVER"}, "NOTIFY=NEVER"),
    (mail.SENDER, {CAROL: " NOTIFY=DELAY"}, "without FAILURE")])
def test_who_must_not_be_told_is_not_told_and_the_log_says_so(make, sink, sender, of_rcpt, why):
    sink.answers["RCPT"] = only_for(CAROL, "550 5.1.1 No such user here")
    relay = make(policy={"defaults": {"encrypt": "opportunistic", "exempt": {"reports": False}}})
    assert send(relay, sender=sender, of_rcpt=of_rcpt).startswith("250")
    assert not [one for one in sink.accepted() if b"multipart/report" in one.content]
    assert why in relay.log() and "nobody is told" in relay.log()
    assert spool_entries(relay) == []


@pytest.mark.parametrize("how", ["recipient", "message", "lost", "lost in the middle"])
def test_what_is_not_taken_later_is_owed_to_those_who_did_not_get_it(make, sink, later, how):
    if how == "recipient":
        sink.answers["RCPT"] = only_for(CAROL, "450 4.2.1 Busy")
    elif how == "lost":
        sink.answers["RCPT"] = only_for(CAROL, DROP)
    else:
        sink.answers["."] = at_message(2, DROP if "lost" in how else "451 4.3.0 Full")
    relay = make()
    later.answers["greeting"] = "421 4.3.2 Not yet"  # until we have seen what is owed
    assert send(relay).startswith("250")
    (entry,) = spool_entries(relay)
    owed = [one["to"] for one in entry["recipients"]]
    assert owed == ([CAROL] if how == "recipient" else [CAROL, DAVE])
    assert entry["copy"] == "clear" and entry["from"] == mail.SENDER
    del later.answers["greeting"]
    (sent,) = later.wait_for(1)
    assert sent.addresses == owed and "ENVID=abc" in sent.mail and CANARY in sent.content
    wait_until(lambda: spool_entries(relay) == [])
    assert [one.addresses for one in later.accepted()] == [owed]
    assert reports(sink) == reports(later) == []


def test_a_report_that_is_not_taken_is_owed_too(make, sink, later):
    sink.answers["RCPT"] = only_for(CAROL, "550 5.1.1 No such user here")
    sink.answers["MAIL"] = lambda line: "451 4.3.0 No reports now" if "<>" in line else None
    later.answers["greeting"] = "421 4.3.2 Not yet"
    relay = make()
    assert send(relay).startswith("250")
    (entry,) = spool_entries(relay)
    assert [(one["to"], one["owed"]) for one in entry["recipients"]] == [(CAROL, "report")]
    del later.answers["greeting"]
    later.wait_for(1)
    (report,) = reports(later)
    assert failed_recipients(report) == {CAROL: "5.1.1"} and "No such user here" in report.as_string()
    wait_until(lambda: spool_entries(relay) == [])
    assert len(later.accepted()) == 1


def test_a_report_that_is_refused_goes_to_the_postmaster(make, sink, later):
    sink.answers["RCPT"] = only_for(CAROL, "550 5.1.1 No such user here")
    sink.answers["MAIL"] = lambda line: "554 5.7.1 No reports" if "<>" in line else None
    later.answers["RCPT"] = lambda line: "550 5.1.1 Gone" if f"<{mail.SENDER}>" in line else None
    relay = make()
    assert send(relay).startswith("250")
    (sent,) = later.wait_for(1)
    assert sent.addresses == ["postmaster@example.org"]
    assert f"To: <{mail.SENDER}>".encode() in sent.content
    wait_until(lambda: spool_entries(relay) == [])


@pytest.mark.parametrize("offers", [True, False])
def test_success_is_told_once_whoever_tells_it(make, sink, later, offers):
    """A server that offers DSN does, and else we do (RFC 3461 §5.2.2)."""
    later.extensions = [one for one in EXTENSIONS if offers or one != "DSN"]
    sink.answers["RCPT"] = only_for(CAROL, DROP)
    relay = make()
    assert send(relay, of_rcpt={CAROL: " NOTIFY=SUCCESS", DAVE: " NOTIFY=FAILURE"}).startswith("250")
    sent = later.wait_for(1 if offers else 2)
    wait_until(lambda: spool_entries(relay) == [])
    assert ("NOTIFY=SUCCESS" in sent[0].recipients[0]) == offers
    assert [failed_recipients(one) for one in reports(later)] == ([] if offers else [{CAROL: "2.0.0"}])
    assert offers or "relayed" in reports(later)[0].as_string()


def test_a_connection_that_is_lost_leaves_all_later_deliveries_to_the_spool(make, sink, later):
    sink.answers["RCPT"] = only_for(EVE, DROP)
    relay = make()
    assert send(relay, recipients=(BOB, EVE, FAY, CAROL)).startswith("250")
    later.wait_for(3)
    got = sorted(one.addresses for one in sink.accepted() + later.accepted())
    assert got == [[BOB], [CAROL], [EVE], [FAY]]
    for one in sink.accepted() + later.accepted():
        assert (CANARY in one.content) == (one.addresses == [CAROL])


def test_a_client_is_not_kept_waiting_for_a_silent_server(make, sink, later):
    sink.answers["RCPT"] = only_for(CAROL, HANG)
    relay = make({"limits": {"client_patience": "20s"}})
    assert send(relay).startswith("250")
    (sent,) = later.wait_for(1)
    assert sent.addresses == [CAROL, DAVE]


def test_nothing_is_sent_once_the_client_may_have_given_up(make, sink, later):
    sink.answers["RCPT"] = only_for(BOB, HANG)
    relay = make({"limits": {"client_patience": "3s"}})
    assert send(relay).startswith("421")
    assert sink.accepted() == later.accepted() == [] and spool_entries(relay) == []


def test_a_client_that_has_closed_its_side_is_not_told_that_all_is_done(make, sink, later):
    """It may read on (RFC 9293 §3.6), and would forget those who have not been served."""
    clients = []

    def close_its_side(_line: str):
        clients[0].socket.shutdown(socket.SHUT_WR)
        wait_until(lambda: is_half_closed(relay.port, clients[0].socket.getsockname()[1]))

    sink.answers["."] = close_its_side
    relay = make()
    heard = send(relay, clients=clients)
    served = {address for one in sink.accepted() + later.accepted() for address in one.addresses}
    assert heard.startswith("451 4.4.2") and served == {BOB}, (heard, served)
    assert spool_entries(relay) == [] and "the client has gone after 1 of 2" in relay.log()


def is_half_closed(port: int, client: int) -> bool:
    """Has the end of what the client says come to whoever serves it on this port?"""
    close_wait = "08"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(own.endswith(f":{port:04X}") and other.endswith(f":{client:04X}") and state == close_wait
               for _, own, other, state, *_ in rows)


def test_many_blind_copies_go_by_the_spool(make, sink, later):
    relay = make({"spool": {"blind_at_once": 1}})
    assert send(relay, recipients=(BOB, EVE, FAY, CAROL)).startswith("250")
    later.wait_for(1)
    wait_until(lambda: spool_entries(relay) == [])
    assert sorted(one.addresses for one in sink.accepted()) == [[BOB], [CAROL], [EVE]]
    assert [one.addresses for one in later.accepted()] == [[FAY]]
    ids = {email.message_from_bytes(one.content)["Message-ID"]
           for one in sink.accepted() + later.accepted()}
    assert len(ids) == 1


def test_no_transaction_is_left_open_for_the_next_message(make, sink):
    sink.answers["RCPT"] = only_for(CAROL, "550 5.1.1 No such user here")
    assert send(make(), recipients=(BOB, CAROL), of_rcpt={CAROL: " NOTIFY=NEVER"}).startswith("250")
    verbs = lambda: [line.split(" ", 1)[0] for line in sink.commands]
    wait_until(lambda: verbs()[-3:] == ["RCPT", "RSET", "QUIT"] or verbs()[-2:] == ["RCPT", "RSET"])


def test_the_client_does_not_wait_for_what_is_only_tidied_up(make, sink):
    """It would send everything again."""
    resets = []

    def hang_at_the_last(_line: str):
        resets.append(None)
        return HANG if len(resets) == 3 else None
    sink.answers["RCPT"] = only_for(CAROL, "550 5.1.1 No such user here")
    sink.answers["RSET"] = hang_at_the_last
    relay = make({"limits": {"drain": "1s"}})
    assert send(relay, recipients=(BOB, CAROL), of_rcpt={CAROL: " NOTIFY=NEVER"},
                timeout=30).startswith("250")
    wait_until(lambda: len(resets) == 3)


def test_a_full_spool_refuses_before_anything_is_sent(make, sink, later):
    later.answers["MAIL"] = "451 4.3.0 Later"
    sink.answers["RCPT"] = only_for(CAROL, "451 4.3.0 Later")
    relay = make({"spool": {"entries": 2}})
    assert send(relay, recipients=(BOB, CAROL)).startswith("250")
    sink.forget()
    answer = send(relay, recipients=(BOB, EVE, CAROL))
    assert answer.startswith("452 4.3.1") and "spool is full" in answer
    assert sink.accepted() == [] and len(spool_entries(relay)) == 1
