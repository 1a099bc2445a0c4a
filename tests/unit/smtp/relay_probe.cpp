// SPDX-License-Identifier: Apache-2.0
#include "smtp/relay_probe.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::smtp;

BOOST_AUTO_TEST_SUITE(relay_probe)

BOOST_AUTO_TEST_CASE(only_a_refusal_of_the_relaying_itself_is_a_proof) {
    struct row {
        probe_step step;
        int code;
        std::string text;
        probe_verdict meaning;
    };
    using enum probe_step;
    using enum probe_verdict;
    const row table[] = {
        {hello, 250, "mta", go_on},
        {hello, 421, "4.7.0 busy", inconclusive},
        {hello, 554, "5.7.1 go away", inconclusive},
        {mail, 250, "2.1.0 Ok", go_on},
        {mail, 530, "5.7.0 Authentication required", refuses},
        {mail, 530, "5.7.0 Must issue a STARTTLS command first", inconclusive}, // and then?
        {mail, 550, "5.7.1 sender refused", inconclusive}, // another sender might do
        {mail, 451, "4.3.0 later", inconclusive},
        {rcpt, 250, "2.1.5 Ok", relays},
        {rcpt, 251, "2.1.5 will forward", relays},
        {rcpt, 554, "5.7.1 <x@example.com>: Relay access denied", refuses},
        {rcpt, 550, "relay not permitted", refuses}, // Exim
        {rcpt, 550, "Invalid recipient", refuses},   // OpenSMTPD
        {rcpt, 530, "5.7.0 Authentication required", refuses},
        {rcpt, 550, "Encryption required", inconclusive},
        {rcpt, 450, "4.2.0 greylisted", inconclusive},
        {rcpt, 454, "4.7.1 Relay access denied", inconclusive}, // soft_bounce
        {rcpt, 421, "4.4.2 lost", inconclusive},
        {rcpt, 550, "5.1.1 user unknown", inconclusive},
        {rcpt, 550, "5.1.2 Domain not found", inconclusive},
        {rcpt, 556, "5.1.10 Domain does not accept mail", inconclusive},
        {rcpt, 556, "does not accept mail", inconclusive},
        {rcpt, 354, "go ahead", inconclusive},
    };
    for (const auto& [step, code, text, meaning] : table)
        BOOST_TEST((judge_probe(step, reply{code, {}, {text}}) == meaning), code << ' ' << text);
}

BOOST_AUTO_TEST_SUITE_END()
