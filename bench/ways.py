# SPDX-License-Identifier: Apache-2.0
"""The ways that a mail can take from smtp-source to smtp-sink, and bare gpg for comparison."""
import subprocess
import time
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

from parts import mail, places
from parts.gnupg import Person
from parts.postfix import Postfix
from parts.process import Process
from parts.relay import Relay

RECIPIENT = "bob@example.net"
POSTFIX_LIBRARIES = {"LD_LIBRARY_PATH": str(places.UNPACKED / "usr/lib/postfix")}

DIRECT, NGINX, POSTFIX = "direct", "nginx mail proxy", "Postfix before-queue proxy"
PASSING, SEALING, BARE_GPG = "postseal, nothing to seal", "postseal, sealing", "bare gpg -f, 2 loops"

# Postfix as a proxy in front of its filter: what a mail pays for the before-queue way alone.
PROXY = """\
127.0.0.1:{port} inet n - n - 100 smtpd
  -o smtpd_proxy_filter=127.0.0.1:{filter_port}
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_client_connection_count_limit=0
"""

NGINX_CONFIG = """\
load_module {modules}/ngx_mail_module.so;
daemon off; user root; pid {home}/nginx.pid; error_log stderr warn; worker_processes 2;
events {{ worker_connections 512; }}
# The mail proxy asks over HTTP where each mail is to go: nginx itself answers, as fast as can be.
http {{
  access_log off;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  server {{
    listen 127.0.0.1:{auth_port};
    add_header Auth-Status OK; add_header Auth-Server 127.0.0.1; add_header Auth-Port {sink};
    return 200;
  }}
}}
mail {{
  server_name mx.example.org;
  auth_http 127.0.0.1:{auth_port}/;
  xclient off;
  server {{ listen 127.0.0.1:{port}; protocol smtp; smtp_auth none; smtp_capabilities 8BITMIME; }}
}}
"""


class Smtp:
    """smtp-source into a port, counted until the last reply."""

    def __init__(self, name: str, port: int, message: Path, messages: int, options: Namespace,
                 compared_with: tuple = (DIRECT,)):
        self.name, self.compared_with, self._messages = name, compared_with, messages
        reuse = ["-d"] if options.reuse else []
        self._argv = [places.unpacked("usr/sbin/smtp-source"), *reuse, "-s",
                      options.sessions, "-F", message, "-f", mail.SENDER,
                      "-t", RECIPIENT, "-M", "client.example.org"]
        self._port = port

    def warm_up(self) -> None:
        self._send(min(50, self._messages))

    def messages_per_second(self) -> float:
        started = time.monotonic()
        self._send(self._messages)
        return self._messages / (time.monotonic() - started)

    def _send(self, count: int) -> None:
        done = subprocess.run([*map(str, self._argv), "-m", str(count), f"127.0.0.1:{self._port}"],
                              env=POSTFIX_LIBRARIES, capture_output=True, timeout=300, check=False)
        if done.returncode or done.stderr:
            raise SystemExit(f"{self.name}: smtp-source said: {done.stderr.decode()[:2000]}")


