# SPDX-License-Identifier: Apache-2.0
"""What a sealed mail looks like from outside, checked against RFC 3156 by means of our own and of
Python's MIME parser, which knows nothing of postseal."""
import email
import email.policy
import re


def header_section(message: bytes) -> str:
    return message.split(b"\r\n\r\n", 1)[0].decode("utf-8", "surrogateescape") + "\r\n"


def field_names(message: bytes) -> list[str]:
    return re.findall(r"^([!-9;-~]+)[ \t]*:", header_section(message), re.MULTILINE)


def ciphertext(message: bytes) -> bytes:
    """The armored ciphertext of a PGP/MIME message; fails where its structure is not the standard's."""
    assert b"\n" not in message.replace(b"\r\n", b""), "a lone LF"
    assert b"\r" not in message.replace(b"\r\n", b""), "a lone CR"
    assert message.isascii(), "8-bit octets outside the ciphertext"
    assert max(map(len, message.split(b"\r\n"))) <= 998
    body = message.split(b"\r\n\r\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 78

    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert not parsed.defects and parsed["MIME-Version"] == "1.0"
    assert parsed.get_content_type() == "multipart/encrypted"
    assert parsed.get_param("protocol") == "application/pgp-encrypted"
    outer = [name for name in field_names(message) if name.lower().startswith("content-")]
    assert outer == ["Content-Type"], f"fields that describe what is sealed stand outside: {outer}"

    version, sealed = parsed.iter_parts()
    assert version.get_content_type() == "application/pgp-encrypted"
    assert version.get_payload().strip() == "Version: 1"
    assert sealed.get_content_type() == "application/octet-stream"
    armor = sealed.get_payload()
    assert re.fullmatch(r"\s*-----BEGIN PGP MESSAGE-----\r?\n\r?\n[A-Za-z0-9+/=\r\n]+"
                        r"-----END PGP MESSAGE-----\s*", armor), armor[:200]
    return armor.encode()


def single_instance_fields_are_single(message: bytes) -> bool:
    names = [name.lower() for name in field_names(message)]
    single = ("to", "cc", "subject", "date", "from", "sender", "reply-to", "message-id",
              "in-reply-to", "references", "mime-version", "content-type")
    return all(names.count(name) <= 1 for name in single)
