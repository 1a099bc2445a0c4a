# SPDX-License-Identifier: Apache-2.0
"""An SMTP server that keeps every byte it is sent, and misbehaves where a test says so."""
import socket
import socketserver
import ssl
import sys
import threading
import time
from dataclasses import dataclass, field

from . import proxy

END_OF_DATA = b"\r\n.\r\n"
DROP = object()  # an answer: close the connection without a word
HANG = object()  # an answer: say nothing until the other side gives up

# What a private Postfix offers, and what postseal may pass on.
EXTENSIONS = ("PIPELINING", "SIZE 0", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN",
              "XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT")


@dataclass
class Transaction:
    """One mail, as the next hop saw it. `content` is what was meant, `wire` what was sent."""
    mail: str
    recipients: list[str] = field(default_factory=list)
    wire: bytes = b""
    accepted: bool = False
    encrypted: bool = False

    @property
    def content(self) -> bytes:
        unstuffed = self.wire.replace(b"\r\n..", b"\r\n.")
        return unstuffed[1:] if unstuffed.startswith(b"..") else unstuffed

    @property
    def addresses(self) -> list[str]:
        return [line[line.index("<") + 1:line.index(">")] for line in self.recipients]


class Sink:
    """`answers` maps a step (a verb, "greeting", or "." for the end of data) to a reply, DROP or
    HANG, or to a function of the command line that returns one of these or None.

    `tls` is offered by STARTTLS. Behind a front, a connection begins with a PROXY header, and the
    self-test's stranger may not relay. It hangs up after `patience` seconds of silence."""

    def __init__(self, port: int, answers: dict | None = None, extensions=EXTENSIONS,
                 tls: ssl.SSLContext | None = None, behind_front: bool = False,
                 patience: float = 120):
        self.port = port
        self.patience = patience
        self.tls, self.behind_front = tls, behind_front
        self.clients: list[proxy.Client] = []
        self.answers = dict(answers or {})
        self.extensions = extensions
        self.transactions: list[Transaction] = []
        self.unfinished: list[Transaction] = []  # `wire` is what came before the connection was lost
        self.commands: list[str] = []
        self.conversations: list[list[str]] = []  # the commands of each connection
        self.received = bytearray()  # every byte of every connection
        self.open_connections = 0
        self.connections: list[socket.socket] = []  # those that are open
        self._changed = threading.Condition()
        sink = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                sink.connections.append(self.request)
                try:
                    _Conversation(sink, self.request).run()
                except OSError as trouble:  # pytest shows this when the test fails
                    print(f"sink {sink.port}: {trouble!r}", file=sys.stderr)
                finally:
                    sink.connections.remove(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def accepted(self) -> list[Transaction]:
        with self._changed:
            return [one for one in self.transactions if one.accepted]

    def wait_for(self, count: int, seconds: float = 60) -> list[Transaction]:
        """The accepted transactions, once there are at least `count`."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while len(done := [one for one in self.transactions if one.accepted]) < count:
                if not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{len(done)} of {count} mails arrived in {seconds} s")
            return done

    def copy_for(self, address: str) -> Transaction:
        """The one copy that this recipient got."""
        copies = [one for one in self.accepted() if address in one.addresses]
        assert len(copies) == 1, f"{address} got {len(copies)} copies"
        return copies[0]

    def wait_until_alone(self, seconds: float = 60) -> None:
        """Until nobody is connected: what is said in the end, QUIT, has been heard then."""
        with self._changed:
            gone = self._changed.wait_for(lambda: not self.open_connections, seconds)
        assert gone, f"{self.open_connections} are connected after {seconds} s"

    def forget(self) -> None:
        with self._changed:
            self.transactions.clear()
            self.commands.clear()
            self.conversations.clear()
            self.received.clear()

    def note(self, change) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Conversation:
    def __init__(self, sink: Sink, connection: socket.socket):
        self.sink = sink
        self.connection = connection
        self.buffer = bytearray()
        self.transaction: Transaction | None = None
        self.is_probe = False
        self.said: list[str] = []
        connection.settimeout(sink.patience)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        if self.sink.behind_front:
            with self.connection.makefile("rb", buffering=0) as lines:
                client = proxy.read_header(lines)
            self.is_probe = client.is_probe()
            if not self.is_probe:
                self.sink.note(lambda: self.sink.clients.append(client))
        self.sink.note(lambda: setattr(self.sink, "open_connections",
                                       self.sink.open_connections + 1))
        if not self.is_probe:
            self.sink.note(lambda: self.sink.conversations.append(self.said))
        try:
            going_on: object = self.answer("greeting", "", "220 sink.example.net ESMTP")
            while going_on and (line := self.read_until(b"\r\n")) is not None:
                text = line.decode("utf-8", "surrogateescape")
                self.said.append(text)
                if not self.is_probe:
                    self.sink.note(lambda: self.sink.commands.append(text))
                going_on = self.obey(text)
        finally:
            if self.transaction:
                self.transaction.wire = bytes(self.buffer)
                self.sink.note(lambda: self.sink.unfinished.append(self.transaction))
            self.sink.note(lambda: setattr(self.sink, "open_connections",
                                           self.sink.open_connections - 1))

    def obey(self, line: str) -> bool:
        """False when the conversation is over."""
        verb = line.split(" ", 1)[0].upper()
        if verb == "EHLO":
            lines = ["sink.example.net", *self.sink.extensions]
            if self.sink.tls and not self.encrypted():
                lines.append("STARTTLS")
            reply = "\r\n".join(f"250{'-' if more else ' '}{text}" for more, text in
                                zip([True] * (len(lines) - 1) + [False], lines))
            return bool(self.answer(verb, line, reply))
        if verb == "STARTTLS" and self.sink.tls:
            return self.answer(verb, line, "220 2.0.0 Ready") == "2" and self.start_tls()
        if verb == "MAIL":
            self.transaction = Transaction(line)
            return bool(self.answer(verb, line, "250 2.1.0 Ok"))
        if verb == "RCPT" and self.is_probe:
            return bool(self.answer("", line, "554 5.7.1 Relay access denied"))
        if verb == "RCPT":
            accepted = self.transaction.recipients.append
            return bool(self.answer(verb, line, "250 2.1.5 Ok", lambda: accepted(line)))
        if verb == "DATA" and not (self.transaction and self.transaction.recipients):
            # To a client that pipelines: it asked before it knew that nobody was accepted.
            return bool(self.answer(verb, line, "554 5.5.1 No valid recipients"))
        if verb == "DATA":
            said = self.answer(verb, line, "354 End data with <CR><LF>.<CR><LF>")
            return self.collect() if said == "3" else bool(said)
        if verb == "QUIT":
            self.answer(verb, line, "221 2.0.0 Bye")
            return False
        if verb == "RSET":
            self.transaction = None
        return bool(self.answer(verb, line, "250 2.0.0 Ok"))

    def encrypted(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket)

    def start_tls(self) -> bool:
        self.connection = self.sink.tls.wrap_socket(self.connection, server_side=True)
        self.buffer.clear()
        return True

    def collect(self) -> bool:
        # A dot alone right after DATA ends an empty message: the line end before it was DATA's own.
        wire = self.read_until(END_OF_DATA, prefix=b"\r\n")
        if wire is None:
            return False
        transaction, self.transaction = self.transaction, None
        transaction.encrypted = self.encrypted()
        transaction.wire = wire[2:] + b"\r\n" if wire else b""
        self.sink.note(lambda: self.sink.transactions.append(transaction))
        return bool(self.answer(".", "", "250 2.0.0 Ok: queued as 4XYZ",
                                lambda: setattr(transaction, "accepted", True)))

    def answer(self, step: str, line: str, usual: str, on_success=lambda: None) -> str:
        """The first digit of what was said; nothing when the connection is over."""
        reply = self.sink.answers.get(step)
        reply = reply(line) if callable(reply) else reply
        reply = usual if reply is None else reply
        if reply is DROP:
            return ""
        if reply is HANG:
            while self.connection.recv(65536):
                pass
            return ""
        if reply[0] in "23":
            self.sink.note(on_success)
        self.connection.sendall(reply.encode("latin-1") + b"\r\n")
        return reply[0]

    def read_until(self, end: bytes, prefix: bytes = b"") -> bytes | None:
        self.buffer[:0] = prefix
        looked_at = 0
        while (found := self.buffer.find(end, looked_at)) < 0:
            looked_at = max(0, len(self.buffer) - len(end) + 1)
            piece = self.connection.recv(1 << 18)
            if not piece:
                return None
            self.buffer += piece
            self.sink.note(lambda: self.sink.received.extend(piece))
        taken = bytes(self.buffer[:found])
        del self.buffer[:found + len(end)]
        return taken
