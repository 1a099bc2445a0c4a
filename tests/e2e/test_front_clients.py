# SPDX-License-Identifier: Apache-2.0
"""Programs that people send mail with log in through a front, within TLS, by each mechanism that
they know; what they send arrives once, sealed, and as it was written."""
import subprocess

import pytest

from parts import mail, structure
from parts.front import ANNA, BOB, CLIENT, PASSWORD, FrontHouse
from parts.postfix import Postfix
from parts.split import wait_until

BODY = "Dear Bob,\r\n.\r\n..\r\n.dots at the beginning\r\n\r\nFrom here\r\n-- \r\nAnna\r\n"
HOST = "mail.example.org"  # the name in the certificate


@pytest.fixture(scope="module")
def running(directory):
    with FrontHouse(directory / "house") as house:
        yield house


@pytest.fixture
def house(running):
    running.world.forget()
    return running


def run(*words, data: bytes = b"") -> None:
    done = subprocess.run([str(word) for word in words], input=data, capture_output=True,
                          check=False, timeout=120)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


def port_of(front, tls: str) -> int:
    return front.implicit_port if tls == "implicit" else front.starttls_port


def with_swaks(front, tls, mechanism, file):
    file.write_bytes(file.read_bytes().removesuffix(b"\r\n"))  # it adds the last line end itself
    run("swaks", "--server", "127.0.0.1", "--port", port_of(front, tls), "--ehlo", "laptop.example",
        "--local-interface", CLIENT, "--tls-on-connect" if tls == "implicit" else "--tls",
        "--auth", mechanism, "--auth-user", ANNA, "--auth-password", PASSWORD,
        "--from", ANNA, "--to", BOB, "--data", f"@{file}")


def with_curl(front, tls, mechanism, file):
    scheme, port = "smtps" if tls == "implicit" else "smtp", port_of(front, tls)
    run("curl", "--silent", "--show-error", "--url", f"{scheme}://{HOST}:{port}/laptop.example",
        "--resolve", f"{HOST}:{port}:127.0.0.1", "--interface", CLIENT, "--ssl-reqd",
        "--cacert", front.authority.certificate, "--user", f"{ANNA}:{PASSWORD}",
        "--login-options", f"AUTH={mechanism}",
        "--mail-from", ANNA, "--mail-rcpt", BOB, "--upload-file", file)


def with_msmtp(front, tls, mechanism, file):
    starttls = "off" if tls == "implicit" else "on"
    run("msmtp", "--host=127.0.0.1", f"--port={port_of(front, tls)}", "--domain=laptop.example",
        f"--source-ip={CLIENT}", "--tls=on", f"--tls-starttls={starttls}",
        f"--tls-trust-file={front.authority.certificate}", f"--tls-host-override={HOST}",
        f"--auth={mechanism.lower()}", f"--user={ANNA}", f"--passwordeval=echo '{PASSWORD}'",
        f"--from={ANNA}", "--", BOB, data=file.read_bytes().replace(b"\r\n", b"\n"))


def clients_in(postfix: Postfix) -> list[str]:
    """Whole lines: the last one may be half written."""
    lines = postfix.log().splitlines(keepends=True)
    return [line.rstrip("\n") for line in lines if ": client=" in line and line.endswith("\n")]


WAYS = [(program, mechanism) for program, mechanisms in (
    (with_swaks, ("PLAIN", "LOGIN", "CRAM-MD5")), (with_curl, ("PLAIN", "LOGIN", "CRAM-MD5")),
    (with_msmtp, ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"))) for mechanism in mechanisms]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("program, mechanism", WAYS)
def test_program_logs_in_and_its_mail_arrives_once_sealed(house, place, program, mechanism, tls):
    sent = mail.plain(BODY, to=BOB)
    file = place / "message"
    file.write_bytes(sent.raw)
    before = len(clients_in(house.postfix))
    program(house.front, tls, mechanism, file)
    house.world.wait_for(1)
    (copy,) = house.world.accepted()
    assert copy.addresses == [BOB]
    assert house.front.bob.decrypt(structure.ciphertext(copy.content)) == sent.sealed_part
    wait_until(lambda: len(clients_in(house.postfix)) > before)
    assert clients_in(house.postfix)[-1].endswith(f"[{CLIENT}], sasl_method={mechanism}, sasl_username={ANNA}")
