# SPDX-License-Identifier: Apache-2.0
"""Mails as users' programs write them, with all that has ever broken in an encrypting gateway."""
import base64
import random
from dataclasses import dataclass

from .gnupg import Person

SENDER = "anna@example.org"

# What Thunderbird writes, and what of it tells the world about the sender's machine.
TELLTALE = ("User-Agent", "X-Mailer", "X-Mozilla-Draft-Info", "X-Identity-Key", "X-Account-Key",
            "Fcc", "X-Originating-IP", "Content-Language", "Organization")


@dataclass
class Mail:
    """`content` is the Content-* fields, raw; `body` what follows the empty line."""
    name: str
    content: bytes
    body: bytes
    headers: bytes

    @property
    def raw(self) -> bytes:
        return self.headers + b"MIME-Version: 1.0\r\n" + self.content + b"\r\n" + self.body

    @property
    def sealed_part(self) -> bytes:
        """What a recipient must find inside: the body, under the fields that describe it."""
        return self.content + b"\r\n" + self.body


def headers(to: str = "Bob <bob@wkd.example>", subject: str = "Minutes of Tuesday",
            sender: str = f"Anna Adler <{SENDER}>") -> bytes:
    fields = f"""\
Message-ID: <b9a53d5c-7c1f-4d6e-9a52-0c2f4f3a1b7d@example.org>
Date: Tue, 5 Mar 2024 17:14:09 +0100
X-Mozilla-Draft-Info: internal/draft; vcard=0; receipt=0; DSN=0; uuencode=0;
 attachmentreminder=0; deliveryformat=4
X-Identity-Key: id1
X-Account-Key: account1
Fcc: imap://anna%40example.org@imap.example.org/Sent
X-Originating-IP: [192.168.178.23]
User-Agent: Mozilla Thunderbird
Organization: Adler & Partners
Subject: {subject}
References: <first@example.net>
 <second@example.net>
To: {to}
From: {sender}
"""
    return fields.replace("\n", "\r\n").encode()


def corpus(signer: Person) -> list[Mail]:
    return [
        _mail("7 bit", TEXT_PLAIN, b"Dear Bob,\r\n\r\nsee you on Friday.\r\n-- \r\nAnna\r\n"),
        _mail("8 bit", b"Content-Type: text/plain; charset=iso-8859-1\r\n"
                       b"Content-Transfer-Encoding: 8bit\r\n", b"Gr\xfc\xdfe aus K\xf6ln\r\n"),
        _mail("UTF-8", b"Content-Type: text/plain; charset=UTF-8\r\n"
                       b"Content-Transfer-Encoding: 8bit\r\n",
              "Größe, žluťoučký kůň, 日本語, 🦭\r\n".encode()),
        _mail("lines of 998 octets", TEXT_PLAIN, b"\r\n".join([b"x" * 998] * 3) + b"\r\n"),
        _mail("lines that begin with dots", TEXT_PLAIN, b".\r\n..\r\n.a\r\n...\r\nFrom here\r\n"),
        _mail("trailing white space", TEXT_PLAIN, b"one \r\ntwo\t\r\n \r\n\r\n\r\n"),
        # DATA gives every text a final line end (RFC 5321 section 4.1.1.4), so this is the least.
        _mail("one line", TEXT_PLAIN, b"no more\r\n"),
        _mail("format=flowed", b"Content-Type: text/plain; charset=UTF-8; format=flowed;\r\n"
                               b" delsp=yes\r\nContent-Transfer-Encoding: 7bit\r\n",
              b"A paragraph that flows \r\nover two lines.\r\n\r\n> quoted \r\n> text\r\n"),
        _mail("empty body", TEXT_PLAIN, b""),
        _mail("no Content-Type", b"", b"Old programs do not say what they write.\r\n"),
        _mail("folded and odd fields", b"content-type:\ttext/plain;\r\n\tcharset = \"us-ascii\"\r\n"
                                       b"Content-Description: =?utf-8?q?M=C3=A4rz?=\r\n"
                                       b"Content-Transfer-Encoding:quoted-printable\r\n",
              b"M=C3=A4rz=\r\n und weiter\r\n"),
        _nested(),
        _attachment("30 MiB attachment", 30 << 20),
        signed(signer),
    ]


TEXT_PLAIN = (b"Content-Type: text/plain; charset=UTF-8; format=flowed\r\n"
              b"Content-Transfer-Encoding: 7bit\r\n")


def _mail(name: str, content: bytes, body: bytes) -> Mail:
    return Mail(name, content, body, headers())


def plain(text: str = "Hello\r\n", **named) -> Mail:
    return Mail("plain", TEXT_PLAIN, text.encode(), headers(**named))


def _nested() -> Mail:
    return _mail("nested multiparts", b'Content-Type: multipart/mixed; boundary="outer"\r\n', b"""\
This is a multi-part message in MIME format.
--outer
Content-Type: multipart/related; boundary="middle"

--middle
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe
--inner
Content-Type: text/html; charset=UTF-8

<p>hello <img src="cid:a"></p>
--inner--

--middle
Content-Type: image/png; name="a.png"
Content-ID: <a>
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--middle--

--outer
Content-Type: message/rfc822

From: c@example.net
Subject: forwarded

inside
--outer--
after the last boundary
""".replace(b"\n", b"\r\n"))


def _attachment(name: str, octets: int) -> Mail:
    noise = random.Random(1).randbytes(octets)
    return _mail(name, b'Content-Type: multipart/mixed; boundary="=_big"\r\n',
                 b"--=_big\r\nContent-Type: text/plain\r\n\r\nsee attachment\r\n--=_big\r\n"
                 b'Content-Type: application/octet-stream; name="noise.bin"\r\n'
                 b'Content-Disposition: attachment; filename="noise.bin"\r\n'
                 b"Content-Transfer-Encoding: base64\r\n\r\n"
                 + base64.encodebytes(noise).replace(b"\n", b"\r\n") + b"--=_big--\r\n")


SIGNED_PART = (b"Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
               b"I owe you 20 euros.\r\n")


def signed(signer: Person) -> Mail:
    """PGP/MIME signed (RFC 3156 section 5): what is inside must reach the recipient unedited."""
    signature = signer.sign_detached(SIGNED_PART).replace(b"\n", b"\r\n")
    return _mail("multipart/signed",
                 b'Content-Type: multipart/signed; micalg=pgp-sha256;\r\n'
                 b' protocol="application/pgp-signature"; boundary="=_signed"\r\n',
                 b"--=_signed\r\n" + SIGNED_PART + b"\r\n--=_signed\r\n"
                 b'Content-Type: application/pgp-signature; name="OpenPGP_signature.asc"\r\n\r\n'
                 + signature + b"\r\n--=_signed--\r\n")


def split_signed(entity: bytes) -> tuple[bytes, bytes]:
    """The signed octets and the signature of what `signed` made."""
    pieces = entity.split(b"--=_signed")
    part = pieces[1].removeprefix(b"\r\n").removesuffix(b"\r\n")
    return part, pieces[2].split(b"\r\n\r\n", 1)[1]
