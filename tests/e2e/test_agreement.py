# SPDX-License-Identifier: Apache-2.0
"""What `postseal explain --json` says of invented mails is what `postseal run` does with them: the same
treatment and rule for each recipient, the same copies in the same order, the same refusals, the same
header section outside. The seed is fixed, so that a disagreement can be looked at again."""
import email
import email.policy
import json
import random
import re
import subprocess

import pytest

from parts import places
from parts.client import RawClient
from parts.relay import Relay

SEED = 20261126
MAILS = 14  # under each policy
WITH_KEY = ["bob@b.example", "cara@b.example", "dan@d.example"]
WITHOUT = ["eve@b.example", "fay@c.example", "ben@example.org", "cleo@sub.example.org"]


@pytest.fixture(scope="module")
def people(person):
    return [person(address) for address in WITH_KEY]


class Inventor:
    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def rarely(self) -> bool:
        return self.random.random() < 0.2

    def settings(self) -> dict:
        choices = {"encrypt": ["never", "opportunistic", "opportunistic", "required"],
                   "without_key": ["reject", "defer", "hold"], "scope": ["message", "recipient"],
                   "headers": ["off", "standard", "strict"],
                   "header_protection": ["off", "baseline", "shy"]}
        chosen = self.random.sample(sorted(choices), self.random.randint(1, 3))
        return {one: self.random.choice(choices[one]) for one in chosen}

    def match(self) -> dict:
        conditions = [{"to": "b.example"}, {"to": "*@c.example"}, {"from": "anna@example.org"},
                      {"client": "192.0.2.0/25"}, {"listener": "queue"}, {"class": "list"},
                      {"size": {"over": 300}}, {"header": {"Subject": "*draft*"}},
                      {"known_key": True}, {"known_key": False}, {"attachment": False}]
        chosen = {}
        for one in self.random.sample(conditions, self.random.choice([1, 1, 2])):
            chosen.update(one)
        return {"not": chosen} if self.rarely() else chosen

    def policy(self) -> dict:
        rules = [{"name": f"rule {number}", "match": self.match(), "set": self.settings()}
                 for number in range(self.random.randint(2, 5))]
        made = {"defaults": {"headers": self.random.choice(["standard", "off"])}, "rules": rules}
        if self.random.random() < 0.5:
            made["key_of"] = self.random.choice([{"c.example": WITH_KEY[0], "eve@b.example": "fay@c.example"},
                                                 {"b.example": WITH_KEY[1]}])
        return made

    def mail(self) -> dict:
        to = self.random.sample(WITH_KEY + WITHOUT, self.random.randint(1, 4))
        sender = self.random.choice(["anna@example.org", "ben@sub.example.org"])
        author = "stranger@far.example" if self.rarely() else sender
        shown = [one for one in to if not self.rarely()]
        lines = [f"From: Anna Adler <{author}>", f"Subject: {self.random.choice(['a draft', 'figures'])}",
                 "Date: Tue, 5 Mar 2024 17:14:09 +0100", "User-Agent: Mozilla Thunderbird",
                 "X-Originating-IP: [192.168.178.23]"]
        if shown:
            lines.append("To: " + ",\r\n ".join(shown))
        if self.rarely():
            lines.append("List-Id: <news.example.org>")
        body = ["", "Hello", ".", "x" * self.random.choice([10, 200])]
        return {"listener": self.random.choice(["filter", "queue"]), "sender": sender, "to": to,
                "client": self.random.choice(["192.0.2.7", "198.51.100.7", None]),
                "raw": ("\r\n".join(lines + body) + "\r\n").encode()}


def replies_of(port: int, mail: dict) -> list[str]:
    """One, or over LMTP one for each recipient, each on one line."""
    with RawClient(port) as client:
        lmtp = mail["listener"] == "queue"
        assert client.read_reply().startswith("220")
        assert client.say("LHLO mta.example.org" if lmtp else "EHLO mta.example.org").startswith("250")
        if mail["client"]:
            assert client.say(f"XFORWARD ADDR={mail['client']}").startswith("250")
        assert client.say(f"MAIL FROM:<{mail['sender']}>").startswith("250")
        for one in mail["to"]:
            assert client.say(f"RCPT TO:<{one}>").startswith("250")
        assert client.say("DATA").startswith("354")
        client.write(re.sub(rb"(?m)^\.", b"..", mail["raw"]) + b".\r\n")
        return [client.read_reply() for _ in (mail["to"] if lmtp else [None])]


