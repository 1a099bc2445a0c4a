# SPDX-License-Identifier: Apache-2.0
"""`postseal check --postfix`, with the real postconf: a good configuration of each place has no
finding that matters, one broken setting gives that one finding, and what the finding says to write
mends it."""
import os
import re
import shutil
import subprocess
from typing import NamedTuple

import pytest

from parts import places, postfix_settings
from parts.postfix_settings import ENVIRONMENT, POSTCONF
from parts.relay import Relay

DONE, ANSWER_IS_NO, COULD_NOT = 0, 1, 2
SUB, BACK, PRIVATE, SCAN = ("submission/inet", "127.0.0.1:10026/inet", "127.0.0.1:10587/inet",
                            "scan/unix")


class Place(NamedTuple):
    make: object
    protocol: str
    port: int
    next_hop: int
    notes: set


PICKUP = ("note", "pickup/unix", "")
PLACES = {
    "before": Place(postfix_settings.before_queue, "smtp", 10025, 10026, {PICKUP}),
    "after": Place(postfix_settings.after_queue, "lmtp", 10025, 10026, set()),
    "exit": Place(postfix_settings.exit_, "lmtp", 10025, 10026, set()),
    "front": Place(postfix_settings.front, "smtp", 587, 10587, {PICKUP}),
}


@pytest.fixture(scope="module", params=PLACES)
def good(request, directory):
    return prepared(request.param, directory)


@pytest.fixture(scope="module")
def kept(directory):
    """Places, each prepared once."""
    made = {}

    def at(name):
        if name not in made:
            made[name] = prepared(name, directory / "kept")
        return made[name]

    (directory / "kept").mkdir()
    return at


def prepared(name, directory):
    place = PLACES[name]
    folder = directory / name
    folder.mkdir()
    listener = {"name": "in", "address": f"127.0.0.1:{place.port}"}
    if name == "front":
        settings = {"listen": [listener | {"place": "front"}], "next_hop": {"client": "proxy"}}
    else:
        settings = {"listen": [listener | {"protocol": place.protocol,
                                           "trusted": ["127.0.0.0/8"]}]}
    relay = Relay(folder, place.next_hop, port=place.port, settings=settings)
    return relay, place.make(folder / "postfix"), place


def check(relay, *words, data=None):
    done = subprocess.run([places.POSTSEAL, "check", "--config", relay.config_file,
                           *map(str, words)], input=data, capture_output=True, timeout=60,
                          check=False, env={**os.environ, **ENVIRONMENT})
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    assert "Sanitizer" not in done.err, done.err
    return done


def look(relay, settings):
    return check(relay, "--postfix", settings.directory, "--postconf", POSTCONF)


def found_in(text):
    """(severity, where, setting) of each finding, with the lines that mend it."""
    found = {}
    for block in text.split("\n\n"):
        head = re.match(r"(error|warning|note): ([^,:]+(?::[^,: ]+)*)(?:, (\w+))?: ", block)
        if head:
            lines = [line.strip() for line in block.splitlines()[1:] if line.startswith("    ")]
            found[head[1], head[2], head[3] or ""] = lines
    return found


def test_a_good_configuration_has_no_finding_that_matters(good):
    relay, settings, place = good
    done = look(relay, settings)
    assert done.returncode == DONE, done.out + done.err
    assert set(found_in(done.out)) == place.notes, done.out
    assert "Postfix: good (0 errors, 0 warnings" in done.out


