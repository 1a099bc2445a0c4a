# SPDX-License-Identifier: Apache-2.0
"""The spool: what lies there is delivered by a postseal that starts, once, and an administrator can
see and steer it."""
import json
import os
import signal
import socket
import subprocess
import time

import pytest

from parts import places, spool
from parts.relay import Relay
from parts.sink import DROP, HANG

BOB, CAROL = "bob@example.net", "carol@example.com"
CANARY = b"Subject: x\r\n\r\nCANARY-7f3a of a spooled mail\r\n"
DONE, ANSWER_IS_NO, COULD_NOT = 0, 1, 2


@pytest.fixture
def relay(place, sink):
    return Relay(place, sink.port,
                 settings={"keys": {"sources": ["directory"]},
                           "spool": {"path": "spool", "first_retry": "1s", "longest_retry": "1h"}})


@pytest.fixture
def folder(relay):
    return relay.directory / "spool"


def command(relay, *words, data: bytes = b"") -> subprocess.CompletedProcess:
    done = subprocess.run([places.POSTSEAL, "spool", words[0], "--config", relay.config_file,
                           *words[1:]], input=data, capture_output=True, timeout=60, check=False)
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    assert "Sanitizer" not in done.err, done.err
    return done


def entries(relay) -> list[dict]:
    return json.loads(command(relay, "list", "--json").out)


