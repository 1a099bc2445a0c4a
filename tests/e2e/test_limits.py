# SPDX-License-Identifier: Apache-2.0
"""Every limit holds: sizes, counts, time, memory; and ending is orderly."""
import os
import signal
import socket
import threading
import time

import pytest

from parts import mail, places
from parts.client import RawClient, Refused, send
from parts.dialog import Dialog, ScriptedNextHop
from parts.gnupg import Person
from parts.process import Process
from parts.proxy import header_v1
from parts.relay import Relay, is_sanitized

OTHER = "someone@example.net"
NEVER = {"defaults": {"encrypt": "never", "headers": "off"}}
LARGE = int(os.environ.get("POSTSEAL_LARGE_MIB", "300")) << 20

# The program's share for one message; a build with sanitizers needs more for itself.
MEMORY_FOR_A_MESSAGE = (192 << 20) if is_sanitized() else (24 << 20)


@pytest.fixture
def start(place, sink):
    started = []

    def with_limits(next_hop: int | None = None, policy=None, **limits) -> Relay:
        relay = Relay(place, next_hop or sink.port, policy=policy or NEVER, settings={
            "keys": {"sources": ["directory"]}, "limits": limits,
            "sealers": {"deadline": "300s"}})
        started.append(relay)
        return relay

    yield with_limits
    for relay in started:
        relay.stop()


def greet(port: int) -> RawClient:
    client = RawClient(port)
    assert client.read_reply().startswith("220")
    return client


def test_declared_size_is_refused_before_the_message_is_sent(start):
    relay = start(message_size="1MiB").start()
    with greet(relay.port) as client:
        assert "250-SIZE 1048576" in client.say("EHLO c.example.org").replace("250 SIZE", "250-SIZE")
        assert client.say("MAIL FROM:<a@example.org> SIZE=1048577").startswith("552 5.3.4")
        assert client.say("MAIL FROM:<a@example.org> SIZE=1048576").startswith("250")


def test_undeclared_size_is_refused_at_the_true_end(start, sink):
    relay = start(message_size="1MiB").start()
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, OTHER)
        client.write(mail.headers() + b"\r\n" + b"x" * 100 + b"\r\n")
        for _ in range(40):
            client.write((b"y" * 78 + b"\r\n") * 1000)
        client.write(b".\r\n")
        assert client.read_reply().startswith("552 5.3.4")
        assert client.say("NOOP").startswith("250")
    assert not sink.transactions


def test_recipient_too_many_is_refused_and_the_others_get_the_mail(start, sink):
    relay = start(recipients=100).start()
    with greet(relay.port) as client:
        client.say("EHLO c.example.org")
        client.say("MAIL FROM:<a@example.org>")
        answers = [client.say(f"RCPT TO:<r{number}@example.net>") for number in range(102)]
        assert all(answer.startswith("250") for answer in answers[:100])
        assert [answer[:9] for answer in answers[100:]] == ["452 4.5.3"] * 2
        client.say("DATA")
        assert client.say("Subject: x\r\n\r\nx\r\n.").startswith("250")
    assert len(sink.accepted()[0].recipients) == 100


def test_session_too_many_hears_421_and_a_later_one_is_served(start):
    relay = start(sessions=3).start()
    first = [greet(relay.port) for _ in range(3)]
    with RawClient(relay.port) as extra:
        assert extra.read_reply().startswith("421 4.")
        assert extra.read_line() == ""
    first.pop().close()
    deadline = time.monotonic() + 30
    while not (answer := RawClient(relay.port).read_reply()).startswith("220"):
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)
    for client in first:
        client.close()


@pytest.fixture
def front(place, started):
    """A front listener that clients of 192.0.2.0/24 reach through a balancer on 127.0.0.2."""
    next_hop = ScriptedNextHop(Dialog(), behind_front=True)

    def with_limits(**limits) -> Relay:
        relay = Relay(place, next_hop.port, policy=NEVER, settings={
            "keys": {"sources": ["directory"]}, "limits": limits})
        text = relay.config_file.read_text()
        text = text.replace("    trusted: [127.0.0.0/8]\n", (
            "    place: front\n    login: never\n    load_balancers: [127.0.0.2/32]\n"))
        relay.config_file.write_text(text.replace(
            f"address: 127.0.0.1:{next_hop.port}\n",
            f"address: 127.0.0.1:{next_hop.port}\n  client: proxy\n", 1))
        started(relay).wait_until_it_takes_mail()
        return relay

    yield with_limits
    next_hop.stop()


def through_balancer(port: int, client: str) -> str:
    with socket.create_connection(("127.0.0.1", port), 30, ("127.0.0.2", 0)) as connection:
        connection.sendall(header_v1(client, "127.0.0.1", 12345, 25))
        return connection.recv(512).decode()


