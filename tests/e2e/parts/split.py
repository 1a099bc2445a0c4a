# SPDX-License-Identifier: Apache-2.0
"""A mail with several deliveries, and a next hop that fails in one of them."""
import json
import subprocess
import time

from . import mail, places
from .client import RawClient
from .relay import Relay

BOB, EVE, FAY = "bob@example.net", "eve@example.net", "fay@example.net"  # have keys
CAROL, DAVE = "carol@example.com", "dave@example.com"                    # have none
CANARY = b"CANARY-5c1e of a mail with several deliveries"


def spool_of(later: int) -> dict:
    """Settings: owed mail goes to this port, and soon."""
    return {"path": "spool", "first_retry": "1s", "longest_retry": "1s",
            "next_hop": {"address": f"127.0.0.1:{later}"}}


def send(relay: Relay, recipients=(BOB, CAROL, DAVE), sender: str = mail.SENDER, to: str = "",
         of_rcpt: dict | None = None, clients: list | None = None, timeout: float = 60) -> str:
    """The answer to the final dot. The client is added to `clients`."""
    with RawClient(relay.port, timeout=timeout) as client:
        if clients is not None:
            clients.append(client)
        client.read_reply()
        client.say("EHLO client.example.org")
        client.say(f"MAIL FROM:<{sender}> ENVID=abc")
        for one in recipients:
            assert client.say(f"RCPT TO:<{one}>{(of_rcpt or {}).get(one, '')}").startswith("250")
        client.say("DATA")
        client.write(mail.headers(to=to or f"{BOB}, {CAROL}, {DAVE}") +
                     b"MIME-Version: 1.0\r\nReply-To: anna@example.org\r\n"
                     b"User-Agent: Program/1.0\r\n\r\n" + CANARY + b"\r\n.\r\n")
        return client.read_reply()


def only_for(address: str, answer, then=None):
    """An answer to RCPT of this one, once the mirrored transaction is over; in that one all is well."""
    seen = []

    def choose(line: str):
        if f"<{address}>" not in line:
            return None
        seen.append(line)
        return answer if len(seen) == 2 else then if len(seen) > 2 else None
    return choose


def at_message(number: int, answer):
    """An answer to the final dot of this message."""
    seen = []

    def choose(_line: str):
        seen.append(None)
        return answer if len(seen) == number else None
    return choose


def spool_entries(relay: Relay) -> list[dict]:
    done = subprocess.run([places.POSTSEAL, "spool", "list", "--json", "--config",
                           relay.config_file], capture_output=True, timeout=60, check=True)
    return json.loads(done.stdout)


def wait_until(is_true, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
