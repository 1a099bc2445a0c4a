# SPDX-License-Identifier: Apache-2.0
"""A reload in the middle of a transaction: what runs goes on as it began, what is new is served by the
new settings, and a mistake changes nothing and is explained."""
import os
import signal
import time

import pytest

from parts import mail, places
from parts.client import RawClient, Refused, send
from parts.relay import Relay
from parts.sink import Sink

BOB = "bob@sealed.example"
RELOADED = "configuration reloaded"
REFUSED = "the new configuration is wrong, the old one stays"
SEALED_OR_NOT = "defaults:\n  encrypt: required\n  without_key: reject\n"


@pytest.fixture(scope="module")
def bob(person):
    return person(BOB)


@pytest.fixture
def relay(place, sink, started):
    return started(Relay(place, sink.port, settings={"keys": {"sources": ["directory"]},
                                                     "limits": {"message_size": "1MiB"}}))


class Message:
    """In the middle: half of it has been sent."""

    def __init__(self, relay: Relay):
        self.client = RawClient(relay.port)
        self.client.begin_data(mail.SENDER, BOB)
        self.client.write(mail.headers(to=BOB) + b"\r\nhalf of it, ")

    def finish(self) -> str:
        self.client.write(b"and the rest\r\n.\r\n")
        return self.client.read_reply()

    def is_whole(self, copy) -> bool:
        return copy.content.endswith(b"\r\nhalf of it, and the rest\r\n")

    def close(self) -> None:
        self.client.close()


@pytest.fixture
def message(relay):
    one = Message(relay)
    yield one
    one.close()


def reload(relay: Relay, outcome: str = RELOADED) -> str:
    """The line that says it."""
    before = relay.log().count(outcome)
    os.kill(relay.process.pid, signal.SIGHUP)
    relay.process.wait_for(lambda: relay.log().count(outcome) > before, f"say {outcome!r}")
    return [line for line in relay.log().splitlines() if outcome in line][-1]


def change(relay: Relay, old: str, new: str) -> None:
    text = relay.config_file.read_text()
    assert old in text
    relay.config_file.write_text(text.replace(old, new))


def text() -> bytes:
    return mail.plain(to=BOB).raw


def test_new_configuration_is_for_new_sessions(relay, sink, message):
    other = Sink(places.free_port())
    change(relay, f"address: 127.0.0.1:{sink.port}\n", f"address: 127.0.0.1:{other.port}\n")
    change(relay, "postseal.example.org", "renamed.example.org")
    change(relay, "message_size: 1MiB", "message_size: 2MiB")
    reload(relay)
    with RawClient(relay.port) as client:
        assert client.read_reply().startswith("220 renamed.example.org ")
        assert " 2097152" in client.say("EHLO client.example.org")
    send(relay.port, mail.SENDER, [BOB], text())
    assert len(other.accepted()) == 1

    assert message.finish().startswith("250")
    copy, = sink.accepted()
    assert message.is_whole(copy)
    assert message.client.say(f"MAIL FROM:<{mail.SENDER}> SIZE=1048577").startswith("552 5.3.4")
    other.stop()


def test_session_outlives_its_listener(relay, sink, message):
    old, new = relay.port, places.free_port()
    change(relay, f"address: 127.0.0.1:{old}\n", f"address: 127.0.0.1:{new}\n")
    reload(relay)
    assert not places.listens(old)
    send(new, mail.SENDER, [BOB], text())
    assert message.finish().startswith("250")
    assert len(sink.accepted()) == 2


def test_new_policy_is_for_the_next_message_of_every_session(relay, sink, message):
    relay.policy_file.write_text(SEALED_OR_NOT)
    reload(relay)
    with pytest.raises(Refused) as caught:
        send(relay.port, mail.SENDER, [BOB], text())
    assert 500 <= caught.value.code < 600
    assert message.finish().startswith("250")
    copy, = sink.accepted()
    assert message.is_whole(copy)
    client = message.client
    assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")
    assert client.say(f"RCPT TO:<{BOB}>").startswith("250")
    assert client.say("DATA").startswith("354")
    client.write(text() + b".\r\n")
    assert client.read_reply().startswith("550-5.7.5")
    assert len(sink.accepted()) == 1


def test_policy_that_comes_while_a_transaction_is_open_counts_for_it(relay, sink):
    with RawClient(relay.port) as client:
        client.read_reply()
        client.say("EHLO client.example.org")
        assert client.say(f"MAIL FROM:<{mail.SENDER}>").startswith("250")
        relay.policy_file.write_text(SEALED_OR_NOT)
        reload(relay)
        assert client.say(f"RCPT TO:<{BOB}>").startswith("250")
        assert client.say("DATA").startswith("354")
        client.write(text() + b".\r\n")
        assert client.read_reply().startswith("550-5.7.5")
    assert not sink.accepted()


@pytest.mark.parametrize("changed", ["name", "next hop"])
def test_session_of_a_listener_that_is_another_one_by_now_takes_no_message(relay, sink, changed):
    """The new policy need not know of it, and may rely on the new next hop."""
    other = Sink(places.free_port())
    with RawClient(relay.port) as client:
        client.read_reply()
        client.say("EHLO client.example.org")
        if changed == "name":
            change(relay, "name: filter", "name: other")
        else:
            change(relay, f"address: 127.0.0.1:{sink.port}\n", f"address: 127.0.0.1:{other.port}\n")
        reload(relay)
        assert client.say(f"MAIL FROM:<{mail.SENDER}>") == \
            "421 4.3.2 The configuration has changed; connect again"
    send(relay.port, mail.SENDER, [BOB], text())
    assert len(sink.accepted()) + len(other.accepted()) == 1
    other.stop()


