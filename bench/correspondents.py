# SPDX-License-Identifier: Apache-2.0
"""Many people in many domains, each with a key of their own, and where their keys are served.

Making a key takes some hundredths of a second: the certificates are kept in build/bench-keys for the
next run, and their secret halves nowhere. Each is a real one (Curve25519, by sq) for one address:
whoever looks it up has to judge it on its own."""
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from parts import places
from parts.certificates import Authority
from parts.wkd import hashed_user

KEPT = places.CHECKOUT / "build/bench-keys"
OF_A_DOMAIN = 2
HOSTS_OF_A_CERTIFICATE = 25  # one of 1.5 KB, as large as an honest one with its issuer's


@dataclass(frozen=True)
class Correspondent:
    domain: str
    local_part: str

    @property
    def address(self) -> str:
        return f"{self.local_part}@{self.domain}"

    @property
    def host(self) -> str:
        return f"openpgpkey.{self.domain}"

    @property
    def url(self) -> str:
        return (f"https://{self.host}/.well-known/openpgpkey/{self.domain}/hu/"
                f"{hashed_user(self.local_part)}?l={self.local_part}")

    def certificate(self) -> bytes:
        kept = KEPT / f"{self.address}.pgp"
        if not kept.exists():
            with tempfile.TemporaryDirectory() as folder:
                secret, public = Path(folder) / "secret", Path(folder) / "public"
                sq("generate", "--userid", f"<{self.address}>", "--cannot-sign",
                   "--cannot-authenticate", "--export", secret, "--rev-cert", f"{secret}.rev")
                sq("extract-cert", "--binary", "--output", public, secret)
                KEPT.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(public.read_bytes())
        return kept.read_bytes()


def sq(*words) -> None:
    subprocess.run(["sq", "key", *map(str, words)], check=True, capture_output=True)


def correspondents(first_domain: int, domains: int) -> list[Correspondent]:
    """Of two lists with different domains nobody is in both. Neighbours are of one domain."""
    return [Correspondent(f"d{domain:04}.example.net", f"person{number}")
            for domain in range(first_domain, first_domain + domains)
            for number in range(OF_A_DOMAIN)]


def publish(people: list[Correspondent], folder: Path, authority: Authority) -> None:
    """What slow_directory.py serves."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        certificates = list(threads.map(Correspondent.certificate, people))
    for one, certificate in zip(people, certificates):
        home = folder / "keys" / one.domain
        home.mkdir(parents=True, exist_ok=True)
        (home / hashed_user(one.local_part)).write_bytes(certificate)
    hosts = sorted({one.host for one in people})
    tls = folder / "tls"
    tls.mkdir()
    for first in range(0, len(hosts), HOSTS_OF_A_CERTIFICATE):
        named = hosts[first:first + HOSTS_OF_A_CERTIFICATE]
        for file, suffix in zip(authority.issue(f"many-{first}", *named), (".pem", ".key")):
            file.rename(tls / f"{first}{suffix}")
        (tls / f"{first}.hosts").write_text("\n".join(named))
