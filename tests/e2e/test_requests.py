# SPDX-License-Identifier: Apache-2.0
"""Senders who ask for sealing, by a tag in the subject or a field of their own: it is done, and nothing of the
mark leaves."""
import email
import email.policy
import json

import pytest

from parts import mail, structure
from parts.client import Refused, send
from parts.relay import Relay
from test_commands import postseal

BOB, CAROL, BEN = "bob@example.net", "carol@example.net", "ben@example.org"  # Bob has a key
CONTENT = b"Content-Type: text/plain; charset=us-ascii\r\n"
BODY = b"they are good.\r\n"
ASKED = {"name": "asked for", "match": {"any": [{"tag": "[seal]"}, {"request": {"X-Seal": "required"}}]},
         "set": {"encrypt": "required"}}


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def relay(place, bob, started, sink):
    def under(*rules: dict, **defaults) -> Relay:
        made = Relay(place, sink.port, policy={"defaults": {"encrypt": "never", **defaults}, "rules": list(rules)},
                     settings={"keys": {"sources": ["directory"]}})
        made.add_key(bob)
        return started(made)
    return under


def letter(subject: str, *fields: str, to: str = BOB) -> bytes:
    head = mail.headers(to=to, subject=subject) + b"".join(one.encode() + b"\r\n" for one in fields)
    return mail.Mail("asking", CONTENT, BODY, head).raw


def shows_a_mark(text: bytes) -> bool:
    return b"seal]" in text.lower() or b"x-seal" in text.lower() or b"W3NlYWxd" in text


MARKED = {"plain": ("[seal] The figures",), "folded": ("The\n [SEAL]\n figures",),
          "in Q": ("=?utf-8?q?=5Bseal=5D_The_figures?=",), "in B": ("=?utf-8?b?W3NlYWxdIFRoZSBmaWd1cmVz?=",),
          "a field": ("The figures", "X-Seal: required"), "both": ("The figures [seal]", "x-seal: REQUIRED", "X-Seal: no")}


@pytest.mark.parametrize("how", MARKED)
@pytest.mark.parametrize("protection", ["off", "baseline"])
def test_what_is_asked_for_is_sealed_and_nothing_of_the_mark_leaves(how, protection, relay, bob, sink):
    listening = relay(ASKED, header_protection=protection)
    send(listening.port, mail.SENDER, [BOB, BEN], letter(*MARKED[how]))
    got = {tuple(one.addresses): one.content for one in sink.accepted()}
    sealed, clear = got[BOB,], got[BEN,]
    assert not shows_a_mark(sealed) and not shows_a_mark(clear)
    inside = bob.decrypt(structure.ciphertext(sealed))
    assert not shows_a_mark(inside) and BODY.strip() in inside
    opened = email.message_from_bytes(inside if protection == "baseline" else sealed, policy=email.policy.default)
    assert opened["Subject"] == "The figures"
    assert email.message_from_bytes(clear, policy=email.policy.default)["Subject"] == "The figures"
    assert clear.endswith(BODY)


def test_what_is_asked_for_is_refused_without_a_key(relay, sink):
    listening = relay(ASKED)
    for marked in MARKED.values():
        with pytest.raises(Refused) as refused:
            send(listening.port, mail.SENDER, [CAROL], letter(*marked, to=CAROL))
        assert refused.value.code == 550
    assert not sink.accepted()


def test_without_a_rule_that_asks_the_mark_says_nothing_and_stays(relay, sink):
    listening = relay({"name": "other", "match": {"tag": "[other]"}, "set": {"encrypt": "opportunistic"}},
                      headers="off")
    written = letter("[seal] The figures", "X-Seal: required")
    send(listening.port, mail.SENDER, [BOB], written)
    assert sink.accepted()[0].content == written


def test_with_headers_off_nothing_but_the_mark_goes(relay, sink):
    listening = relay({"name": "asked", "match": {"tag": "[seal]", "to": CAROL}, "set": {"encrypt": "required"}},
                      headers="off")
    send(listening.port, mail.SENDER, [BOB], letter("Re: [seal]  The figures"))
    assert sink.accepted()[0].content.endswith(letter("Re: The figures"))


def test_explain_shows_what_becomes_of_the_mark(relay, place):
    listening = relay(ASKED)
    file = place / "letter.eml"
    file.write_bytes(letter("[seal] The figures", "X-Seal: required"))
    told = postseal("explain", "--config", listening.config_file, "--json", "--from", mail.SENDER, "--to", BOB, file)
    delivery, = json.loads(told.stdout)["deliveries"]
    changes = {one["field"]: one for one in delivery["header_changes"]}
    assert changes["Subject"]["after"] == "The figures"
    assert changes["X-Seal"]["change"] == "removed"
    assert "requests taken out" in delivery["headers"]