def test_files_of_a_policy_folder_come_and_go_by_reload(relay, sink):
    folder = relay.policy_file.with_name("policy.d")
    folder.mkdir()
    (folder / "20-usual.yaml").write_text("defaults: { encrypt: opportunistic }\n")
    change(relay, "policy: policy.yaml", "policy: policy.d")
    reload(relay)
    send(relay.port, mail.SENDER, [BOB], text())
    strict = folder / "10-strict.yaml"
    strict.write_text("rules:\n  - name: strict\n    match: { to: sealed.example }\n"
                      "    set: { encrypt: required, without_key: reject }\n")
    send(relay.port, mail.SENDER, [BOB], text())  # nothing has been reloaded
    reload(relay)
    with pytest.raises(Refused):
        send(relay.port, mail.SENDER, [BOB], text())
    assert ' rule="strict"' in relay.log()
    strict.unlink()
    reload(relay)
    send(relay.port, mail.SENDER, [BOB], text())
    assert len(sink.accepted()) == 3


def wrong_syntax(relay: Relay) -> str:
    relay.config_file.write_text(relay.config_file.read_text() + "limits: [\n")
    return "postseal.yaml:"


def wrong_setting(relay: Relay) -> str:
    change(relay, "message_size", "massage_size")
    return "did you mean 'message_size'?"


def no_configuration(relay: Relay) -> str:
    relay.config_file.unlink()
    return "postseal.yaml"


def wrong_policy(relay: Relay) -> str:
    relay.policy_file.write_text("defaults:\n  encrypt: alwys\n")
    return "policy.yaml:2:"


def no_policy(relay: Relay) -> str:
    relay.policy_file.unlink()
    return "policy.yaml"


@pytest.mark.parametrize("mistake", [wrong_syntax, wrong_setting, no_configuration, wrong_policy,
                                     no_policy])
def test_mistake_changes_nothing_and_is_explained(relay, sink, message, mistake):
    good = relay.config_file.read_text(), relay.policy_file.read_text()
    explained = mistake(relay)
    assert explained in reload(relay, REFUSED).split(REFUSED)[1]
    send(relay.port, mail.SENDER, [BOB], text())
    assert message.finish().startswith("250")
    assert len(sink.accepted()) == 2

    relay.config_file.write_text(good[0])
    relay.policy_file.write_text(good[1].replace("opportunistic", "never"))
    reload(relay)
    send(relay.port, mail.SENDER, [BOB], text())


def test_address_that_cannot_be_had_changes_nothing(relay, sink, message):
    """Not even what could be changed beside it."""
    other = Sink(places.free_port())
    change(relay, f"address: 127.0.0.1:{sink.port}\n", "address: 127.0.0.2:1\n")
    change(relay, "\nnext_hop:\n", "\n  - name: first\n"
           f"    address: 127.0.0.1:{places.free_port()}\n"
           f"  - name: second\n    address: 127.0.0.1:{other.port}\nnext_hop:\n")
    assert f"listener 'second' cannot listen on 127.0.0.1:{other.port}" in reload(relay, REFUSED)
    send(relay.port, mail.SENDER, [BOB], text())
    assert message.finish().startswith("250")
    assert len(sink.accepted()) == 2
    other.stop()


def sends_sealed(relay: Relay, sink: Sink) -> bool:
    sink.forget()
    send(relay.port, mail.SENDER, [BOB], text())
    return b"BEGIN PGP MESSAGE" in sink.accepted()[0].content


def wait_until(happened, what: str) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline, f"never {what}"
        time.sleep(0.1)


def test_keys_that_come_and_go_are_seen_without_a_reload(relay, sink, bob):
    assert not sends_sealed(relay, sink)
    relay.add_key(bob)
    wait_until(lambda: sends_sealed(relay, sink), "sealed")
    (relay.keys / f"{BOB}.asc").unlink()
    wait_until(lambda: not sends_sealed(relay, sink), "in clear")


def test_reload_looks_at_the_keys_at_once(relay, sink, bob):
    """The folder is looked at once a second; who has put a key there and reloads does not wait."""
    for _ in range(3):
        assert not sends_sealed(relay, sink)  # it has been looked at just now
        relay.add_key(bob)
        reload(relay)
        assert sends_sealed(relay, sink)
        (relay.keys / f"{BOB}.asc").unlink()
        reload(relay)


def test_keys_that_become_unreadable_stay_in_force(relay, sink, bob):
    relay.add_key(bob)
    reload(relay)
    file = relay.keys / f"{BOB}.asc"
    file.write_bytes(file.read_bytes()[:300])
    reload(relay)
    relay.wait_for_log(f"{file} is not as it should be")
    assert sends_sealed(relay, sink)
    relay.keys.rename(relay.keys.with_suffix(".away"))
    reload(relay)
    relay.wait_for_log("cannot read the key folder")
    assert sends_sealed(relay, sink)


def test_message_under_way_has_a_key_that_has_come_meanwhile(relay, sink, bob, message):
    """Keys are no settings: a message is sealed by what is known when it is complete."""
    relay.add_key(bob)
    reload(relay)
    assert message.finish().startswith("250")
    assert b"BEGIN PGP MESSAGE" in sink.accepted()[0].content


def test_a_file_of_the_policy_that_is_not_read_is_told_at_start_and_reload(place, sink, started):
    relay = Relay(place, sink.port)
    folder = relay.directory / "policy.d"
    folder.mkdir()
    relay.policy_file.rename(folder / "10-rules.yaml")
    (folder / "20-rules.yml").write_text(SEALED_OR_NOT)
    change(relay, "policy: policy.yaml", "policy: policy.d")
    started(relay)
    told = f"{folder}/20-rules.yml is not read"
    assert relay.log().count(told) == 1, relay.log()
    reload(relay)
    assert relay.log().count(told) == 2, relay.log()
