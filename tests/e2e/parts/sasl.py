# SPDX-License-Identifier: Apache-2.0
"""Logins for a private Postfix, by Cyrus SASL with a database of its own; and clients' logins."""
import base64
import hashlib
import hmac
import os
import subprocess
from pathlib import Path

from . import places

# More than postseal lets through: the last two bind a session, or put a layer around it.
MECHANISMS = "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 DIGEST-MD5 NTLM"


class Accounts:
    """`directory` is `sasl` beside main.cf, where Debian's Postfix looks for smtpd.conf. Its
    daemons, which gave up root, can read the database."""

    def __init__(self, directory: Path):
        self._database = directory / "sasldb2"
        directory.mkdir(parents=True)
        (directory / "smtpd.conf").write_text(
            f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {self._database}\n"
            f"mech_list: {MECHANISMS}\n")

    def add(self, name: str, password: str) -> None:
        user, realm = name.split("@")
        subprocess.run([places.unpacked("usr/sbin/saslpasswd2"), "-p", "-c", "-f", self._database,
                        "-u", realm, user], input=password.encode(), check=True)
        os.chmod(self._database, 0o644)


class ScramSha256:
    """The client's side of SCRAM-SHA-256 without channel binding (RFC 5802 §3, RFC 7677), for
    smtplib's auth(). `verified` says whether the server knew the password, too."""

    def __init__(self, name: str, password: str):
        self._password = password.encode()
        nonce = base64.b64encode(os.urandom(18)).decode()
        self._first = f"n={name},r={nonce}"
        self._answers = [self._open, self._prove, self._check]
        self.verified = False

    def __call__(self, challenge: bytes | None = None) -> str:
        if challenge is None:
            return self._answers.pop(0)("")
        return self._answers.pop(0)(challenge.decode())

    def _open(self, _challenge: str) -> str:
        return "n,," + self._first

    def _prove(self, challenge: str) -> str:
        said = dict(part.split("=", 1) for part in challenge.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self._password, base64.b64decode(said["s"]),
                                     int(said["i"]))
        client_key = _hmac(salted, "Client Key")
        final = f"c=biws,r={said['r']}"
        everything = f"{self._first},{challenge},{final}"
        signature = _hmac(hashlib.sha256(client_key).digest(), everything)
        proof = bytes(one ^ other for one, other in zip(client_key, signature))
        self._expected = _hmac(_hmac(salted, "Server Key"), everything)
        return f"{final},p={base64.b64encode(proof).decode()}"

    def _check(self, challenge: str) -> str:
        self.verified = challenge == "v=" + base64.b64encode(self._expected).decode()
        return ""


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), "sha256").digest()
