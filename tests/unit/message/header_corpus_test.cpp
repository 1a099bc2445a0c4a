// SPDX-License-Identifier: Apache-2.0
// The corpus in tests/data/headers: mails as programs write them, and what is left of each header.
// They were made up from the names and shapes of the fields; none was ever sent. A new folder needs
// mail.eml, the header that each outcome of every mail expects, and secrets.txt; those of some
// mails are there where they show something.
#include "message/clean.hpp"
#include "message/token.hpp"
#include "tests/unit/message/header_corpus.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

using namespace postseal::message;
using namespace test;
namespace fs = std::filesystem;

namespace {

// What a message cannot do without, whoever sends it.
constexpr std::string_view needed[] = {"From",
                                       "To",
                                       "Cc",
                                       "Subject",
                                       "Sender",
                                       "Reply-To",
                                       "Message-ID",
                                       "In-Reply-To",
                                       "References",
                                       "Mail-Followup-To",
                                       "Errors-To",
                                       "List-*",
                                       "Archived-At",
                                       "Feedback-ID",
                                       "Precedence",
                                       "Auto-Submitted",
                                       "X-Auto-Response-Suppress",
                                       "X-Loop*",
                                       "X-OTRS-Loop",
                                       "X-RT-Loop-Prevention",
                                       "X-hMailServer-LoopCount",
                                       "X-BeenThere",
                                       "Resent-From",
                                       "Resent-To",
                                       "Resent-Date",
                                       "Resent-Message-ID",
                                       "TLS-Required",
                                       "Require-*",
                                       "Autocrypt"};

// RFC 5322 §3.6, and MIME-Version (RFC 2045 §4).
constexpr std::string_view single[] = {"From",        "Sender",     "Reply-To",    "To",
                                       "Cc",          "Subject",    "Date",        "Message-ID",
                                       "In-Reply-To", "References", "MIME-Version"};

struct outcome {
    std::string name; ///< of the file with the bytes that are expected
    cleaning how;
    content body;
    std::string secrets; ///< what stands before those that only this one does not tell
};

const std::vector<outcome> of_every_mail{
    {"standard.txt", profile::standard, content::kept, {}},
    {"standard-sealed.txt", profile::standard, content::rewritten, {}},
    {"strict.txt", profile::strict, content::kept, "strict:"},
    {"strict-sealed.txt", profile::strict, content::rewritten, "strict:"},
};

cleaning quiet() {
    own_profile own;
    own.name = "quiet";
    own.from = profile::strict;
    own.keep = {"X-*-Ticket", "Organization"};
    own.remove = {"In-Reply-*", "X-Berth", "X-Loop*"}; // which it cannot, but for one
    cleaning how;
    how.fields = chosen_profile(std::make_shared<const own_profile>(own));
    how.message_id = id_form::hmac;
    return how;
}

cleaning strict_with_dkim() {
    cleaning how = profile::strict;
    how.dkim = signature_rule::keep;
    return how;
}

const std::vector<outcome> of_some_mails{
    {"quiet.txt", quiet(), content::kept, "quiet:"},
    {"quiet-sealed.txt", quiet(), content::rewritten, "quiet:"},
    {"dkim-kept.txt", strict_with_dkim(), content::kept, {}},
};

std::vector<outcome> outcomes_of(const fs::path& folder) {
    auto all = of_every_mail;
    for (const auto& one : of_some_mails)
        if (fs::exists(folder / one.name)) all.push_back(one);
    return all;
}

// FNV-1a, four times: whoever made the files has made it again, in another language.
std::string stub_hash(std::string_view text) {
    std::string made;
    for (char round = 0; round < 4; ++round) {
        std::uint64_t sum = 0xcbf29ce484222325;
        for (const char c : std::string(text) + round)
            sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        for (int shift = 56; shift >= 0; shift -= 8)
            made += static_cast<char>(sum >> shift);
    }
    return made;
}

const id_disguise inner_names{stub_hash, {"*.corp.example"}, "harbour.example"};

std::string cleaned(std::string_view mail, const outcome& one) {
    return clean_header(read_header_section(mail), one.how, one.body, inner_names).bytes;
}

// The strings that must not be told in this outcome: one a line, with "strict:" or "quiet:" before
// what others leave.
std::vector<std::string> secrets(const fs::path& folder, const outcome& one) {
    std::vector<std::string> found;
    std::ifstream file(folder / "secrets.txt");
    for (std::string line; std::getline(file, line);) {
        const auto own = !one.secrets.empty() && line.starts_with(one.secrets);
        const auto marked = line.starts_with("strict:") || line.starts_with("quiet:");
        if (own) found.push_back(line.substr(one.secrets.size()));
        if (!marked) found.push_back(line);
    }
    return found;
}

std::size_t count(const header_section& section, std::string_view pattern) {
    return static_cast<std::size_t>(
        std::count_if(section.fields.begin(), section.fields.end(),
                      [&](const auto& field) { return token_matches(field.name, pattern); }));
}

} // namespace

