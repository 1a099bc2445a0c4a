# SPDX-License-Identifier: Apache-2.0
"""postseal before Postfix, as docs/postfix-front.md sets both up: users log in through it, Postfix
knows who they are and decides, and nothing of where they are leaves the house."""
import base64
import random
import re
import smtplib

import pytest

from parts import mail, structure
from parts.client import RawClient
from parts.front import ANNA, BOB, CLIENT, FrontHouse, log_in
from parts.postfix import FRONT, written
from parts.proxy import header_v2

SENT = mail.plain("Dear Bob, this is for you alone.\r\n", to=BOB)
BARE = f"From: {ANNA}\r\nTo: {BOB}\r\n\r\nno date, no identity\r\n"
SIZE = 1_024_000
SIZES = f"message_size_limit = {SIZE}\nmailbox_size_limit = {SIZE}\n"


@pytest.fixture(scope="module")
def running(directory):
    # The variants are without one of the documented settings, which shows what that one is for.
    with FrontHouse(directory / "house", SIZES,
                    uncured=["cleanup_service_name=cleanup"],
                    one_each=["smtpd_client_connection_count_limit=1"],
                    unrewritten=["local_header_rewrite_clients=permit_inet_interfaces"]) as house:
        yield house


@pytest.fixture
def house(running):
    running.world.forget()
    return running


@pytest.fixture(params=["starttls", "implicit"])
def program(request, house):
    """A mail program within TLS, not logged in."""
    smtp = house.front.connect(request.param)
    yield smtp
    smtp.close()


def arrived(house):
    (copy,) = house.world.wait_for(1)
    assert copy.addresses == [BOB]
    return copy.content


def opened(house, sealed: bytes) -> bytes:
    return house.front.bob.decrypt(structure.ciphertext(sealed))


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"])
def test_who_logs_in_sends_sealed_mail(house, program, mechanism):
    how = log_in(program, mechanism)
    assert mechanism != "SCRAM-SHA-256" or how.verified
    assert program.sendmail(ANNA, [BOB], SENT.raw) == {}
    assert opened(house, arrived(house)) == SENT.sealed_part
    house.postfix.wait_for_log(f"sasl_method={mechanism}, sasl_username={ANNA}$")


