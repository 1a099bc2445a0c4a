// SPDX-License-Identifier: Apache-2.0
#include "config/spool.hpp"

#include "config/front.hpp"
#include "config/mapping.hpp"
#include "config/next_hop.hpp"
#include "config/values.hpp"

#include <algorithm>

namespace postseal::config {

namespace {

using namespace std::chrono_literals;

constexpr auto default_path = "/var/lib/postseal/spool";
constexpr auto day = 24h;

// Behind a filter is a mail server that takes mail from us without a login. Behind a front is none.
relay::next_hop_settings usual_next_hop(const std::vector<relay::listener_settings>& listeners) {
    const auto filter =
        std::ranges::find(listeners, relay::place::filter, &relay::listener_settings::place);
    return filter == listeners.end() ? relay::next_hop_settings() : filter->next_hop;
}

relay::next_hop_settings read_own_next_hop(const source& from, const node& value,
                                           const std::vector<relay::listener_settings>& listeners) {
    auto hop = read_next_hop(from, value);
    if (hop.introduction != relay::introduction::none)
        from.fail(value.at, "'client' is for the next hop of a front: mail in the spool has no "
                            "client any more");
    if (!hop.keep)
        from.fail(value.at, "'keep' is for the next hop of a listener: the spool has no clients");
    for (const auto& one : listeners) {
        if (one.address.host == hop.address.host && one.address.port == hop.address.port)
            from.fail(value.at, "the spool's next hop is the listener '" + one.name +
                                    "': its mail would go in circles");
    }
    return hop;
}

// Where one reply answers for several deliveries, what fails behind the first one is ours to owe.
void refuse_without_next_hop(const source& from, const node* value, const relay::settings& made) {
    if (!made.owed.next_hop.address.host.empty()) return;
    for (const auto& one : made.listeners) {
        if (one.protocol != smtp::protocol::smtp) continue;
        from.fail(value == nullptr ? position{} : value->at,
                  "'spool.next_hop' is missing: '" + one.name +
                      "' gives one answer for all recipients, so mail may be owed to some of them; "
                      "name a server that takes it from postseal without a login");
    }
}

void read_keys_of_spool(const source& from, const node* value, relay::settings& into) {
    auto& owed = into.owed;
    into.spool = default_path;
    owed.next_hop = usual_next_hop(into.listeners);
    if (value == nullptr) return;
    const mapping block(from, *value, "'spool'",
                        {"path", "next_hop", "lifetime", "delay_notice", "first_retry",
                         "longest_retry", "size", "entries", "connections", "blind_at_once"});
    block.take("path", into.spool, read_path);
    if (const auto* hop = block.find("next_hop"))
        owed.next_hop = read_own_next_hop(from, *hop, into.listeners);
    auto& retry = owed.retry;
    block.take("lifetime", retry.lifetime, duration_within<std::chrono::seconds>(10min, 30 * day));
    block.take("delay_notice", retry.delay_notice,
               duration_within<std::chrono::seconds>(0s, 30 * day));
    block.take("first_retry", retry.first, duration_within<std::chrono::seconds>(1s, day));
    block.take("longest_retry", retry.longest, duration_within<std::chrono::seconds>(1s, day));
    if (retry.longest < retry.first)
        from.fail(value->at, "'longest_retry' is shorter than 'first_retry'");
    block.take("size", owed.quota.octets, size_within(1ULL << 20, 1ULL << 44));
    block.take("entries", owed.quota.entries, count_within(1, 1'000'000));
    block.take("connections", owed.connections, count_within(1, 20));
    block.take("blind_at_once", owed.blind_at_once, count_within(0, 1000));
}

// What was to reach its mail server within verified TLS does not go another way in clear.
void refuse_weaker_next_hop(const source& from, const node* value, const relay::settings& made) {
    const auto& hop = made.owed.next_hop;
    if (hop.tls == relay::hop_tls::verified || is_loopback(hop.address)) return;
    for (const auto& one : made.listeners) {
        if (one.next_hop.tls != relay::hop_tls::verified) continue;
        from.fail(value == nullptr ? position{} : value->at,
                  "mail of '" + one.name + "' goes on with tls: verified, and would go to " +
                      "'spool.next_hop' without; write tls: verified there too, or use a server " +
                      "on loopback");
    }
}

} // namespace

void read_spool(const source& from, const node* value, relay::settings& into) {
    read_keys_of_spool(from, value, into);
    refuse_without_next_hop(from, value, into);
    refuse_weaker_next_hop(from, value, into);
}

} // namespace postseal::config
