# SPDX-License-Identifier: Apache-2.0
"""Why a rule does not speak, as `postseal explain` says it: the commonest question about a policy."""
import itertools
import json
import time

import pytest

from parts import mail, places
from parts.relay import Relay
from test_commands import postseal

CLERK = "clerk@court.example"


@pytest.fixture
def asked(place):
    """What `explain` says under these rules; nothing runs, and no key is known."""
    times = itertools.count()

    def under(rules: list, *options: str, to: str = CLERK):
        relay = Relay(place / str(next(times)), places.free_port(), policy={"rules": rules},
                      settings={"keys": {"sources": ["directory"]}})
        return postseal("explain", "--config", relay.config_file, "--from", mail.SENDER, "--to", to, *options)
    return under


def lines(done) -> list[str]:
    return [" ".join(line.split()) for line in done.out.splitlines()]


def named(address: str, **rest) -> dict:
    return {"name": f"for {address}", "match": {"to": address, **rest}, "set": {"encrypt": "required"}}


def test_rule_with_a_slip_in_its_address_is_named_with_the_condition(asked):
    rules = [named("*@cuort.example"), named("court.example", **{"from": "boss@example.org"})]
    said = lines(asked(rules))
    assert "rule defaults" in said
    assert "not for *@cuort.example: to: *@cuort.example does not hold" in said
    assert "not for court.example: from: boss@example.org does not hold" in said
    recipient, = json.loads(asked(rules, "--json").out)["recipients"]
    slip, other = recipient["rules"]
    assert slip == {"rule": "for *@cuort.example", "answer": "does not hold", "conditions": [
        {"text": "to: *@cuort.example", "answer": "does not hold", "depth": 0}]}
    assert other["rule"] == "for court.example"


def test_rules_behind_the_one_that_speaks_are_not_told(asked):
    said = asked([named("a.example"), named(CLERK), named("b.example")]).out
    assert "for a.example" in said and "for b.example" not in said


def test_of_thousands_of_rules_the_last_are_told_and_the_rest_counted(asked):
    rules = [named(f"x{i}@c{i}.example") for i in range(3000)]
    rules += [named("court.example", attachment=True) | {"name": f"files {i}"} for i in range(25)]
    begun = time.monotonic()
    said = lines(asked(rules))
    assert time.monotonic() - begun < 20  # however slow the build
    assert "not 2980 more whose from or to does not match (--json has them)" in said
    assert "not 5 more that do not hold (--json has them)" in said
    told = [line for line in said if line.startswith("not for ")]
    assert told[0] == "not for x2980@c2980.example: to: x2980@c2980.example does not hold" and len(told) == 20
    assert [line for line in said if line.startswith("not files")][0] == \
        "not files 5: attachment: true does not hold"
    recipient, = json.loads(asked(rules, "--json").out)["recipients"]
    assert len(recipient["rules"]) == 3025


def test_parts_of_a_condition_say_which_of_them_fails(asked):
    rules = [{"name": "files or lists", "set": {"encrypt": "required"},
              "match": {"to": "court.example",
                        "any": [{"attachment": True}, {"class": "list", "from": "example.org"}],
                        "not": {"class": "signed"}}}]
    said = lines(asked(rules))
    at = said.index("not files or lists: any of does not hold")
    assert said[at + 1:at + 5] == ["attachment: true does not hold", "all of does not hold",
                                   "from: example.org holds", "class: list does not hold"]
    assert said[at + 5].startswith("because")
