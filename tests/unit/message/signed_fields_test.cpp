// SPDX-License-Identifier: Apache-2.0
// Which signatures a change makes stale, and what one that is kept holds (RFC 6376, RFC 8617).
#include "message/clean.hpp"
#include "message/signed_fields.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

namespace {

std::string left(const std::string& header, signature_rule rule, profile base = profile::standard) {
    cleaning how = base;
    how.dkim = rule;
    return clean_header(read_header_section(header), how, content::kept).bytes;
}

std::string dropped(const std::string& header, profile base = profile::standard) {
    return left(header, signature_rule::drop_stale, base);
}

std::string held(const std::string& header, profile base = profile::standard) {
    return left(header, signature_rule::keep, base);
}

std::string signature(const std::string& names) {
    return "DKIM-Signature: v=1; a=rsa-sha256; h=" + names + "; bh=AA==; b=BB==\r\n";
}

const std::string agent = "User-Agent: Thunderbird\r\n";
const std::string from = "From: anna@example.org\r\n";
const std::string date = "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(signed_fields)

BOOST_AUTO_TEST_CASE(a_signature_goes_with_what_it_is_over) {
    BOOST_TEST(dropped(signature("from:user-agent") + agent + from) == from);
    BOOST_TEST(dropped(signature("From : Date") + from + date, profile::strict) ==
               from + "Date: Mon, 23 Nov 2026 11:00:00 +0000\r\n");
    // Changed is as bad as gone, and a fold in the list is white space.
    BOOST_TEST(dropped(signature("from:\r\n\tMIME-Version") + "Mime-Version: 1.0 (x)\r\n" + from) ==
               "MIME-Version: 1.0\r\n" + from);
}

BOOST_AUTO_TEST_CASE(a_signature_that_still_fits_stays) {
    const auto good = signature("from:date:x-mailer");
    BOOST_TEST(dropped(good + agent + from + date) == good + from + date);
    // What says "h=" elsewhere is no list of fields.
    const auto odd = "DKIM-Signature: v=1; bh=user-agent; d=h=user-agent; h=from; b=x\r\n";
    BOOST_TEST(dropped(odd + agent + from) == odd + from);
}

BOOST_AUTO_TEST_CASE(with_off_nothing_goes) {
    const auto all = signature("from:user-agent") + agent + from;
    BOOST_TEST(dropped(all, profile::off) == all);
    BOOST_TEST(held(all, profile::off) == all);
}

BOOST_AUTO_TEST_CASE(of_several_fields_of_a_name_the_last_are_signed) {
    const std::string upper = "Received: by two.example; x\r\n",
                      lower = "Received: by one.example; x\r\n";
    BOOST_TEST(held(signature("received:from") + upper + lower + from) ==
               signature("received:from") + lower + from);
    BOOST_TEST(held(signature("received:from:received") + upper + lower + from) ==
               signature("received:from:received") + upper + lower + from);
    // Named more often than they are there: nothing more may be added. All of them are signed.
    BOOST_TEST(held(signature("received:received:received") + upper + lower + from) ==
               signature("received:received:received") + upper + lower + from);
}

BOOST_AUTO_TEST_CASE(a_signature_that_is_kept_holds_what_it_is_over_and_nothing_else) {
    const auto signatures = signature("from:user-agent");
    const auto others = "X-Mailer: y\r\n" + from;
    BOOST_TEST(held(signatures + agent + others) == signatures + agent + from);
    BOOST_TEST(held(signature("from:date:message-id") + date + from, profile::strict) ==
               signature("from:date:message-id") + date + from);
    // Each of several signatures holds its own.
    BOOST_TEST(held(signature("from") + signature("x-mailer") + agent + others) ==
               signature("from") + signature("x-mailer") + others);
}

BOOST_AUTO_TEST_CASE(no_signature_holds_a_blind_recipient) {
    const auto bcc = std::string("Bcc: secret@example.net\r\n");
    BOOST_TEST(held(signature("from:bcc") + bcc + agent + from) == from);
    // Signed so that none may be added.
    BOOST_TEST(held(signature("from:bcc") + agent + from) == signature("from:bcc") + from);
}

BOOST_AUTO_TEST_CASE(a_signature_over_another_one_goes_with_that) {
    const auto inner = signature("user-agent");
    BOOST_TEST(dropped(signature("dkim-signature:dkim-signature") + inner + agent + from) == from);
    BOOST_TEST(held(signature("dkim-signature") + inner + agent + from) ==
               signature("dkim-signature") + inner + agent + from);
}

BOOST_AUTO_TEST_CASE(an_arc_chain_stands_and_falls_together) {
    const auto chain = [](const std::string& names) {
        return "ARC-Seal: i=1; cv=none; b=a\r\nARC-Message-Signature: i=1; h=" + names +
               "; bh=b; b=c\r\nARC-Authentication-Results: i=1; none\r\n";
    };
    BOOST_TEST(dropped(chain("from:user-agent") + agent + from) == from);
    BOOST_TEST(dropped(chain("from") + agent + from) == chain("from") + from);
    BOOST_TEST(held(chain("from:user-agent") + agent + from) ==
               chain("from:user-agent") + agent + from);
}

BOOST_AUTO_TEST_CASE(one_without_a_list_is_over_all_that_follows) {
    const std::string old = "DomainKey-Signature: a=rsa-sha1; b=x\r\n";
    BOOST_TEST(dropped(agent + old + from) == old + from);
    BOOST_TEST(dropped(old + from + agent) == from);
    BOOST_TEST(held("X-Mailer: y\r\n" + old + from + agent) == old + from + agent);
}

BOOST_AUTO_TEST_CASE(sealing_takes_every_signature_whatever_is_to_be_kept) {
    cleaning how;
    how.dkim = signature_rule::keep;
    const auto header = signature("from:user-agent") + agent + from;
    BOOST_TEST(clean_header(read_header_section(header), how, content::rewritten).bytes == from);
}

BOOST_AUTO_TEST_CASE(hostile_signatures_cost_little_and_hold_nothing) {
    std::string header;
    for (int i = 0; i < 20'000; ++i)
        header += signature("dkim-signature:from");
    BOOST_TEST(held(header + agent + from) == from);
    BOOST_TEST(dropped(header + from) == header + from); // nothing has changed
    std::string names = "x";
    for (int i = 0; i < 100'000; ++i)
        names += ":user-agent";
    BOOST_TEST(dropped(signature(names) + agent + from) == from);
}

BOOST_AUTO_TEST_SUITE_END()
