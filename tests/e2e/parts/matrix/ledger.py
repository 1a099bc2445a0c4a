# SPDX-License-Identifier: Apache-2.0
"""Adds up what became of every recipient's copy, and says what is wrong with it. Pure."""
from .cases import LATE, REPLIES, REPORT, Case, Fault
from .client import AGAIN, DONE, REFUSED, Attempt
from .evidence import HOP, Evidence
from .model import Expected, expected


def fates(found: Evidence, address: str) -> list[str]:
    """All that became of a recipient's copy; one of them is right, and none is a lost copy."""
    all_of_it = [copy.by for copy in found.copies if copy.to == address]
    all_of_it += ["bounced" if report.by == HOP else "bounced-later"
                  for report in found.reports if report.about == address]
    if found.is_refused(address):
        all_of_it.append("refused")
    if address in found.silent:
        all_of_it.append("silent")
    all_of_it += [f"still owed a {debt}" for to, debt in found.owed if to == address]
    return all_of_it


def judge(found: Evidence) -> list[str]:
    """What is wrong; nothing where everything is right."""
    wrong = list(found.troubles)
    for address, wanted in expected(found.case).items():
        wrong += _judge_recipient(found, address, wanted)
    strangers = {copy.to for copy in found.copies} | {report.about for report in found.reports}
    wrong += [f"{address}: nobody wrote to them" for address in strangers - set(found.case.recipients)]
    return wrong + _judge_replies(found) + _judge_order(found)


def _judge_recipient(found: Evidence, address: str, wanted: Expected) -> list[str]:
    became = fates(found, address)
    said = found.client_says(address)
    if not became:
        if said == DONE:
            return [f"{address}: LOST: the client heard 250, and nothing became of it"]
        return [f"{address}: nothing became of it, and the client still has it"]
    deliveries = [one for one in became if one in ("hop", "spool")]
    reports = [one for one in became if one.startswith("bounced")]
    wrong = []
    if len(deliveries) > 1 and not (wanted.twice and len(deliveries) == 2):
        wrong.append(f"{address}: DOUBLED: {' and '.join(deliveries)}, and nothing made it unavoidable")
    if len(reports) > 1 and not (wanted.twice and len(reports) == 2):
        wrong.append(f"{address}: reported {len(reports)} times")
    if deliveries and len(deliveries) != len(became):
        wrong.append(f"{address}: CONTRADICTION: delivered, and {', '.join(became)}")
    if said == AGAIN:
        wrong.append(f"{address}: the client never heard an answer that lasts")
    wrong += [f"{address}: {one}, where it is to be {' or '.join(sorted(wanted.fates))}"
              for one in dict.fromkeys(became) if one not in wanted.fates]
    return wrong


def happened_twice(found: Evidence) -> set[str]:
    """The names of the list of unavoidable doubles that came true."""
    return {wanted.twice for address, wanted in expected(found.case).items()
            if wanted.twice and len(fates(found, address)) == 2}


def _judge_replies(found: Evidence) -> list[str]:
    """The client hears the next hop's own words: of what failed before anything was taken, and of the
    group that was taken first."""
    wrong = []
    heard = [reply for one in found.attempts for reply in one.heard]
    script = f"script of case {found.number} "
    early = [fault for fault in found.case.faults if fault.kind in REPLIES and fault.stage != REPORT
             and (fault.stage <= found.case.first or found.case.protocol == "lmtp")
             and not (found.case.kept and fault.step == "EHLO")]
    for fault in early:
        if not any(script in reply for reply in heard):
            wrong.append(f"the client did not hear what was said at {fault.name}: {heard}")
    if any(_is_too_late(found.case, fault) for fault in found.case.faults):
        if not any(one.heard[-1].startswith("4") for one in found.attempts):
            wrong.append("the client was not told in time that nothing could be sent")
    if found.case.protocol == "smtp":
        for one in found.attempts:
            wrong += _judge_success(found, one)
    if not found.case.needs_patience and any(one.gave_up for one in found.attempts):
        wrong.append("the client was kept waiting")
    return wrong


def _is_too_late(case: Case, fault: Fault) -> bool:
    """Has a third of the client's patience gone before anything could be handed over?"""
    return (fault.kind in (LATE, "silence") and fault.stage == 1 == case.first
            and fault.step not in ("body", "."))


def _judge_success(found: Evidence, one: Attempt) -> list[str]:
    done = [address for address in one.to if one.fate(address) == DONE]
    first = next((group for group in found.case.groups if set(group) & set(done)), ())
    replies = {copy.reply for copy in found.copies if copy.by == HOP and copy.to in first}
    return [f"{address}: the client heard {one.said[address]!r}, which the next hop never said of "
            "the first group" for address in done if one.said[address] not in replies]


def _judge_order(found: Evidence) -> list[str]:
    """What is reported at all by the client's own next hop is reported before the client hears 250."""
    ends = [one.at for one in found.attempts if REFUSED not in map(one.fate, one.to) and one.at]
    if not ends:
        return []
    return [f"{report.about}: was reported after the client had its answer"
            for report in found.reports if report.by == HOP and report.at > ends[-1]]
