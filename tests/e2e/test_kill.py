# SPDX-License-Identifier: Apache-2.0
"""postseal is killed again and again while mail comes in, and started again at once: what a client was
told "taken" arrives for everybody, whole, and sealed where it has to be.

POSTSEAL_KILLS is how often in all, POSTSEAL_SEED the moments; both are printed."""
import os
import random
import re
import signal
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from parts import places, structure
from parts.gnupg import Person
from parts.load import Load, Message
from parts.postfix import BEFORE_QUEUE, Postfix, with_ports, written
from parts.relay import Relay
from parts.sink import DROP, Sink

KILLS = int(os.environ.get("POSTSEAL_KILLS", "210"))
SEED = os.environ.get("POSTSEAL_SEED") or str(random.SystemRandom().randrange(1 << 32))

BOB, EVE = "bob@sealed.example", "eve@sealed.example"  # the administrator has their keys
CLARA = "clara@clear.example"                          # nobody has hers
POLICY = {"defaults": {"encrypt": "opportunistic"},
          "rules": [{"name": "sealed", "match": {"to": "*@sealed.example"},
                     "set": {"encrypt": "required", "scope": "recipient"}}]}
SETTINGS = {"keys": {"sources": ["directory", "store"]},
            # Some messages stay in memory, most are files.
            "limits": {"message_memory": "16KiB"},
            "spool": {"path": "spool", "first_retry": "1s", "longest_retry": "2s"}}

TOO_EARLY = "too early"  # killed before the message for which it was to wait

SEALED, OPEN = "SEALED-CANARY", "MIXED-CANARY"  # the second may be read in Clara's copies


@pytest.fixture(scope="module")
def people(person):
    return [person(address) for address in (BOB, EVE)]


@pytest.fixture
def chance(request):
    return random.Random(f"{SEED}/{request.node.name}")


def mixed(chance: random.Random):
    """One recipient, or three who all get something else: sealed, in clear, sealed and blind."""
    kinds = [((BOB,), (BOB,), SEALED), ((CLARA,), (CLARA,), OPEN),
             ((BOB, CLARA, EVE), (BOB, CLARA), OPEN), ((BOB, CLARA, EVE), (BOB, CLARA), OPEN)]

    def make(number: int) -> Message:
        recipients, shown, mark = chance.choice(kinds)
        return Message(number, recipients, shown, mark, lines=chance.choice((3, 200, 1500)))
    return make


class Killer:
    """Kills at moments of its choice: while it starts, at any time, when a client has sent all of its
    message, and when the next hop has, which is when a mistake would cost mail."""

    def __init__(self, relay: Relay, chance: random.Random):
        self.relay, self.chance = relay, chance
        self.load: Load | None = None
        self.passed_on = threading.Event()  # the next hop has a whole message
        self.kills = 0
        self.moments: Counter[str] = Counter()

    def strike(self) -> None:
        moment = self.chance.choice(("start", "any", "taken", "passed on", "passed on"))
        if moment == "start":
            self.relay.launch()
            time.sleep(self.chance.uniform(0, 0.15))
        else:
            self.relay.start()
        if moment == "any":
            time.sleep(self.chance.uniform(0, 0.25))
        if moment == "taken":
            moment = moment if await_next(self.load.message_sent) else TOO_EARLY
            time.sleep(self.chance.uniform(0, 0.2))
        if moment == "passed on":
            moment = moment if await_next(self.passed_on) else TOO_EARLY
            time.sleep(self.chance.choice((0, 0.001, 0.005, 0.02)))
        self.moments[moment] += 1
        process = self.relay.process
        assert process.popen.poll() is None, f"it ended by itself:\n{self.relay.log()}"
        self.kills += 1
        os.kill(process.pid, signal.SIGKILL)
        process.popen.wait()


def await_next(event: threading.Event) -> bool:
    event.clear()
    return event.wait(10)


