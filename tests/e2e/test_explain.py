# SPDX-License-Identifier: Apache-2.0
"""What `postseal explain` says of the header section, and what it says to programs."""
import json
import re
import subprocess
from types import SimpleNamespace

import pytest

from parts import mail, places
from parts.relay import Relay

BOB, EVE, TOM = "bob@b.example", "eve@b.example", "tom@c.example"
DONE, ANSWER_IS_NO, COULD_NOT = 0, 1, 2
POLICY = {"rules": [
    {"name": "shy", "match": {"from": "anna@example.org", "to": "b.example"},
     "set": {"header_protection": "shy", "headers": "strict"}},
    {"name": "court", "match": {"to": "court.example"},
     "set": {"encrypt": "required", "without_key": "reject", "note": "Call us."}}]}


@pytest.fixture(scope="module")
def house(directory, person):
    """Keys for Bob and Eve in the directory; nothing runs."""
    relay = Relay(directory, places.free_port(), policy=POLICY,
                  settings={"keys": {"sources": ["directory"]}})
    relay.bob = person(BOB)
    for one in (relay.bob, person(EVE)):
        relay.add_key(one)
    return relay


def explain(house, *to, message: bytes | None = None, options=(), sender=mail.SENDER):
    words = [places.POSTSEAL, "explain", "--config", house.config_file, "--from", sender, *options]
    for one in to:
        words += ["--to", one]
    if message is not None:
        words.append("-")
    done = subprocess.run([str(word) for word in words], input=message, capture_output=True,
                          timeout=60, check=False)
    assert b"Sanitizer" not in done.stderr, done.stderr.decode()
    return SimpleNamespace(status=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


def as_json(house, *to, **named) -> tuple[dict, int]:
    done = explain(house, *to, options=("--json",), **named)
    assert done.out.count("\n") == 1, done.out + done.err
    return json.loads(done.out), done.status


def changes_of(told: dict, delivery: int = 0) -> dict:
    changes = told["deliveries"][delivery]["header_changes"]
    return {one["field"]: (one["change"], one["before"], one["after"], one["inside"])
            for one in changes if one["field"] != "Received"}


def test_each_field_is_shown_as_it_was_and_as_it_will_be(house):
    done = explain(house, BOB, TOM, message=mail.plain(to=f"Bob <{BOB}>, {TOM}").raw)
    assert done.status == DONE, done.err
    sealed, clear = done.out.split("Header fields that change (cleaned, standard)")
    lines = [" ".join(line.split()) for line in sealed.splitlines()]
    assert "Header fields that change (sealed, strict, protected (shy))" in lines
    subject = lines.index("Subject was Minutes of Tuesday (as it was it stands inside)")
    assert lines[subject + 1] == "becomes [...]"
    date = lines.index("Date was Tue, 5 Mar 2024 17:14:09 +0100")
    assert lines[date + 1] == "becomes Tue, 05 Mar 2024 16:14:00 +0000"
    assert "User-Agent removed Mozilla Thunderbird" in lines
    assert any(line.startswith("Received added by postseal.example.org with ESMTP") for line in lines)
    assert "Subject" not in clear and "X-Originating-IP" in clear


def test_json_has_all_that_the_text_has(house):
    told, status = as_json(house, BOB, TOM, "carl@example.org",
                           message=mail.plain(to=f"Bob <{BOB}>, carl@example.org").raw)
    assert status == DONE
    assert told["from"] == mail.SENDER and told["refusal"] is None and told["would"] is None
    assert told["connection"] == {
        "listener": "filter", "protocol": "smtp", "client": None, "tls": None, "authenticated": None,
        "login": None, "assumed": [], "never_known": ["tls", "authenticated", "login"]}
    assert told["message"]["class"] == ["plain"] and told["message"]["from"] == [mail.SENDER]
    bob, tom, carl = told["recipients"]
    assert (bob["to"], bob["gets"], bob["rule"], bob["blind"]) == (BOB, "sealed", "shy", False)
    assert bob["rules"] == [{"rule": "shy", "answer": "holds", "conditions": [
        {"text": "to: b.example", "answer": "holds", "depth": 0},
        {"text": "from: anna@example.org", "answer": "holds", "depth": 0}]}]
    assert bob["key"]["fingerprint"] == house.bob.fingerprint() == bob["lookup"]["fingerprint"]
    assert bob["key"]["source"] == "directory" and bob["lookup"]["outcome"] == "found"
    assert (tom["gets"], tom["blind"], tom["key"]) == ("cleaned", True, None)
    assert (tom["lookup"]["outcome"], tom["refusal"]) == ("absent", None)
    assert (carl["gets"], carl["rule"], carl["lookup"]) == ("cleaned", "local domain", None)
    sealed, clear = told["deliveries"]
    assert sealed["recipients"] == [BOB] and clear["recipients"] == [TOM, "carl@example.org"]
    assert sealed["certificates"] == [house.bob.fingerprint()]
    assert (sealed["treatment"], sealed["headers"], sealed["header_protection"], sealed["subject"]) == \
        ("sealed", "strict", "shy", "hidden")
    assert changes_of(told)["Subject"] == ("replaced", "Minutes of Tuesday", "[...]", True)
    assert changes_of(told)["User-Agent"] == ("removed", "Mozilla Thunderbird", None, False)
    assert "Subject" not in changes_of(told, 1)
    received = [one for one in clear["header_changes"] if one["field"] == "Received"]
    assert [one["change"] for one in received] == ["added"] and received[0]["before"] is None


def test_a_refusal_is_told_to_programs_too(house):
    told, status = as_json(house, "judge@court.example", BOB)
    assert status == ANSWER_IS_NO
    assert (told["refusal"]["code"], told["refusal"]["enhanced"]) == (550, "5.7.5")
    assert told["refusal"]["lines"][-1] == "Call us."
    assert [one["gets"] for one in told["recipients"]] == ["nothing", "nothing"]
    assert told["deliveries"] == []


def test_over_lmtp_programs_hear_who_alone_is_refused(house):
    lmtp = house.config_file.with_name("lmtp.yaml")
    lmtp.write_text(house.config_file.read_text().replace("protocol: smtp", "protocol: lmtp")
                    .replace("policy: policy.yaml", "policy: alone.yaml"))
    lmtp.with_name("alone.yaml").write_text(
        house.policy_file.read_text().replace("encrypt: required", "encrypt: opportunistic"))
    told, status = as_json(SimpleNamespace(config_file=lmtp), "judge@court.example", BOB)
    assert status == ANSWER_IS_NO and told["refusal"] is None
    assert told["connection"]["protocol"] == "lmtp"
    judge, bob = told["recipients"]
    assert (judge["gets"], judge["refusal"]["code"], bob["gets"]) == ("nothing", 550, "sealed")


def test_octets_that_are_no_text_come_out_as_json(house):
    message = (b"From: anna@example.org\r\nTo: bob@b.example\r\nSubject: gr\xfc\xdfe \x07 \xe2\x80\xae x\r\n"
               b"X-Mailer: \xff\xfe\x1b[2J\r\n\r\nx\r\n")
    done = explain(house, BOB, message=message, options=("--json",))
    assert done.status == DONE
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", done.out), repr(done.out)
    changes = changes_of(json.loads(done.out))
    assert changes["X-Mailer"][1].endswith("\x1b[2J") and changes["Subject"][1].startswith("gr??e \x07")
    shown = explain(house, BOB, message=message).out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown), repr(shown)


@pytest.mark.parametrize("to", ["no address", "a%b@example.net", "x@\u2603\uff0e.example"])
def test_a_recipient_whom_run_would_refuse_is_no_question(house, to):
    done = explain(house, to)
    assert done.status == COULD_NOT and "'" + to + "'" in done.err, done.err


@pytest.mark.parametrize("limit,message", [
    ("header_size", b"From: anna@example.org\nX: " + b"x" * 20000 + b"\n\nx\n"),
    ("message_size", b"From: anna@example.org\n\n" + b"x\n" * 40000)])
def test_a_message_that_run_would_not_take_is_no_question(house, limit, message):
    narrow = house.config_file.with_name("narrow.yaml")
    narrow.write_text(house.config_file.read_text()
                      + "limits: { header_size: 16KiB, message_size: 64KiB }\n")
    done = explain(SimpleNamespace(config_file=narrow), BOB, message=message)
    assert done.status == COULD_NOT and f"limits.{limit}" in done.err, done.out + done.err
