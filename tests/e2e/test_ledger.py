# SPDX-License-Identifier: Apache-2.0
"""The judge of the fault matrix is judged: from what was seen of one message to what is said of it."""
import base64

import pytest

from parts.matrix import cases, disk, model
from parts.matrix.cases import LEAVES, REPORT, Case, Fault
from parts.matrix.client import CANARY, Attempt
from parts.matrix.evidence import HOP, SPOOL, Copy, Evidence, Report
from parts.matrix.ledger import happened_twice, judge

VERA, VICTOR = cases.VISIBLE
CARL, CLEO = cases.CLEAR
TAKEN = "250 2.0.0 Ok: queued as 1.1"
WORDS = "554 5.7.1 As the script of case 1 wants it"

REFUSED_LATER = Case("two", (Fault(2, ".", "5xx"),))
DEFERRED_LATER = Case("two", (Fault(2, ".", "4xx"),))
CLEO_REFUSED_LATER = Case("two", (Fault(2, "RCPT", "5xx", CLEO),))
REFUSED_FIRST = Case("two", (Fault(1, ".", "5xx"),))
FIRST_LOST = Case("two", (Fault(1, ".", "taken-close"),))
LATER_LOST = Case("two", (Fault(2, ".", "taken-close"),))
NOBODY_TOLD = Case("two", (Fault(2, ".", "5xx"),), notify="NEVER")
REPORT_LOST = Case("two", (Fault(2, ".", "5xx"), Fault(REPORT, ".", "taken-close")))
REPORT_REFUSED = Case("two", (Fault(2, ".", "5xx"), Fault(REPORT, ".", "5xx")))
LEFT = Case("two", (Fault(2, "MAIL", LEAVES),))


def heard(reply: str, case: Case) -> Attempt:
    return Attempt(list(case.recipients), dict.fromkeys(case.recipients, reply), [reply], at=2)


def by_hop(*to: str) -> list[Copy]:
    return [Copy(one, HOP, TAKEN) for one in to]


def by_spool(*to: str) -> list[Copy]:
    return [Copy(one, SPOOL) for one in to]


def seen(case: Case, *copies: list[Copy], reports=(), by=HOP, replies=(TAKEN,), **more) -> Evidence:
    return Evidence(case, 1, [heard(reply, case) for reply in replies], sum(copies, []),
                    [Report(one, by, 1) for one in reports], **more)


FIRST = by_hop(VERA, VICTOR)
ALL = FIRST + by_hop(CARL, CLEO)
AGAIN = ("", TAKEN)

RIGHT = {
    "reported": seen(REFUSED_LATER, FIRST, reports=(CARL, CLEO)),
    "from the spool": seen(DEFERRED_LATER, FIRST, by_spool(CARL, CLEO)),
    "one reported": seen(CLEO_REFUSED_LATER, FIRST, by_hop(CARL), reports=(CLEO,)),
    "refused": seen(REFUSED_FIRST, replies=(WORDS,)),
    "twice, as the list has it": seen(FIRST_LOST, FIRST, ALL, replies=AGAIN),
    "once, though twice were allowed": seen(FIRST_LOST, ALL, replies=AGAIN),
    "twice by the spool": seen(LATER_LOST, ALL, by_spool(CARL, CLEO)),
    "silent": seen(NOBODY_TOLD, FIRST, silent={CARL, CLEO}),
    "reported twice": seen(REPORT_LOST, FIRST, reports=(CARL, CLEO, CARL, CLEO)),
    "reported by the spool": seen(REPORT_REFUSED, FIRST, reports=(CARL, CLEO), by=SPOOL),
    "left": seen(LEFT, FIRST, ALL, replies=AGAIN),
}

