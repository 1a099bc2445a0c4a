# SPDX-License-Identifier: Apache-2.0
"""A milter that adds a recipient to every message, and remembers how much of each it was shown."""
import socketserver
import struct
import threading

from . import places

ADD_RECIPIENT = 0x04


class Milter:
    def __init__(self, added: str):
        self.port = places.free_port()
        self.bodies: list[bytes] = []
        milter = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                body = b""
                while header := self.rfile.read(5):
                    length, command = struct.unpack(">Ic", header)
                    data = self.rfile.read(length - 1)
                    if command == b"O":
                        version = min(6, struct.unpack(">I", data[:4])[0])
                        self.say(b"O", struct.pack(">III", version, ADD_RECIPIENT, 0))
                    elif command == b"B":
                        body += data
                        self.say(b"c")
                    elif command == b"E":
                        milter.bodies.append(body + data)
                        body = b""
                        self.say(b"+", f"<{added}>".encode() + b"\0")
                        self.say(b"c")
                    elif command == b"Q":
                        return
                    elif command not in b"DAK":  # macros, abort, next connection: no answer
                        self.say(b"c")

            def say(self, command: bytes, data: bytes = b"") -> None:
                self.wfile.write(struct.pack(">I", 1 + len(data)) + command + data)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
