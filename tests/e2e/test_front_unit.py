# SPDX-License-Identifier: Apache-2.0
"""The systemd unit with the drop-in of docs/postfix-front.md: an account without privileges has the
ports below 1024, and nothing else that it did not have."""
import os
import re
import subprocess
from pathlib import Path

import pytest

from parts import mail, places, structure
from parts.client import send
from parts.gnupg import Person
from parts.postfix import FRONT, written
from parts.relay import Relay
from parts.unit_sandbox import NOBODY, restrict, system_calls

UNIT = places.BUILD / "systemd/postseal.service"


@pytest.fixture(scope="module")
def unit(directory):
    """As systemd reads them: what comes later is added, or replaces."""
    file = directory / "postseal.service"
    file.write_text(UNIT.read_text() + written(FRONT, "postseal.service"))
    return file


def test_the_drop_in_leaves_a_tight_sandbox(unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20",
                           "--no-pager", unit], text=True, capture_output=True, check=False)
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert exposure and float(exposure[1]) < 2.0, done.stdout + done.stderr
    assert system_calls(unit) - system_calls(UNIT) == {"capset"}


def test_systemd_understands_every_line(unit):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit],
                          text=True, capture_output=True, check=False)
    assert not re.search(r"postseal.service:\d+: ", done.stderr), done.stderr


def low_port() -> int:
    return next(port for port in range(900, 1024) if not places.listens(port))


@pytest.mark.skipif(int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) < 1024,
                    reason="everybody may have low ports here")
def test_mail_is_sealed_on_a_low_port_under_the_units_restrictions(unit, place, sink):
    bob = Person(place / "people", "bob@example.net")
    relay = Relay(place, sink.port, port=low_port(), settings={"keys": {"sources": ["directory"]}},
                  policy={"defaults": {"encrypt": "required", "without_key": "reject"}})
    relay.add_key(bob)
    for folder in (place, relay.directory, relay.directory / "spool", relay.directory / "run"):
        os.chown(folder, NOBODY, NOBODY)
    relay.start(preexec_fn=restrict(unit))
    try:
        send(relay.port, mail.SENDER, [bob.address], mail.plain("boxed", to=bob.address).raw)
        assert b"boxed" in bob.decrypt(structure.ciphertext(sink.accepted()[0].content))
        assert capabilities(relay.process.pid) == 1 << 10
        assert [capabilities(sealer) for sealer in relay.sealers()] == [0, 0]
    finally:
        relay.stop()
        bob.stop_agent()


def capabilities(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"^CapPrm:\s+(\w+)", status, re.M)[1], 16)
