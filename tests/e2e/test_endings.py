# SPDX-License-Identifier: Apache-2.0
"""However a transaction ends, nobody is sent what the client has not been told of."""
import resource
import signal
import time

import pytest

from parts import mail, places
from parts.client import RawClient, Refused, send
from parts.gpg_faults import Gpg
from parts.relay import Relay
from parts.sink import HANG, Sink

TO = "bob@example.net"
OTHER = "carol@example.com"
ROOM = 128 << 10


@pytest.fixture(scope="module")
def bob(person):
    return person(TO)


@pytest.fixture
def gpg(place):
    return Gpg(place)


@pytest.fixture
def relay(place, sink, bob, gpg, started):
    return with_key(place, sink, bob, started, {"sealers": {"gpg": gpg.path, "deadline": "30s"}})


def with_key(place, sink, person, started, settings=None, preexec_fn=None) -> Relay:
    chosen = {"keys": {"sources": ["directory"]}, **(settings or {})}
    made = Relay(place, sink.port, settings=chosen)
    made.add_key(person)
    return started(made, preexec_fn) if preexec_fn else started(made)


def message(size: int = 0, to: str = TO) -> bytes:
    return mail.plain("0123456789abcde\r\n" * (1 + size // 17), to=to).raw


def test_client_that_has_gone_is_not_delivered_for(relay, sink, gpg):
    """It will send the message again: whoever delivers the first one, delivers two."""
    gpg.suffer("takes its time")
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, TO)
        client.write(message() + b".\r\n")
    wait_until(lambda: "The client has gone" in relay.log(), "said in the log", relay)
    assert not sink.transactions and "DATA" not in sink.commands


def test_client_that_has_gone_costs_no_further_copy(place, sink, person, bob, gpg, started):
    eve = person("eve@example.net")
    relay = Relay(place, sink.port, settings={"keys": {"sources": ["directory"]},
                                              "sealers": {"gpg": gpg.path, "deadline": "100s"}})
    for one in (bob, eve):
        relay.add_key(one)
    started(relay)
    gpg.suffer("takes its time")
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, TO, eve.address)
        client.write(message(to="somebody@example.org") + b".\r\n")  # so that each has a copy
        wait_until(lambda: gpg.encrypts(relay.sealers()), "encrypt", relay)
    gpg.suffer("fails")  # the next one
    wait_until(lambda: "The client has gone" in relay.log() or "not sealed" in relay.log(), "end", relay)
    assert "not sealed" not in relay.log()


def test_client_that_waits_is_delivered_for(relay, sink, gpg):
    gpg.suffer("takes its time")
    send(relay.port, mail.SENDER, [TO], message())
    assert len(sink.accepted()) == 1


def test_certificate_that_gpg_refuses_without_reason_does_not_switch_sealing_off(relay, sink, gpg):
    """An inspection has found nothing wrong with it, so something is wrong with gpg."""
    gpg.suffer("refuses every recipient")
    with pytest.raises(Refused) as caught:
        send(relay.port, mail.SENDER, [TO], message())
    assert caught.value.code == 451
    assert not sink.transactions
    gpg.mend()
    send(relay.port, mail.SENDER, [TO], message())
    assert b"BEGIN PGP MESSAGE" in sink.accepted()[0].content


def test_next_hop_that_refuses_rset_is_not_used_again(place, started):
    sink = Sink(places.free_port(), {"RSET": "500 5.5.1 No", ".": "550 5.7.1 Not this one"})
    relay = started(Relay(place, sink.port, settings={"keys": {"sources": ["directory"]}}))
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, OTHER)
        client.write(message(to=OTHER) + b".\r\n")
        assert client.read_reply() == "550 5.7.1 Not this one"
        assert client.read_line() == ""
    assert sink.commands[-1] == "RSET"
    sink.stop()


def test_next_hop_that_answers_before_it_is_asked_gets_no_mail(place, started):
    sink = Sink(places.free_port(), {"greeting": "220 sink.example.net\r\n250 and hello"})
    relay = started(Relay(place, sink.port, settings={"keys": {"sources": ["directory"]}}))
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 ")
        assert client.say("EHLO client.example.org").startswith("421 ")
    assert sink.commands == []
    sink.stop()


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_go_ahead_for_nothing_in_a_second_transaction_is_not_passed_on(place, bob, started, step):
    asked = []

    def answer(line: str):
        """Each recipient and sender is good once; what is said anew is not understood."""
        known = line.upper() in asked
        asked.append(line.upper())
        return "354 Go ahead" if known else None

    sink = Sink(places.free_port(), {step: answer}, extensions=("PIPELINING",))
    relay = with_key(place, sink, bob, started)
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, TO, OTHER)
        client.write(message() + b".\r\n")
        assert client.read_reply().startswith("421")
        assert client.read_line() == ""
    assert not sink.accepted()
    sink.stop()


