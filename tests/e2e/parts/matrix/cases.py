# SPDX-License-Identifier: Apache-2.0
"""What is tried, generated from lists: plans × the transaction in which it happens × the step × what
goes wrong."""
from dataclasses import dataclass

SENDER = "anna@example.org"
FOREIGN_SENDER = "list-bounces@lists.example"  # an envelope sender outside local_domains

VISIBLE = ("vera@sealed.example", "victor@sealed.example")
BLIND = ("bea@sealed.example", "ben@sealed.example", "bo@sealed.example")
CLEAR = ("carl@clear.example", "cleo@clear.example")

# Each in the order in which its groups are sent: the largest sealed one first, what is in clear last.
PLANS = {
    "one": (VISIBLE,),
    "two": (VISIBLE, CLEAR),
    "two-sealed": (VISIBLE, BLIND[:1]),
    "five": (VISIBLE, *((one,) for one in BLIND), CLEAR),
}

# The client's own transaction, told to the next hop as it comes. A message that is one group goes
# on in it; several groups get a transaction each, which are counted from 1.
MIRRORED = 0
REPORT = "report"  # the transaction of a DSN

REPLIES = ("4xx", "5xx", "421")
KINDS = (*REPLIES, "close", "silence")
KINDS_AT_DOT = (*KINDS, "taken-close", "taken-silence")
LATE = "late"             # the usual answer, after LATENESS
LEAVES = "client-leaves"  # the next hop is well; the client hangs up at this step
FALLS_SILENT = "client-half-closes"  # the same, but it still listens: a script with nothing to add

# Of a client that is kept waiting, in seconds: a third of it until something has to be taken, half of
# it until nothing more is begun. What comes late comes after that half, and before the end.
PATIENCE = 18
LATENESS = 0.6 * PATIENCE


@dataclass(frozen=True)
class Fault:
    stage: int | str  # MIRRORED, the number of a group, REPORT
    step: str         # connect, greeting, EHLO, RSET, XFORWARD, MAIL, RCPT, DATA, body, "."
    kind: str
    address: str = ""  # of RCPT

    @property
    def name(self) -> str:
        stage = {MIRRORED: "mirrored", REPORT: "report"}.get(self.stage, f"group{self.stage}")
        at = {".": "dot"}.get(self.step, self.step)
        at += f"-{self.address.partition('@')[0]}" if self.address else ""
        return f"{stage}:{at}:{self.kind}"


@dataclass(frozen=True)
class Case:
    plan: str
    faults: tuple[Fault, ...]
    protocol: str = "smtp"
    sender: str = SENDER
    notify: str = ""  # of every RCPT; empty: none
    kept: bool = False  # over a connection that another client has left

    @property
    def name(self) -> str:
        who = {SENDER: "", FOREIGN_SENDER: "/foreign-sender"}.get(self.sender, "/null-sender")
        notify = f"/notify-{self.notify.lower()}" if self.notify else ""
        lane = "" if self.lane == "smtp" else f"{self.lane}/"
        return f"{lane}{self.plan}{who}{notify}/" + "+".join(one.name for one in self.faults)

    @property
    def lane(self) -> str:
        """The kind of listener that plays it."""
        return "kept" if self.kept else self.protocol

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        return PLANS[self.plan]

    @property
    def recipients(self) -> tuple[str, ...]:
        return tuple(address for group in self.groups for address in group)

    @property
    def first(self) -> int:
        """The stage of the first group."""
        return MIRRORED if len(self.groups) == 1 else 1

    @property
    def needs_patience(self) -> bool:
        """Does somebody have to lose it?"""
        return any("silence" in fault.kind or fault.kind == LATE for fault in self.faults)

    @property
    def is_silent(self) -> bool:
        """Nobody is to be told of a copy that is lost."""
        return self.sender != SENDER or bool(self.notify)

    @property
    def is_large(self) -> bool:
        """So that the next hop can fail in the middle of it."""
        return any(fault.step == "body" for fault in self.faults)


# The lists, multiplied.

def _kinds(step: str) -> tuple[str, ...]:
    if step == "connect":
        return ("close",)  # refused; a silent one is a silent greeting
    if step == "greeting":
        return tuple(kind for kind in KINDS if kind != "421")  # which is what its 4xx is
    return KINDS_AT_DOT if step == "." else KINDS