# Where, what is done to it, and the one finding that it gives.
BROKEN = [
    # Before the queue
    ("before", ["-P", f"{SUB}/smtpd_proxy_filter=127.0.0.1:10099"],
     ("error", "Postfix", "")),
    ("before", ["-P", f"{SUB}/smtpd_proxy_filter="], ("error", "Postfix", "")),
    ("before", ["-P", f"{SUB}/smtpd_proxy_timeout=20s"], ("warning", SUB, "smtpd_proxy_timeout")),
    ("before", ["-P", f"{SUB}/smtpd_proxy_options=speed_adjust"],
     ("warning", SUB, "smtpd_proxy_options")),
    ("before", ["-M", "submissions/inet=submissions inet n - y - - smtpd"],
     ("warning", "submissions/inet", "smtpd_proxy_filter")),
    ("before", ["-M", "465/inet=465 inet n - y - - smtpd -o smtpd_proxy_filter=[::1]:7"],
     ("warning", "465/inet", "smtpd_proxy_filter")),
    ("before", ["-P", "smtp/inet/smtpd_sasl_auth_enable=yes"],
     ("warning", "smtp/inet", "smtpd_sasl_auth_enable")),
    ("before", ["-P", "smtp/inet/mynetworks=10.0.0.0/8"], ("note", "smtp/inet", "mynetworks")),
    ("before", ["-MX", BACK], ("error", "master.cf", "")),
    ("before", ["-F", f"{BACK}/command=postscreen"], ("error", BACK, "")),
    ("before", ["-P", f"{BACK}/smtpd_proxy_filter=127.0.0.1:10025"],
     ("error", BACK, "smtpd_proxy_filter")),
    ("before", ["-P", f"{BACK}/content_filter=scan:[127.0.0.1]:10025"],
     ("error", BACK, "content_filter")),
    ("before", ["-P", f"{BACK}/content_filter=amavis:[127.0.0.1]:10024"],
     ("note", BACK, "content_filter")),
    ("before", ["-F", f"{BACK}/service=10026"], ("warning", "10026/inet", "")),
    ("before", ["-P", f"{BACK}/mynetworks="], ("error", BACK, "smtpd_recipient_restrictions")),
    ("before", ["-P", f"{BACK}/smtpd_recipient_restrictions="],
     ("error", BACK, "smtpd_recipient_restrictions")),
    ("before", ["-P", f"{BACK}/smtpd_authorized_xforward_hosts="],
     ("warning", BACK, "smtpd_authorized_xforward_hosts")),
    ("before", ["-P", f"{BACK}/smtpd_authorized_xclient_hosts=127.0.0.1"],
     ("warning", BACK, "smtpd_authorized_xclient_hosts")),
    ("before", ["-P", f"{BACK}/smtpd_upstream_proxy_protocol=haproxy"],
     ("error", BACK, "smtpd_upstream_proxy_protocol")),
    ("before", ["-e", "smtpd_forbid_bare_newline=no"],
     ("warning", "main.cf", "smtpd_forbid_bare_newline")),
    ("before", ["-P", f"{BACK}/smtpd_forbid_bare_newline=no"],
     ("warning", BACK, "smtpd_forbid_bare_newline")),
    ("before", ["-P", f"{BACK}/smtpd_forbid_bare_newline_exclusions=$mynetworks"],
     ("warning", BACK, "smtpd_forbid_bare_newline_exclusions")),
    ("before", ["-P", f"{BACK}/message_size_limit=10240000"],
     ("warning", BACK, "message_size_limit")),
    ("before", ["-P", f"{BACK}/cleanup_service_name=cleanup"],
     ("warning", BACK, "message_size_limit")),
    ("before", ["-P", "cleanup-sealed/unix/message_size_limit=10240000"],
     ("warning", BACK, "message_size_limit")),
    ("before", ["-P", f"{BACK}/smtpd_tls_security_level=encrypt"],
     ("error", BACK, "smtpd_tls_security_level")),
    ("before", ["-P", f"{BACK}/smtpd_tls_wrappermode=yes"],
     ("error", BACK, "smtpd_tls_wrappermode")),
    ("before", ["-P", f"{BACK}/smtpd_sender_restrictions=reject_unknown_sender_domain"],
     ("note", BACK, "smtpd_sender_restrictions")),
    ("before", ["-P", f"{BACK}/receive_override_options=no_header_body_checks"],
     ("warning", BACK, "receive_override_options")),
    ("before", ["-P", f"{BACK}/receive_override_options=no_address_mappings"],
     ("warning", BACK, "receive_override_options")),
    ("before", ["-P", f"{BACK}/smtpd_client_event_limit_exceptions="],
     ("warning", BACK, "smtpd_client_connection_count_limit")),
    ("before", ["-F", f"{BACK}/process_limit=5"], ("warning", BACK, "process_limit")),
    ("before", ["-e", "always_bcc=archive@example.org"], ("warning", "main.cf", "always_bcc")),
    ("before", ["-e", "smtpd_milters=inet:localhost:11332"], ("note", BACK, "smtpd_milters")),
    ("before", ["-P", f"{SUB}/smtpd_milters=unix:opendkim/opendkim.sock"],
     ("warning", SUB, "smtpd_milters")),
    # After the queue
    ("after", ["-e", "content_filter=smtp:[127.0.0.1]:10025"],
     ("error", "main.cf", "content_filter")),
    ("after", ["-e", "content_filter=skan:[127.0.0.1]:10025"],
     ("error", "main.cf", "content_filter")),
    ("after", ["-P", f"{BACK}/content_filter=scan:[127.0.0.1]:10025"],
     ("error", BACK, "content_filter")),
    ("after", ["-P", f"{SCAN}/lmtp_send_xforward_command=no"],
     ("note", SCAN, "lmtp_send_xforward_command")),
    ("after", ["-P", f"{SCAN}/disable_mime_output_conversion=no"],
     ("note", SCAN, "disable_mime_output_conversion")),
    ("after", ["-P", f"{SCAN}/lmtp_data_done_timeout=30s"],
     ("warning", SCAN, "lmtp_data_done_timeout")),
    ("after", ["-P", f"{BACK}/receive_override_options=no_unknown_recipient_checks"],
     ("warning", BACK, "receive_override_options")),
    ("after", ["-P", f"{SUB}/content_filter="], ("warning", SUB, "smtpd_proxy_filter")),
    ("after", ["-P", "pickup/unix/content_filter="], ("note", "pickup/unix", "")),
    # At the exit
    ("exit", ["-e", "default_transport=smtp"], ("error", "Postfix", "")),
    ("exit", ["-e", "default_transport=smtp:[127.0.0.1]:10025"],
     ("error", "main.cf", "default_transport")),
    ("exit", ["-P", f"{BACK}/content_filter="], ("error", BACK, "content_filter")),
    ("exit", ["-P", f"{BACK}/content_filter=scan:[127.0.0.1]:10025"],
     ("error", BACK, "content_filter")),
    ("exit", ["-MX", "out/unix"], ("error", BACK, "content_filter")),
    ("exit", ["-e", "relayhost=[smarthost.example]"], ("warning", BACK, "content_filter")),
    ("exit", ["-P", f"{BACK}/receive_override_options="],
     ("warning", BACK, "receive_override_options")),
    ("exit", ["-e", "transport_maps=hash:/etc/postfix/transport"],
     ("note", "main.cf", "transport_maps")),
    ("exit", ["-e", "relay_domains=example.com"], ("note", "main.cf", "relay_transport")),
    # In front
    ("front", ["-P", f"{PRIVATE}/mynetworks=127.0.0.0/8",
               f"{PRIVATE}/smtpd_relay_restrictions=permit_mynetworks,reject"],
     ("error", PRIVATE, "mynetworks")),
    ("front", ["-P", f"{PRIVATE}/smtpd_relay_restrictions=permit"],
     ("error", PRIVATE, "smtpd_relay_restrictions")),
    ("front", ["-P", f"{PRIVATE}/smtpd_relay_restrictions=reject"],
     ("error", PRIVATE, "smtpd_relay_restrictions")),
    ("front", ["-MX", PRIVATE], ("error", "master.cf", "")),
    ("front", ["-P", f"{PRIVATE}/smtpd_upstream_proxy_protocol="],
     ("error", PRIVATE, "smtpd_upstream_proxy_protocol")),
    ("front", ["-P", f"{PRIVATE}/smtpd_sasl_auth_enable=no"],
     ("error", PRIVATE, "smtpd_sasl_auth_enable")),
    ("front", ["-P", f"{PRIVATE}/smtpd_tls_auth_only=yes"],
     ("error", PRIVATE, "smtpd_tls_auth_only")),
    ("front", ["-P", f"{PRIVATE}/smtpd_forbid_bare_newline_exclusions=127.0.0.1"],
     ("warning", PRIVATE, "smtpd_forbid_bare_newline_exclusions")),
    ("front", ["-P", "cleanup-front/unix/header_checks="],
     ("warning", PRIVATE, "smtpd_hide_client_session")),
    ("front", ["-F", f"{PRIVATE}/process_limit=100"], ("warning", PRIVATE, "process_limit")),
    ("front", ["-F", f"{PRIVATE}/service=10587"], ("error", "10587/inet", "")),
    ("front", ["-P", f"{PRIVATE}/content_filter=scan:[127.0.0.1]:587"],
     ("error", PRIVATE, "content_filter")),
    ("front", ["-M", "submissions/inet=submissions inet n - y - - smtpd"],
     ("warning", "submissions/inet", "smtpd_proxy_filter")),
]


