# SPDX-License-Identifier: Apache-2.0
"""postseal's main job, shown to a person: one mail, four recipients, and what each of them got.

Exits non-zero when anything it says did not hold."""
import subprocess
import sys
import textwrap

from parts import gnupg, mail, places, structure
from parts.client import send
from parts.house import BOB, CLARA, DORA, EVE, House

SENT = mail.Mail(
    "demo",
    b"Content-Type: text/plain; charset=UTF-8; format=flowed\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n",
    "Dear all,\r\n\r\nthe offer is ready: 12 500 €, valid until Friday.\r\n\r\n"
    "Viele Grüße\r\nAnna\r\n".encode(),
    mail.headers(to=f"Bob <{BOB}>, Dora <{DORA}>, Clara <{CLARA}>", subject="The offer"))

BRIEF = "--brief" in sys.argv


def main() -> int:
    title("What you are looking at")
    say("""
        A user's mail program talks to Postfix, as on every day. Postfix hands each mail to postseal
        before it says yes, and postseal hands it back to Postfix, sealed for every recipient whose
        key it can find. All of these are real programs, started just now, only for you: Postfix
        and nginx are unpacked, not installed, and listen on loopback alone.

            mail program -> Postfix -> postseal -> Postfix -> the world
                                          |
                              key folder, nginx with WKD, GnuPG
        """)
    with places.private_directory("demo") as directory, House(directory) as house:
        return show(house)


def show(house: House) -> int:
    title("1. What the user sends")
    say(f"To Bob, Dora and Clara, with a blind copy to {EVE}. Bob's and Eve's domain publishes their "
        "keys in a Web Key Directory, Dora's key lies in the relay's key folder, Clara has no key.")
    quote(SENT.raw)

    title("2. What postseal decides (postseal explain)")
    say("Nothing is sent yet: this is the plan for exactly this mail, and the reason for each part.")
    quote(explain(house))

    recipients = [BOB, DORA, CLARA, EVE]
    reply = send(house.submission_port, mail.SENDER, recipients, SENT.raw)
    house.world.wait_for(len(recipients))

    title("3. What the mail program hears")
    say(f'"250 {reply}": Postfix has every copy. The user has noticed nothing.')

    title("4. What leaves for each recipient")
    held = [check(house, address, visible) for address, visible in
            ((BOB, {BOB, DORA}), (DORA, {BOB, DORA}), (EVE, {EVE}))]
    held.append(check_clear(house))

    title("5. What postseal wrote into its log")
    quote(house.relay.log().encode(), most=20)

    title("In short")
    if not all(held):
        say("Something above did not hold.", always=True)
        return 1
    say("Every claim was checked: three sealed copies that open to exactly what was written, a blind "
        "copy that nobody else can notice, a clear copy without a trace of the sender's machine.",
        always=True)
    return 0


def explain(house: House) -> bytes:
    file = house.directory / "mail.eml"
    file.write_bytes(SENT.raw)
    words = [word for address in (BOB, DORA, CLARA, EVE) for word in ("--to", address)]
    done = subprocess.run([places.POSTSEAL, "explain", file, "--config", house.relay.config_file,
                           "--from", mail.SENDER, *words],
                          capture_output=True, timeout=60, check=False)
    if done.returncode:
        raise SystemExit(f"postseal explain failed: {done.stderr.decode()}")
    return done.stdout


def check(house: House, address: str, sealed_to: set[str]) -> bool:
    got = house.world.copy_for(address).content
    say(f"{address} gets:")
    quote(got, most=16 if BRIEF or address != BOB else 60)
    person = house.people[address]
    ciphertext = structure.ciphertext(got)
    key_ids = {house.people[other].subkey_id() for other in sealed_to}
    return all([
        claim("no field says what program, machine or network the mail came from",
              not leftovers(got)),
        claim(f"the ciphertext names the keys of {' and '.join(sorted(sealed_to))}, and no other",
              set(gnupg.recipients_of(ciphertext)) == key_ids),
        claim("gpg opens it to exactly the original body, byte for byte",
              person.decrypt(ciphertext) == SENT.sealed_part),
        claim("so does Sequoia's sq, which shares no code with gpg",
              person.decrypt_with_sq(ciphertext) == SENT.sealed_part),
    ])


def check_clear(house: House) -> bool:
    got = house.world.copy_for(CLARA).content
    say(f"{CLARA} gets:")
    quote(got, most=24)
    return all([
        claim("the body is exactly the original", got.endswith(b"\r\n\r\n" + SENT.body)),
        claim("no field says what program, machine or network the mail came from",
              not leftovers(got)),
        claim("nothing speaks of the blind copy", EVE.encode() not in got),
    ])


def leftovers(message: bytes) -> list[str]:
    names = {name.lower() for name in structure.field_names(message)}
    return [name for name in mail.TELLTALE if name.lower() in names]


def claim(what: str, holds: bool) -> bool:
    print(f"    [{'yes' if holds else 'NO '}] {what}")
    return holds


def title(text: str) -> None:
    if not BRIEF:
        print(f"\n\n{text}\n{'=' * len(text)}")


def say(text: str, always: bool = False) -> None:
    if BRIEF and not always and not text.endswith("gets:"):
        return
    text = textwrap.dedent(text).strip()
    print("\n" + (text if "\n" in text else textwrap.fill(text, 96)))


def quote(octets: bytes, most: int = 60) -> None:
    if BRIEF:
        return
    lines = octets.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n").split("\n")
    shown = lines if len(lines) <= most else [*lines[:most], f"... {len(lines) - most} more lines"]
    print("\n" + "\n".join(f"    | {line}" for line in shown))


if __name__ == "__main__":
    sys.exit(main())
