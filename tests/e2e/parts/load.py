# SPDX-License-Identifier: Apache-2.0
"""A load of numbered messages from clients that behave like a mail server's queue: each remembers
for which number it has heard 250, and sends again what it has not."""
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

from . import mail
from .client import RawClient

# A connection carries some messages, as a mail server's does.
MESSAGES_A_CONNECTION = 4


@dataclass(frozen=True)
class Message:
    """`mark` stands in every line of the body, and nowhere else."""
    number: int
    recipients: tuple[str, ...]
    shown: tuple[str, ...]  # in To; the others are blind
    mark: str
    lines: int

    @property
    def body(self) -> bytes:
        return "".join(f"{self.mark} of number {self.number}, line {line} of {self.lines}\r\n"
                       for line in range(1, self.lines + 1)).encode()

    @property
    def raw(self) -> bytes:
        return mail.plain(self.body.decode(), to=", ".join(self.shown),
                          subject=f"number {self.number} ends here").raw


class Load:
    """`make` gives the message of a number. Ends with finish(), when each that was begun is taken."""

    def __init__(self, port: int, make, clients: int = 4, seed: int = 1):
        self.port = port
        self.make = make
        self.taken: dict[int, Message] = {}
        self.attempts: Counter[int] = Counter()
        self.refusals: Counter[str] = Counter()
        self.message_sent = threading.Event()  # a client has said its final dot
        self._numbers = iter(range(1, 1 << 30))
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._deadline: float | None = None
        self._clients = [threading.Thread(target=self._work, args=(random.Random(f"{seed}/{name}"),),
                                          daemon=True) for name in range(clients)]
        for client in self._clients:
            client.start()

    def finish(self, seconds: float = 180) -> dict[int, Message]:
        """Begins no more; all that was taken, by number."""
        self._deadline = time.monotonic() + seconds
        self._over.set()
        for client in self._clients:
            client.join(max(0.0, self._deadline - time.monotonic()) + 5)
        late = [number for number in self.attempts if number not in self.taken]
        assert not late, f"never taken: {late}; heard: {self.refusals}"
        return self.taken

    def _work(self, chance: random.Random) -> None:
        connection, left = None, 0
        while not self._over.is_set():
            with self._lock:
                message = self.make(next(self._numbers))
            while not (self._deadline and time.monotonic() > self._deadline):
                with self._lock:
                    self.attempts[message.number] += 1
                try:
                    if left == 0:
                        connection, left = _greet(self.port), MESSAGES_A_CONNECTION
                    left -= 1
                    self._transact(connection, message)
                except (OSError, _NotTaken) as trouble:
                    with self._lock:
                        self.refusals[str(trouble)[:60]] += 1
                    left = 0
                    time.sleep(chance.uniform(0.005, 0.05))
                    continue
                with self._lock:
                    self.taken[message.number] = message
                break

    def _transact(self, client: RawClient, message: Message) -> None:
        _expect("250", client.say(f"MAIL FROM:<{mail.SENDER}>"))
        for recipient in message.recipients:
            _expect("250", client.say(f"RCPT TO:<{recipient}>"))
        _expect("354", client.say("DATA"))
        client.write(message.raw + b".\r\n")
        self.message_sent.set()
        _expect("250", client.read_reply())


class _NotTaken(Exception):
    pass


def _greet(port: int) -> RawClient:
    client = RawClient(port, timeout=60)
    _expect("220", client.read_reply())
    _expect("250", client.say("EHLO client.example.org"))
    return client


def _expect(code: str, reply: str) -> None:
    if not reply.startswith(code):
        raise _NotTaken(reply or "closed")