def sealers_of(relay: Relay) -> list[int]:
    """Those that work in its folder, whoever started them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program, words = os.readlink(process / "exe"), (process / "cmdline").read_text()
        except OSError:
            continue
        if program == str(places.sealer()) and str(relay.directory) in words:
            found.append(int(process.name))
    return sorted(found)


def number_of(content: bytes) -> int:
    return int(re.search(r"^Subject: number (\d+) ends here\r$", structure.header_section(content),
                         re.M)[1])


def judge(sink: Sink, taken: dict[int, Message], people: list[Person]) -> Counter:
    """How often each recipient got each message."""
    got: Counter[tuple[int, str]] = Counter()
    sealed: dict[str, list] = {person.address: [] for person in people}
    for copy in sink.accepted():
        message = taken[number_of(copy.content)]
        for address in copy.addresses:
            got[message.number, address] += 1
            if address == CLARA:
                assert copy.addresses == [CLARA] and copy.content.endswith(b"\r\n\r\n" + message.body)
            else:
                assert CLARA not in copy.addresses
                assert not (EVE in copy.addresses and BOB in copy.addresses)
                sealed[address].append((structure.ciphertext(copy.content), message.body))
    for person in people:
        opened = person.decrypt_all([ciphertext for ciphertext, _ in sealed[person.address]])
        for inner, (_, body) in zip(opened, sealed[person.address], strict=True):
            assert inner.endswith(b"\r\n\r\n" + body)
    lost = [(message.number, address) for message in taken.values()
            for address in message.recipients if not got[message.number, address]]
    assert not lost, f"taken, and never arrived: {lost}"
    return got


def nothing_is_in_clear(sink: Sink) -> None:
    """Not even in what was cut off."""
    assert SEALED.encode() not in sink.received
    for copy in [*sink.transactions, *sink.unfinished]:
        if copy.addresses != [CLARA]:
            assert OPEN.encode() not in copy.wire


def nothing_is_left(relay: Relay) -> None:
    spool = relay.directory / "spool"
    deadline = time.monotonic() + 180
    while left := sorted(str(file.relative_to(spool)) for file in spool.rglob("*")
                         if file.name not in ("trace.key", "owed")):
        assert time.monotonic() < deadline, f"in the spool: {left}\n{relay.log()[-5000:]}"
        time.sleep(0.1)
    assert sealers_of(relay) == sorted(relay.sealers())
    assert len(list((relay.directory / "run").iterdir())) == len(relay.sealers())
    with sqlite3.connect(f"file:{relay.directory}/keys.sqlite?mode=ro", uri=True) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def report(capsys, what: str, killer: Killer, load: Load, got: Counter) -> None:
    twice = sum(copies - 1 for copies in got.values())
    with capsys.disabled():
        print(f"\n{what}: seed {SEED}, {killer.kills} kills {dict(killer.moments)}, "
              f"{len(load.taken)} messages in {sum(load.attempts.values())} attempts, "
              f"{len(got)} copies, {twice} of them again, "
              f"{killer.relay.log().count(' owed to=')} owed by the spool")


def enough_was_at_stake(killer: Killer, taken: dict[int, Message]) -> None:
    assert len(taken) > KILLS / 30, "too little mail to show anything"
    in_a_message = killer.moments["taken"] + killer.moments["passed on"]
    assert in_a_message > killer.kills / 20, "too few kills with a message under way"


def flaky(chance: random.Random, killer: Killer):
    """A next hop that fails now and then once it has the whole message."""
    def answer(_line: str):
        killer.passed_on.set()
        return chance.choices((None, "451 4.3.0 Not now", DROP), (90, 7, 3))[0]
    return answer


def test_what_was_taken_arrives_through_every_kill(place, sink, people, chance, started, capsys):
    relay = Relay(place, sink.port, settings=SETTINGS, policy=POLICY)
    for person in people:
        relay.add_key(person)
    killer = Killer(relay, chance)
    sink.answers["."] = flaky(chance, killer)
    killer.load = load = Load(relay.port, mixed(chance), seed=SEED)
    for _ in range(KILLS * 2 // 3):
        killer.strike()
    sink.answers.clear()
    started(relay)
    taken = load.finish()
    nothing_is_left(relay)
    report(capsys, "sink", killer, load, judge(sink, taken, people))
    nothing_is_in_clear(sink)
    enough_was_at_stake(killer, taken)


def test_what_postfix_has_taken_arrives_through_every_kill(place, sink, people, chance, started,
                                                           capsys):
    submission, back = places.free_port(), places.free_port()
    relay = Relay(place, back, settings=SETTINGS, policy=POLICY)
    for person in people:
        relay.add_key(person)
    killer = Killer(relay, chance)
    sink.answers["."] = lambda _line: killer.passed_on.set()
    services = with_ports(written(BEFORE_QUEUE, "master.cf"), submission, relay.port, back)
    postfix = Postfix(place / "postfix", services, sink.port,
                      "notify_classes =\nsmtpd_error_sleep_time = 0\n")
    try:
        postfix.start(submission, back)
        killer.load = load = Load(submission, mixed(chance), seed=SEED)
        for _ in range(KILLS - KILLS * 2 // 3):
            killer.strike()
        started(relay)
        taken = load.finish()
        nothing_is_left(relay)
        postfix.wait_until_queued()
    finally:
        postfix.stop()
    report(capsys, "Postfix", killer, load, judge(sink, taken, people))
    nothing_is_in_clear(sink)
    enough_was_at_stake(killer, taken)
