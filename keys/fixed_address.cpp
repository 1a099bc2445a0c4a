// SPDX-License-Identifier: Apache-2.0
#include "keys/fixed_address.hpp"

#include "keys/socket_address.hpp"
#include "smtp/ip_network.hpp"
#include "smtp/mailbox.hpp"

#include <algorithm>
#include <charconv>

namespace postseal::keys {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    std::uint16_t port = 0;
    const auto end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, port);
    if (read.ec != std::errc{} || read.ptr != end || port == 0) return std::nullopt;
    return port;
}

bool is_host(std::string_view text) {
    constexpr std::string_view letters_digits_hyphen =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    return text == "*" || (!text.empty() && text.size() <= 253 &&
                           text.find_first_not_of(letters_digits_hyphen) == text.npos);
}

std::optional<boost::asio::ip::address> parse_address(std::string_view text) {
    const auto single = smtp::parse_ip_network(text);
    if (!single || text.find('/') != text.npos) return std::nullopt;
    return to_socket_address(single->base);
}

struct destination {
    std::string_view address;
    std::string_view port; ///< empty: none was given
};

/// "192.0.2.1", "192.0.2.1:8443", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:8443".
std::optional<destination> split_destination(std::string_view text) {
    if (text.starts_with('[')) {
        const auto closing = text.find(']');
        if (closing == text.npos) return std::nullopt;
        const auto behind = text.substr(closing + 1);
        if (!behind.empty() && (behind.front() != ':' || behind.size() == 1)) return std::nullopt;
        return destination{text.substr(1, closing - 1), behind.substr(behind.empty() ? 0 : 1)};
    }
    const auto colon = text.find(':');
    if (colon == text.npos || text.find(':', colon + 1) != text.npos) return destination{text, {}};
    if (colon + 1 == text.size()) return std::nullopt;
    return destination{text.substr(0, colon), text.substr(colon + 1)};
}

} // namespace

std::optional<fixed_address> parse_fixed_address(std::string_view text) {
    const auto first = text.find(':');
    const auto second = first == text.npos ? first : text.find(':', first + 1);
    if (second == text.npos) return std::nullopt;

    const auto host = text.substr(0, first);
    const auto port = parse_port(text.substr(first + 1, second - first - 1));
    const auto where = split_destination(text.substr(second + 1));
    if (!is_host(host) || !port || !where) return std::nullopt;

    const auto address = parse_address(where->address);
    const auto connect_port = where->port.empty() ? port : parse_port(where->port);
    if (!address || !connect_port) return std::nullopt;
    return fixed_address{smtp::ascii_lower(host), *port, *address, *connect_port};
}

const fixed_address* find_fixed_address(const std::vector<fixed_address>& known,
                                        std::string_view host, std::uint16_t port) {
    const auto meant = [&](const fixed_address& one) {
        return one.port == port && (one.host == "*" || one.host == host);
    };
    const auto found = std::find_if(known.begin(), known.end(), meant);
    return found == known.end() ? nullptr : &*found;
}

} // namespace postseal::keys
