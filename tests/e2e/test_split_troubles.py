# SPDX-License-Identifier: Apache-2.0
"""What a mail with several deliveries needs fails: the disk, the folder, the sealers. Nothing is lost,
and nothing is sent in clear that was to be sealed."""
import subprocess

import pytest

from parts.gpg_faults import Gpg
from parts.relay import Relay
from parts.split import (BOB, CANARY, CAROL, DAVE, EVE, at_message, send, spool_entries, spool_of,
                         wait_until)


@pytest.fixture(scope="module")
def people(person):
    return [person(address) for address in (BOB, EVE)]


@pytest.fixture
def gpg(place):
    return Gpg(place)


@pytest.fixture
def relay(place, people, sink, later, gpg):
    made = Relay(place, sink.port, settings={
        "keys": {"sources": ["directory"]}, "spool": spool_of(later.port),
        "sealers": {"gpg": gpg.path, "deadline": "10s"}})
    for person in people:
        made.add_key(person)
    return made


class SmallDisk:
    """A file system of a mebibyte on a folder."""

    def __init__(self, folder):
        self.folder = folder
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", folder],
                       check=True)

    def fill(self) -> None:
        with open(self.folder / "filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass  # it is full, which was wanted

    def make_room(self) -> None:
        (self.folder / "filler").unlink()

    def remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", self.folder], check=True)

    def remove(self) -> None:
        subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture
def disk(relay):
    made = SmallDisk(relay.directory / "spool")
    yield made
    made.remove()


def assert_it_heals(relay, sink) -> None:
    sink.forget()
    assert send(relay).startswith("250")
    assert sorted(one.addresses for one in sink.accepted()) == [[BOB], [CAROL, DAVE]]
    assert spool_entries(relay) == []


def test_full_disk_refuses_before_anything_is_sent(relay, disk, sink, started):
    started(relay)
    disk.fill()
    answer = send(relay)
    assert answer.startswith("452 4.3.1") and "room" in answer
    assert sink.accepted() == [] and spool_entries(relay) == []
    assert "No space left" in relay.log()
    assert send(relay, recipients=(BOB,), to=BOB).startswith("250")  # it needs no spool
    disk.make_room()
    assert_it_heals(relay, sink)


def test_disk_that_fills_later_has_room_for_what_is_owed(relay, disk, sink, later, started):
    def fill(_line):
        disk.fill()
        return None
    messages = at_message(2, "451 4.3.0 Not now")
    sink.answers["."] = lambda line: messages(line) or fill(line)
    later.answers["greeting"] = "421 4.3.2 Not yet"
    started(relay)
    assert send(relay).startswith("250")
    (entry,) = spool_entries(relay)
    assert [one["to"] for one in entry["recipients"]] == [CAROL, DAVE]
    del later.answers["greeting"]
    assert later.wait_for(1)[0].addresses == [CAROL, DAVE]
    wait_until(lambda: spool_entries(relay) == [])


def test_read_only_spool_refuses_before_anything_is_sent(relay, disk, sink, started):
    started(relay)
    disk.remount("ro")
    answer = send(relay)
    assert answer.startswith("452 4.3.1")
    assert sink.accepted() == []
    assert "Read-only file system" in relay.log()
    assert send(relay, recipients=(BOB,), to=BOB).startswith("250")
    disk.remount("rw")
    assert_it_heals(relay, sink)


def test_what_cannot_be_kept_is_the_clients_again(relay, sink, started):
    owed = relay.directory / "spool/owed"
    answers = at_message(2, "451 4.3.0 Not now")

    def lose_the_folder(line):
        answer = answers(line)
        if answer:
            owed.rename(owed.with_suffix(".gone"))
            owed.with_suffix(".gone").rmdir()
        return answer
    sink.answers["."] = lose_the_folder
    started(relay)
    answer = send(relay)
    assert answer.startswith("451 4.3.0") and "Some recipients have been served" in answer
    assert [one.addresses for one in sink.accepted()] == [[BOB]]
    assert "what is owed could not be kept" in relay.log()


@pytest.mark.parametrize("fault", ["hangs", "fails"])
def test_dead_sealers_send_nothing_to_anybody(relay, gpg, sink, later, started, fault):
    started(relay)
    gpg.suffer(fault)
    answer = send(relay, recipients=(BOB, EVE, CAROL))
    assert answer.startswith("451 4.3.0") and "was not sent to anybody" in answer
    assert sink.accepted() == later.accepted() == [] and spool_entries(relay) == []
    assert CANARY not in sink.received
    gpg.mend()
    assert_it_heals(relay, sink)