def wait_until(is_true, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def test_what_is_owed_is_delivered_after_a_start_and_only_to_whom_it_is_owed(
        relay, folder, sink, started):
    spool.put(folder, CANARY, (BOB, CAROL))
    started(relay)
    mail, = sink.wait_for(1)
    assert mail.content == CANARY
    assert mail.addresses == [BOB, CAROL]
    wait_until(lambda: not list((folder / "owed").iterdir()))
    assert entries(relay) == []
    assert "CANARY" not in relay.log()


def test_an_entry_is_delivered_when_the_next_hop_comes_back(relay, folder, sink, started):
    sink.answers["."] = DROP
    name = spool.put(folder, CANARY, (BOB,))
    started(relay)
    relay.wait_for_log(f"spool={name} the next hop was lost with the message under way")
    sink.answers.clear()
    assert sink.wait_for(1)[0].addresses == [BOB]
    relay.wait_for_log(f"spool={name} settled")


def test_a_refusal_is_told_to_the_sender_and_is_not_sent_again(relay, folder, sink, started):
    sink.answers["RCPT"] = lambda line: "550 5.1.1 Unknown" if CAROL in line else None
    name = spool.put(folder, CANARY, (BOB, CAROL))
    started(relay)
    served, report = sink.wait_for(2)
    assert served.addresses == [BOB]
    assert report.addresses == ["anna@example.org"] and "FROM:<>" in report.mail
    assert b"Final-Recipient: rfc822; " + CAROL.encode() in report.content
    assert b"CANARY" not in report.content
    relay.wait_for_log(f"spool={name} settled")
    assert len([line for line in sink.commands if CAROL in line]) == 1


def test_a_report_waits_for_a_server_that_takes_it(relay, folder, sink, started):
    sink.answers["RCPT"] = lambda line: "550 5.1.1 Unknown" if CAROL in line else None
    sink.answers["MAIL"] = lambda line: "451 4.3.0 Later" if "<>" in line else None
    name = spool.put(folder, CANARY, (CAROL,))
    started(relay)
    relay.wait_for_log(f"spool={name} its sender could not be told")
    owed, = entries(relay)[0]["recipients"]
    assert owed == {"to": CAROL, "owed": "report", "said": "550 5.1.1 Unknown"}
    del sink.answers["MAIL"]
    (report,) = sink.wait_for(1)
    assert report.addresses == ["anna@example.org"]
    assert len([line for line in sink.commands if CAROL in line]) == 1


def test_a_killed_postseal_loses_no_entry(relay, folder, sink, started):
    names = [spool.put(folder, CANARY, (f"r{number}@example.net",)) for number in range(20)]
    started(relay)
    sink.wait_for(3)
    os.killpg(relay.process.pid, signal.SIGKILL)
    relay.process.popen.wait()
    relay.process = None
    started(relay)
    wait_until(lambda: not entries(relay))
    got = [mail.addresses[0] for mail in sink.accepted()]
    assert set(got) == {f"r{number}@example.net" for number in range(len(names))}
    assert len(got) <= len(names) + 2  # at most what two connections were at when it was killed


def test_an_administrator_sees_what_is_owed_and_never_the_content(relay, folder):
    assert "Nothing is owed" in command(relay, "list").out
    assert not (folder / "owed").exists()  # looking makes nothing
    later = int(time.time()) + 1795
    name = spool.put(folder, CANARY, (BOB, CAROL), due=later)
    shown = command(relay, "list")
    for wanted in (name, "sealed", "<anna@example.org>", f"to <{BOB}>: 451 4.3.0 Later", "in 29min"):
        assert wanted in shown.out, shown.out
    all_of_it = command(relay, "show", name)
    for wanted in (name, "RET=HDRS", "the next hop was lost", CAROL, "expires"):
        assert wanted in all_of_it.out, all_of_it.out
    assert json.loads(command(relay, "show", "--json", name).out)["recipients"][1]["to"] == CAROL
    for done in (shown, all_of_it, command(relay, "list", "--json")):
        assert "CANARY" not in done.out + done.err
    assert command(relay, "show", "nonsense").returncode == ANSWER_IS_NO


def test_retry_makes_an_entry_due_and_a_running_relay_sees_it(relay, folder, sink, started):
    later = int(time.time()) + 3000
    name = spool.put(folder, CANARY, (BOB,), due=later)
    started(relay)
    assert command(relay, "retry", name).returncode == DONE
    assert sink.wait_for(1)[0].addresses == [BOB]
    wait_until(lambda: not entries(relay))
    assert command(relay, "retry", name).returncode == ANSWER_IS_NO
    assert command(relay, "retry").returncode == COULD_NOT
    assert command(relay, "retry", "--all").returncode == DONE


def test_retry_is_obeyed_while_the_next_hop_gives_no_answer_to_another_mail(
        relay, folder, sink, started):
    sink.answers["RCPT"] = lambda line: HANG if CAROL in line else None
    spool.put(folder, CANARY, (CAROL,))
    name = spool.put(folder, CANARY, (BOB,), due=int(time.time()) + 3000)
    started(relay)
    wait_until(lambda: any(CAROL in line for line in sink.commands))
    assert command(relay, "retry", name).returncode == DONE
    assert sink.wait_for(1)[0].addresses == [BOB]
    sink.answers.clear()
    for one in list(sink.connections):
        one.shutdown(socket.SHUT_RDWR)
    assert sink.wait_for(2)[1].addresses == [CAROL]


def test_delete_asks_or_wants_to_be_told(relay, folder):
    name = spool.put(folder, CANARY, (BOB,))
    assert command(relay, "delete", name).returncode == COULD_NOT
    assert len(entries(relay)) == 1
    assert command(relay, "delete", "--yes", name).returncode == DONE
    assert not list((folder / "owed").iterdir())
    assert command(relay, "delete", "--yes", name).returncode == ANSWER_IS_NO


def test_a_damaged_entry_is_named_and_not_sent(relay, folder, sink, started):
    name = spool.put(folder, CANARY, (BOB,))
    (folder / "owed" / f"{name}.entry").write_text("postseal-spool 1\nid ../../x\n")
    assert f"{name} is damaged" in command(relay, "list").err
    started(relay)
    relay.wait_for_log(f"spool={name} is damaged")
    assert not sink.accepted()
    assert f"{name} is damaged" in command(relay, "list").err
    assert command(relay, "delete", "--yes", name).returncode == DONE


def test_check_refuses_a_spool_that_others_can_use(relay, folder):
    def check():
        return subprocess.run([places.POSTSEAL, "check", "--config", relay.config_file],
                              capture_output=True, timeout=60, check=False)
    assert check().returncode == DONE
    assert not (folder / "owed").exists()
    (folder / "owed").mkdir()
    (folder / "owed").chmod(0o755)
    done = check()
    assert done.returncode == COULD_NOT
    assert b"chmod 0700" in done.stderr


def test_help_is_for_people(relay):
    done = subprocess.run([places.POSTSEAL, "spool", "--help"], capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == DONE
    for word in (b"list", b"show", b"retry", b"delete", b"tries it again by itself"):
        assert word in done.stdout


def test_a_stop_waits_for_a_silent_next_hop_no_longer_than_it_may_and_says_so(
        relay, folder, sink, started):
    text = relay.config_file.read_text()
    relay.config_file.write_text(text + "limits:\n  drain: 1s\n")
    sink.answers["."] = HANG
    spool.put(folder, CANARY, (BOB,))
    started(relay)
    wait_until(lambda: sink.transactions)
    begun = time.monotonic()
    relay.stop()
    assert time.monotonic() - begun < 2.8, "there was no session to be abandoned"
    assert "the spool's conversations did not end in time" in relay.log()
    assert len(entries(relay)) == 1
    sink.answers.clear()
    started(relay)
    assert sink.wait_for(1)[0].addresses == [BOB]
    wait_until(lambda: not entries(relay))
    relay.stop()
    assert relay.log().count("did not end in time") == 1, "of the first stop"
