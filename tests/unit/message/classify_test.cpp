// SPDX-License-Identifier: Apache-2.0
// What is known of whole messages: tests/data/mails has them as real programs write them.
#include "message/facts.hpp"

#include "mails.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace postseal;
using namespace postseal::message;

namespace {

std::string shown(protection protected_as) {
    switch (protected_as) {
    case protection::none: return "none";
    case protection::is_signed: return "signed";
    case protection::encrypted: return "encrypted";
    }
    return "?";
}

// The facts that exempt, in a fixed order.
std::string marks(const facts& known) {
    std::string text;
    if (known.report) text += "report ";
    if (known.invitation) text += "invitation ";
    if (known.list) text += "list ";
    if (known.key_exchange) text += "key_exchange ";
    if (known.fragment) text += "fragment ";
    return text;
}

std::string shown(const std::vector<smtp::mailbox>& mailboxes) {
    std::string text;
    for (const auto& one : mailboxes) {
        text += smtp::to_string(one) + " ";
    }
    return text;
}

struct row {
    std::string_view mail;
    std::string_view protected_as;
    std::string_view reason;
    std::string_view marks = "";
};

constexpr std::string_view open_part = "a part that is not encrypted";
constexpr std::string_view open_text = "text that is not encrypted";

const row table[] = {
    // encrypted
    {"thunderbird_pgp_mime", "encrypted", "PGP/MIME"},
    {"k9_pgp_mime", "encrypted", "PGP/MIME"},
    {"mutt_pgp_mime", "encrypted", "PGP/MIME"},
    {"exchange_mangled_pgp_mime", "encrypted", "PGP/MIME as Exchange rewrites it"},
    {"inline_pgp", "encrypted", "inline PGP"},
    {"inline_pgp_sealed_attachments", "encrypted", "every part encrypted"},
    {"pgp_symmetric", "encrypted", "inline PGP"},
    {"smime_enveloped_thunderbird", "encrypted", "S/MIME"},
    {"smime_auth_enveloped", "encrypted", "S/MIME"},
    {"smime_enveloped_streamed", "encrypted", "S/MIME"},
    {"smime_enveloped_as_octet_stream", "encrypted", "S/MIME"},
    // signed
    {"mutt_pgp_signed", "signed", "multipart/signed"},
    {"thunderbird_smime_signed", "signed", "multipart/signed"},
    {"outlook_smime_opaque_signed", "signed", "S/MIME signed data"},
    {"smime_signed_labelled_enveloped", "signed", "S/MIME signed data"},
    {"inline_pgp_clearsigned", "signed", "a cleartext signature"},
    // looks encrypted, and is not
    {"forwarded_encrypted", "none", open_text},
    {"bounced_encrypted_whole", "none", "an attached message"},
    {"inline_pgp_clear_attachment", "none", open_part},
    {"inline_pgp_misnamed_attachment", "none", "named like an OpenPGP file, but not encrypted"},
    {"inline_pgp_with_signature_below", "none", open_text},
    {"inline_pgp_signed_packets", "none", open_text},
    {"gmail_reply", "none", open_text},
    {"pgp_mime_signed_packets", "none", "labelled multipart/encrypted, but no such content"},
    {"pgp_mime_clear_text_part", "none", "labelled multipart/encrypted, but no such content"},
    {"list_footer_on_pgp_mime", "none", "text behind the last part"},
    {"two_content_types", "none", "a Content- field stands there twice"},
    // plain
    {"thunderbird_plain", "none", open_text},
    {"outlook_html", "none", open_text},
    {"apple_mail_photo", "none", open_part},
    {"roundcube_html", "none", open_text},
    {"php_mail", "none", open_text},
    {"cron", "none", open_text},
    {"mbox_line", "none", "a header section that readers understand differently"},
    {"no_empty_line", "none", "a header section that readers understand differently"},
    {"calendar_without_method", "none", open_text},
    // for machines
    {"newsletter", "none", open_text, "list "},
    {"mailman_precedence", "none", open_text, "list "},
    {"google_invitation", "none", open_text, "invitation "},
    {"calendar_method_in_body", "none", open_text},
    {"postfix_dsn", "none", open_text, "report "},
    {"thunderbird_mdn", "none", open_text, "report "},
    {"autocrypt_setup", "none", open_text, "key_exchange "},
    {"secure_join", "none", open_text, "key_exchange "},
    {"partial", "none", "an attached message", "fragment "},
};

} // namespace

