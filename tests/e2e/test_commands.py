# SPDX-License-Identifier: Apache-2.0
"""The commands that an administrator types: what they print, and what they exit with."""
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from parts import mail, places
from parts.relay import Relay
from parts.wkd import Directory

BOB, CLARA = "bob@wkd.example", "clara@nokey.example"
DONE, ANSWER_IS_NO, COULD_NOT = 0, 1, 2


@pytest.fixture(scope="module")
def house(directory, authority, person):
    """A configuration with a key for Bob; nothing runs but the key directory."""
    bob = person(BOB)
    wkd = Directory(directory, authority, "wkd.example", "nokey.example")
    wkd.publish(bob)
    wkd.start()
    policy = {
        "lists": {"lawyers": ["anna@example.org"]},
        "defaults": {"encrypt": "opportunistic"},
        "rules": [{"name": "court mail is sealed or not sent",
                   "match": {"from": "lawyers", "to": "*@court.example"},
                   "set": {"encrypt": "required", "without_key": "reject"}},
                  {"name": "tickets", "match": {"to": "*@nokey.example"},
                   "set": {"encrypt": "never"}},
                  {"name": "machines", "match": {"client": "10.0.0.0/8", "listener": "filter"},
                   "set": {"encrypt": "never"}}]}
    relay = Relay(directory, places.free_port(), wkd=(wkd,), ca=authority.certificate, policy=policy)
    relay.bob = bob
    yield relay
    wkd.stop()


def postseal(*words, data: bytes | None = None) -> subprocess.CompletedProcess:
    done = subprocess.run([places.POSTSEAL, *map(str, words)], input=data, capture_output=True,
                          timeout=60, check=False)
    done.out = done.stdout.decode()
    done.err = done.stderr.decode()
    assert "Sanitizer" not in done.err, done.err
    return done


def test_help_says_what_there_is():
    done = postseal("--help")
    assert done.returncode == DONE
    for command in ("run", "check", "explain", "keys"):
        assert command in done.out
    assert postseal("keys", "find", "--help").returncode == DONE


def test_unknown_command_is_answered_with_the_way_out():
    done = postseal("sael")
    assert done.returncode != DONE
    assert "--help" in done.err + done.out


def test_check_accepts_a_good_configuration(house):
    done = postseal("check", "--config", house.config_file)
    assert done.returncode == DONE, done.err


def test_check_warns_of_what_is_not_there(house, tmp_path):
    text = house.config_file.read_text()
    file = tmp_path / "postseal.yaml"
    (tmp_path / "policy.yaml").write_text("defaults: {encrypt: never}\n")
    (tmp_path / "keys").mkdir(exist_ok=True)
    file.write_text(re.sub(r"executable: .*", "executable: /nowhere/sealer", text))
    done = postseal("check", "--config", file)
    assert done.returncode == DONE, done.err
    assert "sealers.executable: /nowhere/sealer is not there" in done.err


@pytest.mark.parametrize("wrong,right,where", [
    ("hostnam: x\n", "hostname", "hostnam"),
    ("spool: { pth: /tmp }\n", "path", "pth"),
    ("limits: { message_size: 50 MegaByte }\n", "", "message_size"),
    ("listen: 127.0.0.1:25\n", "", "listen"),
    ("next_hop: { address: nowhere }\n", "port", "next_hop"),
])
def test_check_names_the_place_of_a_mistake(house, tmp_path, wrong, right, where):
    key = wrong.split(":")[0]
    broken = tmp_path / "postseal.yaml"
    kept, skipping = [], False
    for line in house.config_file.read_text().splitlines(keepends=True):
        if not line.startswith(" "):
            skipping = line.split(":")[0] == key
        if not skipping:
            kept.append(line)
    broken.write_text("".join(kept) + wrong)
    line = len(kept) + 1
    (tmp_path / "policy.yaml").write_bytes(house.policy_file.read_bytes())
    done = postseal("check", "--config", broken)
    assert done.returncode == ANSWER_IS_NO, done.out + done.err
    said = done.out + done.err
    assert f"postseal.yaml:{line}:" in said, said
    assert where in said or right in said, said


