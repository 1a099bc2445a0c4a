# SPDX-License-Identifier: Apache-2.0
"""Blind recipients of sealed mail: each gets a copy and a transaction alone, nobody else's copy knows
of them, and many of them do not keep the client waiting."""
import re

import pytest

from parts import gnupg, structure
from parts.matrix.cases import BLIND, VISIBLE, Case
from parts.matrix.client import CANARY, message_id
from parts.matrix.hop import Script
from parts.matrix.run import SEALED_TO, House, play

AT_ONCE = 2  # of the three


@pytest.fixture(scope="module")
def people(person):
    return {address: person(address) for address in SEALED_TO}


def send(house: House, plan: str, notify: str = "") -> Script:
    played = play(house.lanes["smtp"][0], Script(Case(plan, (), notify=notify), 1))
    assert len(played.attempts) == 1 and played.waited
    return played.script


@pytest.fixture(scope="module")
def house(directory, people):
    with House(directory / "at-once", people.values(), {"smtp": 1}) as made:
        yield made


@pytest.fixture(scope="module")
def five(house):
    return send(house, "five")


def copy_for(script: Script, *addresses: str):
    found, = [one for one in script.transactions if set(addresses) & set(one.addresses)]
    assert found.accepted and found.addresses == list(addresses)
    return found


def keys_in(content: bytes) -> list[str]:
    return gnupg.recipients_of(structure.ciphertext(content))


def test_each_has_a_copy_and_a_transaction_alone(five, people):
    for address in BLIND:
        copy = copy_for(five, address)
        assert keys_in(copy.content) == [people[address].subkey_id()]
        assert CANARY.encode() in people[address].decrypt(structure.ciphertext(copy.content))


def test_it_is_the_same_message_for_everybody(five):
    assert len(five.transactions) == 5
    for one in five.transactions:
        assert f"Message-ID: {message_id(1)}\r\n" in structure.header_section(one.content)


def test_the_visible_copy_is_the_one_that_it_would_be_without_them(house, five, people):
    copy, alone = copy_for(five, *VISIBLE), copy_for(send(house, "one"), *VISIBLE)
    assert sorted(keys_in(copy.content)) == sorted(people[one].subkey_id() for one in VISIBLE)
    assert comparable(copy.content).replace("To: " + ", ".join(VISIBLE + clear()), "To: *") == (
        comparable(alone.content).replace("To: " + ", ".join(VISIBLE), "To: *"))
    assert len(structure.ciphertext(copy.content)) == len(structure.ciphertext(alone.content))
    for line in (copy.mail, *copy.recipients):
        assert not any(address in line for address in BLIND)


def clear() -> tuple[str, ...]:
    return Case("five", ()).groups[-1]


def comparable(content: bytes) -> str:
    """The header section without what is drawn anew for every message: token, time, boundary."""
    section = structure.header_section(content)
    assert section.count("Received:") == 1
    section = re.sub(r"\AReceived:.*\r\n([ \t].*\r\n)*", "Received: *\r\n", section)
    return re.sub(r'boundary="[^"]*"', 'boundary="*"', section)


def test_no_copy_names_a_blind_recipient(five):
    for one in five.transactions:
        for address in BLIND:
            assert address.encode() not in one.content
            assert address in one.addresses or not any(address in line for line in one.recipients)


def test_more_than_a_few_go_by_the_spool(directory, people):
    with House(directory / "by-spool", people.values(), {"smtp": 1},
               spool={"blind_at_once": AT_ONCE}) as house:
        script = send(house, "five", notify="FAILURE")
        by_hop = [one.addresses for one in script.transactions]
        spooled = [address for address in BLIND if [address] not in by_hop]
        assert list(VISIBLE) in by_hop and list(clear()) in by_hop
        assert 0 < len(spooled) and len(BLIND) - len(spooled) <= AT_ONCE
        got = house.spool_hop.wait_for(len(spooled))
        assert sorted(one.addresses for one in got) == sorted([one] for one in spooled)
        for one in got:
            address, = one.addresses
            assert one.recipients == [f"RCPT TO:<{address}> NOTIFY=FAILURE"]
            assert keys_in(one.content) == [people[address].subkey_id()]
            assert f"Message-ID: {message_id(1)}\r\n" in structure.header_section(one.content)
            assert CANARY.encode() not in one.content