WRONG = {
    "lost": (seen(REFUSED_LATER, FIRST, reports=(CARL,)), f"{CLEO}: LOST"),
    "a lost entry": (seen(DEFERRED_LATER, FIRST), f"{CARL}: LOST"),
    "sent again after a commit": (
        seen(DEFERRED_LATER, FIRST, ALL, replies=("451 4.3.0 Again", TAKEN)), f"{VERA}: DOUBLED"),
    "the spool sends what was taken": (
        seen(DEFERRED_LATER, FIRST, by_spool(VERA, CARL, CLEO)), f"{VERA}: DOUBLED"),
    "another group is doubled": (
        seen(FIRST_LOST, ALL, ALL, replies=AGAIN), f"{CARL}: DOUBLED"),
    "three times": (seen(FIRST_LOST, FIRST, ALL, by_spool(VERA), replies=AGAIN), f"{VERA}: DOUBLED"),
    "reported and delivered": (
        seen(CLEO_REFUSED_LATER, FIRST, by_hop(CARL), reports=(CLEO, CARL)), f"{CARL}: CONTRADICTION"),
    "the wrong one is reported": (
        seen(CLEO_REFUSED_LATER, FIRST, by_hop(CARL), reports=(CARL,)), f"{CLEO}: LOST"),
    "a stranger is reported": (
        seen(REFUSED_LATER, FIRST, reports=(CARL, CLEO, "eve@x.example")), "eve@x.example: nobody"),
    "reported twice": (seen(REFUSED_LATER, FIRST, reports=(CARL, CLEO, CARL)), f"{CARL}: reported 2"),
    "reported, though nobody is to be told": (
        seen(NOBODY_TOLD, FIRST, reports=(CARL, CLEO)), f"{CARL}: bounced"),
    "neither told nor logged": (seen(NOBODY_TOLD, FIRST), f"{CARL}: LOST"),
    "refused and delivered": (seen(REFUSED_FIRST, FIRST, replies=(WORDS,)), f"{VERA}: CONTRADICTION"),
    "refused in words of ours": (seen(REFUSED_FIRST, replies=("554 No",)), "did not hear"),
    "taken in words of ours": (
        seen(DEFERRED_LATER, FIRST, by_spool(CARL, CLEO), replies=("250 Fine",)), "never said of"),
    "left in the spool": (
        seen(DEFERRED_LATER, FIRST, owed=[(CARL, "delivery"), (CLEO, "delivery")]),
        f"{CARL}: still owed"),
    "refused for a time, and spooled": (
        seen(REFUSED_LATER, FIRST, by_spool(CARL, CLEO)), f"{CARL}: spool"),
    "reported late": (
        Evidence(REFUSED_LATER, 1, [heard(TAKEN, REFUSED_LATER)], FIRST,
                 [Report(CARL, HOP, 3), Report(CLEO, HOP, 3)]), f"{CARL}: was reported after"),
    "what was not sent is sent all the same": (
        seen(LEFT, FIRST, ALL, by_spool(CARL, CLEO), replies=AGAIN), f"{CARL}: DOUBLED"),
    "the client gives up": (seen(REFUSED_FIRST, replies=("451 4.3.0 Again",)), "still has it"),
    "seen on the way": (
        seen(REFUSED_LATER, FIRST, reports=(CARL, CLEO), troubles=["leaked"]), "leaked"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_not_blamed(name):
    assert not judge(RIGHT[name])


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_called_by_its_name(name):
    found, finding = WRONG[name]
    assert any(finding in one for one in judge(found)), judge(found)


def test_doubles_are_counted_where_they_happen():
    assert happened_twice(RIGHT["twice, as the list has it"]) == {model.FIRST_TAKEN}
    assert happened_twice(RIGHT["once, though twice were allowed"]) == set()


def test_every_case_has_a_name_and_a_fault_of_its_own():
    made = cases.all_cases()
    assert len({case.name for case in made}) == len(made)
    assert len(set(made)) == len(made)
    stages = {fault.stage for case in made if case.plan == "five" for fault in case.faults}
    assert stages >= {cases.REPORT, *range(6)}


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_canary_is_seen_in_base64(before):
    assert disk.is_readable(base64.b64encode(f"{before}{CANARY} and more".encode()))
    assert not disk.is_readable(base64.b64encode(b"nothing of the kind"))