def test_check_finds_mistakes_in_the_policy_file_too(house, tmp_path):
    (tmp_path / "postseal.yaml").write_bytes(house.config_file.read_bytes())
    (tmp_path / "policy.yaml").write_text("defaults:\n  encrypt: oportunistic\n")
    done = postseal("check", "--config", tmp_path / "postseal.yaml")
    said = done.out + done.err
    assert done.returncode == ANSWER_IS_NO
    assert "policy.yaml:2:" in said and "opportunistic" in said, said


def test_check_refuses_a_rule_that_can_never_match(house, tmp_path):
    (tmp_path / "postseal.yaml").write_bytes(house.config_file.read_bytes())
    (tmp_path / "policy.yaml").write_text(
        "rules:\n  - name: guests\n    match: { authenticated: false }\n    set: {}\n")
    done = postseal("check", "--config", tmp_path / "postseal.yaml")
    assert done.returncode == ANSWER_IS_NO
    assert "policy.yaml:3:29: 'authenticated' can never be known" in done.err, done.err


HIDDEN = """rules:
  - { name: all, set: { encrypt: required } }
  - name: tickets
    match: { to: "*@tickets.example" }
    set: { encrypt: never, scope: recipient }
"""


@pytest.fixture
def vain(house, tmp_path) -> Path:
    """A good configuration, in which one rule and one setting never count."""
    (tmp_path / "postseal.yaml").write_bytes(house.config_file.read_bytes())
    (tmp_path / "policy.yaml").write_text(HIDDEN)
    for folder in ("keys", "spool"):
        (tmp_path / folder).mkdir(exist_ok=True, mode=0o700)
    return tmp_path / "postseal.yaml"


def test_check_warns_of_what_never_counts(vain):
    done = postseal("check", "--config", vain)
    assert done.returncode == DONE
    assert (f"{vain.parent}/policy.yaml:3:11: warning: the rule is never reached: 'all' in line 2 matches all "
            "that it matches\n      - name: tickets\n              ^\n") in done.err, done.err
    assert "policy.yaml:5:28: warning: 'scope' never counts beside 'encrypt: never'\n" in done.err, done.err
    assert "2 rules, 2 warnings)" in done.out, done.out


def test_strict_check_takes_a_warning_for_a_mistake(vain):
    done = postseal("check", "--strict", "--config", vain)
    assert done.returncode == ANSWER_IS_NO
    assert done.err.endswith("with --strict, warnings are errors\n"), done.err
    (vain.parent / "policy.yaml").write_text(HIDDEN.splitlines(keepends=True)[0] + HIDDEN.splitlines()[1])
    done = postseal("check", "--strict", "--config", vain)
    assert done.returncode == DONE, done.err
    assert done.err == ""


def test_check_says_what_all_or_none_is_worth_over_lmtp(vain):
    (vain.parent / "policy.yaml").write_text("defaults: { encrypt: all-or-none }\n")
    assert "note:" not in postseal("check", "--config", vain).err
    vain.write_text(vain.read_text().replace("protocol: smtp", "protocol: lmtp"))
    done = postseal("check", "--strict", "--config", vain)
    assert done.returncode == DONE, "it is no warning"
    assert "note: 'encrypt: all-or-none' over 'filter' (lmtp) is judged on the recipients of a " in done.err


def test_nobody_who_relays_mail_hears_of_warnings(vain):
    done = postseal("explain", "--config", vain, "--from", mail.SENDER, "--to", "x@tickets.example")
    assert "warning" not in done.err, done.err


EXAMPLES = places.CHECKOUT / "config/examples"


def test_shipped_example_is_a_good_configuration(tmp_path):
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    done = postseal("check", "--config", tmp_path / "postseal.yaml")
    assert done.returncode == DONE, done.stderr


