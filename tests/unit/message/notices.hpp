// SPDX-License-Identifier: Apache-2.0
// The words in which the tests of notifications are written: one letter from anna@example.org, and
// what became of its copies.
#pragma once

#include "lines.hpp"

#include "message/date.hpp"
#include "message/dsn.hpp"
#include "message/pgp_mime.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

using namespace postseal;

inline long long at(std::string_view date) { return message::parse_date(date).value(); }

inline smtp::mailbox box(std::string_view address) {
    return smtp::parse_mailbox(address, smtp::routing_marks::allowed).value();
}

/// What a next hop said: the enhanced code stands in the text.
inline smtp::reply heard(int code, std::vector<std::string> lines) {
    return {code, {}, std::move(lines)};
}

inline message::recipient_report report(std::string_view address, message::delivery_event what,
                                        smtp::reply said = {}) {
    return {{box(address), {}}, what, std::move(said), {}, {}, {}};
}

inline message::dsn notice(std::vector<message::recipient_report> recipients) {
    message::dsn made;
    made.from = box("postmaster@example.org");
    made.to = box("anna@example.org");
    made.reporting_host = "mail.example.org";
    made.time = at("Wed, 25 Nov 2026 11:05:00 +0000");
    made.message_id = "bcdfghjkmnpqrstv@mail.example.org";
    made.boundary = message::make_boundary("0123456789abcdef0123456789abcdef");
    made.arrived = at("Wed, 25 Nov 2026 11:00:00 +0000");
    made.recipients = std::move(recipients);
    made.original_header = "From: Anna <anna@example.org>\r\nSubject: Lunch\r\n";
    return made;
}

inline std::string written(const message::dsn& what) {
    std::string text;
    message::write_dsn([&text](std::string_view piece) { text += piece; }, what);
    return text;
}

} // namespace test
