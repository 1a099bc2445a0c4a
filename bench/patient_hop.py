# SPDX-License-Identifier: Apache-2.0
"""A mail server that holds thousands of connections: what is behind postseal, or behind nginx.

usage: patient_hop.py PORT direct|proxied. `proxied`: each connection begins with a PROXY header, and
the self-test's stranger may not relay."""
import asyncio
import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/e2e"))

from parts import proxy  # noqa: E402

FIXED_PART = 16  # octets of a PROXY header, version 2
EHLO = b"250-hop.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0\r\n"


async def is_stranger(reader: asyncio.StreamReader) -> bool:
    fixed = await reader.readexactly(FIXED_PART)
    rest = await reader.readexactly(int.from_bytes(fixed[-2:], "big"))
    return proxy.read_header(io.BytesIO(fixed + rest)).is_probe()


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    stranger = sys.argv[2] == "proxied" and await is_stranger(reader)
    writer.write(b"220 hop.example.org ESMTP\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"EHLO":
            writer.write(EHLO)
        elif verb == b"RCPT" and stranger:
            writer.write(b"554 5.7.1 Relay access denied\r\n")
        elif verb == b"DATA":
            writer.write(b"354 Go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 2.0.0 Ok\r\n")
        elif verb == b"QUIT":
            writer.write(b"221 2.0.0 Bye\r\n")
            break
        else:
            writer.write(b"250 2.0.0 Ok\r\n")


async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await converse(reader, writer)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # it has gone, which is its right
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve_one, "127.0.0.1", int(sys.argv[1]), backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
