# SPDX-License-Identifier: Apache-2.0
"""Programs that people and servers send mail with: what they hand to a Postfix with postseal before
its queue, or to postseal itself, arrives once, sealed, and as it was written."""
import subprocess

import pytest

from parts import mail, places, structure
from parts.client import send
from parts.house import BOB, House
from parts.postfix import Postfix

SESSIONS, MAILS = 20, 60
BODY = "Dear Bob,\r\n.\r\n..\r\n.dots at the beginning\r\n\r\nFrom here\r\n-- \r\nAnna\r\n"


@pytest.fixture(scope="module")
def running(directory):
    with House(directory) as whole:
        yield whole


@pytest.fixture
def house(running):
    running.world.forget()
    yield running
    running.postfix.wait_until_queued()


@pytest.fixture(params=["before the queue", "postseal itself"])
def port(request, house):
    return house.submission_port if request.param == "before the queue" else house.relay.port


def run(*words, data: bytes = b"") -> None:
    done = subprocess.run([str(word) for word in words], input=data, capture_output=True,
                          check=False, timeout=120)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


def with_smtplib(port, file):
    send(port, mail.SENDER, [BOB], file.read_bytes())


def with_swaks(port, file):
    file.write_bytes(file.read_bytes().removesuffix(b"\r\n"))  # it adds the last line end itself
    run("swaks", "--server", "127.0.0.1", "--port", port, "--ehlo", "client.example.org",
        "--from", mail.SENDER, "--to", BOB, "--data", f"@{file}")


def with_curl(port, file):
    run("curl", "--silent", "--show-error", "--url", f"smtp://127.0.0.1:{port}/client.example.org",
        "--mail-from", mail.SENDER, "--mail-rcpt", BOB, "--upload-file", file)


def with_msmtp(port, file):
    run("msmtp", "--host=127.0.0.1", f"--port={port}", "--domain=client.example.org", "--auth=off",
        "--tls=off", f"--from={mail.SENDER}", "--", BOB,
        data=file.read_bytes().replace(b"\r\n", b"\n"))


def with_postfix(port, file):
    """Another mail server, whose relay host is this one."""
    entrance = places.free_port()
    postfix = Postfix(file.parent / "other", f"127.0.0.1:{entrance} inet n - n - - smtpd\n", port)
    try:
        postfix.start(entrance)
        send(entrance, mail.SENDER, [BOB], file.read_bytes())
        postfix.wait_until_queued()
    finally:
        postfix.stop()


@pytest.mark.parametrize("program", [with_smtplib, with_swaks, with_curl, with_msmtp, with_postfix])
def test_what_a_program_sends_arrives_once_sealed_as_it_was_written(house, port, place, program):
    sent = mail.plain(BODY, to=BOB)
    file = place / "message"
    file.write_bytes(sent.raw)
    program(port, file)
    house.world.wait_for(1)
    house.postfix.wait_until_queued()
    (copy,) = house.world.accepted()
    assert copy.addresses == [BOB]
    assert house.people[BOB].decrypt(structure.ciphertext(copy.content)) == sent.sealed_part


def test_many_sessions_of_smtp_source_lose_and_double_nothing(house, port, place):
    file = place / "message"
    sent = mail.plain(BODY, to=BOB)
    file.write_bytes(sent.raw.replace(b"\r\n", b"\n"))
    house.postfix.run("smtp-source", "-s", str(SESSIONS), "-m", str(MAILS), "-M",
                      "client.example.org", "-f", mail.SENDER, "-t", BOB, "-F", file,
                      f"127.0.0.1:{port}")
    house.world.wait_for(MAILS)
    house.postfix.wait_until_queued()
    copies = house.world.accepted()
    assert len(copies) == MAILS
    ciphertexts = {structure.ciphertext(one.content) for one in copies}
    assert len(ciphertexts) == MAILS  # each has a session key of its own
    assert all(one.addresses == [BOB] for one in copies)
    # It puts an empty line behind the file.
    assert house.people[BOB].decrypt(ciphertexts.pop()) == sent.sealed_part + b"\r\n"
