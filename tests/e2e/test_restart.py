# SPDX-License-Identifier: Apache-2.0
"""Sockets that a service manager passes: clients wait through a restart, and nobody is refused."""
import os
import re
import signal
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from parts import mail, places
from parts.activation import ServiceManager, listening
from parts.client import RawClient, send
from parts.process import Process
from parts.relay import Relay

OTHER = "someone@example.net"
REFUSED = "the new configuration is wrong, the old one stays"


@pytest.fixture
def relay(place, sink):
    made = Relay(place, sink.port, settings={"keys": {"sources": ["directory"]}})
    yield made
    if made.manager:
        made.manager.close()


def passed(relay: Relay, *sockets, names: tuple[str, ...] = ()) -> Relay:
    relay.manager = ServiceManager(*sockets, names=names)
    return relay


def kill(relay: Relay) -> None:
    os.kill(relay.process.pid, signal.SIGKILL)
    relay.process.popen.wait()


def terminate(relay: Relay) -> None:
    relay.process.popen.terminate()
    assert relay.process.popen.wait(30) == 0


def send_through(client: RawClient) -> None:
    client.begin_data(mail.SENDER, OTHER)
    client.write(mail.plain(to=OTHER).raw + b".\r\n")
    assert client.read_reply().startswith("250")


def reload(relay: Relay, outcome: str) -> str:
    """The line that says it."""
    before = relay.log().count(outcome)
    os.kill(relay.process.pid, signal.SIGHUP)
    relay.process.wait_for(lambda: relay.log().count(outcome) > before, f"say {outcome!r}")
    return [line for line in relay.log().splitlines() if outcome in line][-1]


def change(relay: Relay, old: str, new: str) -> None:
    text = relay.config_file.read_text()
    assert old in text
    relay.config_file.write_text(text.replace(old, new))


@pytest.mark.parametrize("end", [terminate, kill])
def test_who_connects_while_it_is_down_is_served_after_the_start(relay, sink, started, end):
    passed(relay, listening(relay.port))
    with RawClient(relay.port) as early:
        started(relay)
        send_through(early)
        end(relay)
        with RawClient(relay.port) as between:
            relay.start()
            send_through(between)
    assert len(sink.accepted()) == 2


@contextmanager
def callers(port: int):
    """Who connect all the time; what went wrong, and how many were greeted."""
    refused, greeted, over = [], [], threading.Event()

    def call() -> None:
        while not over.is_set():
            try:
                with RawClient(port, timeout=30) as client:
                    if client.read_reply().startswith("220"):
                        greeted.append(1)
            except ConnectionRefusedError as trouble:
                refused.append(trouble)
            except OSError:
                pass  # it was killed while it spoke with us

    threads = [threading.Thread(target=call) for _ in range(3)]
    for one in threads:
        one.start()
    try:
        yield refused, greeted
    finally:
        over.set()
        for one in threads:
            one.join()


def test_nobody_is_refused_through_restarts_and_kills(relay, started):
    passed(relay, listening(relay.port))
    started(relay)
    with callers(relay.port) as (refused, greeted):
        for end in (terminate, kill, kill, terminate, kill, kill):
            before = len(greeted)
            relay.process.wait_for(lambda: len(greeted) > before + 5, "greet clients")
            end(relay)
            time.sleep(0.1)
            relay.start()
        before = len(greeted)
        relay.process.wait_for(lambda: len(greeted) > before + 5, "greet clients")
    assert not refused


def test_listener_without_a_socket_is_bound_as_before(relay, started):
    other = places.free_port()
    change(relay, "\nnext_hop:\n", f"\n  - name: other\n    address: 127.0.0.1:{other}\nnext_hop:\n")
    passed(relay, listening(relay.port))
    started(relay)
    for port in (relay.port, other):
        send(port, mail.SENDER, [OTHER], mail.plain(to=OTHER).raw)
    lines = [line for line in relay.log().splitlines() if " listening name=" in line]
    assert [("service manager" in line) for line in lines] == [True, False]