def test_only_mechanisms_that_reach_through_a_relay_are_offered(house, program):
    offered = set(program.esmtp_features["auth"].split())
    assert offered == {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"}
    with RawClient(house.ports["documented"]) as postseal:
        postseal.write(header_v2(CLIENT, "127.0.0.1", 50000, 587))
        postseal.read_reply()
        said = postseal.say("EHLO postseal.example.org")
        assert "DIGEST-MD5" in said and "NTLM" in said


def test_nobody_logs_in_before_tls(house):
    with house.front.connect("none") as smtp:
        smtp.ehlo()
        assert "starttls" in smtp.esmtp_features and "auth" not in smtp.esmtp_features
        assert smtp.docmd("AUTH", "PLAIN AGFubmEAcGFzcw==")[0] == 530
        assert smtp.docmd("MAIL", f"FROM:<{ANNA}>")[0] == 530


def test_wrong_password_is_refused_by_postfix_and_may_be_mended(house, program):
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        log_in(program, password="wrong horse")
    assert caught.value.smtp_code == 535
    assert b"authentication failed" in caught.value.smtp_error
    log_in(program)
    assert program.sendmail(ANNA, [BOB], SENT.raw) == {}
    assert opened(house, arrived(house)) == SENT.sealed_part


def test_without_a_login_postfix_refuses_to_relay_in_its_own_words(house, program):
    assert program.mail(ANNA)[0] == 250
    code, text = program.rcpt(BOB)
    assert (code, text) == (554, f"5.7.1 <{BOB}>: Relay access denied".encode())
    assert not house.world.transactions


def test_both_logs_name_the_real_client_of_a_failed_login(house, program):
    with pytest.raises(smtplib.SMTPAuthenticationError):
        log_in(program, password="wrong horse")
    # The first form is what fail2ban's own filter looks for, the second is the documented one.
    house.postfix.wait_for_log(rf"postfix/front/smtpd\[\d+\]: warning: \S+\[{re.escape(CLIENT)}\]: "
                               "SASL PLAIN authentication failed")
    assert banned_for_the_last_login(house) == CLIENT
    assert "wrong horse" not in house.front.relay.log()


def banned_for_the_last_login(house) -> str | None:
    line = [line for line in house.front.relay.log().splitlines() if " login=" in line][-1]
    failure = re.search(r"^failregex = (.*)$", written(FRONT, "postseal.conf"), re.M)[1]
    found = re.search(failure.replace("<ADDR>", r"(?P<address>[0-9a-f.:]+)"), line)
    return found and found["address"]


def test_client_cannot_have_somebody_else_banned_by_its_name(house, program):
    names = '\0'.join(["", f'x" info: listener=y client=192.0.2.9 login="{ANNA}', "wrong"])
    assert program.docmd("AUTH", "PLAIN " + base64.b64encode(names.encode()).decode())[0] == 535
    assert banned_for_the_last_login(house) == CLIENT
    log_in(program)
    assert banned_for_the_last_login(house) is None


def test_limits_of_postfix_count_real_clients_in_its_own_words(house):
    with house.front_of("one_each") as front:
        front.wait_until_it_takes_mail()
        with front.connect() as first, front.connect(source="127.0.0.3") as elsewhere:
            log_in(first)
            log_in(elsewhere)
            with front.connect("none") as second:
                code, text = second.ehlo()
            assert code == 421 and f"too many connections from {CLIENT}".encode() in text
            assert elsewhere.noop()[0] == 250


def test_where_the_client_is_leaves_in_no_byte(house, program):
    log_in(program)
    program.sendmail(ANNA, [BOB], SENT.raw)
    arrived(house)
    house.postfix.wait_for_log(rf": client=unknown\[{re.escape(CLIENT)}\], sasl_method=PLAIN")
    assert b"Received: by postseal.example.org" in house.world.received
    for secret in (CLIENT.encode(), b"laptop.home.example", b"ESMTPA"):
        assert secret not in house.world.received


def test_without_the_documented_cure_postfix_would_tell_where_the_client_is(house):
    """Its absence above is the cure's doing."""
    with house.front_of("uncured") as front:
        send_by(front, SENT.raw)
        assert f"[{CLIENT}]".encode() in structure.header_section(arrived(house)).encode()


def send_by(front, message) -> None:
    front.wait_until_it_takes_mail()
    with front.connect() as smtp:
        log_in(smtp)
        assert smtp.sendmail(ANNA, [BOB], message) == {}


def test_fields_that_a_program_forgot_are_added(house):
    send_by(house.front, BARE)
    assert {"Date", "Message-Id"} <= set(structure.field_names(arrived(house)))


def test_fields_that_a_program_forgot_would_be_missing_without_the_documented_setting(house):
    with house.front_of("unrewritten") as front:
        send_by(front, BARE)
        assert not {"Date", "Message-Id"} & set(structure.field_names(arrived(house)))


def test_mail_as_large_as_postfix_takes_fits_when_it_has_grown(house, program):
    noise = base64.b64encode(random.Random(7).randbytes(SIZE)).decode()
    lines = "".join(noise[at:at + 900] + "\r\n" for at in range(0, SIZE - 10_000, 902))
    large = mail.plain(lines, to=BOB)
    assert SIZE - 20_000 < len(large.raw) < SIZE
    log_in(program)
    assert program.sendmail(ANNA, [BOB], large.raw) == {}
    sealed = arrived(house)
    assert len(sealed) > SIZE
    assert opened(house, sealed) == large.sealed_part