def test_client_with_too_many_sessions_hears_421_and_others_are_served(front):
    relay = front(sessions_per_client=2)
    first = [greet(relay.port) for _ in range(2)]
    with RawClient(relay.port) as extra:
        assert extra.read_reply().startswith("421 Too many connections from this address")
        assert extra.read_line() == ""
    assert "sessions_per_client reached" in relay.log()
    assert through_balancer(relay.port, "192.0.2.7").startswith("220 ")
    assert through_balancer(relay.port, "127.0.0.1").startswith("421 ")  # whoever passes it on
    first.pop().close()
    wait_until(lambda: is_greeted(relay.port), "served again")
    first.pop().close()


def is_greeted(port: int) -> bool:
    with RawClient(port) as client:
        return client.read_reply().startswith("220")


def test_mail_server_before_a_filter_may_have_as_many_sessions_as_it_needs(start):
    relay = start(sessions_per_client=2).start()
    for client in [greet(relay.port) for _ in range(6)]:
        client.close()


def test_client_that_speaks_before_the_greeting_is_turned_away(start, sink):
    relay = start().start()
    relay.process.popen.send_signal(signal.SIGSTOP)  # it finds the words when it wakes up
    try:
        client = RawClient(relay.port)
        client.write(b"EHLO early.example.org\r\nMAIL FROM:<a@example.org>\r\n")
    finally:
        relay.process.popen.send_signal(signal.SIGCONT)
    with client:
        assert client.read_reply().startswith("554 Wait for the greeting")
        assert client.read_line() == ""
    assert not any(command.startswith("MAIL") for command in sink.commands)


def test_http_request_is_no_mail(start, sink):
    relay = start().start()
    body = (b"EHLO web.example\r\nMAIL FROM:<a@example.org>\r\n"
            b"RCPT TO:<victim@example.net>\r\nDATA\r\nx\r\n.\r\n")
    for verb in (b"GET", b"POST", b"OPTIONS"):
        with RawClient(relay.port) as client:
            client.write(verb + b" / HTTP/1.1\r\nHost: mail.example.org\r\n\r\n" + body)
            answer = client.read_reply()
            if answer.startswith("220"):
                answer = client.read_reply()
            assert answer.startswith("554")
            assert client.read_line() == ""
    assert not any("MAIL" in command for command in sink.commands)


def test_idle_client_hears_421(start):
    relay = start(command_timeout="3s").start()
    with greet(relay.port) as client:
        client.say("EHLO c.example.org")
        started = time.monotonic()
        assert client.read_reply().startswith("421 4.4.2")
        assert 1 < time.monotonic() - started < 30


def test_client_that_stops_in_the_middle_of_a_message_is_dropped(start, sink):
    relay = start(data_timeout="3s").start()
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, OTHER)
        client.write(b"Subject: half\r\n")
        assert client.read_reply().startswith("421") and client.read_line() == ""
    assert not sink.transactions


@pytest.mark.parametrize("begin", [b"DATA\r\n", b"BDAT 5000\r\n"], ids=["DATA", "BDAT"])
def test_client_that_drips_a_message_is_dropped(start, sink, begin):
    relay = start(data_timeout="3s", data_rate="1MiB").start()
    with greet(relay.port) as client:
        for line in ("EHLO c.example.org", f"MAIL FROM:<{mail.SENDER}>", f"RCPT TO:<{OTHER}>"):
            assert client.say(line).startswith("250")
        client.write(begin)
        client.socket.settimeout(0.1)  # well within data_timeout, which each octet used to renew
        deadline = time.monotonic() + 60
        answer = ""
        while not answer.startswith("421"):
            assert time.monotonic() < deadline
            try:
                client.write(b"x")
                answer = client.read_reply()
            except TimeoutError:
                continue
        assert answer.startswith("421 4.4.2 The message comes too slowly")
    assert not sink.transactions


def test_client_that_drips_a_refused_chunk_is_dropped(start):
    relay = start(data_timeout="1s", data_rate="1MiB").start()
    with greet(relay.port) as client:
        client.write(b"BDAT 5000\r\n")
        assert client.read_reply().startswith("421 The message comes too slowly")


def test_client_that_errs_too_often_is_dropped(start):
    relay = start(errors=5).start()
    with greet(relay.port) as client:
        client.say("EHLO c.example.org")
        answers = [client.say("NONSENSE") for _ in range(6)]
        assert any(answer.startswith("421") for answer in answers)
        assert client.read_line() == ""


@pytest.mark.parametrize("octets", [3000, 5_000_000])
def test_command_line_too_long_is_refused_without_being_kept(start, octets):
    relay = start().start()
    with greet(relay.port) as client:
        client.say("EHLO c.example.org")
        before = relay.private_memory()
        assert client.say("MAIL FROM:<" + "a" * octets).startswith("5")
        assert relay.private_memory() - before < 4 << 20
        assert client.say("NOOP").startswith("250")