def test_front_that_the_example_shows_can_be_switched_on(tmp_path):
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    certificates = places.CHECKOUT / "tests/data/config/good/front"
    file = tmp_path / "postseal.yaml"
    text = file.read_text()
    (shown,) = re.findall(r"^  #- name: submission\n(?:  #.*\n)*", text, re.M)
    front = re.sub(r"^  #", "  ", shown, flags=re.M)
    front = re.sub(r"^( +)#(?=\w)", r"\1", front, flags=re.M)  # what is optional there
    front = re.sub(r"(certificate: )[^ ,\n]+", rf"\1{certificates}/certificate.pem", front)
    front = re.sub(r"(key: )[^ ,\n]+", rf"\1{certificates}/key.pem", front)
    file.write_text(text.replace(shown, front))
    done = postseal("check", "--config", file)
    assert done.returncode == DONE, done.stderr
    assert b"2 listeners" in done.stdout


def test_run_refuses_a_broken_configuration(tmp_path):
    (tmp_path / "postseal.yaml").write_text("listen: []\nnonsense: 1\n")
    done = postseal("run", "--config", tmp_path / "postseal.yaml")
    assert done.returncode != DONE
    assert "postseal.yaml:" in done.err


def test_missing_configuration_is_named(tmp_path):
    done = postseal("check", "--config", tmp_path / "none.yaml")
    assert done.returncode in (ANSWER_IS_NO, COULD_NOT)
    assert "none.yaml" in done.out + done.err


def test_explain_prints_treatment_rule_and_reason_per_recipient(house):
    done = postseal("explain", "--config", house.config_file, "--from", mail.SENDER,
                    "--to", BOB, "--to", CLARA, "--to", "carl@example.org")
    assert done.returncode == DONE, done.err
    for wanted in (BOB, CLARA, "carl@example.org", "sealed", "tickets", "defaults", "wkd",
                   house.bob.fingerprint()[-16:]):
        assert wanted.lower() in done.out.replace(" ", "").lower() + done.out.lower(), done.out


def test_explain_says_what_each_condition_came_to(house):
    def words(sender):
        done = postseal("explain", "--config", house.config_file, "--from", sender,
                        "--to", "judge@court.example")
        return [" ".join(line.split()) for line in done.out.splitlines()]
    assert "from: lawyers holds" in words(mail.SENDER)
    passed_over = "not court mail is sealed or not sent: from: lawyers does not hold"
    assert passed_over in words("stranger@example.org")


def test_explain_prints_the_refusal_a_client_would_hear(house):
    done = postseal("explain", "--config", house.config_file, "--from", mail.SENDER,
                    "--to", "judge@court.example")
    assert "court mail is sealed or not sent" in done.out, done.out + done.err
    assert "judge@court.example" in done.out


def test_explain_tells_apart_who_hears_what_over_lmtp(house):
    written = house.config_file.read_text()
    lmtp = house.config_file.with_name("lmtp.yaml")
    lmtp.write_text(written.replace("protocol: smtp", "protocol: lmtp"))
    recipients = ["--to", BOB, "--to", "clerk@court.example"]
    alone = house.policy_file.read_text().replace("encrypt: required", "encrypt: opportunistic")
    lmtp.with_name("alone.yaml").write_text(alone)
    lmtp.write_text(lmtp.read_text().replace("policy: policy.yaml", "policy: alone.yaml"))
    done = postseal("explain", "--config", lmtp, "--from", mail.SENDER, *recipients)
    assert done.returncode == ANSWER_IS_NO
    assert re.search(rf"To {BOB}\n  gets     sealed", done.out), done.out
    assert "gets     nothing: is refused, and the others are served" in done.out
    assert "The client hears: 550 5.7.5 <clerk@court.example>" in done.out
    assert re.search(rf"1\. sealed, headers standard: {BOB}\n", done.out)


def test_explain_reads_a_message(house, tmp_path):
    file = tmp_path / "mail.eml"
    file.write_bytes(mail.plain(to=BOB, sender="x@foreign.example").raw)
    done = postseal("explain", "--config", house.config_file, "--from", mail.SENDER, "--to", BOB, file)
    assert done.returncode == DONE, done.err
    assert "untouched" in done.out, done.out