def explained(relay: Relay, mail: dict) -> dict:
    words = [places.POSTSEAL, "explain", "--json", "--config", relay.config_file, "--from",
             mail["sender"], "--listener", mail["listener"], "-"]
    words += ["--client", mail["client"]] if mail["client"] else []
    for one in mail["to"]:
        words += ["--to", one]
    # As a program would have saved it.
    done = subprocess.run([str(word) for word in words], input=mail["raw"].replace(b"\r\n", b"\n"),
                          capture_output=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    told = json.loads(done.stdout)
    refused = told["refusal"] or any(one["refusal"] for one in told["recipients"])
    assert bool(refused) == (done.returncode == 1)
    return told


def as_reply(refusal: dict) -> str:
    lines = [f"{refusal['enhanced']} {line}" for line in refusal["lines"]]
    return "\n".join([f"{refusal['code']}-{line}" for line in lines[:-1]]
                     + [f"{refusal['code']} {lines[-1]}"])


def expected_replies(told: dict, mail: dict) -> list[str]:
    if mail["listener"] == "filter":
        return [as_reply(told["refusal"]) if told["refusal"] else "250"]
    refusals = [told["refusal"] or one["refusal"] for one in told["recipients"]]
    return [as_reply(one) if one else "250" for one in refusals]


def treatment_of(content: bytes, raw: bytes) -> str:
    if content == raw:
        return "untouched"
    return "sealed" if b"\r\nContent-Type: multipart/encrypted;" in content else "cleaned"


def fields_of(content: bytes) -> list[tuple[str, str]]:
    read = email.message_from_bytes(content, policy=email.policy.compat32)
    return [(name, re.sub(r"\r?\n", "", value)) for name, value in read.items()]


def kinds_of(told: dict, mail: dict) -> set[str]:
    """What has become of it, in words."""
    kinds = {one["treatment"] for one in told["deliveries"]}
    kinds |= {f"{one['gets']}, {mail['listener']}" for one in told["recipients"]}
    kinds |= {one["header_protection"] for one in told["deliveries"]}
    kinds |= {"alone" for one in told["recipients"] if one["refusal"]}
    kinds |= {"another's key" for one in told["recipients"] if one["key"] and one["lookup"]["key_of"]}
    return kinds | ({"several"} if len(told["deliveries"]) > 1 else set())


# What only the moment of sending knows.
CHANCE = (re.compile(r'boundary="[^"]*"'), re.compile(r" id \S+; .*"))


def without_chance(text: str) -> str:
    for one in CHANCE:
        text = one.sub("", text)
    return text


def header_as_told(delivery: dict, raw: bytes) -> list[tuple[str, str]]:
    """The header section as the changes make it of the one that came."""
    left = fields_of(raw)
    for change in delivery["header_changes"]:
        if change["change"] == "added":
            left.append((change["field"], change["after"]))
            continue
        at = left.index((change["field"], change["before"]))
        after = [] if change["change"] == "removed" else [(change["field"], change["after"])]
        left[at:at + 1] = after
    return sorted((name, without_chance(text)) for name, text in left)


def log_of(relay: Relay, said_before: int) -> dict:
    """Of each recipient, what the log says of the last mail: treatment, rule, whose key."""
    lines = relay.log()[said_before:].splitlines()
    found = (re.search(r' to=<([^>]*)> (\w+) rule="([^"]*)"(?:.* key_of=<([^>]*)>)?', line) for line in lines)
    return {one[1]: (one[2], one[3], one[4]) for one in found if one}


def as_logged(told: dict) -> tuple:
    gets = "refused" if told["gets"] == "nothing" else told["gets"]
    return gets, told["rule"], told["lookup"]["key_of"] if told["key"] else None


SEEN: set[str] = set()  # of all that can become of a mail


@pytest.mark.parametrize("number", range(4))
def test_explain_says_what_run_does(number, place, sink, started, people):
    print(f"seed {SEED + number}")
    invent = Inventor(SEED + number)
    ports = {"filter": places.free_port(), "queue": places.free_port()}
    listen = [{"name": name, "address": f"127.0.0.1:{port}", "trusted": ["127.0.0.0/8"],
               "protocol": "lmtp" if name == "queue" else "smtp"} for name, port in ports.items()]
    relay = Relay(place, sink.port, policy=invent.policy(), port=ports["filter"],
                  settings={"listen": listen, "keys": {"sources": ["directory"]},
                            "local_domains": ["example.org", "*.example.org"]})
    for person in people:
        relay.add_key(person)
    started(relay)
    for _ in range(MAILS):
        mail = invent.mail()
        sink.forget()
        said_before = len(relay.log())
        heard = replies_of(ports[mail["listener"]], mail)
        told = explained(relay, mail)
        story = f"{mail}\n{relay.policy_file.read_text()}\n{json.dumps(told, indent=1)}"

        wanted = expected_replies(told, mail)
        assert [one if one[0] != "2" else "250" for one in heard] == wanted, story
        sent_now = [one for one in told["deliveries"] if one["treatment"] != "held"]
        got = sink.wait_for(len(sent_now))
        assert [(treatment_of(one.content, mail["raw"]), one.addresses) for one in got] == \
            [(one["treatment"], one["recipients"]) for one in sent_now], story
        assert log_of(relay, said_before) == \
            {one["to"]: as_logged(one) for one in told["recipients"]}, story
        SEEN.update(kinds_of(told, mail))
        for one, delivery in zip(got, sent_now):
            sent = sorted((name, without_chance(text)) for name, text in fields_of(one.content))
            assert sent == header_as_told(delivery, mail["raw"]), story


def test_all_that_can_become_of_a_mail_was_tried():
    for one in ("sealed, filter", "sealed, queue", "cleaned, filter", "untouched, filter",
                "nothing, filter", "nothing, queue", "alone", "baseline", "shy", "several",
                "another's key"):
        assert one in SEEN, f"{one} not in {sorted(SEEN)}"