def test_sigterm_lets_a_transaction_under_way_finish(start, sink):
    relay = start(drain="100s").start()
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, OTHER)
        client.write(mail.headers() + b"\r\nhalf of it\r\n")
        relay.process.popen.send_signal(signal.SIGTERM)
        wait_until(lambda: not places.listens(relay.port), "stopped listening")
        assert relay.process.popen.poll() is None
        client.write(b"and the rest\r\n.\r\n")
        assert client.read_reply().startswith("250")
        assert client.read_reply()[:3] in ("421", "")
    assert relay.process.popen.wait(60) == 0
    assert sink.accepted()[0].content.endswith(b"half of it\r\nand the rest\r\n")


def test_sigterm_does_not_wait_for_idle_clients(start):
    relay = start(drain="30s").start()
    with greet(relay.port) as client:
        client.say("EHLO c.example.org")
        started = time.monotonic()
        relay.process.popen.send_signal(signal.SIGTERM)
        assert client.read_reply().startswith("421 4.3.2")
        assert relay.process.popen.wait(60) == 0
        assert time.monotonic() - started < 20


def test_drain_has_an_end(start):
    relay = start(drain="1s").start()
    with RawClient(relay.port) as client:
        client.begin_data(mail.SENDER, OTHER)
        relay.process.popen.send_signal(signal.SIGTERM)
        assert relay.process.popen.wait(60) == 0


def test_dead_next_hop_is_told_as_a_temporary_failure(start):
    relay = start(next_hop=places.free_port()).start()
    with RawClient(relay.port) as client:
        answer = client.read_reply()
        if answer.startswith("220"):
            answer = client.say("EHLO c.example.org")
        if answer.startswith("250"):
            answer = client.say("MAIL FROM:<a@example.org>")
        assert answer[:3] in ("421", "451")
        assert "/usr/" not in answer and "boost" not in answer


def test_stranger_is_dropped_before_the_greeting(start):
    relay = start()
    config = relay.config_file.read_text()
    relay.config_file.write_text(config.replace("trusted: [\"127.0.0.0/8\"]", "trusted: [192.0.2.1/32]")
                                       .replace("trusted: [127.0.0.0/8]", "trusted: [192.0.2.1/32]"))
    assert "192.0.2.1/32" in relay.config_file.read_text()
    relay.start()
    with RawClient(relay.port) as client:
        assert client.read_line() == ""


@pytest.fixture
def swallower(place):
    """A next hop that keeps nothing: Postfix's smtp-sink."""
    port = places.free_port()
    process = Process("smtp-sink", [places.unpacked("usr/sbin/smtp-sink"), "-u", "nobody",
                                    f"127.0.0.1:{port}", "100"], place / "smtp-sink.log",
                      {"LD_LIBRARY_PATH": str(places.unpacked("usr/lib/postfix"))})
    process.wait_until_it_listens(port)
    yield port
    process.stop()


@pytest.mark.parametrize("treatment", ["untouched", "sealed"])
def test_large_message_does_not_grow_the_process(start, swallower, place, treatment):
    seal = treatment == "sealed"
    relay = start(next_hop=swallower, message_size="700MiB",
                  policy={"defaults": {"encrypt": "required"}} if seal else NEVER)
    someone = Person(place, OTHER)
    relay.add_key(someone)
    relay.start()
    send(relay.port, mail.SENDER, [OTHER], mail.plain(to=OTHER).raw)
    before, highest, over = relay.private_memory(), 0, threading.Event()

    def watch() -> None:
        nonlocal highest
        while not over.wait(0.02):
            highest = max(highest, relay.private_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with RawClient(relay.port, timeout=300) as client:
            client.begin_data(mail.SENDER, OTHER)
            client.write(mail.headers(to=OTHER) + b"MIME-Version: 1.0\r\n" + mail.TEXT_PLAIN + b"\r\n")
            piece = (b"0123456789abcdef" * 4 + b"\r\n") * 16384
            for _ in range(LARGE // len(piece)):
                client.write(piece)
            client.write(b".\r\n")
            assert client.read_reply().startswith("250")
    finally:
        over.set()
        watcher.join()
        someone.stop_agent()
    grown = highest - before
    print(f"{LARGE >> 20} MiB {treatment}: grew by {grown / 2**20:.1f} MiB")
    assert grown < MEMORY_FOR_A_MESSAGE
    files = [file for file in (relay.directory / "spool").rglob("*") if file.is_file()]
    assert [file.name for file in files] == ["trace.key"]


def test_a_refused_mail_does_not_end_the_session(start, sink):
    relay = start(message_size="1MiB").start()
    with pytest.raises(Refused):
        send(relay.port, mail.SENDER, [OTHER], mail.plain("x" * 78 + "\r\n" * 600_000).raw)
    send(relay.port, mail.SENDER, [OTHER], mail.plain().raw)
    assert len(sink.accepted()) == 1


def wait_until(condition, what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never {what}"
        time.sleep(0.02)