# What is to be done there is for the administrator to choose.
NO_COMMAND_MENDS_IT = {
    ("note", "smtp/inet", "mynetworks"), ("warning", "main.cf", "always_bcc"), PICKUP,
    ("note", "main.cf", "transport_maps"), ("note", "main.cf", "relay_transport")}


@pytest.mark.parametrize("name,change,expected", BROKEN,
                         ids=[f"{name}-{change[-1]}" for name, change, _ in BROKEN])
def test_one_broken_setting_gives_one_finding_that_mends_it(kept, tmp_path, name, change, expected):
    relay, settings, place = kept(name)
    broken = postfix_settings.copy_of(settings, tmp_path / "postfix")
    broken.postconf(*change)
    done = look(relay, broken)
    found = found_in(done.out)
    assert set(found) - place.notes == {expected}, done.out + done.err
    assert done.returncode == (ANSWER_IS_NO if expected[0] == "error" else DONE)

    commands = [line for line in found[expected] if line.startswith("postconf ")]
    if expected in NO_COMMAND_MENDS_IT:
        assert not commands
        return
    assert commands, done.out
    for line in commands:
        broken.obey(line)
    mended = look(relay, broken)
    assert expected not in found_in(mended.out), mended.out


def test_strict_takes_a_warning_about_postfix_for_a_mistake(kept, tmp_path):
    relay, settings, _ = kept("before")
    words = ("--postfix", settings.directory, "--postconf", POSTCONF, "--strict")
    assert check(relay, *words).returncode == DONE
    broken = postfix_settings.copy_of(settings, tmp_path / "postfix")
    broken.postconf("-P", f"{SUB}/smtpd_proxy_timeout=20s")
    done = check(relay, "--strict", "--postfix", broken.directory, "--postconf", POSTCONF)
    assert done.returncode == ANSWER_IS_NO, done.out + done.err
    assert "0 errors, 1 warning" in done.out