class BareGpg:
    """Two loops of gpg, one for each core, encrypting the same message to the same key."""

    def __init__(self, directory: Path, key: Path, message: Path, messages: int):
        self.name, self.compared_with, self._messages = BARE_GPG, (), messages
        home = directory / "gpg-home"
        home.mkdir(mode=0o700)
        # As cheap as gpg can be made: neither compression, nor armor, nor a lock to wait for.
        self._loop = (f"i=0; while [ $i -lt $1 ]; do gpg --homedir {home} --batch --no-tty --quiet "
                      "--no-keyring --no-random-seed-file --disable-dirmngr --trust-model always "
                      f"--compress-algo none -f {key} -e <{message} >/dev/null || exit 1; "
                      "i=$((i+1)); done")

    def warm_up(self) -> None:
        self._run(10)

    def messages_per_second(self) -> float:
        started = time.monotonic()
        self._run(self._messages)
        return self._messages / (time.monotonic() - started)

    def _run(self, count: int) -> None:
        loops = [subprocess.Popen(["sh", "-c", self._loop, "loop", str(count // 2)]) for _ in "ab"]
        if any([loop.wait(300) for loop in loops]):
            raise SystemExit("gpg failed")


def open_ways(directory: Path, options: Namespace, at_the_end: ExitStack) -> list:
    message = directory / "message"
    line = b"The quick brown fox jumps over the lazy dog, again and again.\r\n"
    body = (line * (options.size // len(line) + 1))[:options.size - 2] + b"\r\n"
    message.write_bytes((mail.headers(to=RECIPIENT) + b"MIME-Version: 1.0\r\n" + mail.TEXT_PLAIN
                         + b"\r\n" + body).replace(b"\r\n", b"\n"))
    person = Person(directory, RECIPIENT)
    at_the_end.callback(person.stop_agent)
    key = directory / "key.pgp"
    key.write_bytes(person.certificate())

    sink = start_sink(directory, at_the_end)
    nginx = start_nginx(directory, sink, at_the_end)
    postfix = start_postfix(directory, sink, at_the_end)
    passing = start_postseal(directory / "passing", sink, "never", person, at_the_end)
    sealing = start_postseal(directory / "sealing", sink, "required", person, at_the_end)

    few = max(2, options.messages // 10)
    many = options.messages
    return [
        Smtp(DIRECT, sink, message, many, options, ()),
        Smtp(NGINX, nginx, message, many, options),
        Smtp(POSTFIX, postfix, message, many, options),
        Smtp(PASSING, passing, message, many, options, (DIRECT, NGINX, POSTFIX)),
        Smtp(SEALING, sealing, message, few, options, (BARE_GPG,)),
        BareGpg(directory, key, message, few),
    ]


def start_sink(directory: Path, at_the_end: ExitStack) -> int:
    port = places.free_port()
    sink = Process("smtp-sink", [places.unpacked("usr/sbin/smtp-sink"), "-u", "nobody",
                                 f"127.0.0.1:{port}", "1000"], directory / "sink.log",
                   POSTFIX_LIBRARIES)
    at_the_end.callback(sink.stop)
    sink.wait_until_it_listens(port)
    return port


def start_nginx(directory: Path, sink: int, at_the_end: ExitStack) -> int:
    home = directory / "nginx"
    home.mkdir()
    port, auth_port = places.free_port(), places.free_port()
    (home / "nginx.conf").write_text(NGINX_CONFIG.format(
        modules=places.unpacked("usr/lib/nginx/modules"), home=home, port=port,
        auth_port=auth_port, sink=sink))
    process = Process("nginx", [places.unpacked("usr/sbin/nginx"), "-c", home / "nginx.conf",
                                "-p", home], home / "output")
    at_the_end.callback(process.stop)
    process.wait_until_it_listens(port)
    return port


def start_postfix(directory: Path, sink: int, at_the_end: ExitStack) -> int:
    port = places.free_port()
    postfix = Postfix(directory / "postfix", PROXY.format(port=port, filter_port=sink), sink,
                      "smtpd_client_connection_rate_limit = 0\n")
    at_the_end.callback(postfix.stop)
    postfix.start(port)
    return port


def start_postseal(directory: Path, sink: int, encrypt: str, person: Person,
                   at_the_end: ExitStack) -> int:
    policy = {"defaults": {"encrypt": encrypt,
                           "headers": "off" if encrypt == "never" else "standard"}}
    relay = Relay(directory, sink, policy=policy, settings={
        "keys": {"sources": ["directory", "store"]}, "sealers": {"workers": 3}})
    relay.add_key(person)
    at_the_end.callback(relay.stop)
    relay.start()
    return relay.port
