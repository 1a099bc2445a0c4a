// SPDX-License-Identifier: Apache-2.0
#include "config/listeners.hpp"

#include "config/front.hpp"
#include "config/mapping.hpp"
#include "config/next_hop.hpp"
#include "config/values.hpp"

#include <algorithm>

namespace postseal::config {

namespace {

constexpr std::size_t max_listeners = 64;
constexpr std::size_t max_name = 64;

std::string read_name(const source& from, const node& value) {
    auto name = read_text(from, value);
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    if (name.size() > max_name || !std::all_of(name.begin(), name.end(), allowed)) {
        from.fail(value.at, "'" + name + "' is no name for a listener: letters, digits, '-', '_'");
    }
    return name;
}

relay::endpoint read_listening_address(const source& from, const node& value) {
    auto address = read_endpoint(from, value);
    if (is_ip_address(address.host)) return address;
    from.fail(value.at, "'" + address.host +
                            "' is a name; a listener needs an IP address, which "
                            "cannot change behind its back");
}

// A network of everybody is no trust at all.
smtp::ip_network read_trusted(const source& from, const node& value) {
    const auto network = read_network(from, value);
    if (network.prefix_length == 0) {
        from.fail(value.at, "'" + value.text + "' trusts the whole world");
    }
    return network;
}

const std::vector<smtp::ip_network>& this_machine() {
    static const std::vector<smtp::ip_network> networks{
        smtp::parse_ip_network("127.0.0.0/8").value(), smtp::parse_ip_network("::1").value()};
    return networks;
}

// Who may connect to a filter: mail servers, never everybody.
void read_filter(const source& from, const mapping& block, relay::listener_settings& made) {
    for (const auto& key : front_keys()) {
        const auto* value = block.find(key);
        if (value == nullptr) continue;
        from.fail(value->at, "'" + key + "' is for 'place: front'; at a filter, the mail server " +
                                 "before it has done that");
    }
    block.take(
        "protocol", made.protocol,
        word_of<smtp::protocol>({{"smtp", smtp::protocol::smtp}, {"lmtp", smtp::protocol::lmtp}}));
    block.take("trusted", made.trusted, list_of(read_trusted));
    if (!made.trusted.empty()) return;
    if (!is_loopback(made.address)) {
        from.fail(block.need("address", {}).at,
                  "'" + made.name + "' can be reached from outside this machine, so it " +
                      "needs 'trusted': the networks of the mail servers that may connect");
    }
    made.trusted = this_machine();
}

void refuse_filters_keys(const source& from, const mapping& block) {
    if (const auto* trusted = block.find("trusted")) {
        from.fail(trusted->at, "'trusted' is for 'place: filter'; a front takes clients from " +
                                   std::string("everywhere. Balancers before it are named in ") +
                                   "'load_balancers'");
    }
    if (const auto* protocol = block.find("protocol"); protocol && protocol->text != "smtp") {
        from.fail(protocol->at, "a front speaks smtp with its clients");
    }
}

// A listener's own next hop, or the one for all.
relay::next_hop_settings choose_next_hop(const source& from, const node& value,
                                         const mapping& block,
                                         const std::optional<relay::next_hop_settings>& common) {
    if (const auto* own = block.find("next_hop")) return read_next_hop(from, *own);
    if (common) return *common;
    from.fail(value.at, "no 'next_hop' says where its mail goes: write one here, or one for all " +
                            std::string("listeners at the top"));
}

void judge_introduction(const source& from, const node& value, const mapping& block,
                        const relay::listener_settings& made) {
    const auto* own = block.find("next_hop");
    const auto& at = own != nullptr ? own->at : value.at;
    const bool introduces = made.next_hop.introduction != relay::introduction::none;
    if (made.place == relay::place::filter && introduces) {
        from.fail(at, "'client: proxy' and 'client: xclient' are for 'place: front': a filter's " +
                          std::string("client is known to the mail server already"));
    }
    if (made.place == relay::place::front && !introduces) {
        from.fail(at, "'" + made.name + "' is a front, so its next_hop has to say how the mail " +
                          "server learns who the client is: 'client: proxy' or 'client: xclient'");
    }
}

const auto read_received = word_of<relay::own_received>(
    {{"ours", relay::own_received::always}, {"none", relay::own_received::after_a_trace}});

// Mail that comes back has to be known again. From a mail server it always may come back, and our
// field is all that is left of its trace.
void refuse_received_none(const source& from, const mapping& block,
                          const relay::listener_settings& made) {
    const bool written = made.received == relay::own_received::always;
    if (written || made.place == relay::place::front) return;
    const std::string what = made.protocol == smtp::protocol::lmtp
                                 ? "mail that comes over LMTP is from a queue"
                                 : "a filter's mail comes from a mail server";
    from.fail(block.find("received")->at,
              "'received: none' is for 'place: front': " + what +
                  ", which may send it round again, and only our Received field would end that");
}

relay::listener_settings read_listener(const source& from, const node& value,
                                       const std::optional<relay::next_hop_settings>& common) {
    std::vector<std::string> known{"name",          "place",    "address",
                                   "protocol",      "trusted",  "bare_newline",
                                   "routing_marks", "received", "next_hop"};
    known.insert(known.end(), front_keys().begin(), front_keys().end());
    const mapping block(from, value, "a listener", known);
    relay::listener_settings made;
    made.name = read_name(from, block.need("name", "logs call the listener by it"));
    made.address = read_listening_address(from, block.need("address", "an IP address and a port"));
    block.take(
        "place", made.place,
        word_of<relay::place>({{"filter", relay::place::filter}, {"front", relay::place::front}}));
    block.take("bare_newline", made.bare_newline,
               word_of<smtp::newline_rule>({{"reject", smtp::newline_rule::reject},
                                            {"normalise", smtp::newline_rule::normalise}}));
    block.take("routing_marks", made.routing_marks,
               word_of<smtp::routing_marks>({{"refuse", smtp::routing_marks::refused},
                                             {"allow", smtp::routing_marks::allowed}}));
    block.take("received", made.received, read_received);
    if (made.place == relay::place::front) {
        refuse_filters_keys(from, block);
        read_front(from, block, made);
    } else {
        read_filter(from, block, made);
    }
    refuse_received_none(from, block, made);
    made.next_hop = choose_next_hop(from, value, block, common);
    judge_introduction(from, value, block, made);
    if (made.place == relay::place::front) refuse_exposed_logins(from, value, made);
    return made;
}

// Mail would go in circles.
void refuse_circle(const source& from, const node& value, const relay::endpoint& hop,
                   const std::vector<relay::listener_settings>& listeners) {
    for (const auto& one : listeners) {
        if (one.address.host != hop.host || one.address.port != hop.port) continue;
        from.fail(value.at, "the next hop has the address of the listener '" + one.name +
                                "': mail would go in circles");
    }
}

} // namespace

std::vector<relay::listener_settings>
read_listeners(const source& from, const node& value,
               const std::optional<relay::next_hop_settings>& common) {
    const auto read = [&common](const source& file, const node& one) {
        return read_listener(file, one, common);
    };
    auto listeners = list_of(read)(from, value);
    if (listeners.size() > max_listeners) from.fail(value.at, "are more than 64 listeners");
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        refuse_circle(from, value.items[i], listeners[i].next_hop.address, listeners);
        for (std::size_t j = 0; j < i; ++j) {
            const auto& one = listeners[i];
            const auto& other = listeners[j];
            if (one.name == other.name) {
                from.fail(value.items[i].at, "a second listener is called '" + one.name + "'");
            }
            if (one.address.host == other.address.host && one.address.port == other.address.port) {
                from.fail(value.items[i].at,
                          "'" + one.name + "' has the address of '" + other.name + "'");
            }
        }
    }
    return listeners;
}

} // namespace postseal::config
