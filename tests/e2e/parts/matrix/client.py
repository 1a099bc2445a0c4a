# SPDX-License-Identifier: Apache-2.0
"""A client as real ones are: it gives up on silence, and sends again to those for whom it has
heard neither 2xx nor 5xx."""
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

from .. import mail
from ..client import RawClient
from .cases import CLEAR, VISIBLE, Case
from .hop import Script

CANARY = "canary-4c1d77e2-only-a-seal-may-carry-me"
DONE, REFUSED, AGAIN = "done", "refused", "again"
XFORWARD = "XFORWARD NAME=desk.example.org ADDR=192.0.2.7"

COMMAND_WAIT = 10  # seconds, for an answer that takes none
LARGE = 200_000    # octets: more than the relay writes in one go


def message_id(number: int) -> str:
    return f"<{number}.matrix@example.org>"


def message(case: Case, number: int) -> bytes:
    named = [address for address in case.recipients if address in VISIBLE + CLEAR]
    filler = "And so on, and so forth, for as long as it takes.\r\n"
    text = f"{CANARY}\r\n{filler * (LARGE // len(filler) if case.is_large else 1)}{CANARY}\r\n"
    header = (f"Message-ID: {message_id(number)}\r\nDate: Tue, 5 Mar 2024 17:14:09 +0100\r\n"
              f"From: Anna Adler <{mail.SENDER}>\r\nTo: {', '.join(named)}\r\n"
              f"Subject: Case {number}\r\nMIME-Version: 1.0\r\n").encode()
    return header + mail.TEXT_PLAIN + b"\r\n" + text.encode()


@dataclass
class Attempt:
    """One connection: what was heard, and the last word about each recipient."""
    to: list[str]
    said: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    gave_up: bool = False
    at: float = 0  # when the last reply came (monotonic)

    def hear(self, reply: str, about: list[str]) -> bool:
        self.heard.append(reply)
        self.said.update(dict.fromkeys(about, reply))
        return reply[:1] in ("2", "3")

    def fate(self, address: str) -> str:
        """Of one for whom there is no answer to the message, 2xx is not the last word."""
        said = self.said.get(address, "")
        if said[:1] == "5":
            return REFUSED
        return DONE if said[:1] == "2" and self.at else AGAIN


class Client:
    """`wait` is for the reply to the final dot, in seconds; `gate` keeps many messages from being
    sealed at the same time."""

    def __init__(self, port: int, script: Script, wait: float, gate):
        self.port, self.script, self.wait, self.gate = port, script, wait, gate
        self.case = script.case
        self.raw = message(self.case, script.number)

    def send(self, recipients: list[str]) -> Attempt:
        attempt = Attempt(recipients)
        self.script.is_under_way.clear()
        with suppress(OSError), RawClient(self.port, timeout=COMMAND_WAIT) as connection:
            self.script.client = connection.socket
            try:
                self._converse(connection, attempt)
                _leave(connection)
            except TimeoutError:
                attempt.gave_up = True
        self.script.client = None
        return attempt

    def _converse(self, connection: RawClient, attempt: Attempt) -> None:
        hello = "LHLO" if self.case.protocol == "lmtp" else "EHLO"
        for line in (None, f"{hello} mta.example.org", XFORWARD, f"MAIL FROM:<{self.case.sender}>"):
            reply = connection.say(line) if line else connection.read_reply()
            if not attempt.hear(reply, attempt.to):
                return
        notify = f" NOTIFY={self.case.notify}" if self.case.notify else ""
        named = [address for address in attempt.to
                 if attempt.hear(connection.say(f"RCPT TO:<{address}>{notify}"), [address])]
        if named and attempt.hear(connection.say("DATA"), named):
            self._send_message(connection, attempt, named)

    def _send_message(self, connection: RawClient, attempt: Attempt, named: list[str]) -> None:
        with self.gate:
            connection.write(self.raw + b".\r\n")
            deadline = time.monotonic() + self.wait
            while not (self.script.is_under_way.is_set() or time.monotonic() > deadline
                       or select.select([connection.socket], [], [], 0.02)[0]):
                pass
        connection.socket.settimeout(self.wait)
        each = self.case.protocol == "lmtp"
        for about in [[address] for address in named] if each else [named]:
            attempt.hear(connection.read_reply(), about)
        attempt.at = time.monotonic()


def _leave(connection: RawClient) -> None:
    """As far as the other side still listens."""
    with suppress(OSError):
        connection.socket.settimeout(COMMAND_WAIT)
        connection.say("QUIT")
        connection.socket.shutdown(socket.SHUT_WR)
        while connection.read_line():
            pass