BOOST_AUTO_TEST_SUITE(header_corpus)

BOOST_AUTO_TEST_CASE(what_is_left_of_each_mail_is_exactly_what_is_expected) {
    BOOST_TEST(folders().size() >= 25u);
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        for (const auto& one : outcomes_of(folder)) {
            BOOST_TEST_CONTEXT(folder.filename() << " " << one.name) {
                BOOST_TEST(cleaned(mail, one) == read_crlf(folder / one.name));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(off_leaves_the_header_of_each_mail_as_it_came) {
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        const auto left = clean_header(read_header_section(mail), profile::off, content::kept);
        BOOST_TEST_CONTEXT(folder.filename()) {
            BOOST_TEST(left.bytes == header_of(mail));
            BOOST_TEST(left.changes.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(no_secret_of_any_mail_is_told) {
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        const auto header = lower(header_of(mail));
        BOOST_TEST(!secrets(folder, of_every_mail.front()).empty());
        for (const auto& one : outcomes_of(folder)) {
            const auto left = lower(cleaned(mail, one));
            for (const auto& secret : secrets(folder, one)) {
                BOOST_TEST_CONTEXT(folder.filename() << " " << one.name << ": " << secret) {
                    BOOST_TEST(!secret.empty());
                    // What is not in the mail guards nothing.
                    BOOST_TEST(header.find(lower(secret)) != std::string::npos);
                    BOOST_TEST(left.find(lower(secret)) == std::string::npos);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_mail_needs_is_lost_in_no_profile) {
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        const auto before = read_header_section(mail);
        for (const auto chosen : {profile::off, profile::standard, profile::strict}) {
            for (const auto body : {content::kept, content::rewritten}) {
                const auto bytes = clean_header(before, chosen, body).bytes;
                const auto after = read_header_section(bytes);
                BOOST_TEST_CONTEXT(folder.filename() << " " << static_cast<int>(chosen)) {
                    for (const auto name : needed)
                        BOOST_TEST_CONTEXT(name) {
                            BOOST_TEST(count(after, name) == count(before, name));
                        }
                    const auto dates = chosen == profile::off ? count(before, "Date") : 1u;
                    BOOST_TEST(count(after, "Date") == dates);
                    for (const auto name : {"From", "To", "Subject", "Message-ID"})
                        BOOST_TEST_CONTEXT(name) { BOOST_TEST(count(after, name) == 1u); }
                }
            }
        }
    }
}

// Some programs write MIME-Version twice.
BOOST_AUTO_TEST_CASE(what_may_stand_once_stands_once) {
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        for (const auto& one : outcomes_of(folder)) {
            const auto bytes = cleaned(mail, one);
            const auto after = read_header_section(bytes);
            for (const auto name : single) {
                BOOST_TEST_CONTEXT(folder.filename() << " " << one.name << ": " << name) {
                    BOOST_TEST(count(after, name) <= 1u);
                }
            }
        }
    }
}

// So a row that is taken out, or does something else, makes a mail differ from its files.
BOOST_AUTO_TEST_CASE(every_row_of_the_catalogue_decides_about_a_field_of_some_mail) {
    std::vector<std::size_t> decided(catalogue().size());
    for (const auto& folder : folders()) {
        const auto mail = read_crlf(folder / "mail.eml");
        const auto section = read_header_section(mail);
        for (const auto& field : section.fields) {
            const auto row =
                std::find_if(catalogue().begin(), catalogue().end(), [&](const auto& one) {
                    return token_matches(field.name, one.pattern);
                });
            if (row != catalogue().end())
                ++decided[static_cast<std::size_t>(row - catalogue().begin())];
        }
    }
    for (std::size_t i = 0; i < decided.size(); ++i) {
        BOOST_TEST_CONTEXT(catalogue()[i].pattern) { BOOST_TEST(decided[i] > 0u); }
    }
}

BOOST_AUTO_TEST_SUITE_END()
