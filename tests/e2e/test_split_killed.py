# SPDX-License-Identifier: Apache-2.0
"""A mail with several deliveries, and a postseal that is killed in one of them: whatever it had promised
is kept, and of what it had not, nothing is left."""
import os
import signal
import threading

import pytest

from parts.matrix import disk, evidence, ledger
from parts.matrix.cases import BLIND, CLEAR, LEAVES, VISIBLE, Case, Fault
from parts.matrix.hop import Script
from parts.matrix.run import SEALED_TO, House, play


@pytest.fixture(scope="module")
def people(person):
    return [person(address) for address in SEALED_TO]


def send(house: House, plan: str, *faults: Fault):
    return play(house.lanes["smtp"][0], Script(Case(plan, faults), 1))


def kill(house: House) -> None:
    os.killpg(house.relay.process.pid, signal.SIGKILL)
    house.relay.process.popen.wait()


@pytest.mark.parametrize("step", ["MAIL", "."])
@pytest.mark.parametrize("stage", range(1, 6))
def test_killed_at_any_time_it_loses_nothing_and_doubles_only_what_was_taken(place, people, stage, step):
    # To the client it is as if it had left itself: it was not told 250, and sends all of it again.
    case = Case("five", (Fault(stage, step, LEAVES),))
    with House(place, people, {"smtp": 1}) as house:
        watched = disk.SpoolFolder(house.folder, house.relay.process.pid, lambda number: case.plan)
        script, is_up = Script(case, 1), threading.Event()

        def start_again() -> None:
            is_up.clear()
            kill(house)
            house.relay.start()
            is_up.set()

        script.leave = start_again
        is_up.set()
        played = play(house.lanes["smtp"][0], script, lambda: is_up.wait(120))
        watched.wait_until_nothing_is_owed(120)
        watched.stop()
        found, = evidence.gather(house, watched, [played])
        assert not ledger.judge(found)
        assert not list((house.folder / "owed").iterdir())


def test_what_was_promised_outlives_a_killed_process(place, people):
    with House(place, people, {"smtp": 1}) as house:
        house.spool_hop.answers["MAIL"] = "451 4.3.2 Not yet"
        played = send(house, "five", Fault(2, ".", "421"))
        assert len(played.attempts) == 1 and played.attempts[0].heard[-1].startswith("250")
        kill(house)
        house.spool_hop.answers.clear()
        house.relay.start()
        got = house.spool_hop.wait_for(4)
        assert sorted(one.addresses for one in got) == sorted([*([one] for one in BLIND), list(CLEAR)])
        taken, = [one for one in played.script.transactions if one.accepted]
        assert taken.addresses == list(VISIBLE)
