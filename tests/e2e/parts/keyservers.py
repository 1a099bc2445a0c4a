# SPDX-License-Identifier: Apache-2.0
"""Keyservers: Debian's SKS, which speaks HKP; one that behaves as keys.openpgp.org publishes that it
does, and badly where a test says so; and a proxy in front of either."""
import http.server
import socket
import socketserver
import ssl
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

from . import places
from .certificates import Authority
from .process import Process


class Sks:
    """SKS by HKP in plain text, with the keys that were uploaded: anybody's, under any name."""

    def __init__(self, directory: Path, *certificates: bytes):
        self.port = places.free_port()
        self.url = f"hkp://127.0.0.1:{self.port}"
        self.directory = directory / "sks"
        for folder in ("var/log/sks", "var/lib/sks", "var/spool/sks", "var/run/sks", "etc/sks"):
            (self.directory / folder).mkdir(parents=True)
        (self.directory / "etc/sks/sksconf").write_text(
            f"hostname: localhost\nhkp_address: 127.0.0.1\nhkp_port: {self.port}\n"
            f"recon_address: 127.0.0.1\nrecon_port: {places.free_port()}\ndisable_mailsync:\n")
        dump = self.directory / "keys.pgp"
        dump.write_bytes(b"".join(certificates))
        subprocess.run([self._program(), "build", "-basedir", self.directory, dump, "-n", "1",
                        "-cache", "5"], check=True, capture_output=True, timeout=60)
        self.process: Process | None = None

    @staticmethod
    def _program() -> Path:
        return places.unpacked("usr/sbin/sks")

    def start(self) -> "Sks":
        self.process = Process("sks", [self._program(), "db", "-basedir", self.directory],
                               self.directory / "output")
        self.process.wait_until_it_listens(self.port)
        return self

    def add(self, armored: bytes) -> None:
        body = urllib.parse.urlencode({"keytext": armored.decode()}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/pks/add", body, 20) as answer:
            assert answer.status == 200, answer.read()

    def stop(self) -> None:
        if self.process:
            self.process.stop()


class Hkp:
    """HKP in plain text, which says of a fingerprint what a test tells it to; else 404."""

    def __init__(self):
        self.port = places.free_port()
        self.name = f"127.0.0.1:{self.port}"
        self.url = f"hkp://{self.name}"
        self.serves: dict[str, bytes] = {}
        self.codes: dict[str, int] = {}
        self.asked: list[str] = []
        hkp = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
                wanted = query["search"][0].upper().removeprefix("0X")
                hkp.asked.append(wanted)
                body = hkp.serves.get(wanted, b"")
                self.send_response(hkp.codes.get(wanted, 200 if body else 404))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Vks:
    """VKS as keys.openpgp.org publishes it: one armored certificate for an address that its owner has
    confirmed, 404 for every other, 429 with Retry-After beyond the rate. `manner` is one of MANNERS
    for what it does instead."""

    MANNERS = ("500", "503", "redirect", "200 MB", "trickle", "never", "html", "several", "nonsense")

    def __init__(self, authority: Authority, host: str = "keys.partner.org", manner: str = "",
                 per_minute: int = 0):
        self.host = host
        self.url = f"vks://{host}"
        self.manner = manner
        self.hosts = [host]
        self.port = places.free_port()
        self.confirmed: dict[str, bytes] = {}
        self.asked: list[str] = []  # addresses
        self.refuse_next = 0        # questions: as if they were beyond the rate
        self.redirect_to = ""
        self.octets_sent = 0
        self._between = 60 / per_minute if per_minute else 0
        self._next = 0.0
        self._over = threading.Event()
        vks = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                try:
                    vks._answer(self)
                except OSError:
                    pass  # the other side had enough

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.issue("vks", host))
        self._server = Server(("127.0.0.1", self.port), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def confirm(self, person, certificate: bytes | None = None) -> None:
        armored = person.armored_certificate() if certificate is None else certificate
        self.confirmed[person.address.lower()] = armored

    def _answer(self, request) -> None:
        prefix = "/vks/v1/by-email/"
        if not request.path.startswith(prefix) or "/" in request.path[len(prefix):]:
            return self._say(request, 400, b"not an address")
        address = urllib.parse.unquote(request.path[len(prefix):]).lower()
        self.asked.append(address)
        if self.manner:
            return self._misbehave(request)
        now = time.monotonic()
        if self.refuse_next or now < self._next:
            self.refuse_next = max(0, self.refuse_next - 1)
            return self._say(request, 429, b"too many", ("Retry-After", "1"))
        self._next = now + self._between
        if address in self.confirmed:
            return self._say(request, 200, self.confirmed[address],
                             ("Content-Type", "application/pgp-keys"))
        return self._say(request, 404, b"No key found for email address")

    def _misbehave(self, request) -> None:
        if self.manner.isdigit():
            self._say(request, int(self.manner), b"")
        elif self.manner == "redirect":
            self._say(request, 302, b"", ("Location", self.redirect_to))
        elif self.manner == "html":
            self._say(request, 200, b"<html><body>Welcome</body></html>",
                      ("Content-Type", "text/html"))
        elif self.manner == "nonsense":
            self._say(request, 200, b"\x99\xff\xff rubbish")
        elif self.manner == "several":
            self._say(request, 200, b"".join(self.confirmed.values()))
        elif self.manner == "never":
            self._over.wait(300)
        elif self.manner == "200 MB":
            request.send_response(200)
            request.end_headers()
            for _ in range(200):
                request.wfile.write(bytes(1 << 20))
                self.octets_sent += 1 << 20
        elif self.manner == "trickle":
            request.send_response(200)
            request.end_headers()
            while not self._over.wait(0.5):
                request.wfile.write(b"\x99")

    @staticmethod
    def _say(request, code: int, body: bytes, *fields: tuple[str, str]) -> None:
        request.send_response(code)
        for name, value in fields:
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()


class Proxy:
    """Connects to the hosts that it knows, whatever the name servers say of them. It speaks http
    (CONNECT), or socks5h, of which it takes names alone."""

    def __init__(self, known: dict[str, int], speaks: str = "http"):
        self.port = places.free_port()
        self.url = f"{speaks}://127.0.0.1:{self.port}"
        self.asked: list[str] = []
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                target = proxy._wanted(self.rfile, self.wfile)
                proxy.asked.append(target)
                port = known.get(target)
                if port is None:
                    self.wfile.write(proxy._refusal)
                    return
                with socket.create_connection(("127.0.0.1", port)) as there:
                    self.wfile.write(proxy._consent)
                    back = threading.Thread(target=_carry, args=(there, self.connection))
                    back.start()
                    _carry(self.connection, there)
                    back.join()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, *_):
                pass

        if speaks == "http":
            self._wanted = _wanted_by_http
            self._consent = b"HTTP/1.1 200 Connection established\r\n\r\n"
            self._refusal = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
        else:
            self._wanted = _wanted_by_socks
            self._consent = b"\x05\x00\x00\x01" + bytes(6)
            self._refusal = b"\x05\x04\x00\x01" + bytes(6)
        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _wanted_by_http(request, _) -> str:
    target = request.readline().decode().split()[1]
    while request.readline().strip():
        pass
    return target


def _wanted_by_socks(request, reply) -> str:
    request.read(request.read(2)[1])  # the ways to log in that are on offer
    reply.write(b"\x05\x00")
    assert request.read(4) == b"\x05\x01\x00\x03", "not a connection to a name"
    name = request.read(request.read(1)[0]).decode()
    return f"{name}:{int.from_bytes(request.read(2), 'big')}"


def _carry(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass
