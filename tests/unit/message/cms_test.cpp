// SPDX-License-Identifier: Apache-2.0
#include "message/cms.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

namespace {

std::string element(char tag, const std::string& inner) {
    BOOST_REQUIRE(inner.size() < 128u);
    return std::string{tag, static_cast<char>(inner.size())} + inner;
}

std::string indefinite(char tag, const std::string& inner) {
    return std::string{tag, '\x80'} + inner + std::string(2, '\0');
}

const std::string enveloped = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03";
const std::string auth_enveloped = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17";
const std::string signed_oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02";
const std::string compressed = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x09";

const std::string version("\x02\x01\x00", 3);
const std::string recipients("\x31\x02\x05\x00", 4);
const std::string what_and_how("\x06\x01\x2A\x30\x00", 5);

std::string sealed(const std::string& ciphertext) {
    return element('\x30', what_and_how + ciphertext);
}

const std::string content = version + recipients + sealed("\x80\x01x");

std::string info(const std::string& oid, const std::string& inner) {
    return element('\x30', element('\x06', oid) + element('\xA0', element('\x30', inner)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(cms_test)

BOOST_AUTO_TEST_CASE(content_is_what_its_object_identifier_and_its_first_elements_say) {
    const auto good = info(enveloped, content);
    struct row {
        const char* what;
        std::string octets;
        cms_content expected;
    };
    const row table[] = {
        {"enveloped", good, cms_content::enveloped_data},
        {"auth enveloped", info(auth_enveloped, content), cms_content::enveloped_data},
        {"signed", info(signed_oid, content), cms_content::signed_data},
        {"compressed", info(compressed, content), cms_content::other},
        {"indefinite lengths",
         indefinite('\x30',
                    element('\x06', enveloped) + indefinite('\xA0', indefinite('\x30', content))),
         cms_content::enveloped_data},
        {"long form of a short length", "\x30\x81" + good.substr(1), cms_content::enveloped_data},
        {"empty", "", cms_content::unreadable},
        {"truncated", good.substr(0, good.size() - 1), cms_content::unreadable},
        {"text behind it", good + "text", cms_content::unreadable},
        {"indefinite without an end", std::string("\x30\x80") + element('\x06', enveloped) + "text",
         cms_content::unreadable},
        {"text instead of recipients", info(enveloped, "the hearing is on Tuesday"),
         cms_content::unreadable},
        {"an originator", info(enveloped, version + element('\xA0', "") + content.substr(3)),
         cms_content::enveloped_data},
        {"attributes behind the ciphertext", info(enveloped, content + element('\xA1', "")),
         cms_content::enveloped_data},
        {"a ciphertext in pieces",
         info(enveloped,
              version + recipients +
                  sealed(indefinite('\xA0', element('\x04', "x") + element('\x04', "y")))),
         cms_content::enveloped_data},
        {"a ciphertext in pieces, everything indefinite",
         indefinite(
             '\x30',
             element('\x06', auth_enveloped) +
                 indefinite('\xA0',
                            indefinite('\x30',
                                       version + indefinite('\x31', "\x30\x01x") +
                                           indefinite('\x30', what_and_how +
                                                                  indefinite('\xA0', "\x04\x01x")) +
                                           "\x04\x01m"))),
         cms_content::enveloped_data},
        {"no recipients", info(enveloped, version + element('\x31', "") + sealed("\x80\x01x")),
         cms_content::unreadable},
        {"no ciphertext", info(enveloped, version + recipients), cms_content::unreadable},
        {"a ciphertext elsewhere", info(enveloped, version + recipients + sealed("")),
         cms_content::unreadable},
        {"an empty ciphertext", info(enveloped, version + recipients + sealed(element('\x80', ""))),
         cms_content::unreadable},
        {"text instead of a ciphertext", info(enveloped, version + recipients + "the hearing"),
         cms_content::unreadable},
        {"text behind the ciphertext's level",
         info(enveloped, version + recipients + sealed("\x80\x01x text")), cms_content::unreadable},
        {"an empty set of indefinite length",
         info(enveloped, version + std::string("\x31\x80\0\0", 4)), cms_content::unreadable},
        {"a version and text", info(enveloped, std::string("\x02\x01\x00", 3) + "text"),
         cms_content::unreadable},
        {"a length of five octets", std::string("\x30\x85\0\0\0\0\x01", 7) + "a",
         cms_content::unreadable},
        {"the largest length", std::string("\x30\x84\xFF\xFF\xFF\xFF", 6), cms_content::unreadable},
        {"a tag alone", "\x30", cms_content::unreadable},
        {"a reserved length", "\x30\xFF", cms_content::unreadable},
        {"text", "The hearing is on Tuesday.", cms_content::unreadable},
    };
    for (const auto& [what, octets, expected] : table) {
        BOOST_TEST_CONTEXT(what) { BOOST_TEST((read_cms(octets) == expected)); }
    }
}

BOOST_AUTO_TEST_CASE(every_prefix_of_an_encoding_is_unreadable) {
    const auto good = info(enveloped, content);
    for (std::size_t size = 0; size < good.size(); ++size) {
        BOOST_TEST((read_cms(good.substr(0, size)) == cms_content::unreadable));
    }
}

BOOST_AUTO_TEST_SUITE_END()
