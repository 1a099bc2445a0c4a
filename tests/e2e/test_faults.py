# SPDX-License-Identifier: Apache-2.0
"""Whatever breaks, what must be sealed never leaves in clear, and the client learns what happened.

Every mail here carries a canary, and no byte that the next hop is ever sent may contain it."""
import base64
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from parts import mail, places, structure
from parts.certificates import Authority
from parts.client import RawClient, Refused, send
from parts.gnupg import Person
from parts.gpg_faults import FAULTS, Gpg
from parts.relay import Relay
from parts.wkd import Hostile

CANARY = "canary-7f3a9c55-do-not-let-me-out"
TO = "bob@required.example"
REQUIRED = {"defaults": {"encrypt": "required", "without_key": "reject", "lookup_failed": "defer",
                         "unusable_key": "reject"}}


@pytest.fixture(scope="module")
def bob(person):
    return person(TO)


@pytest.fixture
def gpg(place):
    return Gpg(place)


@pytest.fixture
def relay(place, sink, bob, gpg):
    made = Relay(place, sink.port, policy=REQUIRED,
                 settings={"keys": {"sources": ["directory"]},
                           "sealers": {"gpg": gpg.path, "deadline": "6s"}})
    made.add_key(bob)
    made.start()
    yield made
    made.stop()


