# SPDX-License-Identifier: Apache-2.0
"""A next hop that knows in which transaction of a split message it is, does what a case wants once,
at its place, and is well otherwise. One case at a time."""
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from .. import sink
from .cases import FALLS_SILENT, LATE, LATENESS, LEAVES, MIRRORED, REPORT, Case

WELL = ("", LEAVES, FALLS_SILENT, LATE)  # the usual answer comes, in the end
CODES = {"4xx": "451 4.7.1", "5xx": "554 5.7.1", "421": "421 4.3.2"}


@dataclass
class Transaction(sink.Transaction):
    """One that reached DATA. `reply` is what was said of the message, `at` when (monotonic)."""
    reply: str = ""
    at: float = 0


class Over(Exception):
    """Of a connection."""


class Script:
    """One case being played: the faults that are still to come, and what the next hop has seen."""

    def __init__(self, case: Case, number: int):
        self.case, self.number = case, number
        self.pending = list(case.faults)
        self.transactions: list[Transaction] = []
        self.commands: list[str] = []
        self.partial = bytearray()  # of messages without an end
        self.is_over = threading.Event()
        self.is_under_way = threading.Event()  # the message has been sealed
        self.client: socket.socket | None = None
        self.leave = self.let_client_leave
        self._lock = threading.Condition()
        self._connections = 0
        self.took_over = 0  # connections that another script has left

    def strike(self, stage, step: str, address: str = "") -> str:
        """The kind of what is to happen here, now and never again; or nothing."""
        with self._lock:
            for fault in self.pending:
                if (fault.stage, fault.step) == (stage, step) and fault.address in ("", address):
                    self.pending.remove(fault)
                    return fault.kind
        return ""

    def reply(self, kind: str) -> str:
        return f"{CODES[kind]} As the script of case {self.number} wants it"

    @property
    def refuses_connections(self) -> bool:
        return any(fault.step == "connect" for fault in self.pending)

    def let_client_leave(self, how: int = socket.SHUT_RDWR) -> None:
        if self.client:  # its end is at the relay when this returns: loopback
            with suppress(OSError):
                self.client.shutdown(how)

    def begins(self, transaction: Transaction) -> str:
        with self._lock:
            self.transactions.append(transaction)
            return f"250 2.0.0 Ok: queued as {self.number}.{len(self.transactions)}"

    def opened(self, connections: int) -> None:
        with self._lock:
            self._connections += connections
            self._lock.notify_all()

    def wait_until_quiet(self, seconds: float = 180) -> bool:
        """Ends every silence, and waits for the relay to close what it has open."""
        self.is_over.set()
        with self._lock:
            return self._lock.wait_for(lambda: self._connections == 0, seconds)