def explain(house, *options):
    return postseal("explain", "--config", house.config_file, "--from", mail.SENDER, "--to", BOB,
                    *options)


def test_explain_decides_by_the_connection_and_says_what_it_took_for_granted(house):
    supposed = explain(house)
    assert supposed.returncode == DONE, supposed.err
    assert re.search(r"listener +filter\n +client +unknown\n", supposed.out), supposed.out
    assert re.search(r"tls +never known over this listener\n", supposed.out), supposed.out
    assert "sealed" in supposed.out and not re.search(r"rule +machines\n", supposed.out)
    assert re.search(r"not +machines: .*client: .* not known\n", supposed.out), supposed.out
    from_there = explain(house, "--client", "10.0.0.7", "--listener", "filter")
    assert re.search(r"client +10\.0\.0\.7\n", from_there.out), from_there.out + from_there.err
    assert re.search(r"rule +machines\n", from_there.out), from_there.out
    from_elsewhere = explain(house, "--client", "192.0.2.7").out
    assert re.search(r"rule +defaults\n", from_elsewhere), from_elsewhere


@pytest.mark.parametrize("options,told", [
    (("--listener", "filtr"), "did you mean 'filter'?"), (("--client", "office"), "no IP address"),
    (("--tls", "perhaps"), "--tls"), (("--login", "anna"), "--login"),
    (("--authenticated", "no"), "'filter'")])
def test_explain_refuses_a_connection_that_cannot_be(house, options, told):
    done = explain(house, *options)
    assert done.returncode == COULD_NOT, done.out
    assert told in done.err, done.err


FRONT = """\
hostname: postseal.example.org
listen:
  - name: submission
    place: front
    address: 127.0.0.1:587
    next_hop: { address: "127.0.0.1:10587", client: proxy }
  - { name: filter, address: "127.0.0.1:10025" }
next_hop: { address: "127.0.0.1:10026" }
local_domains: [example.org]
policy: policy.yaml
keys: { sources: [directory], directory: . }
runtime: { path: . }
sealers: { executable: %s }
"""


def test_explain_supposes_a_mail_program_at_a_front(house, tmp_path):
    (tmp_path / "postseal.yaml").write_text(FRONT % places.sealer())
    (tmp_path / "policy.yaml").write_text(
        "defaults: { encrypt: never }\nrules:\n  - name: staff\n"
        "    match: { login: anna, authenticated: true }\n    set: { headers: strict }\n")
    front = SimpleNamespace(config_file=tmp_path / "postseal.yaml")
    supposed = explain(front)
    assert supposed.returncode == DONE, supposed.err
    account = {line.split()[0]: line.split(maxsplit=1)[1] for line in
               supposed.out.split("The connection\n")[1].split("\n\n")[0].splitlines()}
    assert account == {"listener": "submission (assumed, the first one)", "client": "unknown",
                       "tls": "no (assumed)", "authenticated": "yes (assumed)", "login": "unknown"}
    assert re.search(r"rule +defaults\n", supposed.out), supposed.out
    assert re.search(r"rule +staff\n", explain(front, "--login", "Anna").out)
    assert re.search(r"rule +defaults\n", explain(front, "--authenticated", "no").out)
    wrong = explain(front, "--login", "anna", "--authenticated", "no")
    assert wrong.returncode == COULD_NOT and "contradict" in wrong.err


def test_keys_find_says_what_every_source_answered(house):
    done = postseal("keys", "find", "--config", house.config_file, BOB)
    assert done.returncode == DONE, done.err
    for wanted in ("directory", "store", "wkd", house.bob.fingerprint()[-16:]):
        assert wanted.lower() in done.out.replace(" ", "").lower(), done.out


def test_keys_find_without_a_key_exits_with_one(house):
    done = postseal("keys", "find", "--config", house.config_file, CLARA)
    assert done.returncode == ANSWER_IS_NO, done.out + done.err


def test_keys_find_refuses_what_is_no_address(house):
    done = postseal("keys", "find", "--config", house.config_file, "not an address")
    assert done.returncode != DONE
    assert done.err
