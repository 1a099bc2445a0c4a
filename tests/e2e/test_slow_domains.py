# SPDX-License-Identifier: Apache-2.0
"""Many domains whose web servers never come to an end: mail to others does not wait for them."""
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from parts import mail, places, structure
from parts.certificates import Authority
from parts.client import Refused, send
from parts.gnupg import Person
from parts.relay import Relay
from parts.wkd import Directory

SLOW = [f"someone@slow{number}.example" for number in range(300)]
BOB = "bob@fast.example"


class Endless:
    """The web server of all these domains: its answers do not end before it stops."""

    def __init__(self, authority: Authority):
        self.port = places.free_port()
        self.hosts = [f"openpgpkey.{address.split('@')[1]}" for address in SLOW]
        self.asked: list[ssl.SSLSocket] = []
        self._over = threading.Event()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*authority.issue("endless", *self.hosts))
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=512)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        with suppress(OSError):
            secured = self._context.wrap_socket(connection, server_side=True)
            secured.recv(4096)
            self.asked.append(secured)
            secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n")
            while not self._over.wait(0.5):  # as fast as it has to be to count as alive
                secured.sendall(300 * b"\x99")

    def stop(self) -> None:
        self._over.set()
        with suppress(OSError):  # stopped before
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in self.asked:
            one.close()  # in the middle of the answer


def test_slow_domains_keep_no_other_mail_waiting(place, sink, started):
    bob, authority = Person(place, BOB), Authority(place)
    fast = Directory(place, authority, "fast.example")
    fast.publish(bob)
    fast.start()
    endless = Endless(authority)
    relay = started(Relay(place, sink.port, wkd=(fast, endless), ca=authority.certificate,
                          settings={"keys": {"deadline": "60s", "wkd": {"timeout": "55s"}}}))
    try:
        with ThreadPoolExecutor(1) as sender:
            slow = sender.submit(send, relay.port, mail.SENDER, SLOW, mail.plain(to=SLOW[0]).raw)
            deadline = time.monotonic() + 45
            while len(endless.asked) < len(SLOW):
                assert time.monotonic() < deadline, f"{len(endless.asked)} domains were asked"
                time.sleep(0.02)
            send(relay.port, mail.SENDER, [BOB], mail.plain("in time\r\n", to=BOB).raw)
            assert not slow.done()
            assert b"in time" in bob.decrypt(structure.ciphertext(sink.copy_for(BOB).content))
            endless.stop()
            with pytest.raises(Refused) as refused:
                slow.result()
            assert refused.value.code == 451
    finally:
        endless.stop()
        fast.stop()
        bob.stop_agent()
