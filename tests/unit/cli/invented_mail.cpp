// SPDX-License-Identifier: Apache-2.0
#include "invented_mail.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace test {

namespace {

using policy::fallback;
using words = std::vector<std::string>;

// Spellings of one address, a name beyond ASCII, colleagues, and several domains outside.
const words recipients{"bob@b.example",
                       "BOB@B.example",
                       "eve@b.example",
                       "cara@c.example",
                       "dan@d.example",
                       "fay@b\u00fccher.example",
                       "fay@xn--bcher-kva.example",
                       "ben@example.org",
                       "cleo@sub.example.org"};
const words patterns{
    "b.example",  "*@c.example", "*.example", "bob@*.example", "*@xn--bcher-kva.example",
    "example.org"};
const words owners{"office@p.example", "eve@b.example", "cara@c.example"};
const words senders{"anna@example.org", "anna@example.org", "ben@sub.example.org", "x@far.example",
                    ""};
const words algorithms{"cv25519", "rsa1024", "rsa4096", "elg2048", "nistp384"};
const words kinds{
    "",
    "",
    "List-Id: <a.example.org>\n",
    "Precedence: bulk\n",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
    "Content-Type: message/partial; id=x; number=1; total=2\n",
    "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n",
    "X-Project: mars\n",
    "Subject: =?utf-8?q?a_dr=61ft?=\n",
    "Subject: Re: [Seal] a letter\nX-Seal: required\n"};
const words bodies{"A plain message.\n",
                   "",
                   "no line end",
                   ".\n..\n.x\n",
                   "\n\n--b\n\nx\n--b--\n",
                   "From here\n-----BEGIN PGP MESSAGE-----\n\nhQ==\n-----END PGP MESSAGE-----\n"};
const std::array fallbacks{fallback::send, fallback::send, fallback::hold, fallback::defer,
                           fallback::reject};
const std::array profiles{message::profile::off, message::profile::standard,
                          message::profile::strict};

policy::addresses set_of(const std::string& pattern) {
    return std::make_shared<policy::address_set>(std::initializer_list<std::string_view>{pattern});
}

relay::listener_settings listener(std::string name) {
    relay::listener_settings made;
    made.name = std::move(name);
    made.trusted = {smtp::parse_ip_network("127.0.0.0/8").value()};
    return made;
}

} // namespace

relay::settings inventor::settings() {
    relay::settings made;
    made.hostname = "mail.example.org";
    auto front = listener("submission");
    front.place = relay::place::front;
    front.tls = relay::tls_start::on_request;
    front.login = smtp::login_rule::after_tls;
    auto queue = listener("queue");
    queue.protocol = smtp::protocol::lmtp;
    made.listeners = {listener("filter"), std::move(front), std::move(queue)};

    auto& rules = made.policy;
    rules.local_domains = {"example.org", "*.example.org"};
    policy::rule defaults;
    defaults.set = overrides();
    rules.defaults = policy::settings_under(rules, defaults);
    for (auto count = below(5); count > 0; --count)
        rules.rules.push_back(
            {"rule " + std::to_string(rules.rules.size()), condition(), overrides()});
    if (rarely()) rules.pins["bob@b.example"] = std::string(40, 'A');
    for (auto count = below(3); count > 0; --count) {
        const auto& whom = pick(below(2) == 0 ? patterns : recipients);
        rules.key_of.add(whom, {set_of(whom)}, *smtp::parse_mailbox(pick(owners)));
    }
    return made;
}