class Hop:
    def __init__(self, port: int):
        self.port = port
        self.script: Script | None = None
        self._server: socket.socket | None = None
        self.open()

    def open(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self.port), backlog=16)
        self._thread = threading.Thread(target=self._accept, args=(self._server,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Connections are refused from now on."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._server.close()

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            self.script.opened(1)
            threading.Thread(target=self._talk, args=(connection, self.script), daemon=True).start()

    def _talk(self, connection: socket.socket, script: Script) -> None:
        conversation = Conversation(connection, script, self)
        try:
            with connection, suppress(OSError, Over):
                conversation.run()
        finally:
            conversation.script.opened(-1)


class Conversation:
    def __init__(self, connection: socket.socket, script: Script, hop: Hop):
        self.connection, self.script, self.hop = connection, script, hop
        self.buffer = bytearray()
        self.told = 0  # MAIL commands of the message: the mirrored transaction is the first
        self.stage: int | str = MIRRORED
        self.transaction: Transaction | None = None
        connection.settimeout(300)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        self.meet("greeting", "220 hop.example.net ESMTP")
        while True:
            line = self.read_until(b"\r\n").decode("utf-8", "surrogateescape")
            self.script.commands.append(line)
            if line == "QUIT":
                self.say("221 2.0.0 Bye")
                return
            self.obey(line)

    def obey(self, line: str) -> None:
        verb = line.partition(" ")[0]
        if verb == "EHLO":
            self.begin()
            lines = ["hop.example.net", *sink.EXTENSIONS]
            reply = "\r\n".join([*(f"250-{one}" for one in lines[:-1]), f"250 {lines[-1]}"])
            self.meet("EHLO", reply)
        elif verb in ("RSET", "XFORWARD"):
            # Whose these are is known only to who is yet to be named: the next group's.
            self.stage = self.told
            if self.told:
                self.script.is_under_way.set()
            self.meet(verb, "250 2.0.0 Ok")
        elif verb == "MAIL":
            self.stage = self.next_stage(line)
            self.transaction = Transaction(line)
            if self.meet("MAIL", "250 2.1.0 Ok") != "2":
                self.transaction = None
        elif verb == "RCPT":
            self.name(line)
        elif verb == "DATA":
            self.script.is_under_way.set()
            self.take_message()
        else:
            self.say("250 2.0.0 Ok")

    def begin(self) -> None:
        """A hello on a connection that was kept is another client's: of the script that is played now."""
        self.told, self.stage = 0, MIRRORED
        if self.script is not self.hop.script:
            self.script.opened(-1)
            self.script = self.hop.script
            self.script.opened(1)
            self.script.took_over += 1

    def next_stage(self, mail: str) -> int | str:
        # The client's own mail may be from <> too; then no report is due.
        if mail.startswith("MAIL FROM:<>") and self.script.case.sender:
            return REPORT
        self.told += 1
        return self.told - 1

    def name(self, line: str) -> None:
        address = re.search("<(.*?)>", line)[1]
        if not self.transaction:
            self.say("503 5.5.1 MAIL first")
        elif self.meet("RCPT", "250 2.1.5 Ok", address) == "2":
            self.transaction.recipients.append(line)

    def take_message(self) -> None:
        if not (self.transaction and self.transaction.recipients):
            self.say("554 5.5.1 No valid recipients")
        elif self.meet("DATA", "354 End data with <CR><LF>.<CR><LF>") == "3":
            self.collect()
        self.transaction = None

    def collect(self) -> None:
        kind = self.script.strike(self.stage, "body")
        if kind:
            if not self.buffer:
                self.receive()
            self.script.partial += self.buffer
            self.do(kind)
            self.read_until(sink.END_OF_DATA)  # which the answer was for as well
            return
        wire = self.read_until(sink.END_OF_DATA, prefix=b"\r\n")
        taken = self.transaction
        taken.wire = wire[2:] + b"\r\n" if wire else b""
        taken.at = time.monotonic()
        reply = self.script.begins(taken)
        kind = self.script.strike(self.stage, ".")
        if kind in WELL or kind.startswith("taken-"):
            taken.reply, taken.accepted = reply, True
        self.do(kind.removeprefix("taken-"))
        if kind in WELL:
            self.say(reply)

    def meet(self, step: str, usual: str, address: str = "") -> str:
        """Answers as the script wants it: the first digit of what was said."""
        kind = self.script.strike(self.stage, step, address)
        said = self.do(kind)
        if kind not in WELL:
            return said
        self.say(usual)
        return usual[0]

    def do(self, kind: str) -> str:
        if kind == LEAVES:
            self.script.leave()
        if kind == FALLS_SILENT:
            self.script.let_client_leave(socket.SHUT_WR)
        if kind == LATE:
            self.script.is_over.wait(LATENESS)
        if kind in WELL:
            return ""
        if kind == "silence":
            self.be_silent()
        if kind in ("close", "silence"):
            raise Over
        self.say(self.script.reply(kind))
        if kind == "421":
            # Closed with octets that nobody has read, the connection would take the reply with it.
            self.connection.shutdown(socket.SHUT_WR)
            self.be_silent()
            raise Over
        return self.script.reply(kind)[0]

    def be_silent(self) -> None:
        """Until the other side gives up, or the case is over."""
        self.connection.settimeout(0.2)
        while not self.script.is_over.is_set():
            with suppress(TimeoutError):
                if not (piece := self.connection.recv(1 << 18)):
                    return
                self.script.partial += piece

    def say(self, reply: str) -> None:
        self.connection.sendall(reply.encode() + b"\r\n")

    def receive(self) -> None:
        piece = self.connection.recv(1 << 18)
        if not piece:
            raise Over
        self.buffer += piece

    def read_until(self, end: bytes, prefix: bytes = b"") -> bytes:
        self.buffer[:0] = prefix
        looked_at = 0
        while (found := self.buffer.find(end, looked_at)) < 0:
            looked_at = max(0, len(self.buffer) - len(end) + 1)
            try:
                self.receive()
            except (OSError, Over):
                self.script.partial += self.buffer  # it counts for what has leaked
                raise
        taken = bytes(self.buffer[:found])
        del self.buffer[:found + len(end)]
        return taken
