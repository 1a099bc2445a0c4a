// SPDX-License-Identifier: Apache-2.0
#include "config/front.hpp"

#include "config/values.hpp"
#include "smtp/mailbox.hpp"

#include <stdexcept>

namespace postseal::config {

namespace {

// Asked for by the self-test; IANA keeps the domain, so it is nobody's to be local.
constexpr auto usual_probe = "postseal-self-test@example.com";

relay::certificate_files read_pair(const source& from, const mapping& block) {
    relay::certificate_files pair;
    pair.chain =
        read_path(from, block.need("certificate", "a PEM file: ours first, then its chain"));
    pair.key = read_path(from, block.need("key", "a PEM file"));
    return pair;
}

relay::certificate_files read_other_pair(const source& from, const node& value) {
    return read_pair(from, mapping(from, value, "a certificate", {"certificate", "key"}));
}

void read_tls(const source& from, const node& value, relay::listener_settings& made) {
    const mapping block(from, value, "'tls'", {"start", "certificate", "key", "more", "required"});
    const auto word = word_of<relay::tls_start>(
        {{"starttls", relay::tls_start::on_request}, {"implicit", relay::tls_start::at_once}});
    made.tls = word(from, block.need("start", "starttls (port 587) or implicit (port 465)"));
    std::vector<relay::certificate_files> pairs{read_pair(from, block)};
    if (const auto* more = block.find("more")) {
        const auto others = list_of(read_other_pair)(from, *more);
        pairs.insert(pairs.end(), others.begin(), others.end());
    }
    made.tls_required = true;
    block.take("required", made.tls_required, read_switch);
    try {
        made.certificates = relay::make_server_context(pairs);
    } catch (const std::runtime_error& e) {
        from.fail(value.at, e.what());
    }
}

// Everybody is a balancer nowhere: whoever sends a PROXY header says who they are.
smtp::ip_network read_balancer(const source& from, const node& value) {
    const auto network = read_network(from, value);
    if (network.prefix_length == 0) {
        from.fail(value.at, "'" + value.text + "' lets the whole world say who it is");
    }
    return network;
}

std::string read_probe(const source& from, const node& value) {
    auto text = read_text(from, value);
    const auto address = smtp::parse_mailbox(text);
    if (!address || address->domain.empty()) {
        from.fail(value.at, "'" + text + "' is no mail address");
    }
    return text;
}

} // namespace

const std::vector<std::string>& front_keys() {
    static const std::vector<std::string> keys{"tls", "login", "load_balancers", "self_test"};
    return keys;
}

void read_front(const source& from, const mapping& block, relay::listener_settings& made) {
    if (const auto* tls = block.find("tls")) read_tls(from, *tls, made);
    const bool has_tls = made.tls != relay::tls_start::never;
    made.login = has_tls ? smtp::login_rule::after_tls : smtp::login_rule::always;
    block.take("login", made.login,
               word_of<smtp::login_rule>({{"after_tls", smtp::login_rule::after_tls},
                                          {"always", smtp::login_rule::always},
                                          {"never", smtp::login_rule::refused}}));
    block.take("load_balancers", made.balancers, list_of(read_balancer));
    made.probe = usual_probe;
    block.take("self_test", made.probe, read_probe);

    if (const auto* login = block.find("login");
        login && made.login == smtp::login_rule::after_tls && !has_tls) {
        from.fail(login->at, "'after_tls' needs 'tls': there is none at this listener");
    }
}

void refuse_exposed_logins(const source& from, const node& value,
                           const relay::listener_settings& made) {
    if (made.login == smtp::login_rule::refused) return;
    if (made.login == smtp::login_rule::always && !is_loopback(made.address)) {
        from.fail(value.at, "'" + made.name + "' can be reached from outside this machine and " +
                                "would take passwords in clear: give it 'tls', with 'login: " +
                                "after_tls', or say 'login: never'");
    }
    const auto& hop = made.next_hop;
    if (!is_loopback(hop.address) && hop.tls != relay::hop_tls::verified) {
        from.fail(value.at, "'" + made.name + "' would send passwords to " + hop.address.host +
                                " over a network: its next_hop needs 'tls: verified'");
    }
}

bool is_loopback(const relay::endpoint& address) {
    const auto parsed = smtp::parse_ip_address(address.host);
    return parsed && parsed->is_loopback();
}

} // namespace postseal::config
