# SPDX-License-Identifier: Apache-2.0
"""The Web Key Directories of many domains on one port, each answering after the same time.

usage: slow_directory.py PORT FOLDER MILLISECONDS. FOLDER/tls/NAME.pem and .key are certificates, NAME.hosts
the names that each is for; FOLDER/keys/DOMAIN/HASH are the keys. The delay comes before an answer, not
into the handshake. A line for each answer: when it was sent (monotonic, seconds), and the path."""
import asyncio
import ssl
import sys
from pathlib import Path


def load_keys(folder: Path) -> dict[str, bytes]:
    return {f"/.well-known/openpgpkey/{file.parent.name}/hu/{file.name}": file.read_bytes()
            for file in folder.glob("*/*")}


def load_certificates(folder: Path) -> ssl.SSLContext:
    """A context that takes another one's place when it hears for whom the client has come."""
    by_host, one = {}, None
    for certificate in folder.glob("*.pem"):
        one = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        one.load_cert_chain(certificate, certificate.with_suffix(".key"))
        for host in certificate.with_suffix(".hosts").read_text().split():
            by_host[host] = one

    def choose(connection, host, _) -> None:
        connection.context = by_host.get(host, one)

    chooser = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    chooser.load_cert_chain(certificate, certificate.with_suffix(".key"))
    chooser.sni_callback = choose
    return chooser


class SlowDirectory:
    def __init__(self, keys: dict[str, bytes], seconds: float):
        self.keys, self.seconds = keys, seconds

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                path = request.split(b" ", 2)[1].decode().partition("?")[0]
                await asyncio.sleep(self.seconds)
                writer.write(self.answer(path))
                await writer.drain()
                print(f"{asyncio.get_running_loop().time():.6f} {path}", flush=True)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # it has gone, which is its right
        finally:
            writer.close()

    def answer(self, path: str) -> bytes:
        key = self.keys.get(path)
        status = b"404 Not Found" if key is None else b"200 OK"
        return (b"HTTP/1.1 %b\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n"
                % (status, len(key or b""))) + (key or b"")


async def main() -> None:
    folder = Path(sys.argv[2])
    directory = SlowDirectory(load_keys(folder / "keys"), int(sys.argv[3]) / 1000)
    server = await asyncio.start_server(directory.serve, "127.0.0.1", int(sys.argv[1]), backlog=1000,
                                        ssl=load_certificates(folder / "tls"))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