policy::condition inventor::condition(int depth) {
    if (depth < 2 && rarely()) {
        policy::conditions parts{condition(depth + 1), condition(depth + 1)};
        switch (below(3)) {
        case 0: return {policy::all_of{std::move(parts)}};
        case 1: return {policy::any_of{std::move(parts)}};
        }
        return {policy::none_of{std::move(parts)}};
    }
    std::string mistake;
    switch (below(15)) {
    case 0: return {policy::from_is{{set_of(pick(patterns))}}};
    case 1: return {policy::listener_is{{pick(words{"filter", "submission", "queue"})}}};
    case 2: return {policy::client_is{{smtp::parse_ip_network("192.0.2.0/25").value()}}};
    case 3: return {policy::tls_is{below(2) == 0}};
    case 4: return {policy::authenticated_is{below(2) == 0}};
    case 5: return {policy::login_is{{pick(words{"anna", "*@example.org"})}}};
    case 6:
        return {policy::header_is{"X-Project", {*policy::text_pattern::parse("mars", mistake)}}};
    case 7:
        return {policy::header_is{"Subject", {*policy::text_pattern::parse("/draft/", mistake)}}};
    case 8: return {policy::size_is{230 + below(200), {}}};
    case 9:
        return {policy::class_is{{policy::message_class::list, policy::message_class::encrypted}}};
    case 10: return {policy::known_key_is{below(2) == 0}};
    case 11: return {policy::tag_is{{"[seal]"}}};
    case 12: return {policy::request_is{"X-Seal", {"required"}}};
    }
    return {policy::to_is{{set_of(pick(patterns))}}};
}

policy::overrides inventor::overrides() {
    policy::overrides set;
    const auto some = [this] { return below(2) == 0; };
    if (some())
        set.encrypt = pick(std::array{policy::encrypt::never, policy::encrypt::opportunistic,
                                      policy::encrypt::all_or_none, policy::encrypt::required});
    if (some()) set.without_key = pick(fallbacks);
    if (some()) set.lookup_failed = pick(fallbacks);
    if (some()) set.unusable_key = pick(fallbacks);
    if (some())
        set.key_change = pick(std::array{policy::key_change::accept, policy::key_change::warn,
                                         policy::key_change::hold});
    if (some()) set.scope = pick(std::array{policy::scope::message, policy::scope::recipient});
    if (some()) set.headers = pick(profiles);
    if (rarely()) set.header_protection = message::protection_policy::shy;
    if (rarely()) set.exempt_lists = false;
    if (rarely()) set.exempt_reports = false;
    if (rarely()) set.min_rsa = 1024;
    if (rarely()) set.blind = policy::blind_copies::reject;
    if (rarely()) set.sources = policy::allowed_sources{.local = true, .wkd = false};
    if (rarely()) set.archive = smtp::mailbox{"archive", "example.org"};
    if (rarely()) set.date = message::date_form::utc;
    if (rarely()) set.foreign = true;
    if (rarely()) set.mode = policy::mode::observe;
    if (rarely()) set.note = "Questions? security@example.org";
    return set;
}

config::supposed_key inventor::key() {
    config::supposed_key made;
    made.result =
        pick(std::array{keys::outcome::found, keys::outcome::found, keys::outcome::found,
                        keys::outcome::absent, keys::outcome::unusable, keys::outcome::temporary});
    made.from = pick(std::array{keys::origin::domain, keys::origin::domain,
                                keys::origin::administrator, keys::origin::third_party});
    if (made.result != keys::outcome::found) return made;
    if (rarely()) made.algorithm = pick(algorithms);
    using change = config::supposed_key::change;
    made.changed = pick(std::array{change::no, change::no, change::yes, change::unknown});
    return made;
}

std::string inventor::header(const invented_mail& of) {
    std::string text = "From: " + (rarely() ? pick(senders) : of.from) + "\n";
    for (const auto& to : of.to)
        if (below(3) != 0)
            text += below(2) == 0 ? "To: " + to + "\n" : "Cc: Somebody <" + to + ">\n";
    return text + pick(kinds);
}

invented_mail inventor::mail() {
    invented_mail made;
    made.listener = below(3);
    made.client = below(2) == 0 ? "192.0.2.1" : "192.0.2.200";
    made.client_told = !rarely();
    made.tls = !rarely();
    made.authenticated = made.tls && !rarely();
    if (made.authenticated && below(2) == 0) made.login = pick(words{"anna", "ben@example.org"});
    made.from = pick(senders);
    for (auto count = 1 + below(5); count > 0; --count) {
        made.to.push_back(pick(recipients));
        made.keys.push_back(key());
    }
    made.file = header(made) + "\n" + pick(bodies);
    return made;
}

} // namespace test
