# SPDX-License-Identifier: Apache-2.0
"""What has to become of every recipient's copy, by case, and the list of those that may come twice.
Pure."""
from dataclasses import dataclass

from .cases import FALLS_SILENT, LATE, LEAVES, MIRRORED, REPORT, Case, Fault

ENDS_CONNECTION = ("421", "close", "silence", "taken-close", "taken-silence")

# Where a copy may come twice, as RFC 5321 §4.5.3.2.6 has it. Any other doubled copy is a fault, and
# so is an entry that never happens: it would hide one.
FIRST_TAKEN = "the first group was taken and the reply lost: the client sends again"
LATER_TAKEN = "a later group was taken, its reply lost or too late: the spool sends again"
CLIENT_LEFT = "the client left before it was told 250, and sends again what was taken already"
LMTP_TAKEN = "over LMTP a group was taken and the reply lost: the client sends it again"
REPORT_TAKEN = "a report was taken and the reply lost: the spool reports again"
UNAVOIDABLE = (FIRST_TAKEN, LATER_TAKEN, CLIENT_LEFT, LMTP_TAKEN, REPORT_TAKEN)


@dataclass
class Expected:
    """What may become of a recipient's copy: one of `fates`; where `twice` is a name of the list above,
    the copy may come twice."""
    fates: frozenset[str]
    twice: str = ""


def expected(case: Case) -> dict[str, Expected]:
    model = _lmtp if case.protocol == "lmtp" else _smtp
    return model(case)


def _all(case: Case, *fates: str) -> dict[str, Expected]:
    return {address: Expected(frozenset(fates)) for address in case.recipients}


def _smtp(case: Case) -> dict[str, Expected]:
    made = _all(case, "hop")
    first = case.faults[0]
    if any(fault.kind in (LEAVES, FALLS_SILENT) for fault in case.faults):
        return _after_leaving(case, made)
    if first.stage == case.first and first.kind == LATE and first.step == ".":
        later = case.groups[1:]  # too late to begin with these
        return made | {address: Expected(frozenset({"spool"})) for group in later for address in group}
    if case.kept and first.step == "EHLO":
        return made  # nothing was promised over that connection: it is replaced
    if first.stage in (MIRRORED, case.first):
        return _before_commit(case, first, made)
    told = _report(case)
    stands = True
    for number, group in enumerate(case.groups, 1):
        if not stands:
            ways = {"spool"} if stands is False else {"hop", "spool"}
            made.update({address: Expected(frozenset(ways)) for address in group})
        for fault in case.faults:
            if fault.stage != number:
                continue
            _later_group(group, fault, told, made)
            if fault.kind in ENDS_CONNECTION or fault.kind == LATE:
                stands = False
            elif fault.step in ("RSET", "XFORWARD", "body"):
                stands = None  # who said that may have lost the thread: both are right
    return made


def _before_commit(case: Case, fault: Fault, made: dict) -> dict[str, Expected]:
    """The client hears of it, and sends again what is not refused."""
    if fault.kind == "5xx":
        # Only in the client's own transaction can a recipient be refused alone.
        alone = fault.address if fault.stage == MIRRORED else ""
        for address in [alone] if alone else case.recipients:
            made[address] = Expected(frozenset({"refused"}))
    elif fault.kind.startswith("taken"):
        for address in case.groups[0]:
            made[address].twice = FIRST_TAKEN
    return made


def _after_leaving(case: Case, made: dict) -> dict[str, Expected]:
    """Nobody was told 250, so it sends all of it again; what failed is neither owed nor reported."""
    *failed, fault = case.faults
    for number, group in enumerate(case.groups, case.first):
        taken = number < fault.stage or (number == fault.stage and fault.step == ".")
        taken = taken and number not in [one.stage for one in failed]
        for address in group:
            if taken:
                made[address].twice = CLIENT_LEFT
    return made


def _report(case: Case) -> Expected:
    if case.is_silent:
        return Expected(frozenset({"silent"}))
    faults = [fault for fault in case.faults
              if fault.stage == REPORT or fault.stage > len(case.groups)]
    if not faults:
        return Expected(frozenset({"bounced"}))
    taken = faults[0].kind.startswith("taken")
    return Expected(frozenset({"bounced", "bounced-later"} if taken else {"bounced-later"}),
                    REPORT_TAKEN if taken else "")


def _later_group(group: tuple, fault: Fault, told: Expected, made: dict) -> None:
    for address in group:
        if fault.address not in ("", address) and fault.kind in ("4xx", "5xx"):
            continue  # another recipient's, and the connection stands
        if fault.kind.startswith("taken") or (fault.kind, fault.step) == (LATE, "."):
            made[address] = Expected(frozenset({"hop", "spool"}), LATER_TAKEN)
        elif fault.kind == "5xx":
            fates = set(told.fates)
            if fault.step in ("RSET", "XFORWARD"):
                fates |= {"spool"}  # nothing was said of the message
            if fault.step == "body" and "bounced" in fates:
                fates |= {"bounced-later"}
            made[address] = Expected(frozenset(fates), told.twice)
        else:
            made[address] = Expected(frozenset({"spool"}))


def _lmtp(case: Case) -> dict[str, Expected]:
    """Each recipient has a reply of their own: nothing is owed, and the client sends again."""
    fault, = case.faults
    made = _all(case, "hop")
    if fault.kind in (LEAVES, FALLS_SILENT):
        return _after_leaving(case, made)
    if fault.stage == MIRRORED:
        return _before_commit(case, fault, made)
    group = case.groups[fault.stage - 1]
    for address in [fault.address] if fault.address else group:
        if fault.kind == "5xx":
            made[address] = Expected(frozenset({"refused"}))
        elif fault.kind.startswith("taken"):
            made[address].twice = LMTP_TAKEN
    return made