# A message is written in pieces of 256 KiB: there is no room for the only, last one, or for the first
# of many.
@pytest.mark.parametrize("size", [200_000, 4 << 20])
def test_full_disk_is_no_loss_and_no_end(place, sink, bob, started, size):
    relay = with_key(place, sink, bob, started, {"limits": {"message_memory": "64KiB"}},
                     preexec_fn=files_end_early)
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, OTHER)
        client.write(message(size, to=OTHER) + b".\r\n")
        assert client.read_reply().startswith("452 4.3.1")
        assert not sink.transactions and "DATA" not in sink.commands
        assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")
        assert client.say(f"RCPT TO:<{OTHER}>").startswith("250")
        assert client.say("DATA").startswith("354")
        client.write(message(to=OTHER) + b".\r\n")
        assert client.read_reply().startswith("250")
    assert len(sink.accepted()) == 1


def files_end_early() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that write(2) fails as it does on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))


def test_client_accepted_while_stopping_is_told_to_come_back(place, sink, started):
    relay = started(Relay(place, sink.port, settings={"keys": {"sources": ["directory"]}}))
    relay.process.popen.send_signal(signal.SIGSTOP)
    clients = [RawClient(relay.port) for _ in range(20)]
    relay.process.popen.send_signal(signal.SIGTERM)
    relay.process.popen.send_signal(signal.SIGCONT)
    for client in clients:
        last = list(iter(client.read_line, ""))
        assert not last or last[-1].startswith("421 "), last
        client.close()
    assert relay.process.popen.wait(20) == 0


def stop_while_it_is_sealed(place, sink, bob, gpg, started, drain: str) -> tuple[Relay, RawClient]:
    """SIGTERM, when gpg has begun and has five seconds to go."""
    relay = with_key(place, sink, bob, started, {"sealers": {"gpg": gpg.path, "deadline": "30s"},
                                                 "limits": {"drain": drain}})
    send(relay.port, mail.SENDER, [TO], message())  # its key has been inspected
    sink.forget()
    gpg.suffer("takes its time")
    client = RawClient(relay.port)
    client.begin_data(mail.SENDER, TO)
    client.write(message() + b".\r\n")
    time.sleep(0.3)
    relay.process.popen.send_signal(signal.SIGTERM)
    return relay, client


def test_message_that_is_sealed_while_it_stops_is_delivered(place, sink, bob, gpg, started):
    relay, client = stop_while_it_is_sealed(place, sink, bob, gpg, started, "100s")
    with client:
        assert client.read_reply().startswith("250")
        assert client.read_reply().startswith("421 4.3.2")
    assert relay.process.popen.wait(60) == 0
    assert len(sink.accepted()) == 1


def test_message_that_is_not_sealed_in_time_is_the_clients_again(place, sink, bob, gpg, started):
    """What is ready after all must not be delivered either: the client sends it again."""
    relay, client = stop_while_it_is_sealed(place, sink, bob, gpg, started, "1s")
    with client:
        assert not client.read_reply().startswith("250")
    assert relay.process.popen.wait(60) == 0
    assert "1 sessions did not finish in time" in relay.log()
    assert not sink.transactions and "DATA" not in sink.commands


@pytest.mark.parametrize("answer, half", [(None, True), (HANG, False)],
                         ids=["half a message", "next hop that does not answer"])
def test_stop_that_cannot_wait_longer_tells_nobody_that_mail_was_taken(place, started, answer, half):
    sink = Sink(places.free_port(), {".": answer})
    relay = started(Relay(place, sink.port, settings={"keys": {"sources": ["directory"]},
                                                      "limits": {"drain": "1s"}}))
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, OTHER)
        client.write(message(to=OTHER) + (b"" if half else b".\r\n"))
        time.sleep(0.3)
        relay.process.popen.send_signal(signal.SIGTERM)
        assert not client.read_reply().startswith("250")
    assert relay.process.popen.wait(60) == 0
    assert not sink.accepted()
    sink.stop()


def wait_until(happened, what: str, relay: Relay, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"never {what}:\n{relay.log()}"
        time.sleep(0.05)
