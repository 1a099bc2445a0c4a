# SPDX-License-Identifier: Apache-2.0
"""OpenPGP packets written by hand: keys of versions that no program here makes, and what somebody
can put around a good key. Their numbers and signatures are noise, right in form alone."""
import base64
import random
import zlib

CREATED = (1_700_000_000).to_bytes(4, "big")
MARKER, PRIMARY, SUBKEY, USER_ID, SIGNATURE, COMPRESSED = 10, 6, 14, 13, 2, 8

_noise = random.Random(5)  # the same noise in every run


def packet(tag: int, body: bytes) -> bytes:
    """In the new format, with its length in five octets (RFC 4880 §4.2.2.3)."""
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def number(bits: int) -> bytes:
    """A multiprecision integer with its highest bit set."""
    value = _noise.getrandbits(bits) | 1 << (bits - 1) | 1
    return bits.to_bytes(2, "big") + value.to_bytes((bits + 7) // 8, "big")


def rsa_key(version: int, bits: int = 2048, tag: int = PRIMARY) -> bytes:
    """Version 3 says how many days it is good for; versions 5 and 6 how long its numbers are."""
    numbers = number(bits) + (17).to_bytes(2, "big") + b"\x01\x00\x01"
    before = {3: b"\0\0\x01", 4: b"\x01"}.get(version)
    if before is None:
        before = b"\x01" + len(numbers).to_bytes(4, "big")
    return packet(tag, bytes([version]) + CREATED + before + numbers)


def user_id(address: str) -> bytes:
    return packet(USER_ID, f"Made by hand <{address}>".encode())


def signature(kind: int = 0x13, issuer: bytes = b"whoever!") -> bytes:
    """By a Curve25519 key with this key ID, in the form and size of what gpg makes: RFC 4880 §5.2.3."""
    hashed = b"\x16\x21\x04" + _noise.randbytes(12) + issuer + b"\x05\x02" + CREATED
    unhashed = b"\x09\x10" + issuer
    body = (bytes([4, kind, 22, 8]) + len(hashed).to_bytes(2, "big") + hashed +
            len(unhashed).to_bytes(2, "big") + unhashed + _noise.randbytes(2) + number(255) + number(255))
    return bytes([0xC0 | SIGNATURE, len(body)]) + body


def certificate(version: int, address: str) -> bytes:
    """A key of this version that encrypts by itself."""
    return rsa_key(version) + user_id(address) + signature()


def compressed(packets: bytes) -> bytes:
    return packet(COMPRESSED, b"\x02" + zlib.compress(packets))


def split(stream: bytes) -> list[tuple[int, bytes]]:
    """The packets of what gpg, sq or rnp have written: tag and the whole packet."""
    packets, at = [], 0
    while at < len(stream):
        begin, first = at, stream[at]
        if first & 0x40:
            tag, octet = first & 0x3F, stream[at + 1]
            if octet < 192:
                at += 2 + octet
            elif octet < 224:
                at += 3 + ((octet - 192) << 8) + stream[at + 2] + 192
            else:
                at += 6 + int.from_bytes(stream[at + 2:at + 6], "big")
        else:
            tag, size = first >> 2 & 0x0F, 1 << (first & 3)
            at += 1 + size + int.from_bytes(stream[at + 1:at + 1 + size], "big")
        packets.append((tag, stream[begin:at]))
    return packets


def behind_user_id(certificate_octets: bytes, more: bytes) -> bytes:
    """The certificate with `more` behind its first user ID and the signature on it."""
    packets = split(certificate_octets)
    at = next(i for i, (tag, _) in enumerate(packets) if tag == USER_ID) + 2
    whole = [octets for _, octets in packets]
    return b"".join(whole[:at]) + more + b"".join(whole[at:])


def without(certificate_octets: bytes, *tags: int) -> bytes:
    return b"".join(octets for tag, octets in split(certificate_octets) if tag not in tags)


def armored(stream: bytes) -> bytes:
    """Without its checksum, which is optional."""
    lines = base64.encodebytes(stream)
    return b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + lines + b"-----END PGP PUBLIC KEY BLOCK-----\n"
