# SPDX-License-Identifier: Apache-2.0
"""Plays many cases at once. Each lane is a listener with a next hop of its own, and plays one case
after the other; a case that needs somebody's patience to end has a relay where there is little of it.
What the spool sends goes to a server of its own, which is always well."""
import threading
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from .. import places
from ..relay import Relay
from ..sink import Sink
from . import disk, evidence
from .cases import BLIND, CLEAR, PATIENCE, VISIBLE, Case
from .client import AGAIN, Attempt, Client
from .hop import Hop, Script

LANES = {"smtp": 6, "lmtp": 3, "kept": 3}
WAITING_LANES = 40     # most of the time nothing happens in these
SEALED_AT_ONCE = 2     # there: the machine shall not be what costs the patience
ATTEMPTS = 5           # of a client, for one message
PLAYS = 4              # of a case whose fault did not come about, since something was late

SEALED_TO = VISIBLE + BLIND
# What comes from <> is mostly a report, and exempt.
POLICY = {"defaults": {"encrypt": "opportunistic", "exempt": {"reports": False}}}


@dataclass
class Played:
    """A case that has been played to its end."""
    script: Script
    attempts: list[Attempt]
    waited: bool  # has everything that the relay had open been closed?


@dataclass
class Lane:
    port: int
    hop_port: int
    wait: float   # of the client for the reply to its final dot, in seconds
    gate: object  # through which messages go to be sealed
    hop: Hop | None = None


class House:
    """The relay, its lanes, and the spool's own next hop."""

    def __init__(self, directory: Path, people, lanes: dict[str, int], patience: int = 0,
                 spool: dict | None = None):
        self.directory, self.people = directory, people
        self.patience, self.spool = patience, spool or {}
        gate = threading.Semaphore(SEALED_AT_ONCE) if patience else nullcontext()
        self.lanes = {protocol: [Lane(places.free_port(), places.free_port(), patience * 2 or 120, gate)
                                 for _ in range(count)]
                      for protocol, count in lanes.items()}
        self._end = ExitStack()

    def __enter__(self) -> "House":
        with ExitStack() as started:
            self.spool_hop = Sink(places.free_port())
            started.callback(self.spool_hop.stop)
            for lane in sum(self.lanes.values(), []):
                lane.hop = Hop(lane.hop_port)
                started.callback(lane.hop.close)
            self.relay = Relay(self.directory, self.spool_hop.port, settings=self._settings(),
                               policy=POLICY, port=sum(self.lanes.values(), [])[-1].port)
            self.folder = self.relay.directory / "spool"
            for person in self.people:
                self.relay.add_key(person)
            started.callback(self.relay.stop)
            self.relay.start()
            self._end = started.pop_all()
        return self

    def __exit__(self, *failure) -> None:
        self._end.close()

    def _settings(self) -> dict:
        settings = {
            "keys": {"sources": ["directory"]},
            "sealers": {"deadline": "100s"},  # for many at once; what shall be late is no sealer
            "listen": [{"name": f"{kind}{number}", "protocol": "lmtp" if kind == "lmtp" else "smtp",
                        "address": f"127.0.0.1:{lane.port}",
                        # Mostly not kept for the next client, which is another case's.
                        "next_hop": {"address": f"127.0.0.1:{lane.hop_port}", "keep": kind == "kept"}}
                       for kind, lanes in self.lanes.items() for number, lane in enumerate(lanes)],
            "spool": {"first_retry": "1s", "longest_retry": "1s", "connections": 4,
                      "next_hop": {"address": f"127.0.0.1:{self.spool_hop.port}"}, **self.spool}}
        if self.patience:
            settings["limits"] = {"client_patience": f"{self.patience}s"}
        return settings


@dataclass
class Matrix:
    """Numbers are given once in a run, to each play of a case; they are in its Message-ID."""
    cases: list[Case]
    plays: list[tuple[Case, int]] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)  # into files, the log, what the spool sends
    unnamed_seen: int = 0  # files without a name that were looked at
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, directory: Path, people: list) -> dict[str, evidence.Evidence]:
        with ExitStack() as end:
            parts = []
            for name, lanes, patience in (("patient", LANES, 0),
                                          ("waiting", {"smtp": WAITING_LANES}, PATIENCE)):
                mine = [case for case in self.cases if case.needs_patience == bool(patience)]
                if mine:
                    house = end.enter_context(House(directory / name, people, lanes, patience))
                    parts.append((house, mine))
            results = [_Part(self, house, mine) for house, mine in parts]
            for one in results:
                one.start()
            found = [one for part in results for one in part.finish()]
            return {one.case.name: one for one in found}

    def number(self, case: Case) -> int:
        with self._lock:
            self.plays.append((case, len(self.plays) + 1))
            return len(self.plays)

    def plan_of(self, number: int) -> str:
        return self.plays[number - 1][0].plan


class _Part:
    """What one relay plays."""

    def __init__(self, matrix: Matrix, house: House, cases: list[Case]):
        self.matrix, self.house = matrix, house
        self.disk = disk.SpoolFolder(house.folder, house.relay.process.pid, matrix.plan_of)
        self.left = {kind: [case for case in cases if case.lane == kind] for kind in house.lanes}
        self.played: list[Played] = []
        self.threads = [threading.Thread(target=self._work, args=(lane, self.left[kind]), daemon=True)
                        for kind, lanes in house.lanes.items() for lane in lanes]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def finish(self) -> list[evidence.Evidence]:
        for thread in self.threads:
            thread.join()
        self.disk.wait_until_nothing_is_owed(180)
        self.disk.stop()
        self.matrix.leaks += self.disk.leaks
        self.matrix.unnamed_seen += self.disk.unnamed_seen
        self.matrix.leaks += [f"readable in the spool's mail to {one.addresses}"
                              for one in self.house.spool_hop.transactions
                              if disk.is_readable(one.content) and not set(one.addresses) <= set(CLEAR)]
        if disk.is_readable(self.house.relay.log().encode()):
            self.matrix.leaks.append("readable in the log")
        return evidence.gather(self.house, self.disk, self.played)

    def _work(self, lane: Lane, left: list[Case]) -> None:
        while True:
            try:
                case = left.pop(0)
            except IndexError:
                return
            for _ in range(PLAYS):
                if case.kept:
                    self._leave_a_connection(lane)
                played = play(lane, Script(case, self.matrix.number(case)))
                if not played.script.pending and played.script.took_over >= case.kept:
                    break
            self.played.append(played)

    def _leave_a_connection(self, lane: Lane) -> None:
        before = Case("one", ())
        lane.hop.script = Script(before, self.matrix.number(before))
        Client(lane.port, lane.hop.script, lane.wait, lane.gate).send(list(before.recipients))


def play(lane: Lane, script: Script, get_ready=lambda: None) -> Played:
    """`get_ready` is called before the client connects."""
    lane.hop.script = script
    client = Client(lane.port, script, lane.wait, lane.gate)
    owed = list(script.case.recipients)
    attempts: list[Attempt] = []
    while owed and len(attempts) < ATTEMPTS:
        if refused := script.refuses_connections:
            lane.hop.close()
        get_ready()
        attempts.append(client.send(owed))
        if refused:
            script.pending.clear()
            lane.hop.open()
        owed = [address for address in owed if attempts[-1].fate(address) == AGAIN]
    # What is kept in the end is the next client's.
    return Played(script, attempts, script.case.kept or script.wait_until_quiet())