def test_socket_that_has_the_name_of_a_listener_is_that_listeners(relay, started):
    elsewhere, written = places.free_port(), relay.port
    passed(relay, listening(elsewhere), names=("filter",))
    relay.port = elsewhere
    started(relay)
    send(elsewhere, mail.SENDER, [OTHER], mail.plain(to=OTHER).raw)
    assert not places.listens(written)


def not_listening(port: int) -> socket.socket:
    made = socket.socket()
    made.bind(("127.0.0.1", port))
    return made


def datagrams(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", port))
    return made


def local(_port: int) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind("\0postseal-test-" + str(os.getpid()))
    made.listen()
    return made


@pytest.mark.parametrize("make, name, complaint", [
    (lambda port: listening(places.free_port()), "other", "belongs to no listener"),
    (lambda port: listening(places.free_port(), "0.0.0.0"), "filter", "other machines can reach"),
    (not_listening, "filter", "does not listen"),
    (datagrams, "filter", "is no TCP socket"),
    (local, "filter", "is no TCP socket"),
], ids=["no listener", "wider than the configuration", "not listening", "UDP", "local"])
def test_socket_that_cannot_be_used_is_named_and_nothing_starts(relay, make, name, complaint):
    manager = passed(relay, make(relay.port), names=(name,)).manager
    process = Process("postseal", manager.command([places.POSTSEAL, "run", "--config",
                                                   relay.config_file]),
                      relay.directory / "log", pass_fds=manager.numbers)
    assert process.popen.wait(60) not in (0, None)
    said, = [line for line in process.log().splitlines() if "the service manager has passed" in line]
    assert complaint in said and f"'{name}'" in said


def test_two_sockets_for_one_listener_are_one_too_many(relay):
    sockets = listening(relay.port), listening(places.free_port())
    manager = passed(relay, *sockets, names=("filter", "filter")).manager
    process = Process("postseal", manager.command([places.POSTSEAL, "run", "--config",
                                                   relay.config_file]),
                      relay.directory / "log", pass_fds=manager.numbers)
    assert process.popen.wait(60) not in (0, None)
    assert "is a second one for the listener 'filter'" in process.log()


def test_sockets_meant_for_another_process_are_left_alone(relay, started, monkeypatch):
    monkeypatch.setenv("LISTEN_PID", "1")
    monkeypatch.setenv("LISTEN_FDS", "1")
    started(relay)
    send(relay.port, mail.SENDER, [OTHER], mail.plain(to=OTHER).raw)


def test_nothing_that_it_starts_has_its_sockets(relay, started):
    held = listening(relay.port)
    inode = os.fstat(held.fileno()).st_ino
    passed(relay, held)
    started(relay)
    relay.wait_for_log(" listening name=")
    assert f"socket:[{inode}]" in open_files(relay.process.pid)
    assert relay.sealers()
    for sealer in relay.sealers():
        assert f"socket:[{inode}]" not in open_files(sealer)
        assert b"LISTEN_" not in open(f"/proc/{sealer}/environ", "rb").read()


def open_files(process: int) -> list[str]:
    folder = f"/proc/{process}/fd"
    return [os.readlink(f"{folder}/{number}") for number in os.listdir(folder)]


def test_reload_keeps_the_sockets_and_takes_no_listener_from_under_one(relay, sink, started):
    passed(relay, listening(relay.port))
    started(relay)
    relay.wait_for_log(" listening name=")
    reload(relay, "configuration reloaded")
    send(relay.port, mail.SENDER, [OTHER], mail.plain(to=OTHER).raw)

    good = relay.config_file.read_text()
    change(relay, f"address: 127.0.0.1:{relay.port}\n", f"address: 127.0.0.1:{places.free_port()}\n")
    assert re.search(rf"socket 'postseal.socket' on 127.0.0.1:{relay.port}, which belongs to no "
                     "listener", reload(relay, REFUSED))
    send(relay.port, mail.SENDER, [OTHER], mail.plain(to=OTHER).raw)

    relay.config_file.write_text(good.replace("name: filter", "name: renamed"))
    reload(relay, "configuration reloaded")
    send(relay.port, mail.SENDER, [OTHER], mail.plain(to=OTHER).raw)
    assert len(sink.accepted()) == 3