def _steps(plan: str, stage: int) -> list[tuple[str, str]]:
    groups = PLANS[plan]
    message = [("DATA", ""), ("body", ""), (".", "")]
    if stage == MIRRORED:
        steps = [(step, "") for step in ("connect", "greeting", "EHLO", "XFORWARD", "MAIL")]
        steps += [("RCPT", address) for group in groups for address in group]
        return steps + (message if len(groups) == 1 else [])
    return [("RSET", ""), ("XFORWARD", ""), ("MAIL", ""),
            *(("RCPT", address) for address in groups[stage - 1]), *message]


def _stages(plan: str) -> range:
    groups = len(PLANS[plan])
    return range(1 if groups == 1 else groups + 1)


def _of_plan(plan: str, protocol: str = "smtp") -> list[Case]:
    return [Case(plan, (Fault(stage, step, kind, address),), protocol)
            for stage in _stages(plan) for step, address in _steps(plan, stage)
            for kind in _kinds(step)]


def _leaving(plan: str, protocol: str = "smtp") -> list[Case]:
    # Nothing can be said of the middle of a body: its end may be on the way already.
    return [Case(plan, (Fault(stage, step, kind, address),), protocol)
            for kind in (LEAVES, FALLS_SILENT)
            for stage in _stages(plan) for step, address in _steps(plan, stage)
            if step not in ("connect", "greeting", "body")]


def _leaving_what_failed(plan: str) -> list[Case]:
    return [Case(plan, (Fault(2, ".", kind), Fault(stage, "MAIL", LEAVES)))
            for kind in ("4xx", "5xx") for stage in _stages(plan)[3:]]


def _late(plan: str) -> list[Case]:
    return [Case(plan, (Fault(stage, step, LATE, address),))
            for stage in _stages(plan)[1:] for step, address in _steps(plan, stage)
            if step != "body"]


def _reporting(plan: str) -> list[Case]:
    refused = Fault(len(PLANS[plan]), ".", "5xx")
    return [Case(plan, (refused, Fault(REPORT, step, kind)))
            for step in ("MAIL", "RCPT", "DATA", "body", ".") for kind in _kinds(step)]


def _after_the_last(plan: str) -> list[Case]:
    """The last transaction ends with its recipients. Then RSET comes before the report, where there is
    one, or for tidiness alone."""
    last = len(PLANS[plan])
    refused = tuple(Fault(last, "RCPT", "5xx", address) for address in PLANS[plan][-1])
    return [Case(plan, (*refused, Fault(last + 1, "RSET", kind)), notify=notify)
            for kind in KINDS for notify in ("", "NEVER")]


def _silent(plan: str) -> list[Case]:
    last = len(PLANS[plan])
    variants = [{"sender": ""}, {"sender": FOREIGN_SENDER}, {"notify": "NEVER"},
                {"notify": "SUCCESS,DELAY"}]
    return [Case(plan, (Fault(last, step, "5xx", address),), **variant)
            for variant in variants
            for step, address in _steps(plan, last) if step in ("MAIL", "RCPT", "DATA", ".")]


def _pairs(plan: str) -> list[Case]:
    later = range(2, len(PLANS[plan]) + 1)
    return [Case(plan, (Fault(a, ".", first), Fault(b, ".", second)))
            for a in later for b in later if a < b
            for first in ("4xx", "5xx") for second in ("4xx", "5xx")]


def _mixed(plan: str) -> list[Case]:
    """Both recipients of the last group, who differ in what is said of them."""
    last = len(PLANS[plan])
    one, other = PLANS[plan][-1]
    return [Case(plan, (Fault(last, "RCPT", first, one), Fault(last, "RCPT", second, other)))
            for first in ("4xx", "5xx") for second in ("4xx", "5xx")]


def _kept(plan: str) -> list[Case]:
    return [Case(plan, case.faults, kept=True) for case in _of_plan(plan)
            if not case.needs_patience and case.faults[0].step not in ("connect", "greeting")]


def all_cases() -> list[Case]:
    cases = [case for plan in PLANS for case in _of_plan(plan)]
    for plan in ("one", "two", "five"):
        cases += _leaving(plan)
    cases += _leaving_what_failed("five")
    for plan in ("two", "five"):
        cases += _late(plan)
    for plan in ("two", "five"):
        cases += _reporting(plan) + _after_the_last(plan)
    for plan in ("two", "five"):
        cases += _silent(plan)
    cases += _pairs("five") + _mixed("two") + _mixed("five")
    # Over LMTP there is no patience of the client's: it waits for as long as the next hop is given.
    for plan in ("two", "five"):
        cases += [case for case in _of_plan(plan, "lmtp") if not case.needs_patience]
    cases += _leaving("two", "lmtp")
    cases += _kept("one") + _kept("two")
    return cases
