# SPDX-License-Identifier: Apache-2.0
"""Web Key Directories: a good one served by nginx, and a hostile one that does as it is told."""
import hashlib
import http.server
import secrets
import socket
import ssl
import threading
from pathlib import Path

from . import places
from .certificates import Authority
from .gnupg import Person
from .process import Process
from .world import World

NGINX = """\
daemon off;
pid {home}/nginx.pid;
error_log stderr warn;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log {home}/access.log;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    listen unix:{home}/end;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {root};
    default_type application/octet-stream;
  }}
}}
"""

ZBASE32 = "ybndrfg8ejkmcpqxot1uwisza345h769"


def hashed_user(local_part: str) -> str:
    """draft-koch-openpgp-webkey-service §3.1, written a second time on purpose."""
    digest = hashlib.sha1(local_part.lower().encode(), usedforsecurity=False).digest()
    bits = int.from_bytes(digest, "big")
    return "".join(ZBASE32[bits >> shift & 31] for shift in range(155, -1, -5))


class Directory:
    """nginx, serving the advanced method for some domains: 404 for whoever is not published. It serves
    `others` what is put into its tree."""

    def __init__(self, directory: Path, authority: Authority, *domains: str, others: tuple = (),
                 port: int | None = None):
        self.hosts = [f"openpgpkey.{domain}" for domain in domains] + list(others)
        self.port = port or places.free_port()
        self.directory = directory / "wkd"
        self.tree = self.directory / "www/.well-known/openpgpkey"
        self.tree.mkdir(parents=True)
        for domain in domains:
            (self.tree / domain / "hu").mkdir(parents=True)
            (self.tree / domain / "policy").touch()
        certificate, key = authority.issue("wkd", *self.hosts)
        self._config = self.directory / "nginx.conf"
        self._config.write_text("user root;\n" + NGINX.format(
            home=self.directory, port=self.port, certificate=certificate, key=key,
            root=self.directory / "www"))
        self.process: Process | None = None

    def publish(self, person: Person, certificate: bytes | None = None) -> None:
        self.publish_octets(person.address, person.certificate() if certificate is None else certificate)

    def publish_octets(self, address: str, octets: bytes) -> None:
        local_part, domain = address.rsplit("@", 1)
        (self.tree / domain / "hu" / hashed_user(local_part)).write_bytes(octets)

    def withdraw(self, address: str) -> None:
        local_part, domain = address.rsplit("@", 1)
        (self.tree / domain / "hu" / hashed_user(local_part)).unlink()

    def start(self, world: World | None = None) -> "Directory":
        (self.directory / "end").unlink(missing_ok=True)
        argv = [places.unpacked("usr/sbin/nginx"), "-c", self._config, "-p", self.directory]
        self.process = Process("nginx", world.inside(argv) if world else argv,
                               self.directory / "output")
        if world:
            self.process.wait_for((self.directory / "nginx.pid").exists, "start")
        else:
            self.process.wait_until_it_listens(self.port)
        return self

    def requests(self) -> str:
        """The log of all that was answered up to now. nginx answers first and writes it down then, so one
        more request, through a door of its own, shows where the log of the ones before it ends."""
        end = f"/end-{secrets.token_hex(8)}"
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(20)
            door.connect(str(self.directory / "end"))
            door.sendall(f"GET {end} HTTP/1.0\r\n\r\n".encode())
            while door.recv(4096):
                pass
        log = self.directory / "access.log"
        self.process.wait_for(lambda: end in log.read_text(), "write its log")
        lines = log.read_text().splitlines(keepends=True)
        return "".join(line for line in lines if "GET /end-" not in line)

    def stop(self) -> None:
        if self.process:
            self.process.stop()


class Hostile:
    """An HTTPS server with a good certificate and bad manners: `manner` is one of MANNERS."""

    MANNERS = ("500", "never", "200 MB", "html", "reset", "trickle")

    def __init__(self, authority: Authority, domain: str, manner: str):
        self.manner = manner
        self.hosts = [f"openpgpkey.{domain}"]
        self.port = places.free_port()
        self.requests: list[str] = []
        self.octets_sent = 0
        self._over = threading.Event()
        hostile = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                hostile.requests.append(self.path)
                try:
                    hostile._misbehave(self)
                except OSError:
                    pass  # the other side had enough

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.issue("hostile", *self.hosts))
        self._server = Server(("127.0.0.1", self.port), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _misbehave(self, request: http.server.BaseHTTPRequestHandler) -> None:
        if self.manner == "never":
            self._over.wait(300)
        elif self.manner == "reset":
            request.connection.close()
        elif self.manner == "500":
            request.send_error(500)
        elif self.manner == "html":
            request.send_response(200)
            request.send_header("Content-Type", "text/html")
            request.end_headers()
            request.wfile.write(b"<html><body>Welcome! No such page, but have a 200.</body></html>")
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

    def stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
