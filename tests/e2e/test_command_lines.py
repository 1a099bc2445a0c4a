# SPDX-License-Identifier: Apache-2.0
"""Command lines and environments can be read by everybody on the machine: to whom somebody writes, and
with which key, stands in none of them."""
from pathlib import Path

from parts import mail, places, structure
from parts.certificates import Authority
from parts.client import send
from parts.gnupg import Person
from parts.relay import Relay
from parts.wkd import Directory, hashed_user

LOCAL_PART, DOMAIN = "nobody.must.know", "partner.example"
TO = f"{LOCAL_PART}@{DOMAIN}"

# Whatever it is asked to do, it notes how; a sealer can write nowhere but in its workplace.
WRAPPER = """\
#!/bin/bash
for word; do
    [[ $before == --homedir ]] && home=$word
    before=$word
done
[[ $home ]] && { printf '%s\\n' "$0" "$@"; export -p; } >>"$home/work/noted"
exec /usr/bin/gpg "$@"
"""


def test_neither_address_nor_key_stands_in_a_command_line(place, sink, started):
    bob, authority = Person(place, TO), Authority(place)
    wkd = Directory(place, authority, DOMAIN)
    wkd.publish(bob)
    wkd.start()
    gpg = place / "gpg"
    gpg.write_text(WRAPPER)
    gpg.chmod(0o755)
    relay = started(Relay(place, sink.port, wkd=(wkd,), ca=authority.certificate,
                          settings={"sealers": {"gpg": gpg, "workers": 2}}))
    try:
        for _ in range(3):  # a key that returns is kept in another form
            send(relay.port, mail.SENDER, [TO], mail.plain("by WKD\r\n", to=TO).raw)
        for copy in sink.accepted():
            assert b"by WKD" in bob.decrypt(structure.ciphertext(copy.content))
        seen = everything_shown(relay)
    finally:
        wkd.stop()
        bob.stop_agent()

    for task in ("--with-colons", "--recipient-file", "--recipient\n"):
        assert task in seen, f"gpg was not seen to be run with {task}"
    assert str(places.sealer()) in seen and str(relay.config_file) in seen
    key_text = bob.armored_certificate().decode().splitlines()[2:-2]
    for secret in (LOCAL_PART, DOMAIN, hashed_user(LOCAL_PART), *key_text):
        assert secret.lower() not in seen.lower(), f"everybody can read {secret}"


def everything_shown(relay: Relay) -> str:
    processes = [relay.process.pid, *relay.sealers()]
    files = [Path(f"/proc/{process}/{kind}") for process in processes for kind in ("cmdline", "environ")]
    files += (relay.directory / "run").glob("sealer-*/work/noted")
    return "\n".join(file.read_text(errors="replace") for file in files).replace("\0", "\n")
