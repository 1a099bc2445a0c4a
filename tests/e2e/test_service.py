# SPDX-License-Identifier: Apache-2.0
"""What `cmake --install` lays, and the systemd unit: its sandbox is tight, and sealing works in it."""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from parts import mail, places, structure
from parts.client import send
from parts.gnupg import Person
from parts.relay import Relay
from parts.unit_sandbox import NOBODY, expand, restrict, system_calls

UNIT = "usr/lib/systemd/system/postseal.service"
SOCKET = "usr/lib/systemd/system/postseal.socket"


@pytest.fixture(scope="module")
def installed(directory):
    root = directory / "root"
    install_to(root)
    return root


def install_to(root):
    subprocess.run(["cmake", "--install", places.BUILD], check=True, capture_output=True,
                   env={**os.environ, "DESTDIR": str(root)})


def prefix(root):
    return next(root.rglob("bin/postseal")).parent.parent


def test_everything_is_laid_where_it_belongs(installed):
    here = prefix(installed)
    for program in ("bin/postseal", "libexec/postseal/sealer"):
        assert os.access(here / program, os.X_OK), program
    for file in (UNIT, SOCKET, "usr/lib/sysusers.d/postseal.conf", "usr/lib/tmpfiles.d/postseal.conf",
                 "etc/postseal/postseal.yaml", "etc/postseal/policy.yaml"):
        assert (installed / file).is_file(), file
    assert list(here.rglob("docs/install-postfix.md"))


def test_the_files_name_schemas_that_were_laid(installed):
    for example in ("etc/postseal/postseal.yaml", "etc/postseal/policy.yaml",
                    *(str(one.relative_to(installed)) for one in installed.rglob("examples/*.yaml")
                      if one.name != "policy-tests.yaml")):
        first = (installed / example).read_text().splitlines()[0]
        named = re.fullmatch(r"# yaml-language-server: \$schema=/(\S+)", first)[1]
        assert json.loads((installed / named).read_text())["type"] == "object", example


def test_an_administrators_files_are_never_written_over(directory):
    root = directory / "kept"
    install_to(root)
    mine = root / "etc/postseal/policy.yaml"
    mine.write_text("# mine\n")
    install_to(root)
    assert mine.read_text() == "# mine\n"


def test_the_unit_starts_what_was_installed(installed):
    unit = (installed / UNIT).read_text()
    program = re.search(r"^ExecStart=(\S+) run$", unit, re.M)[1]
    assert (installed / program.lstrip("/")).is_file()
    assert not re.search(r"@[A-Z_]+@", unit), "a variable was left unexpanded"


def test_the_socket_unit_has_the_address_of_the_shipped_configuration(installed):
    unit = (installed / SOCKET).read_text()
    assert not re.search(r"@[A-Z_]+@", unit), "a variable was left unexpanded"
    addresses = re.findall(r"^ListenStream=(\S+)$", unit, re.M)
    configured = (installed / "etc/postseal/postseal.yaml").read_text()
    assert addresses == re.findall(r"^ +(?:- )?address: (\S+:10025)\b", configured, re.M)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                           installed / SOCKET, installed / UNIT],
                          text=True, capture_output=True, check=False)
    assert not re.search(r"postseal.socket(:\d+)?: ", done.stderr), done.stderr


def test_the_sandbox_scores_below_two(installed):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20",
                           "--no-pager", installed / UNIT], text=True, capture_output=True,
                          check=False)
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert exposure and float(exposure[1]) < 2.0, done.stdout + done.stderr
    assert done.returncode == 0


def test_the_filter_keeps_out_what_nobody_needs(installed):
    allowed = system_calls(installed / UNIT)
    assert {"read", "execve", "socket", "seccomp", "memfd_create",
            "landlock_restrict_self"} <= allowed
    assert not allowed & (expand("@privileged") | {"ptrace", "mount", "bpf", "kexec_load"})


def test_mail_is_sealed_under_the_units_restrictions(installed, place, sink):
    log = seal_under(installed / UNIT, place, sink)
    assert "Landlock" not in log


def test_a_kernel_without_landlock_is_named_once_and_seals(installed, place, sink):
    unit = place / "without.service"
    lines = (installed / UNIT).read_text().splitlines(keepends=True)
    unit.write_text("".join(line for line in lines if "landlock" not in line))
    log = seal_under(unit, place, sink)
    assert log.count("this kernel has no Landlock") == 1


def seal_under(unit, place, sink):
    """One mail through a relay under that unit's restrictions; what the relay logged."""
    bob = Person(place / "people", "bob@example.net")
    relay = Relay(place, sink.port, settings={"keys": {"sources": ["directory", "store"]}},
                  policy={"defaults": {"encrypt": "required", "without_key": "reject"}})
    relay.add_key(bob)
    for folder in (place, relay.directory, relay.directory / "spool", relay.directory / "run"):
        os.chown(folder, NOBODY, NOBODY)
    relay.start(preexec_fn=restrict(unit))
    try:
        send(relay.port, mail.SENDER, [bob.address], mail.plain("boxed", to=bob.address).raw)
        assert b"boxed" in bob.decrypt(structure.ciphertext(sink.accepted()[0].content))
        status = Path(f"/proc/{relay.process.pid}/status").read_text()
        assert re.search(rf"^Uid:\s+{NOBODY}\s", status, re.M)
        # Its memory is nobody's business: /proc belongs to root where a process is not dumpable.
        assert os.stat(f"/proc/{relay.process.pid}/mem").st_uid == 0
        assert relay.sealers()
        for sealer in relay.sealers():
            assert os.stat(f"/proc/{sealer}/mem").st_uid == 0
        return relay.log()
    finally:
        relay.stop()
        bob.stop_agent()
