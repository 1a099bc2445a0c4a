# SPDX-License-Identifier: Apache-2.0
"""The conversations that drive the pure dialogue in the unit tests, held with the real program over
sockets: a scripted client before it, a scripted next hop behind it."""
import pytest

from parts import places
from parts.client import RawClient
from parts.dialog import Dialog, ScriptedNextHop, is_as_written, octets, read_dialog
from parts.relay import Relay

FILES = sorted((places.CHECKOUT / "tests/dialogs").rglob("*.txt"))

# A filter listener drops strangers before they can speak: these are for a front listener.
STRANGERS = [file for file in FILES if read_dialog(file).settings.get("client") == "stranger"]

# What no filter listener has; the pure dialogue does.
PURE = [file for file in FILES if {"tls", "login", "marks"} & read_dialog(file).settings.keys()]

# Settings so small that a configuration with them is refused; the pure dialogue takes them.
TOO_SMALL = [file for file in FILES
             if int(read_dialog(file).settings.get("message_size", 1 << 20)) < 64 << 10
             or int(read_dialog(file).settings.get("recipients", 1000)) < 100]


SPOKEN = [file for file in FILES if file not in STRANGERS + PURE + TOO_SMALL]


@pytest.mark.parametrize("file", SPOKEN, ids=lambda file: file.stem)
def test_conversation_is_held_as_written(place, file):
    dialog = read_dialog(file)
    next_hop = ScriptedNextHop(dialog)
    relay = start_relay(place, next_hop.port, dialog)
    try:
        with RawClient(relay.port, timeout=10) as client:
            hold(client, dialog, next_hop)
    finally:
        relay.stop()
        next_hop.stop()
    assert not next_hop.surprises
    assert not next_hop.unasked()


def start_relay(place, next_hop: int, dialog: Dialog) -> Relay:
    limits = {name: value for name, value in dialog.settings.items()
              if name in ("message_size", "recipients", "errors")}
    relay = Relay(place, next_hop, settings={
        "hostname": "relay.example", "limits": limits, "keys": {"sources": ["directory"]}})
    if "bare_newline" in dialog.settings:
        text = relay.config_file.read_text()
        relay.config_file.write_text(text.replace(
            "    protocol: smtp\n",
            f"    protocol: smtp\n    bare_newline: {dialog.settings['bare_newline']}\n"))
    return relay.start()


def hold(client: RawClient, dialog: Dialog, next_hop: ScriptedNextHop) -> None:
    pipelined = b""
    heard: list[str] = []
    for party, line in dialog.front:
        if party == "C":
            pipelined += octets(line)
            continue
        if pipelined:
            client.write(pipelined)
            pipelined = b""
        said = client.read_line()
        heard.append(said)
        wanted = "" if line == "(closes)" else line
        assert is_as_written(wanted, said), (
            f"expected {line!r}\n  heard so far: {heard}\n  next hop: {next_hop.surprises}")
    if pipelined:
        client.write(pipelined)


def test_there_are_conversations():
    assert len(SPOKEN) > 30


def test_format_is_read_as_its_readme_says():
    assert octets(r"a\r\n\0\t\\b\x41\c") == b"a\r\n\0\t\\bA"
    assert octets("NOOP") == b"NOOP\r\n"
    assert is_as_written("250 2.0.0 ...", "250 2.0.0 Ok") and not is_as_written("250 Ok", "250 Okay")
