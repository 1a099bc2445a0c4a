# SPDX-License-Identifier: Apache-2.0
"""The servers whose open connections are weighed, and how far each connection has come."""
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from parts import places
from parts.certificates import Authority
from parts.client import RawClient, unverified
from parts.postfix import Postfix
from parts.process import Process
from parts.relay import Relay

HELLO = "EHLO client.example.org"
# The envelope as far as nginx goes before it calls the mail server.
ENVELOPE = ("MAIL FROM:<alice@example.org>", "RCPT TO:<bob@example.net>")
MESSAGE = ("DATA", "Subject: one of some size\r\n\r\n" + "All work and no play.\r\n" * 500 + ".")

POSTFIX_SERVICE = """\
127.0.0.1:{port} inet n - n - {processes} smtpd
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_client_connection_count_limit=0
"""

NGINX_CONFIG = """\
load_module {modules}/ngx_mail_module.so;
daemon off; user root; pid {home}/nginx.pid; error_log stderr warn; worker_processes 1;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  server {{
    listen 127.0.0.1:{auth_port};
    add_header Auth-Status OK; add_header Auth-Server 127.0.0.1; add_header Auth-Port {hop};
    return 200;
  }}
}}
mail {{
  server_name mx.example.org;
  auth_http 127.0.0.1:{auth_port}/;
  xclient off; timeout 10m;
  starttls on; ssl_protocols TLSv1.2 TLSv1.3;
  ssl_certificate {certificate}; ssl_certificate_key {key};
  server {{ listen 127.0.0.1:{port}; protocol smtp; smtp_auth none; smtp_capabilities 8BITMIME; }}
}}
"""


@dataclass
class Bench:
    """What a server needs to start: a folder of its own, and for how many connections."""
    directory: Path
    connections: int
    at_the_end: ExitStack

    def certificate(self) -> tuple[Path, Path]:
        return Authority(self.directory).issue("mx", "mx.example.org")

    def start_hop(self, way: str) -> int:
        port = places.free_port()
        hop = Process("hop", [sys.executable, "-B", Path(__file__).parent / "patient_hop.py", port,
                              way], self.directory / "hop.log")
        self.at_the_end.callback(hop.stop)
        hop.wait_until_it_listens(port)
        return port


@dataclass
class Server:
    port: int
    process: Process


@dataclass(frozen=True)
class Situation:
    """A server, and what a client has said when it falls silent."""
    name: str
    start: Callable[[Bench], Server]
    said: tuple[str, ...] = ()
    tls: bool = False
    process_each: bool = False

    def open(self, port: int) -> RawClient:
        client = RawClient(port)
        expect(client.read_reply())
        if self.tls:
            expect(client.say(HELLO))
            expect(client.say("STARTTLS"))
            client.start_tls(CLIENT_TLS)
        for line in self.said:
            expect(client.say(line))
        return client


CLIENT_TLS = unverified()


def expect(reply: str) -> None:
    if reply[:1] not in ("2", "3"):
        raise SystemExit(f"a server said: {reply}")


def situations() -> list[Situation]:
    hello, envelope = (HELLO,), (HELLO, *ENVELOPE)
    return [
        Situation("postseal, greeted", filter_),
        Situation("postseal, EHLO", filter_, hello),
        Situation("postseal, RCPT", filter_, envelope),
        Situation("postseal, a message", filter_, envelope + MESSAGE),
        Situation("nginx, greeted", nginx),
        Situation("nginx, EHLO", nginx, hello),
        Situation("nginx, RCPT", nginx, envelope),
        Situation("postseal, TLS and EHLO", front, hello, tls=True),
        Situation("postseal, TLS and RCPT", front, envelope, tls=True),
        Situation("nginx, TLS and EHLO", nginx, hello, tls=True),
        Situation("nginx, TLS and RCPT", nginx, envelope, tls=True),
        Situation("Postfix smtpd, EHLO", postfix, hello, process_each=True),
    ]


def filter_(bench: Bench) -> Server:
    relay = Relay(bench.directory, bench.start_hop("direct"), settings=settings(bench),
                  policy={"defaults": {"encrypt": "never", "headers": "off"}})
    return start(relay, bench)


def front(bench: Bench) -> Server:
    port, hop = places.free_port(), bench.start_hop("proxied")
    certificate, key = bench.certificate()
    tls = f"{{ start: starttls, certificate: {certificate}, key: {key} }}"
    relay = Relay(bench.directory, hop, port=port, tls=tls, settings={
        **settings(bench),
        "listen": [{"name": "submission", "place": "front", "address": f"127.0.0.1:{port}"}],
        "next_hop": {"address": f"127.0.0.1:{hop}", "client": "proxy"}},
        policy={"defaults": {"encrypt": "never", "headers": "off"}})
    server = start(relay, bench)
    relay.wait_until_it_takes_mail()
    return server


def settings(bench: Bench) -> dict:
    most = bench.connections + 10
    return {"limits": {"sessions": most, "sessions_per_client": most},
            "keys": {"sources": ["directory"]}, "sealers": {"workers": 1}}


def start(relay: Relay, bench: Bench) -> Server:
    bench.at_the_end.callback(relay.stop)
    relay.start()
    return Server(relay.port, relay.process)


def nginx(bench: Bench) -> Server:
    home = bench.directory / "nginx"
    home.mkdir()
    port, auth_port = places.free_port(), places.free_port()
    certificate, key = bench.certificate()
    (home / "nginx.conf").write_text(NGINX_CONFIG.format(
        modules=places.unpacked("usr/lib/nginx/modules"), home=home, port=port,
        auth_port=auth_port, hop=bench.start_hop("direct"), certificate=certificate, key=key,
        connections=3 * bench.connections + 400))
    process = Process("nginx", [places.unpacked("usr/sbin/nginx"), "-c", home / "nginx.conf",
                                "-p", home], home / "output")
    bench.at_the_end.callback(process.stop)
    process.wait_until_it_listens(port)
    return Server(port, process)


def postfix(bench: Bench) -> Server:
    port, hop = places.free_port(), bench.start_hop("direct")
    service = POSTFIX_SERVICE.format(port=port, processes=bench.connections + 10)
    server = Postfix(bench.directory / "postfix", service, hop,
                     "smtpd_client_connection_rate_limit = 0\n")
    bench.at_the_end.callback(server.stop)
    server.start(port)
    return Server(port, server.process)
