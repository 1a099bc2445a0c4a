# SPDX-License-Identifier: Apache-2.0
"""What postseal needs from the machine is not there: descriptors, its key store, the right time."""
import os
import resource
import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from parts import mail, places, spool
from parts.client import RawClient, Refused, send
from parts.clock import Clock
from parts.relay import Relay, is_sanitized

PLAIN = "someone@plain.example"  # policy wants nothing of this mail
OTHER = "someone@clear.example"  # whose key is looked for, and there is none
BOB = "bob@sealed.example"
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def relay(place, sink, bob):
    """What the directory says is remembered in the store."""
    made = Relay(place, sink.port, settings={"keys": {"sources": ["store", "directory"]}},
                 policy={"defaults": {"encrypt": "opportunistic"},
                         "rules": [{"name": "plain", "match": {"to": PLAIN},
                                    "set": {"encrypt": "never"}},
                                   {"name": "sealed", "match": {"to": BOB},
                                    "set": {"encrypt": "required", "scope": "recipient"}}]})
    made.add_key(bob)
    return made


def text(to: str = BOB) -> bytes:
    return mail.plain(to=to).raw


def greet(port: int) -> RawClient:
    client = RawClient(port)
    assert client.read_reply().startswith("220")
    assert client.say("EHLO client.example.org").startswith("250")
    return client


def transact(client: RawClient, to: str) -> str:
    assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")
    assert client.say(f"RCPT TO:<{to}>").startswith("250")
    assert client.say("DATA").startswith("354")
    client.write(text(to) + b".\r\n")
    return client.read_reply()


def allow_open_files(relay: Relay, more: int | None = None) -> None:
    """So many more than it has now; without a number as many as anybody."""
    pid = relay.process.pid
    now = len(os.listdir(f"/proc/{pid}/fd"))
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard if more is None else now + more, hard))


def seconds_of_work(relay: Relay) -> float:
    with open(f"/proc/{relay.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def test_without_descriptors_clients_wait_and_what_runs_goes_on(relay, sink, started):
    started(relay)
    send(relay.port, mail.SENDER, [BOB], text())
    sealers = relay.sealers()
    with greet(relay.port) as plain, greet(relay.port) as sealed:
        allow_open_files(relay, 2)
        waiting = [RawClient(relay.port) for _ in range(30)]
        relay.wait_for_log("cannot accept: Too many open files")
        worked = seconds_of_work(relay)
        time.sleep(3)
        assert seconds_of_work(relay) - worked < 2.0
        assert relay.log().count("cannot accept") == 1

        assert transact(plain, PLAIN).startswith("250")
        # UBSan looks at an exception's type through a pipe, for which there is no descriptor either.
        for wanted in () if is_sanitized() else (BOB, OTHER):
            assert transact(sealed, wanted)[:3] in ("451", "452")
        allow_open_files(relay)
        for client in waiting:
            assert client.read_reply().startswith("220")
            client.close()
        assert transact(sealed, BOB).startswith("250")
    assert len(sink.accepted()) == 3
    assert relay.sealers() == sealers
    send(relay.port, mail.SENDER, [OTHER], text(OTHER))  # asked of the store, and remembered there
    with sqlite3.connect(relay.directory / "keys.sqlite") as store:
        assert store.execute("SELECT count(*) FROM findings").fetchone()[0] == 2


def few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (360, 360))


def test_sessions_for_which_there_are_no_descriptors_are_turned_away(relay, sink, started):
    started(relay, few_files)
    assert "limits.sessions is 1000, but the limit of open files (LimitNOFILE=, ulimit -n) has " \
           "room for 5" in relay.log()
    clients = [greet(relay.port) for _ in range(5)]
    with RawClient(relay.port) as extra:
        assert extra.read_reply().startswith("421 4.3.2 Too many sessions")
    with ThreadPoolExecutor() as pool:
        assert all(said.startswith("250")
                   for said in pool.map(lambda client: transact(client, BOB), clients))
    for client in clients:
        client.close()
    assert len(sink.accepted()) == 5


def fewer_than_needed() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))


def test_limit_that_may_be_raised_is(relay, started):
    started(relay, fewer_than_needed)
    assert "limits.sessions" not in relay.log()
    assert resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE)[0] == 320 + 8 * 1000


def lock(relay: Relay) -> sqlite3.Connection:
    """As somebody does who has begun to write and does not end."""
    held = sqlite3.connect(relay.directory / "keys.sqlite", isolation_level=None, timeout=0)
    held.execute("BEGIN IMMEDIATE")
    return held


def test_locked_store_holds_no_mail(relay, sink, started):
    """Lookups have ten seconds here; the store used to take five for each that it remembered."""
    started(relay)
    recipients = [BOB] + [f"r{number}@clear.example" for number in range(5)]
    held = lock(relay)
    with ThreadPoolExecutor(len(recipients)) as pool:
        list(pool.map(lambda to: send(relay.port, mail.SENDER, [to], text(to)), recipients))
    assert len(sink.accepted()) == len(recipients)
    relay.wait_for_log("the key store cannot be written (database is locked): keys are looked up")
    held.execute("ROLLBACK")
    held.close()
    assert relay.log().count("key store") == 1


def test_store_that_is_locked_at_the_start_is_used_all_the_same(relay, sink, started):
    started(relay)
    send(relay.port, mail.SENDER, [BOB], text())
    relay.stop()
    held = lock(relay)
    relay.start()
    send(relay.port, mail.SENDER, [BOB], text())
    held.close()
    assert len(sink.accepted()) == 2