def test_saved_output_is_judged_as_a_running_postconf_is(kept, tmp_path):
    relay, settings, _ = kept("before")
    file = tmp_path / "saved"
    file.write_text(settings.printed())
    live = look(relay, settings)
    assert check(relay, "--postconf-output", file).out == live.out
    assert check(relay, "--postconf-output", "-", data=file.read_bytes()).out == live.out


@pytest.mark.parametrize("words", [[["-n"], ["-F"], ["-P"]], [[], ["-F"]], [[], ["-P"]],
                                   [["-F"], ["-P"]]])
def test_half_of_the_output_is_no_judgement(kept, tmp_path, words):
    relay, settings, _ = kept("before")
    file = tmp_path / "saved"
    file.write_text("".join(settings.postconf(*some) for some in words))
    done = check(relay, "--postconf-output", file)
    assert done.returncode == COULD_NOT, done.out
    assert "postconf -F" in done.err


def test_what_was_saved_cannot_move_the_terminal(kept):
    relay, settings, _ = kept("before")
    hostile = settings.printed().replace("127.0.0.1:10025", "127.0.0.1:99\x1b[2J")
    done = check(relay, "--postconf-output", "-", data=hostile.encode())
    assert done.returncode == ANSWER_IS_NO
    assert "99?[2J" in done.out and "\x1b" not in done.out + done.err


def test_postconf_that_is_not_there_or_fails_is_named(kept, tmp_path):
    relay, settings, _ = kept("before")
    absent = check(relay, "--postfix", settings.directory, "--postconf", "/nowhere/postconf")
    assert absent.returncode == COULD_NOT and "/nowhere/postconf" in absent.err
    nothing = check(relay, "--postfix", tmp_path / "none", "--postconf", POSTCONF)
    assert nothing.returncode == COULD_NOT and "none/main.cf" in nothing.err


def test_without_the_option_postfix_is_not_looked_at(kept):
    relay, _, _ = kept("before")
    done = check(relay)
    assert done.returncode == DONE
    assert "Postfix" not in done.out + done.err


def test_a_listener_that_does_not_trust_this_machine_gets_no_mail(kept, tmp_path):
    relay, settings, _ = kept("before")
    shutil.copytree(relay.directory, tmp_path, dirs_exist_ok=True)
    copy = tmp_path / "postseal.yaml"
    copy.write_text(re.sub(r"trusted: .*", "trusted: [10.0.0.0/8]", copy.read_text()))
    done = subprocess.run([places.POSTSEAL, "check", "--config", copy, "--postconf-output", "-"],
                          input=settings.printed().encode(), capture_output=True, check=False)
    assert ("error", "postseal.yaml", "trusted") in found_in(done.stdout.decode()), done.stdout
