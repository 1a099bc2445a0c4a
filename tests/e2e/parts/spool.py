# SPDX-License-Identifier: Apache-2.0
"""Entries of the spool, written as postseal writes them but not by it."""
import os
import random
import time
from pathlib import Path

ID_LETTERS = "bcdfghjkmnpqrstvwxyz23456789BCDF"


def crc32c(octets: bytes) -> int:
    value = 0xFFFFFFFF
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def new_id() -> str:
    return "".join(random.choice(ID_LETTERS) for _ in range(16))


def put(folder: Path, content: bytes, recipients: tuple[str, ...], copy: str = "sealed",
        due: int = 0, said: str = "451 4.3.0 Later") -> str:
    """An entry of a mail from anna@example.org in the spool `folder`; its id."""
    owed = folder / "owed"
    owed.mkdir(mode=0o700, exist_ok=True)
    name, now = new_id(), int(time.time())
    lines = ["postseal-spool 1", f"id {name}", f"message {new_id()}", f"arrived {now - 60}",
             f"expires {now + 172800}", f"due {due or now}", "attempts 0", "delay-notice later",
             f"copy {copy}", f"size {len(content)}", "reason the next hop was lost",
             "MAIL FROM:<anna@example.org> RET=HDRS"]
    for recipient in recipients:
        lines += [f"RCPT TO:<{recipient}>", f"delivery server {said}"]
    text = ("\n".join(lines) + "\n").encode()
    text += b"end %08x\n" % crc32c(text)
    (owed / f"{name}.mail").write_bytes(content)
    draft = owed / f"{name}.entry.new"
    draft.write_bytes(text)
    os.rename(draft, owed / f"{name}.entry")
    return name