def secret(size: int = 0) -> bytes:
    filler = "".join(f"line {number} of the report\r\n" for number in range(size // 25))
    return mail.plain(f"{CANARY}\r\n{filler}", to=TO).raw


def refusal(port: int, message: bytes, to: str = TO) -> Refused:
    with pytest.raises(Refused) as caught:
        send(port, mail.SENDER, [to], message)
    return caught.value


def assert_nothing_leaked(sink) -> None:
    assert not sink.accepted()
    for form in (CANARY.encode(), base64.b64encode(CANARY.encode())[:24]):
        assert form not in sink.received


def assert_helpful(answer: Refused, code: int, recipient: str = TO) -> None:
    assert answer.code == code, answer
    assert answer.text.startswith(f"{code // 100}."), f"no enhanced status code: {answer}"
    assert recipient in answer.text or len(answer.text) > 40, f"not helpful: {answer}"


def test_all_is_well_before_anything_breaks(relay, sink, bob):
    send(relay.port, mail.SENDER, [TO], secret())
    sealed = structure.ciphertext(sink.accepted()[0].content)
    assert CANARY.encode() in bob.decrypt(sealed)
    assert CANARY.encode() not in sink.received


@pytest.mark.parametrize("fault", [one for one in FAULTS if one != "takes its time"])
def test_broken_gpg_is_a_temporary_failure_and_heals(relay, sink, bob, gpg, fault):
    send(relay.port, mail.SENDER, [TO], mail.plain("before\r\n", to=TO).raw)
    gpg.suffer(fault)
    sink.forget()
    started = time.monotonic()
    assert_helpful(refusal(relay.port, secret(size=12 << 20)), 451)
    assert time.monotonic() - started < 40
    assert_nothing_leaked(sink)
    gpg.mend()
    send(relay.port, mail.SENDER, [TO], secret())
    assert CANARY.encode() in bob.decrypt(structure.ciphertext(sink.accepted()[0].content))


def test_killed_gpg_is_a_temporary_failure_and_heals(relay, sink, bob, gpg):
    send(relay.port, mail.SENDER, [TO], mail.plain("before\r\n", to=TO).raw)
    sink.forget()
    killer = gpg.kill_when_it_encrypts(relay.sealers())
    assert_helpful(refusal(relay.port, secret(size=24 << 20)), 451)
    killer.join()
    assert_nothing_leaked(sink)
    send(relay.port, mail.SENDER, [TO], secret())
    assert CANARY.encode() in bob.decrypt(structure.ciphertext(sink.accepted()[0].content))


def test_missing_gpg_is_a_temporary_failure_and_heals(relay, sink, gpg):
    gpg.vanish()
    assert_helpful(refusal(relay.port, secret()), 451)
    assert_nothing_leaked(sink)
    gpg.mend()
    send(relay.port, mail.SENDER, [TO], secret())


def test_killed_sealers_are_replaced(relay, sink):
    before = relay.sealers()
    assert before
    for process in before:
        os.kill(process, signal.SIGKILL)
    # Whether the next mail meets a dead sealer or a fresh one is a matter of time.
    for _ in range(100):
        try:
            send(relay.port, mail.SENDER, [TO], secret())
            break
        except Refused as answer:
            assert_helpful(answer, 451)
            time.sleep(0.1)
    assert len(sink.accepted()) == 1
    assert CANARY.encode() not in sink.received
    assert not set(before) & set(relay.sealers())


def test_hanging_gpg_leaves_no_process_behind(relay, gpg):
    gpg.suffer("hangs")
    refusal(relay.port, secret())
    deadline = time.monotonic() + 10
    while left := hanging(gpg):
        assert time.monotonic() < deadline, f"{left} still hang"
        time.sleep(0.1)


def hanging(gpg: Gpg) -> list[str]:
    found, command = [], os.fsencode(gpg.path) + b"\x00600\x00"
    for process in filter(str.isdigit, os.listdir("/proc")):
        with suppress(FileNotFoundError, ProcessLookupError):
            if Path(f"/proc/{process}/cmdline").read_bytes() == command:
                found.append(process)
    return found


@pytest.mark.parametrize("manner,codes", [("500", [451]), ("never", [451]), ("reset", [451]),
                                          ("trickle", [451]), ("200 MB", [451, 550]),
                                          ("html", [451, 550])])
def test_hostile_key_directory_never_opens_the_envelope(place, sink, started, manner, codes):
    authority = Authority(place)
    wkd = Hostile(authority, "required.example", manner)
    relay = Relay(place, sink.port, policy=REQUIRED, wkd=(wkd,), ca=authority.certificate,
                  settings={"keys": {"deadline": "8s", "wkd": {"timeout": "3s"}}})
    started(relay)
    began = time.monotonic()
    answer = refusal(relay.port, secret())
    assert wkd.requests, "the key directory was never asked"
    assert answer.code in codes
    assert_helpful(answer, answer.code)
    assert time.monotonic() - began < 20
    assert wkd.octets_sent < 16 << 20, "a lookup took whatever it was served"
    assert_nothing_leaked(sink)
    wkd.stop()


@pytest.mark.parametrize("manner", ["500", "never"])
def test_opportunistic_mail_waits_for_a_key_directory_that_fails(place, sink, started, manner):
    authority = Authority(place)
    wkd = Hostile(authority, "required.example", manner)
    relay = Relay(place, sink.port, wkd=(wkd,), ca=authority.certificate,
                  settings={"keys": {"deadline": "8s", "wkd": {"timeout": "3s"}}})
    started(relay)
    assert_helpful(refusal(relay.port, secret()), 451)
    assert_nothing_leaked(sink)
    wkd.stop()


# Rubbish under the recipient's name may be half of a copied key: that passes, so it is temporary.
@pytest.mark.parametrize("kind,codes", [("none", [550]), ("expired", [550]), ("revoked", [550]),
                                        ("of somebody else", [550]), ("rubbish", [451, 550])])
def test_required_recipient_without_a_usable_key_is_refused(place, sink, started, kind, codes):
    person = Person(place, "eve@elsewhere.example" if kind == "of somebody else" else TO,
                    expired=kind == "expired", algorithm="rsa2048")
    if kind == "revoked":
        person.revoke()
    relay = Relay(place, sink.port, policy=REQUIRED,
                  settings={"keys": {"sources": ["directory"]}})
    if kind != "none":
        material = b"no key at all" if kind == "rubbish" else person.armored_certificate()
        (relay.keys / f"{TO}.asc").write_bytes(material)
    started(relay)
    answer = refusal(relay.port, secret())
    assert answer.code in codes
    assert_helpful(answer, answer.code)
    assert_nothing_leaked(sink)
    person.stop_agent()


def test_required_binds_every_recipient_of_the_message(relay, sink):
    with pytest.raises(Refused) as caught:
        send(relay.port, mail.SENDER, [TO, "nobody@keyless.example"], secret())
    assert caught.value.code == 550
    assert "nobody@keyless.example" in caught.value.text
    assert_nothing_leaked(sink)


def test_dead_next_hop_is_a_temporary_failure(relay, sink):
    sink.stop()
    answer = refusal(relay.port, secret())
    assert answer.code in (421, 451)
    assert "/usr/" not in answer.text and "boost" not in answer.text, answer


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize("reply", ["451 4.7.1 come back later", "554 5.7.1 not with me"])
def test_next_hop_reply_is_the_clients_reply(relay, sink, step, reply):
    sink.answers[step] = reply
    answer = refusal(relay.port, secret())
    assert f"{answer.code} {answer.text}" == reply
    assert CANARY.encode() not in sink.received


@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_reply_ahead_of_its_time_never_accepts_a_message(relay, sink, step):
    usual = {"DATA": "354 go on"}.get(step, "250 ok")
    sink.answers[step] = f"{usual}\r\n250 2.0.0 Ok: queued as NOTHING"
    answer = refusal(relay.port, secret())
    assert answer.code == 421, answer
    assert not sink.accepted()


def test_refusal_in_the_middle_of_the_body_is_the_answer(relay, place, bob):
    """A next hop that has seen enough says so and closes; the client must not try for days."""
    with socket.create_server(("127.0.0.1", places.free_port())) as listening:
        hop = threading.Thread(target=refuse_early, args=(listening,), daemon=True)
        hop.start()
        other = Relay(place / "early", listening.getsockname()[1],
                      policy={"defaults": {"encrypt": "never"}})
        other.start()
        try:
            answer = refusal(other.port, secret(20_000_000))
            assert f"{answer.code} {answer.text}" == "552 5.3.4 too big for me"
        finally:
            other.stop()


def refuse_early(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"220 hop\r\n")
        for answer in (b"250 hop\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
            connection.recv(4096)
            connection.sendall(answer)
        connection.recv(65536)
        connection.sendall(b"552 5.3.4 too big for me\r\n")
        while connection.recv(1 << 18):
            pass


@pytest.mark.parametrize("spelling", ["xn--bcher-kva.example", "bücher.example", "BÜCHER.example"])
def test_required_holds_however_the_domain_is_spelt(place, sink, spelling):
    sink.extensions = (*sink.extensions, "SMTPUTF8")
    policy = {"defaults": {"encrypt": "never"},
              "rules": [{"name": "books", "match": {"to": "*@bücher.example"},
                         "set": {"encrypt": "required"}}]}
    relay = Relay(place, sink.port, policy=policy, settings={"keys": {"sources": ["directory"]}})
    relay.start()
    try:
        client = RawClient(relay.port)
        client.read_reply()
        for line in ("EHLO client.example.org", f"MAIL FROM:<{mail.SENDER}> SMTPUTF8",
                     f"RCPT TO:<x@{spelling}>", "DATA"):
            client.write(line.encode() + b"\r\n")
            answer = client.read_reply()
            assert answer[0] in "23", answer
        client.write(secret() + b".\r\n")
        assert client.read_reply().startswith("550")
        assert_nothing_leaked(sink)
    finally:
        relay.stop()
