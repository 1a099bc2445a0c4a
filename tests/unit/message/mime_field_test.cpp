// SPDX-License-Identifier: Apache-2.0
#include "message/mime_field.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

namespace {

// "value;name=value;name*=value", with "!" in front where malformed.
std::string shown(std::string_view body) {
    const auto field = read_mime_field(body);
    std::string text = (field.well_formed ? "" : "!") + field.value;
    for (const auto& one : field.parameters) {
        const auto* const mark = one.written == parameter::form::extended ? "*=" : "=";
        text.append(";").append(one.name).append(mark).append(one.value);
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mime_field_test)

BOOST_AUTO_TEST_CASE(values_and_parameters_are_read) {
    struct row {
        std::string_view body;
        std::string_view expected;
    };
    const row table[] = {
        {" text/plain", "text/plain"},
        {" TEXT/Plain; CharSet=UTF-8", "text/plain;charset=UTF-8"},
        {" text/plain (with a (nested \\) comment)) ; charset (odd) = utf-8 (yes)",
         "text/plain;charset=utf-8"},
        {" text / plain", "text/plain"},
        {" multipart/mixed;\r\n\tboundary=\"a;b=\\\"c\\\"\"", "multipart/mixed;boundary=a;b=\"c\""},
        {" attachment; filename=\"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\"",
         "attachment;filename==?utf-8?Q?Gr=C3=BC=C3=9Fe?="},
        {" text/plain;", "text/plain"},
        {" text/plain;; charset=a", "text/plain;charset=a"},
        {" x/y; a=\"\"", "x/y;a="},
        // RFC 2231
        {" a; filename*=utf-8''Gr%C3%bc.txt", "a;filename*=Gr\xC3\xBC.txt"},
        {" a; filename*0=\"one \";\r\n filename*1=two", "a;filename*=one two"},
        {" a; filename*1=two; filename*0=one", "a;filename*=onetwo"},
        {" a; filename*0*=iso-8859-1'en'%41b; filename*1*=%43'd; filename*2=%41",
         "a;filename*=AbC'd%41"},
        {" a; filename=simple; filename*=utf-8''better", "a;filename*=better"},
        // malformed, and read as far as it goes
        {"", "!"},
        {" ;charset=a", "!;charset=a"},
        {" text/", "!"},
        {" te xt/plain", "!te"},
        {" text/plain charset=a; b=c", "!text/plain;b=c"},
        {" text/plain; charset", "!text/plain"},
        {" text/plain; =a; b=c", "!text/plain;b=c"},
        {" a; name=my file.pdf; b=c", "!a;name=my;b=c"},
        {" a; boundary==_1", "!a;boundary==_1"},
        {" a; b=c; b=d", "!a;b=c"},
        {" a; b*=utf-8''c; b*=utf-8''d", "!a;b*=c"},
        {" a; b*0=c; b*2=d", "!a;b*=c"},
        {" a; b*1=c", "!a;b*="},
        {" a; b*=c", "!a;b*=c"},
        {" a; b*=utf-8''%4", "!a;b*=%4"},
        {" a; b*=utf-8''%zz", "!a;b*=%zz"},
        {" a; b=\"open", "!a;b=open"},
        {" a; b=c (open", "!a;b=c"},
        {" a; b=\"c\\", "!a;b=c"},
    };
    for (const auto& [body, expected] : table) {
        BOOST_TEST_CONTEXT(body) { BOOST_TEST(shown(body) == expected); }
    }
}

BOOST_AUTO_TEST_CASE(parameters_are_found_by_name) {
    const auto field = read_mime_field("a; b=c; D=e");
    BOOST_REQUIRE(field.find("d") != nullptr);
    BOOST_TEST(field.find("d")->value == "e");
    BOOST_TEST(field.find("x") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_megabyte_of_parameters_is_cut_at_the_limit) {
    std::string body = "a";
    for (std::size_t i = 0; body.size() < 1'000'000; ++i) {
        body += "; b*" + std::to_string(i) + "=c";
    }
    const auto field = read_mime_field(body);
    BOOST_TEST(!field.well_formed);
    BOOST_REQUIRE(field.parameters.size() == 1u);
    BOOST_TEST(field.parameters[0].value == std::string(max_parameters, 'c'));
}

BOOST_AUTO_TEST_CASE(a_megabyte_of_anything_is_read_to_its_end) {
    const std::size_t size = 1'000'000;
    BOOST_TEST(!read_mime_field("a " + std::string(size, '(')).well_formed);
    BOOST_TEST(!read_mime_field("a; b=\"" + std::string(size, '\\')).well_formed);
    BOOST_TEST(!read_mime_field(std::string(size, '/')).well_formed);
    BOOST_TEST(read_mime_field("a" + std::string(size, ';')).well_formed);
    const auto long_value = read_mime_field("a; b*=x'y'" + std::string(size, '%'));
    BOOST_REQUIRE(long_value.parameters.size() == 1u);
    BOOST_TEST(long_value.parameters[0].value.size() == size);
}

BOOST_AUTO_TEST_SUITE_END()
