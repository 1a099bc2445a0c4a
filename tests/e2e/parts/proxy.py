# SPDX-License-Identifier: Apache-2.0
"""The PROXY protocol as a mail server behind a front listener reads it, and the self-test's
stranger."""
import ipaddress
import socket
import struct
from dataclasses import dataclass

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PROXY, TCP4, TCP6 = 0x21, 0x11, 0x21
STRANGER = "192.0.2.1"  # RFC 5737: nobody's


@dataclass
class Client:
    address: str
    port: int
    destination: str
    destination_port: int

    def is_probe(self) -> bool:
        return self.address == STRANGER


def read_header(stream) -> Client:
    """A version 2 header with addresses; anything else is an error."""
    signature, kind, family, length = struct.unpack("!12sBBH", stream.read(16))
    assert signature == SIGNATURE and kind == PROXY, f"no PROXY header: {signature!r} {kind:#x}"
    block = stream.read(length)
    octets = {TCP4: 4, TCP6: 16}[family]
    source, destination = block[:octets], block[octets:2 * octets]
    ports = struct.unpack_from("!HH", block, 2 * octets)
    return Client(str(ipaddress.ip_address(source)), ports[0],
                  str(ipaddress.ip_address(destination)), ports[1])


def header_v1(source: str, destination: str, source_port: int, destination_port: int) -> bytes:
    """What an old balancer writes."""
    return f"PROXY TCP4 {source} {destination} {source_port} {destination_port}\r\n".encode()


def header_v2(source: str, destination: str, source_port: int, destination_port: int) -> bytes:
    near, far = socket.inet_aton(destination), socket.inet_aton(source)
    ports = struct.pack("!HH", source_port, destination_port)
    return struct.pack("!12sBBH", SIGNATURE, PROXY, TCP4, 12) + far + near + ports


def refuse_to_relay(connection: socket.socket, lines) -> None:
    """A mail server that knows what it may."""
    connection.sendall(b"220 mx.example ESMTP\r\n")
    while line := lines.readline():
        verb = line[:4].upper()
        answer = b"554 5.7.1 Relay access denied" if verb == b"RCPT" else b"250 Ok"
        connection.sendall(answer + b"\r\n")
        if verb == b"QUIT":
            return