BOOST_AUTO_TEST_SUITE(classify_test)

BOOST_AUTO_TEST_CASE(mails_of_real_programs_are_what_they_are) {
    for (const auto& [mail, protected_as, reason, expected_marks] : table) {
        const auto bytes = test::read_mail(mail);
        const auto known = classify(bytes);
        BOOST_TEST_CONTEXT(mail) {
            BOOST_TEST(shown(known.protected_as) == protected_as);
            BOOST_TEST(known.reason == reason);
            BOOST_TEST(marks(known) == expected_marks);
            BOOST_TEST(known.size == bytes.size());
        }
    }
}

BOOST_AUTO_TEST_CASE(every_mail_of_the_corpus_stands_in_the_table) {
    std::set<std::string> expected;
    for (const auto& one : table) {
        expected.emplace(one.mail);
    }
    BOOST_TEST(test::mail_names() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_mailboxes_of_authors_and_visible_recipients_are_known) {
    struct addresses {
        std::string_view mail;
        std::string_view from;
        std::string_view visible;
    };
    const addresses expected[] = {
        {"thunderbird_plain", "ben@example.org ",
         "anna@example.org carl@legal.example dora@example.net "},
        {"outlook_html", "ben@example.org ", "anna@example.org carl@legal.example "},
        {"gmail_reply", "anna@example.com ", "ben@example.org office@court.example "},
        {"roundcube_html", "ben@example.org ", ""},
        {"cron", "root@host.example.org ", "root@host.example.org "},
        {"mailman_precedence", "council@lists.example.org ",
         "council@lists.example.org anna@example.org dora@example.net "},
        {"mbox_line", "ben@example.org ", "anna@example.org "},
    };
    for (const auto& [mail, from, visible] : expected) {
        const auto known = classify(test::read_mail(mail));
        BOOST_TEST_CONTEXT(mail) {
            BOOST_TEST(shown(known.from) == from);
            BOOST_TEST(shown(known.visible) == visible);
        }
    }
}

BOOST_AUTO_TEST_CASE(recipients_of_every_address_field_are_visible_but_those_of_bcc) {
    const auto known = classify("To: a@example.org\r\nto: b@example.org\r\nCC: c@example.org\r\n"
                                "Resent-To: d@example.org\r\nResent-Cc: e@example.org\r\n"
                                "Bcc: f@example.org\r\nResent-Bcc: g@example.org\r\n"
                                "Reply-To: h@example.org\r\n\r\nTo: i@example.org\r\n");
    BOOST_TEST(shown(known.visible) ==
               "a@example.org b@example.org c@example.org d@example.org e@example.org ");
}

BOOST_AUTO_TEST_CASE(several_authors_are_all_known_and_leave_a_doubt) {
    const auto sealed = test::read_mail("mutt_pgp_mime");
    const auto known = classify("From: eve@example.net\r\n" + sealed);
    BOOST_TEST(shown(known.from) == "eve@example.net ben@example.org ");
    BOOST_TEST(shown(known.protected_as) == "none");
    BOOST_TEST(known.reason == "several From fields");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(nothing_in_clear_hides_in_encrypted_mail)

namespace {

// The mail with one place changed. The place is there, or the test means nothing.
std::string changed(std::string_view mail, std::string_view from, std::string_view to) {
    auto bytes = test::read_mail(mail);
    const auto place = bytes.find(from);
    BOOST_REQUIRE(place != bytes.npos);
    return bytes.replace(place, from.size(), to);
}

std::string before(std::string_view place, std::string_view text) {
    return std::string(text) + std::string(place);
}

} // namespace

BOOST_AUTO_TEST_CASE(every_place_for_clear_text_makes_it_not_encrypted) {
    struct edit {
        std::string_view mail;
        std::string_view from;
        std::string to;
    };
    const std::string_view boundary = "--H1spWtNR+x+ondvy\r\nContent-Type: application/oct";
    const std::string_view begin = "-----BEGIN PGP MESSAGE-----\r\n";
    const std::string_view end = "-----END PGP MESSAGE-----\r\n";
    const edit edits[] = {
        // around and between the parts
        {"mutt_pgp_mime", "\r\n\r\n\r\n--H1sp", "\r\n\r\nsecret\r\n--H1sp"},
        {"mutt_pgp_mime", "Version: 1\r\n", "Version: 1\r\nsecret\r\n"},
        {"mutt_pgp_mime", "Version: 1\r\n", "Version: 2\r\n"},
        {"mutt_pgp_mime", boundary, before(boundary, "--H1spWtNR+x+ondvy\r\n\r\nsecret\r\n")},
        {"mutt_pgp_mime", "vy--\r\n", "vy--\r\nsecret\r\n"},
        {"mutt_pgp_mime", "vy--\r\n", "vy\r\n\r\nsecret\r\n--H1spWtNR+x+ondvy--\r\n"},
        {"mutt_pgp_mime", "--H1spWtNR+x+ondvy--\r\n", ""},
        {"thunderbird_pgp_mime", "(RFC 4880 and 3156)", "(secret)"},
        {"thunderbird_pgp_mime", "(RFC 4880 and 3156)\r\n", "(RFC 4880 and 3156)\r\nsecret\r\n"},
        // around the armor
        {"mutt_pgp_mime", begin, before(begin, "secret\r\n")},
        {"mutt_pgp_mime", end, std::string(end) + "secret\r\n"},
        {"mutt_pgp_mime", begin, before(begin, "-----BEGIN PGP MESSAGE-----x\r\nsecret\r\n")},
        {"mutt_pgp_mime", begin, std::string(begin) + "secret\r\n"},
        {"inline_pgp", begin, before(begin, "secret\r\n")},
        {"inline_pgp", end, std::string(end) + "secret\r\n"},
        {"inline_pgp", begin, before(begin, "-----BEGIN PGP MESSAGE-----=20x\r\nsecret\r\n")},
        // labels
        {"mutt_pgp_mime", "protocol=\"application/pgp-encrypted\";", ""},
        {"mutt_pgp_mime", "protocol=\"application/pgp-", "protocol=\"application/x-"},
        {"mutt_pgp_mime", "application/octet-stream", "text/html"},
        {"mutt_pgp_mime", "boundary=\"H1sp", "boundary=\"none\"; boundary=\"H1sp"},
        {"mutt_pgp_mime", "Content-Disposition: inline", "Content-Transfer-Encoding: base64"},
        {"mutt_pgp_mime", "MIME-Version", "secret\r\nMIME-Version"},
        {"inline_pgp", "text/plain", "text/html"},
        {"smime_enveloped_thunderbird", "application/pkcs7-mime", "application/pdf"},
        {"smime_enveloped_as_octet_stream", "smime.p7m\"\r\n\r\n", "smime.doc\"\r\n\r\n"},
        // transfer encodings
        {"smime_enveloped_thunderbird", "base64", "8bit"},
        {"smime_enveloped_thunderbird", "base64", "base65"},
        {"inline_pgp", "quoted-printable", "base64"},
        {"inline_pgp", "=3D", "=secret"},
        {"exchange_mangled_pgp_mime", "quoted-printable\r\n\r\n", "quoted-printable\r\n\r\nsecret"},
        {"exchange_mangled_pgp_mime", "multipart/mixed", "multipart/alternative"},
        // armor headers, labels and character sets that show text
        {"inline_pgp", std::string_view(begin).substr(0, 27),
         "-----BEGIN PGP MESSAGE-----\r\nComment: " + std::string(250, 'x')},
        {"mutt_pgp_mime", begin, std::string(begin) + "Comment: " + std::string(250, 'x') + "\r\n"},
        {"mutt_pgp_mime", "Content-Type: application/octet-stream",
         "Content-Description: " + std::string(1024, 'x') +
             "\r\nContent-Type: application/octet-stream"},
        {"mutt_pgp_mime", "Content-Type: application/octet-stream",
         "X-Note: " + std::string(1024, 'x') + "\r\nContent-Type: application/octet-stream"},
        {"mutt_pgp_mime", "MIME-Version",
         "Content-Description: " + std::string(1024, 'x') + "\r\nMIME-Version"},
        {"inline_pgp", "charset=utf-8", "charset=utf-7"},
        {"inline_pgp", "charset=utf-8", "charset=UTF-16BE"},
        {"inline_pgp", "charset=utf-8", "charset=ibm037"},
        {"smime_enveloped_as_octet_stream", "application/octet-stream; name=\"smime.p7m\"",
         "application/octet-stream; name=\"note.txt\""},
        // sealed attachments
        {"inline_pgp_sealed_attachments", "--------------aaa111--",
         "--------------aaa111\r\n\r\nsecret\r\n--------------aaa111--"},
        {"inline_pgp_sealed_attachments", "application/octet-stream", "application/pdf"},
        {"inline_pgp_sealed_attachments", "contract.pdf.pgp\"\r\n\r\n", "contract.pdf\"\r\n\r\n"},
    };
    for (const auto& [mail, from, to] : edits) {
        BOOST_TEST_CONTEXT(mail << ": " << from << " -> " << to) {
            const auto known = classify(changed(mail, from, to));
            BOOST_TEST(shown(known.protected_as) == "none");
        }
    }
}

BOOST_AUTO_TEST_CASE(text_behind_the_base64_of_smime_is_clear_text) {
    for (const std::string_view mail :
         {"smime_enveloped_thunderbird", "smime_enveloped_streamed"}) {
        const auto sealed = test::read_mail(mail);
        BOOST_TEST(shown(classify(sealed + "secret").protected_as) == "none");
        BOOST_TEST(shown(classify(sealed + "\r\n--\r\nsecret\r\n").protected_as) == "none");
    }
}

BOOST_AUTO_TEST_CASE(a_truncated_ciphertext_is_not_encrypted) {
    for (const std::string_view mail :
         {"mutt_pgp_mime", "inline_pgp", "smime_enveloped_thunderbird", "smime_auth_enveloped"}) {
        const auto sealed = test::read_mail(mail);
        BOOST_TEST_CONTEXT(mail) {
            BOOST_TEST(shown(classify(sealed.substr(0, sealed.size() - 120)).protected_as) ==
                       "none");
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_written_differently_but_means_the_same_stays_encrypted) {
    struct edit {
        std::string_view mail;
        std::string_view from;
        std::string_view to;
    };
    const edit edits[] = {
        {"mutt_pgp_mime", "multipart/encrypted", "Multipart/Encrypted (sealed)"},
        {"mutt_pgp_mime", "application/pgp-encrypted\"", "APPLICATION/PGP-encrypted\""},
        {"mutt_pgp_mime", "MIME-Version: 1.0\r\n", ""},
        {"inline_pgp", "-----BEGIN", "\r\n \r\n-----BEGIN"},
        {"inline_pgp", "text/plain", "application/pgp"},
        {"inline_pgp", "charset=utf-8", "charset=\"ISO-8859-1\""},
        {"inline_pgp", "-----BEGIN PGP MESSAGE-----", "-----BEGIN PGP MESSAGE-----\r\nComment: us"},
        {"inline_pgp", "Content-Type: text/plain; charset=utf-8\r\n", ""},
        {"smime_enveloped_thunderbird", "application/pkcs7-mime", "application/x-pkcs7-mime"},
        {"smime_enveloped_as_octet_stream", "filename=\"smime.p7m\"", "filename=\"SMIME.P7M\""},
    };
    for (const auto& [mail, from, to] : edits) {
        BOOST_TEST_CONTEXT(mail << ": " << from << " -> " << to) {
            BOOST_TEST(shown(classify(changed(mail, from, to)).protected_as) == "encrypted");
        }
    }
}

BOOST_AUTO_TEST_CASE(an_empty_message_has_no_facts) {
    const auto known = classify("");
    BOOST_TEST(shown(known.protected_as) == "none");
    BOOST_TEST(marks(known) == "");
    BOOST_TEST(known.from.empty());
    BOOST_TEST(known.visible.empty());
    BOOST_TEST(known.size == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(exemptions_are_said_clearly)

BOOST_AUTO_TEST_CASE(fields_and_types_that_exempt) {
    const std::string mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    const std::string alternative = "Content-Type: multipart/alternative; boundary=b\r\n\r\n";
    const std::string letter = "--b\r\n\r\nhello\r\n";
    const std::string invitation = "Content-Type: text/calendar; method=request\r\n\r\nx\r\n";
    const std::string report =
        "Content-Type: multipart/report; report-type=Delivery-Status; boundary=b\r\n\r\n";
    const std::string status = "Content-Type: message/delivery-status\r\n\r\nx\r\n";
    struct row_of_marks {
        std::string message;
        std::string_view expected;
    };
    const row_of_marks rows[] = {
        {"Precedence: junk\r\n\r\n", ""},
        {"Precedence:  Bulk \r\n\r\n", "list "},
        {"Precedence: first-class\r\nPrecedence: list\r\n\r\n", "list "},
        {"List-Unsubscribe: <mailto:a@example.org>\r\n\r\n", ""},
        {"List-ID: <a.example.org>\r\n\r\n", "list "},
        {"\r\nList-Id: <a.example.org>\r\n", ""},
        {"Autocrypt-Setup-Message: v1\r\n\r\nsecret", ""},
        {"Autocrypt: addr=a@example.org; keydata=AAAA\r\n\r\n", ""},
        {"Secure-Join-Auth: x\r\n\r\n", "key_exchange "},
        {"Secure-Join: vc-request\r\n\r\nsecret", ""},
        {"Secure-Join: vc-request\r\n\r\nSecure-Join: vc-request" + std::string(500, 'x'), ""},
        {"Content-Type: MULTIPART/Report; boundary=b\r\n\r\nsecret", ""},
        {report + "--b\r\n\r\nx\r\n--b\r\n" + status + "--b--\r\n", "report "},
        {report + "--b\r\n\r\nsecret\r\n--b--\r\n", ""},
        {report + "--b\r\n\r\nx\r\n--b\r\n\r\nsecret\r\n--b--\r\n", ""},
        {report + "--b\r\n\r\nx\r\n--b\r\n" + status + "--b\r\n\r\n--b\r\n\r\nsecret\r\n--b--\r\n",
         ""},
        {"Content-Type: message/disposition-notification\r\n\r\n", "report "},
        {"Content-Type: text/plain\r\nContent-Type: multipart/report\r\n\r\n", ""},
        {"Content-Type: multipart/report\r\nContent-Type: text/plain\r\n\r\n", ""},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
         "Content-Type: multipart/report; boundary=c\r\n\r\n--c--\r\n--b--\r\n",
         ""},
        {"Content-Type: message/partial; id=x; number=1\r\n\r\n", "fragment "},
        {"Content-Type: message/partial; id=x; number=1; total=12\r\n\r\n", "fragment "},
        {"Content-Type: message/partial; id=x; number=1; total=1\r\n\r\nsecret", ""},
        {mixed + letter + "--b\r\n" + invitation + "--b--\r\n", "invitation "},
        {mixed + letter + "--b\r\nContent-Disposition: attachment\r\n" + invitation + "--b--\r\n",
         ""},
        {mixed + letter + "--b\r\n" + invitation +
             "--b\r\nContent-Type: a/b\r\n\r\nsecret\r\n--b--\r\n",
         ""},
        {alternative + letter + "--b\r\n" + invitation + "--b--\r\n", "invitation "},
        {mixed + "--b\r\nContent-Type: message/rfc822\r\n\r\n" + invitation + "--b--\r\n", ""},
        {"Content-Type: text/calendar; method=reply\r\n\r\n", "invitation "},
        {"Content-Type: text/calendar; method=\"\"\r\n\r\n", ""},
        {"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nmethod:CANCEL\r\n", "invitation "},
        {"Content-Type: text/calendar\r\n\r\nDESCRIPTION:METHOD:X\r\n METHOD:REQUEST\r\n", ""},
        {"Content-Type: text/plain\r\n\r\nMETHOD:REQUEST\r\n", ""},
    };
    for (const auto& [message, expected] : rows) {
        BOOST_TEST_CONTEXT(message) { BOOST_TEST(marks(classify(message)) == expected); }
    }
}

BOOST_AUTO_TEST_CASE(a_method_is_looked_for_where_calendars_have_it) {
    const std::string head = "Content-Type: text/calendar\r\n\r\n";
    const std::string method = "METHOD:REQUEST\r\n";
    const auto behind = [&](std::size_t size) {
        return classify(head + std::string(size - 2, 'x') + "\r\n" + method).invitation;
    };
    BOOST_TEST(behind(60 * 1024));
    BOOST_TEST(!behind(64 * 1024));
}

BOOST_AUTO_TEST_SUITE_END()
