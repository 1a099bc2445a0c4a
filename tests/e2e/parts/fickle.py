# SPDX-License-Identifier: Apache-2.0
"""A domain's key directory that serves a key as long as it pleases, and then blocks: `manner` says how."""
import socket
import ssl
import struct
import threading

from . import places
from .certificates import Authority

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
PAGE = b"<html><body>Welcome! No such page, but have a 200.</body></html>"


class Fickle:
    # What is answered, by an octet a second where it drips.
    ANSWERS = {
        "500": b"HTTP/1.1 500 Trouble\r\nContent-Length: 0\r\n\r\n",
        "503": b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n",
        "html": OK + b"Content-Type: text/html\r\n\r\n" + PAGE,
        "nothing": OK + b"Content-Length: 0\r\n\r\n",
        "elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
        "drips": OK + b"\r\n",
        "hangs": b"",
    }
    # Before there is a request.
    MANNERS = (*ANSWERS, "half of it", "refuses", "resets", "hangs before TLS", "speaks no TLS",
               "another authority")

    def __init__(self, domain: str, identity: tuple, impostor: tuple):
        """`identity` and `impostor` are certificates with their keys, of which nobody trusts the second."""
        self.hosts = [f"openpgpkey.{domain}"]
        self.port = places.free_port()
        self.manner = "serves"
        self.key = b""
        self.asked = 0
        self._over = threading.Event()
        self._good, self._bad = _context(identity), _context(impostor)
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=16)
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def identities(authority: Authority, domains: list[str]) -> tuple[tuple, tuple]:
        hosts = [f"openpgpkey.{domain}" for domain in domains]
        elsewhere = authority.directory / "impostor"
        elsewhere.mkdir()
        return authority.issue("fickle", *hosts), Authority(elsewhere).issue("fickle", *hosts)

    def block(self, manner: str) -> None:
        assert manner in self.MANNERS
        self.manner = manner
        self.asked = 0
        if manner == "refuses":
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()

    def stop(self) -> None:
        self._over.set()
        if self.manner != "refuses":
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()

    def _accept(self) -> None:
        try:
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
        except OSError:
            pass  # closed

    def _serve(self, connection: socket.socket) -> None:
        self.asked += 1
        with connection:
            try:
                self._behave(connection)
            except OSError:
                pass  # the other side had enough, of our certificate for one

    def _behave(self, connection: socket.socket) -> None:
        if self.manner == "resets":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if self.manner == "hangs before TLS":
            self._over.wait(300)
            return
        if self.manner == "speaks no TLS":
            connection.sendall(self.ANSWERS["html"])
            return
        context = self._bad if self.manner == "another authority" else self._good
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(4096)
            if self.manner in self.ANSWERS:
                secured.sendall(self.ANSWERS[self.manner])
            else:
                size = len(self.key) // (2 if self.manner == "half of it" else 1)
                secured.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(self.key) + self.key[:size])
            while self.manner in ("drips", "hangs") and not self._over.wait(1):
                secured.sendall(b"\x99" if self.manner == "drips" else b"")


def _context(identity: tuple) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identity)
    return context
