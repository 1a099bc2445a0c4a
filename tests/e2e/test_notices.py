# SPDX-License-Identifier: Apache-2.0
"""Notifications (RFC 3464) as somebody else's parser reads them. unit/message holds that the bytes in
these files are what we write."""
import email
import email.policy
import re
from pathlib import Path

import pytest

FILES = Path(__file__).resolve().parents[1] / "data/notifications"
HEADER = ["Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]


def read(name: str):
    notice = email.message_from_bytes((FILES / f"{name}.eml").read_bytes(), policy=email.policy.default)
    assert notice.keys() == HEADER
    assert notice.get_content_type() == "multipart/report"
    assert notice.get_param("report-type") == "delivery-status"
    parts = list(notice.iter_parts())
    assert [one.get_content_type() for one in parts] == ["text/plain", "message/delivery-status",
                                                         "text/rfc822-headers"]
    for one in notice.walk():
        assert not one.defects
    words, status, header = parts
    text, fields = (one.get_content().replace("\r\n", "\n") for one in (words, header))
    return notice, text, status.get_payload(), email.message_from_string(fields)


def test_a_program_reads_what_happened_to_each_recipient():
    notice, words, (message, *recipients), header = read("everything")
    assert notice["To"] == "anna@example.org" and notice["Auto-Submitted"] == "auto-replied"
    assert dict(message) == {"Original-Envelope-Id": "QQ314159+=",
                             "Reporting-MTA": "dns; mail.example.org",
                             "Arrival-Date": "Wed, 25 Nov 2026 11:00:00 +0000"}
    assert [(one["Final-Recipient"], one["Action"], one["Status"]) for one in recipients] == [
        ("rfc822; bob@example.net", "failed", "5.1.1"),
        ("rfc822; carol@example.com", "failed", "4.4.7"),
        (r"utf-8; m\x{FC}ller@b\x{FC}cher.example", "delayed", "4.7.1"),
        ("rfc822; dave@example.com", "relayed", "2.0.0")]
    bob, carol, mueller, dave = recipients
    assert bob["Original-Recipient"] == "rfc822; Robert+work@example.net"
    assert bob["Remote-MTA"] == "dns; mx.example.org"
    assert re.sub(r"\s+", " ", bob["Diagnostic-Code"]).startswith(
        "smtp; 550 5.1.1 The account that you tried to reach does not exist. / 5.1.1 See https://")
    assert carol["Diagnostic-Code"].startswith("X-Postseal; 421 4.4.2") and "Remote-MTA" not in carol
    assert mueller["Will-Retry-Until"] == "Mon, 30 Nov 2026 11:00:00 +0000"
    assert "Will-Retry-Until" not in bob and "Original-Recipient" not in dave


def test_a_person_reads_the_servers_own_words():
    _, words, _, _ = read("everything")
    assert "  <m\u00fcller@b\u00fccher.example>\n" in words
    assert "    | 451 4.7.1 Greylisted, bitte sp\u00e4ter noch einmal\n" in words
    assert max(map(len, words.splitlines())) <= 72


def test_nothing_of_the_message_is_there_but_what_it_is_known_by():
    _, _, _, header = read("everything")
    assert header.keys() == ["From", "To", "Subject", "Date", "Message-ID"]
    assert header["Subject"] == "Lunch"
    raw = (FILES / "everything.eml").read_text()
    assert not re.search("secret|Thunderbird|laptop", raw, re.IGNORECASE)


@pytest.mark.parametrize("name", ["everything", "hostile"])
def test_every_line_is_a_line_of_seven_bits(name):
    raw = (FILES / f"{name}.eml").read_bytes()
    assert raw.isascii() and not re.search(rb"[^\r\n\x20-\x7e]", raw)
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_hostile_text_stays_a_value():
    notice, words, (message, *recipients), header = read("hostile")
    assert "Bcc" not in notice and "Bcc" not in header
    assert message.keys() == ["Original-Envelope-Id", "Reporting-MTA", "Arrival-Date"]
    assert [one.keys() for one in recipients] == [["Original-Recipient", "Final-Recipient", "Action",
                                                   "Status", "Remote-MTA", "Diagnostic-Code"]]
    assert recipients[0]["Action"] == "failed" and recipients[0]["Status"] == "5.0.0"
    assert words.count("\n    | ") == 4
