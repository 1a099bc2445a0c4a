// SPDX-License-Identifier: Apache-2.0
// Header protection over the corpus in tests/data/headers: nothing that a mode hides is outside,
// whatever the profile leaves. What is hidden is looked for as a reader would see it.
#include "message/clean.hpp"
#include "message/encoded_word.hpp"
#include "message/header_protection.hpp"
#include "message/token.hpp"
#include "tests/unit/message/header_corpus.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

using namespace postseal::message;
using namespace test;

namespace {

constexpr std::string_view address_fields[] = {"From",
                                               "To",
                                               "Cc",
                                               "Sender",
                                               "Reply-To",
                                               "Errors-To",
                                               "Resent-To",
                                               "Resent-Cc",
                                               "Resent-From",
                                               "Resent-Sender",
                                               "Mail-Followup-To",
                                               "Disposition-Notification-To",
                                               "Return-Receipt-To",
                                               "X-Confirm-Reading-To"};

struct way {
    std::string name;
    cleaning how;
};

cleaning keeping_all() {
    own_profile own;
    own.name = "open";
    own.keep = {"Thread-*", "X-*", "Received"};
    cleaning how;
    how.fields = chosen_profile(std::make_shared<const own_profile>(own));
    return how;
}

const std::vector<way> ways{{"off", profile::off},
                            {"standard", profile::standard},
                            {"strict", profile::strict},
                            {"open", keeping_all()}};

protected_header protect(const std::string& mail, const way& one, protection_policy policy) {
    const auto bytes = clean_header(read_header_section(mail), one.how, content::rewritten).bytes;
    return protect_header(bytes, {policy, subject_outside::hidden}, "=_b");
}

// What each field says as it is read: without folds, decoded, in small letters.
std::string shown(std::string_view header) {
    std::string text;
    for (const auto& field : read_header_section(header).fields)
        text += decode_words(unfolded(field)) + "\n";
    return lower(text);
}

// What a list is called, and what a server calls a machine, is not the sender's to hide.
std::string without_servers_words(std::string_view header) {
    std::string left;
    for (const auto& field : read_header_section(header).fields)
        if (!token_matches(field.name, "List-*") && !token_matches(field.name, "Received"))
            left += field.raw;
    return left;
}

// An address may hold the name, and is there to be seen.
std::string without_addresses(const std::string& text) {
    std::istringstream words(text);
    std::string left;
    for (std::string word; words >> word;)
        if (word.find('@') == word.npos) left += word + " ";
    return left;
}

// Without what answers and lists put in front of it.
std::string core_of_subject(const header_section& section) {
    auto text = lower(decode_words(unfolded(*section.find("Subject"))));
    for (auto at = text.find_first_of(":]"); at != text.npos && at < text.size() / 2;
         at = text.find_first_of(":]"))
        text.erase(0, at + 1);
    return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

// In an address field of the corpus a name stands in front of "<", behind nothing or a comma.
std::vector<std::string> display_names(const header_section& section) {
    std::vector<std::string> found;
    for (const auto name : address_fields) {
        const auto* const field = section.find(name);
        if (field == nullptr) continue;
        const auto text = lower(decode_words(unfolded(*field)));
        for (auto end = text.find('<'); end != text.npos; end = text.find('<', end + 1)) {
            const auto before = text.substr(0, end);
            const auto comma = before.find_last_of(",>;:");
            auto one = before.substr(comma == before.npos ? 0 : comma + 1);
            std::erase(one, '"');
            while (one.starts_with(' '))
                one.erase(0, 1);
            while (one.ends_with(' '))
                one.pop_back();
            if (!one.empty() && one.find('@') == one.npos) found.push_back(one);
        }
    }
    return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(protected_corpus)

BOOST_AUTO_TEST_CASE(no_subject_is_outside_in_any_profile) {
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        const auto section = read_header_section(mail);
        const auto subject = core_of_subject(section);
        BOOST_TEST(subject.size() > 3u);
        for (const auto policy : {protection_policy::baseline, protection_policy::shy}) {
            for (const auto& one : ways) {
                BOOST_TEST_CONTEXT(folder.filename() << " " << one.name << ": " << subject) {
                    const auto made = protect(mail, one, policy);
                    const auto outside = shown(made.outer);
                    BOOST_TEST(outside.find(subject) == outside.npos);
                    BOOST_TEST(read_header_section(made.outer).find("Thread-Topic") == nullptr);
                    BOOST_TEST(made.before.find(section.find("Subject")->raw) != std::string::npos);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(under_shy_nobody_is_named_outside_in_any_profile) {
    std::size_t names = 0;
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        const auto all = display_names(read_header_section(mail));
        names += all.size();
        for (const auto& one : ways) {
            const auto made = protect(mail, one, protection_policy::shy);
            const auto outside = without_addresses(shown(without_servers_words(made.outer)));
            for (const auto& name : all)
                BOOST_TEST_CONTEXT(folder.filename() << " " << one.name << ": " << name) {
                    BOOST_TEST(outside.find(name) == outside.npos);
                }
        }
    }
    BOOST_TEST(names > 40u); // else this has looked for nothing
}

BOOST_AUTO_TEST_CASE(under_shy_no_date_outside_tells_the_zone_in_any_profile) {
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        for (const auto& one : ways) {
            const auto made = protect(mail, one, protection_policy::shy);
            for (const auto& field : read_header_section(made.outer).fields) {
                if (field.name != "Date" && field.name != "Resent-Date") continue;
                BOOST_TEST_CONTEXT(folder.filename() << " " << one.name) {
                    BOOST_TEST(unfolded(field).ends_with(" +0000"));
                }
            }
        }
    }
}

// Programs read them before anybody opens the mail. `strict` alone does without OpenPGP.
BOOST_AUTO_TEST_CASE(the_senders_key_stays_outside_unless_the_profile_takes_it) {
    std::size_t told = 0;
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        const auto section = read_header_section(mail);
        for (const auto* const name : {"Autocrypt", "OpenPGP"}) {
            const auto* const field = section.find(name);
            if (field == nullptr) continue;
            for (const auto& one : ways) {
                const auto made = protect(mail, one, protection_policy::shy);
                const bool goes = one.name == "strict" && field->name == "OpenPGP";
                told += goes ? 0 : 1;
                BOOST_TEST_CONTEXT(folder.filename() << " " << one.name << " " << name) {
                    BOOST_TEST((made.outer.find(field->raw) == std::string::npos) == goes);
                    BOOST_TEST((made.before.find(field->raw) == std::string::npos) == goes);
                }
            }
        }
    }
    BOOST_TEST(told >= 7u); // each of them is in some mail
}

// So whoever can open it sees the header as the profile leaves it.
BOOST_AUTO_TEST_CASE(what_is_protected_of_each_mail_is_inside_byte_for_byte) {
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        for (const auto& one : ways) {
            const auto bytes =
                clean_header(read_header_section(mail), one.how, content::rewritten).bytes;
            std::string expected;
            for (const auto& field : read_header_section(bytes).fields)
                if (!token_matches(field.name, "Received") &&
                    !token_matches(field.name, "Return-Path") &&
                    !token_matches(field.name, "Authentication-Results"))
                    expected += field.raw;
            const auto made = protect(mail, one, protection_policy::shy);
            BOOST_TEST_CONTEXT(folder.filename() << " " << one.name) {
                BOOST_TEST(made.before.starts_with(expected));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
