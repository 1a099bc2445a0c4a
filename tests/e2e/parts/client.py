# SPDX-License-Identifier: Apache-2.0
"""Clients: one that behaves, one that writes exactly the bytes it is told to write."""
import re
import smtplib
import socket
import ssl


class Refused(Exception):
    """What the client was told instead of 250."""

    def __init__(self, code: int, text: str):
        super().__init__(f"{code} {text}")
        self.code, self.text = code, text


def send(port: int, sender: str, recipients: list[str], message: bytes, options=(),
         source: str = "127.0.0.1") -> str:
    """Sends one mail and returns the final reply's text; raises Refused at the first refusal."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.org", timeout=120,
                      source_address=(source, 0)) as smtp:
        _expect(smtp.ehlo())
        offered = [word for word in options if smtp.has_extn(word.partition("=")[0])]
        if "8bitmime" in smtp.esmtp_features and not message.isascii():
            offered.append("BODY=8BITMIME")
        _expect(smtp.mail(sender, offered))
        for recipient in recipients:
            _expect(smtp.rcpt(recipient))
        try:
            return _expect(smtp.data(message))
        except smtplib.SMTPDataError as error:
            raise Refused(error.smtp_code, _text(error.smtp_error)) from None


def _expect(reply: tuple[int, bytes]) -> str:
    code, text = reply
    if not 200 <= code < 300:
        raise Refused(code, _text(text))
    return _text(text)


def _text(reply) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else str(reply)


def unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class RawClient:
    """Says whatever a test wants said, and reads replies line by line."""

    def __init__(self, port: int, timeout: float = 30, host: str = "127.0.0.1",
                 source: str | None = None):
        self.socket = socket.create_connection((host, port), timeout,
                                               source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def start_tls(self, context: ssl.SSLContext | None = None, name: str | None = None) -> None:
        """The handshake as a client; what has been read but not looked at is a test's mistake."""
        assert not self._buffer, f"said before the handshake: {self._buffer!r}"
        self.socket = (context or unverified()).wrap_socket(self.socket, server_hostname=name)

    def write(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_line(self) -> str:
        """One line without its end; an empty string when the other side has closed."""
        while b"\r\n" not in self._buffer:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                rest, self._buffer = self._buffer, b""
                return rest.decode(errors="replace")
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line.decode(errors="replace")

    def read_reply(self) -> str:
        """A whole reply, its lines joined by line feeds; empty when the connection is closed."""
        lines = [self.read_line()]
        while re.match(r"\d{3}-", lines[-1]):
            lines.append(self.read_line())
        return "\n".join(lines)

    def say(self, line: str) -> str:
        self.write(line.encode() + b"\r\n")
        return self.read_reply()

    def begin_data(self, sender: str, *recipients: str) -> None:
        """Greets and goes on until the other side wants the message."""
        assert self.read_reply().startswith("220")
        assert self.say("EHLO client.example.org").startswith("250")
        assert self.say(f"MAIL FROM:<{sender}>").startswith("250")
        for recipient in recipients:
            assert self.say(f"RCPT TO:<{recipient}>").startswith("250")
        assert self.say("DATA").startswith("354")

    def close(self) -> None:
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