def test_damaged_store_is_named_at_the_start_and_may_be_moved_away(relay, sink, started):
    store = relay.directory / "keys.sqlite"
    store.write_bytes(b"SQLite format 3\0" + b"\xff" * 8176)
    done = subprocess.run([places.POSTSEAL, "run", "--config", relay.config_file], timeout=120,
                          text=True, capture_output=True, check=False)
    assert done.returncode not in (0, -signal.SIGABRT)
    assert f"cannot use the key store {store}: it is damaged" in done.stderr
    assert "move it away" in done.stderr
    assert store.read_bytes().startswith(b"SQLite format 3\0\xff")
    for file in relay.directory.glob("keys.sqlite*"):
        file.rename(file.with_name("away-" + file.name))
    started(relay)
    send(relay.port, mail.SENDER, [BOB], text())
    assert len(sink.accepted()) == 1


def test_store_that_is_damaged_while_it_is_used_opens_nothing(relay, sink, started):
    """Whoever has a key is sealed to. Whether the others had one nobody can say."""
    started(relay)
    send(relay.port, mail.SENDER, [BOB], text())
    for file in relay.directory.glob("keys.sqlite*"):
        with open(file, "r+b") as opened:
            opened.write(b"\xff" * file.stat().st_size)
    for number in range(3):
        send(relay.port, mail.SENDER, [BOB], text())
        with pytest.raises(Refused, match="could not be looked up") as refused:
            send(relay.port, mail.SENDER, [f"r{number}@clear.example"], text(OTHER))
        assert refused.value.code == 451
    assert len(sink.accepted()) == 4
    for copy in sink.accepted():
        assert b"BEGIN PGP MESSAGE" in copy.content
    relay.wait_for_log("the key store cannot be read (")


@pytest.fixture
def clock(relay):
    relay.config_file.write_text(relay.config_file.read_text().replace(
        "  path: spool\n", "  path: spool\n  first_retry: 1s\n  longest_retry: 60s\n"))
    return Clock(relay)


def hour_of_log(relay: Relay) -> str:
    return relay.log().splitlines()[-1][:13]


def test_owed_mail_goes_out_although_the_clock_is_set_back(relay, sink, started, clock):
    """Its next attempt was to be in some seconds; now it would be in a day."""
    sink.answers["."] = "451 4.3.0 Not now"
    name = spool.put(relay.directory / "spool", text(), (BOB,))
    started(relay)
    relay.wait_for_log(f"spool={name} to=")
    clock.set("-1d")
    sink.answers.clear()
    assert sink.wait_for(1)[0].addresses == [BOB]
    relay.wait_for_log(f"spool={name} settled")
    assert hour_of_log(relay) < time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() - 80000))


def test_owed_mail_is_tried_before_it_is_given_up_when_the_clock_jumps_ahead(relay, sink, started,
                                                                             clock):
    """Its lifetime is over all at once, without one attempt in between."""
    name = spool.put(relay.directory / "spool", text(), (BOB,), due=int(time.time()) + 50)
    started(relay)
    relay.wait_for_log(" listening name=")
    assert not sink.accepted()
    clock.set("+3d")
    assert sink.wait_for(1)[0].addresses == [BOB]
    relay.wait_for_log(f"spool={name} settled")


@pytest.mark.parametrize("jump", ["-400d", "+400d"])
def test_mail_passes_when_the_clock_is_wrong(relay, sink, started, clock, jump):
    started(relay)
    with greet(relay.port) as client:
        clock.set(jump)
        assert transact(client, OTHER).startswith("250")
        clock.set("+0")
        assert transact(client, OTHER).startswith("250")
    assert len(sink.accepted()) == 2


def test_key_that_was_found_before_the_clock_was_set_back_still_seals_or_holds(relay, sink, started,
                                                                               person):
    """GnuPG refuses it then, as it refuses one that is revoked; and what may not be used goes in clear
    by default. Here the key is the one that is ahead."""
    early = person(OTHER, early=True)
    started(relay)
    send(relay.port, mail.SENDER, [BOB], text())
    with sqlite3.connect(relay.directory / "keys.sqlite") as store:
        store.execute(
            "INSERT INTO findings SELECT ?, outcome, source, reason, asked, fresh_until, ?, ?, "
            "encryption_keys, created, expires, origin, algorithm FROM findings WHERE address = ?",
            (OTHER, early.fingerprint(), early.certificate(), BOB))
    store.close()
    with greet(relay.port) as client:
        assert transact(client, OTHER).startswith("451 4.3.0")
    assert len(sink.accepted()) == 1


def test_key_that_is_of_use_only_in_the_future_is_for_the_rules_to_judge(place, sink, started, person):
    """Its encryption subkey was made there: gpg lists it as a good one and refuses to encrypt to it."""
    ahead = person("later@clear.example", algorithm="ed25519")
    later = time.strftime("%Y%m%dT000000", time.gmtime(time.time() + 100 * 86400))
    ahead.gpg("--faked-system-time", later, "--passphrase", "", "--quick-add-key",
              ahead.fingerprint(), "cv25519", "encr", "never")
    relay = Relay(place, sink.port, settings={"keys": {"sources": ["directory"]}},
                  policy={"defaults": {"encrypt": "opportunistic", "lookup_failed": "send"}})
    relay.add_key(ahead)
    started(relay)
    send(relay.port, mail.SENDER, [ahead.address], text(ahead.address))
    assert len(sink.accepted()) == 1
    assert "it is from the future" in relay.log()
