# SPDX-License-Identifier: Apache-2.0
"""Reads the conversations of tests/dialogs (their README tells the format) and plays the next hop's
part of one over a real socket."""
import re
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

from . import places, proxy

ESCAPES = {"r": "\r", "n": "\n", "0": "\0", "t": "\t", "\\": "\\"}


@dataclass
class Dialog:
    settings: dict[str, str] = field(default_factory=dict)
    front: list[tuple[str, str]] = field(default_factory=list)  # ("C" or "S", line)
    back: list[tuple[str, list[str]]] = field(default_factory=list)  # (question, answer's lines)


def read_dialog(file: Path) -> Dialog:
    dialog = Dialog()
    for line in file.read_text().splitlines():
        party, text = line[:2], line[3:]
        if line.startswith("@ "):
            name, _, value = line[2:].partition(" ")
            dialog.settings[name] = value.strip()
        elif party in ("C:", "S:"):
            dialog.front.append((party[0], text))
        elif party == "N:":
            _add_to_next_hop(dialog.back, text)
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"{file.name}: not understood: {line}")
    return dialog


def _add_to_next_hop(back: list, text: str) -> None:
    waiting = back and not (back[-1][1] and _is_last(back[-1][1][-1]))
    if waiting:
        back[-1][1].append(text)
    else:
        back.append((text, []))


def _is_last(line: str) -> bool:
    return line == "(drops)" or not re.match(r"\d{3}-", line)


def octets(line: str) -> bytes:
    """What a `C:` line stands for on the wire."""
    goes_on = re.search(r"(?<!\\)(\\\\)*\\c$", line)
    text = line[:-2] if goes_on else line + "\r\n"
    replaced = re.sub(r"\\(x[0-9a-fA-F]{2}|.)", _unescape, text)
    return replaced.encode("latin-1" if re.search(r"\\x", line) else "utf-8")


def _unescape(match: re.Match) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) == 3 else ESCAPES[code]


def is_as_written(written: str, said: str) -> bool:
    return said.startswith(written[:-3]) if written.endswith("...") else said == written


class ScriptedNextHop:
    """Hears the questions of a dialog in their order, and answers each as written. Behind a front
    listener, every connection begins with a PROXY header, and strangers are told that they may not
    relay: that is the self-test."""

    def __init__(self, dialog: Dialog, behind_front: bool = False):
        self._behind_front = behind_front
        self.clients: list[proxy.Client] = []
        self.port = places.free_port()
        self.surprises: list[str] = []
        # Behind a front it hears the client's own name.
        self._script = [(re.sub(r"^(EHLO|HELO) .*", r"\1 ...", asked) if behind_front else asked,
                         answer) for asked, answer in dialog.back]
        self._left = list(self._script)
        self._server = socket.create_server(("127.0.0.1", self.port), backlog=8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def start_again(self, drop_at: int | None = None) -> None:
        """The dialog from its beginning; with the connection dropped in place of one answer."""
        self.surprises.clear()
        self._left = list(self._script)
        if drop_at is not None:
            self._left[drop_at] = (self._left[drop_at][0], ["(drops)"])

    def questions(self) -> int:
        return len(self._script)

    def unasked(self) -> list[str]:
        return [question for question, _ in self._left]

    def stop(self) -> None:
        # Closed under a thread that is about to accept, the descriptor's number would be the next
        # server's, and this thread would take that server's first connection.
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                try:
                    if self._behind_front:
                        self.clients.append(proxy.read_header(lines))
                        if self.clients[-1].is_probe():
                            proxy.refuse_to_relay(connection, lines)
                            continue
                    self._converse(connection, lines)
                except OSError:
                    pass

    def _converse(self, connection: socket.socket, lines) -> None:
        greeting = ["220 mx.example ESMTP"]
        if self._left and self._left[0][0] == "(connect)":
            greeting = self._left.pop(0)[1]
        if not self._answer(connection, greeting):
            return
        while line := lines.readline():
            said = line.decode("utf-8", "surrogateescape").removesuffix("\r\n")
            answer = self._hear(said)
            if answer is None or not self._answer(connection, answer) or said == "QUIT":
                return
            if said == "DATA" and answer[-1].startswith("354"):
                while (line := lines.readline()) and line != b".\r\n":
                    pass
                answer = self._hear(".")
                if not line or answer is None or not self._answer(connection, answer):
                    return

    def _hear(self, said: str) -> list[str] | None:
        expected = self._left[0][0] if self._left else None
        if expected is not None and is_as_written(expected, said):
            return self._left.pop(0)[1]
        if said in ("QUIT", "RSET"):
            return ["250 Ok"]
        self.surprises.append(f"was asked {said!r}, expected {expected!r}")
        return None

    @staticmethod
    def _answer(connection: socket.socket, answer: list[str]) -> bool:
        if answer == ["(drops)"]:
            return False
        connection.sendall("".join(f"{line}\r\n" for line in answer).encode())
        return True
