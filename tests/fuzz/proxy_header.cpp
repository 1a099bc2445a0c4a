// SPDX-License-Identifier: Apache-2.0
// Any octets before the greeting: in pieces they mean the same as at once, no more of them is taken
// than a header may have, and the client that they name can be told to a next hop.
#include "smtp/proxy_header.hpp"

#include <cstdlib>

using namespace postseal::smtp;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

struct outcome {
    proxy_next last;
    std::size_t taken = 0; // of everything that was fed
};

outcome read(std::string_view octets, std::size_t piece) {
    proxy_header_reader reader;
    outcome so_far;
    while (std::holds_alternative<proxy_step::more>(so_far.last) && so_far.taken < octets.size()) {
        const auto part = octets.substr(so_far.taken, piece);
        so_far.last = reader.feed(part);
        const auto* done = std::get_if<proxy_step::complete>(&so_far.last);
        expect(done == nullptr || done->consumed <= part.size());
        so_far.taken += done != nullptr ? done->consumed : part.size();
    }
    return so_far;
}

void check(const proxied_connection& client) {
    for (const auto& one : {client.source, client.destination})
        expect(parse_ip_address(to_string(one.address)) == one.address);
    const auto header = proxy_header_v2(client.source, client.destination);
    const auto again = read(header, header.size());
    expect(again.taken == header.size());
    const auto& told = std::get<proxy_step::complete>(again.last).client;
    expect(told && told->source == client.source);
    expect(told->destination.port == client.destination.port);
    const bool lost = client.source.address.is_v4() && !client.destination.address.is_v4();
    expect(lost || told->destination == client.destination);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = read(octets, octets.size() + 1);
    const auto pieces = read(octets, 1U + data[0] % 32U);
    expect(whole.last.index() == pieces.last.index());
    const auto* done = std::get_if<proxy_step::complete>(&whole.last);
    if (done == nullptr) return 0;
    expect(whole.taken == pieces.taken && whole.taken <= 16 + max_proxy_block);
    expect(done->client == std::get<proxy_step::complete>(pieces.last).client);
    if (done->client) check(*done->client);
    return 0;
}
