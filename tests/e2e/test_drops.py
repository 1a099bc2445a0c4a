# SPDX-License-Identifier: Apache-2.0
"""Every conversation of tests/dialogs, cut at every step: by the client, and by the next hop. The
program lives on, no reply is out of place, and a client that was told 250 for a message was told so
by the next hop."""
import re
from contextlib import suppress

import pytest

from parts.client import RawClient
from parts.dialog import Dialog, ScriptedNextHop, is_as_written, octets, read_dialog
from test_dialogs import SPOKEN, is_for_front, start_relay

# For a cut that leaves somebody waiting: then nobody speaks any more.
QUIET = 3


@pytest.mark.parametrize("file", SPOKEN, ids=lambda file: file.stem)
def test_conversation_may_end_anywhere(place, file):
    dialog = read_dialog(file)
    next_hop = ScriptedNextHop(dialog, behind_front=is_for_front(dialog))
    # Each is a conversation from its beginning, also for the next hop.
    alone = {} if is_for_front(dialog) else {"keep": False}
    relay = start_relay(place, next_hop.port, dialog, alone)
    try:
        for step in range(len(dialog.front)):
            next_hop.start_again()
            play(relay.port, dialog, until=step)
        for question in range(next_hop.questions()):
            next_hop.start_again(drop_at=question)
            heard = play(relay.port, dialog)
            judge(dialog, heard)
            # Nothing is said a second time, on this connection or another: no doubled message.
            assert not next_hop.surprises, f"cut at question {question}"
        next_hop.start_again()
        assert_it_still_serves(relay.port, dialog)
    finally:
        relay.stop()
        next_hop.stop()


def play(port: int, dialog: Dialog, until: int | None = None) -> list[str]:
    """Plays the client as written up to a step, and hangs up there; what it has heard. Without a
    step it goes on until nothing is heard any more, or something else than is written."""
    heard: list[str] = []
    with RawClient(port, timeout=QUIET) as client, suppress(OSError):
        if dialog.settings.get("tls") == "active":
            client.start_tls()
        pipelined, starts_tls = b"", False
        for party, line in dialog.front[:until]:
            if party == "C":
                pipelined += octets(line)
                starts_tls = starts_tls or line.upper() == "STARTTLS"
                continue
            if pipelined:
                client.write(pipelined)
                pipelined = b""
            said = client.read_line()
            heard.append(said)
            if not said or not is_as_written(line, said):
                break
            if starts_tls and said.startswith("220 "):
                client.start_tls()
                starts_tls = False
        if pipelined:
            client.write(pipelined)
        while until is None and heard and heard[-1]:
            heard.append(client.read_line())
    return heard


def judge(dialog: Dialog, heard: list[str]) -> None:
    """As written up to the cut, then one 421, after which there is at most what had been said
    before; every line is a reply."""
    written = [line for party, line in dialog.front if party == "S"]
    differs = next((at for at, (line, said) in enumerate(zip(written, heard))
                    if not is_as_written("" if line == "(closes)" else line, said)), None)
    for said in filter(None, heard):
        assert re.match(r"[2345]\d\d[ -]", said), f"not a reply: {said!r} in {heard}"
    if differs is not None:
        assert heard[differs].startswith("421") or not heard[differs], (
            f"{heard[differs]!r} in place of {written[differs]!r}: {heard}")


def assert_it_still_serves(port: int, dialog: Dialog) -> None:
    with RawClient(port, timeout=60) as client:
        if dialog.settings.get("tls") == "active":
            client.start_tls()
        assert client.read_reply().startswith("220 ")
