# SPDX-License-Identifier: Apache-2.0
"""What is known of a case after it has been played: copies, reports, what the client heard, what is
owed, what the log says. Gathered, and each thing looked at for itself; ledger adds up."""
import email
import email.policy
import re
from dataclasses import dataclass, field

from .. import structure
from .cases import BLIND, CLEAR, MIRRORED, REPORT, SENDER, Case
from .client import AGAIN, REFUSED, Attempt, message
from .disk import case_number, is_readable

HOP, SPOOL = "hop", "spool"  # the client's next hop, the spool's

# By which the log says that nobody is told of a lost copy.
NOBODY_IS_TOLD = ("the sender is <>", "the sender is outside the local domains",
                  "the sender said NOTIFY=NEVER", "the sender's NOTIFY is without FAILURE")


@dataclass
class Copy:
    """One message that a next hop took, for one recipient."""
    to: str
    by: str = HOP  # or SPOOL
    reply: str = ""


@dataclass
class Report:
    """What a DSN says of one recipient."""
    about: str
    by: str = HOP
    at: float = 0


@dataclass
class Evidence:
    case: Case
    number: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    owed: list[tuple[str, str]] = field(default_factory=list)
    took_over: int = 0  # connections that another client had left
    silent: set[str] = field(default_factory=set)  # whose lost copy nobody is told of, says the log
    troubles: list[str] = field(default_factory=list)  # seen while it was gathered
    log: list[str] = field(default_factory=list)       # of the relay, about this message

    def client_says(self, address: str) -> str:
        """The client's last word about a recipient."""
        last = next((one for one in reversed(self.attempts) if address in one.to), None)
        return last.fate(address) if last else AGAIN

    def is_refused(self, address: str) -> bool:
        return self.client_says(address) == REFUSED


def gather(house, disk, played: list) -> list[Evidence]:
    by_number = {one.script.number: Evidence(one.script.case, one.script.number, one.attempts)
                 for one in played}
    for one in played:
        _read_script(one, by_number[one.script.number])
    for transaction in house.spool_hop.transactions:
        if found := by_number.get(case_number(transaction.content)):
            _add(found, transaction, SPOOL)
    for number, owed in disk.owed().items():
        if number in by_number:
            by_number[number].owed += owed
    _read_log(house.relay.log(), by_number)
    return list(by_number.values())


def _read_script(one, found: Evidence) -> None:
    script = one.script
    found.took_over = script.took_over
    for fault in script.pending:
        found.troubles.append(f"{fault.name} never came about")
    if not one.waited:
        found.troubles.append("the relay has not closed what it had open")
    if is_readable("\r\n".join(script.commands).encode()):
        found.troubles.append("leaked: readable in a command")
    cut_in_clear = any(_is_of_clear(found.case, fault) for fault in found.case.faults)
    if is_readable(script.partial) and not cut_in_clear:
        found.troubles.append("leaked: readable in a message that was cut off")
    for transaction in script.transactions:
        _add(found, transaction, HOP)


def _is_of_clear(case: Case, fault) -> bool:
    if fault.stage in (MIRRORED, REPORT):
        return False
    return case.groups[fault.stage - 1:fault.stage] == (CLEAR,)


def _add(found: Evidence, transaction, by: str) -> None:
    content, addresses = transaction.content, transaction.addresses
    if case_number(content) != found.number:
        found.troubles.append(f"a message of another Message-ID came by the {by}")
        return
    if "report-type=delivery-status" in _header(content).replace('"', ""):
        found.troubles += _look_at_report(transaction)
        try:
            about = _read_report(content)
        except (AssertionError, LookupError, ValueError, StopIteration) as trouble:
            found.troubles.append(f"a report that says nothing: {trouble!r}")
            return
        if transaction.accepted:
            found.reports += [Report(one, by, getattr(transaction, "at", 0)) for one in about]
        return
    found.troubles += _look_at_copy(found.case, transaction)
    if transaction.accepted:
        found.copies += [Copy(to, by, getattr(transaction, "reply", "")) for to in addresses]


def _header(content: bytes) -> str:
    return content.partition(b"\r\n\r\n")[0].decode("latin-1")


def _look_at_copy(case: Case, transaction) -> list[str]:
    content, addresses = transaction.content, transaction.addresses
    troubles = []
    if not any(set(addresses) <= set(group) for group in case.groups):
        troubles.append(f"one transaction for {addresses}, who need different copies")
    in_clear = set(addresses) <= set(CLEAR)
    if is_readable(content) and not in_clear:
        troubles.append(f"leaked: readable in the copy for {addresses}")
    if in_clear and not is_readable(content):
        troubles.append(f"the copy in clear for {addresses} is not what was written")
    if not in_clear and "multipart/encrypted" not in _header(content):
        troubles.append(f"the copy for {addresses} is not sealed")
    whole = content + transaction.mail.encode()
    if not (_is_all_of_it(case, content) if in_clear else _is_whole(content)):
        troubles.append(f"LOST: the copy for {addresses} is cut short or changed")
    troubles += [f"{address} stands in the copy for {addresses}" for address in BLIND
                 if address.encode() in whole]
    return troubles


def _is_all_of_it(case: Case, content: bytes) -> bool:
    """Fields may have been left out of the header; the body is as it was written."""
    written = message(case, case_number(content))
    return content.partition(b"\r\n\r\n")[2] == written.partition(b"\r\n\r\n")[2]


def _is_whole(sealed: bytes) -> bool:
    """From the first boundary to the last, and to the end of the armor."""
    try:
        return bool(structure.ciphertext(sealed))
    except (AssertionError, ValueError, LookupError):
        return False


def _look_at_report(transaction) -> list[str]:
    troubles = []
    if is_readable(transaction.content):
        troubles.append("leaked: readable in a report")
    if not transaction.mail.startswith("MAIL FROM:<>"):
        troubles.append(f"a report by {transaction.mail}")
    if transaction.addresses != [SENDER]:
        troubles.append(f"a report to {transaction.addresses}")
    return troubles


def _read_report(content: bytes) -> list[str]:
    """Of whom it says that they get nothing (RFC 3464)."""
    notice = email.message_from_bytes(content, policy=email.policy.default)
    assert notice.get_content_type() == "multipart/report"
    status = next(one for one in notice.walk()
                  if one.get_content_type() == "message/delivery-status")
    _, *recipients = status.get_payload()
    for one in recipients:
        assert one["Action"] == "failed" and one["Status"].startswith("5."), str(one)
    return [one["Final-Recipient"].partition(";")[2].strip() for one in recipients]


def _read_log(log: str, by_number: dict[int, Evidence]) -> None:
    """The script's words are in the log, and so tell which message is which case."""
    lines = log.splitlines()
    number_of = {}
    for line in lines:
        name = re.search(r" id=(\w+) ", line)
        case = re.search(r"script of case (\d+) ", line)
        if name and case:
            number_of[name[1]] = int(case[1])
    for line in lines:
        name = re.search(r" id=(\w+) ", line)
        found = by_number.get(number_of.get(name[1], 0)) if name else None
        if not found:
            continue
        found.log.append(line)
        to = re.search(r" to=<(.*?)>", line)
        if to and any(reason in line for reason in NOBODY_IS_TOLD):
            found.silent.add(to[1])
