# SPDX-License-Identifier: Apache-2.0
"""The conversations that drive the pure dialogue in the unit tests, held with the real program over
sockets: a scripted client before it, a scripted next hop behind it."""
import pytest

from parts import places
from parts.client import RawClient
from parts.dialog import Dialog, ScriptedNextHop, is_as_written, octets, read_dialog
from parts.relay import Relay

FILES = sorted((places.CHECKOUT / "tests/dialogs").rglob("*.txt"))

# Any of the tests' certificates: clients here do not verify it.
CERTIFICATE = places.CHECKOUT / "tests/data/config/good/front/certificate.pem"
KEY = places.CHECKOUT / "tests/data/config/good/front/key.pem"

# Settings so small that a configuration with them is refused; the pure dialogue takes them.
TOO_SMALL = [file for file in FILES
             if int(read_dialog(file).settings.get("message_size", 1 << 20)) < 64 << 10
             or int(read_dialog(file).settings.get("recipients", 1000)) < 100]


SPOKEN = [file for file in FILES if file not in TOO_SMALL]


@pytest.mark.parametrize("file", SPOKEN, ids=lambda file: file.stem)
def test_conversation_is_held_as_written(place, file):
    dialog = read_dialog(file)
    next_hop = ScriptedNextHop(dialog, behind_front=is_for_front(dialog))
    relay = start_relay(place, next_hop.port, dialog)
    try:
        with RawClient(relay.port, timeout=60) as client:
            if dialog.settings.get("tls") == "active":
                client.start_tls()
            hold(client, dialog, next_hop)
    finally:
        relay.stop()
        next_hop.stop()
    assert not next_hop.surprises
    assert not next_hop.unasked()


def start_relay(place, next_hop: int, dialog: Dialog, next_hop_settings: dict | None = None) -> Relay:
    limits = {name: value for name, value in dialog.settings.items()
              if name in ("message_size", "recipients", "errors")}
    relay = Relay(place, next_hop, settings={
        "hostname": "relay.example", "limits": limits, "keys": {"sources": ["directory"]},
        "next_hop": next_hop_settings or {}})
    more = "".join(f"    {key}: {value}\n" for key, value in listener_settings(dialog).items())
    text = relay.config_file.read_text()
    if is_for_front(dialog):
        text = text.replace("    trusted: [127.0.0.0/8]\n", "")
        text = text.replace(f"address: 127.0.0.1:{next_hop}\n",
                            f"address: 127.0.0.1:{next_hop}\n  client: proxy\n", 1)
    relay.config_file.write_text(text.replace("    protocol: smtp\n", "    protocol: smtp\n" + more))
    relay.start()
    if is_for_front(dialog):
        relay.wait_until_it_takes_mail()
    return relay


def is_for_front(dialog: Dialog) -> bool:
    """A filter listener drops strangers before they can speak."""
    return dialog.settings.get("client") == "stranger"


def listener_settings(dialog: Dialog) -> dict[str, str]:
    said, made = dialog.settings, {}
    if "bare_newline" in said:
        made["bare_newline"] = said["bare_newline"]
    if "marks" in said:
        made["routing_marks"] = {"allowed": "allow", "refused": "refuse"}[said["marks"]]
    if is_for_front(dialog):
        made["place"] = "front"
        made["login"] = {"refused": "never"}.get(said.get("login", "refused"), said.get("login"))
        if said.get("tls", "absent") != "absent":
            start = "implicit" if said["tls"] == "active" else "starttls"
            required = str(said["tls"] == "required").lower()
            made["tls"] = (f"{{ start: {start}, certificate: {CERTIFICATE}, key: {KEY}, "
                           f"required: {required} }}")
    return made


def hold(client: RawClient, dialog: Dialog, next_hop: ScriptedNextHop) -> None:
    pipelined = b""
    heard: list[str] = []
    starts_tls = False
    for party, line in dialog.front:
        if party == "C":
            pipelined += octets(line)
            starts_tls = starts_tls or line.upper() == "STARTTLS"
            continue
        if pipelined:
            client.write(pipelined)
            pipelined = b""
        said = client.read_line()
        heard.append(said)
        wanted = "" if line == "(closes)" else line
        assert is_as_written(wanted, said), (
            f"expected {line!r}\n  heard so far: {heard}\n  next hop: {next_hop.surprises}")
        if starts_tls and said.startswith("220 "):
            client.start_tls()
            starts_tls = False
    if pipelined:
        client.write(pipelined)


def test_there_are_conversations():
    assert len(SPOKEN) > 55


def test_format_is_read_as_its_readme_says():
    assert octets(r"a\r\n\0\t\\b\x41\c") == b"a\r\n\0\t\\bA"
    assert octets("NOOP") == b"NOOP\r\n"
    assert is_as_written("250 2.0.0 ...", "250 2.0.0 Ok") and not is_as_written("250 Ok", "250 Okay")
