// SPDX-License-Identifier: Apache-2.0
// Any octets as key material: what the cleaner lets through is small, framed exactly, of the four
// packet kinds, and stays the same when it is cleaned again.
#include "keys/packets.hpp"
#include "message/openpgp.hpp"

#include <cstdlib>

using namespace postseal;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

void check(const keys::cleaned_certificate& one, const smtp::mailbox& address) {
    expect(one.fingerprint.size() == 40);
    expect(one.bytes.size() <= keys::max_certificate_size);
    const auto packets = message::split_packets(one.bytes, keys::max_key_packets);
    expect(packets && !packets->empty() && packets->front().tag == 6);
    std::size_t primary_keys = 0;
    for (const auto& packet : *packets) {
        expect(packet.tag == 2 || packet.tag == 6 || packet.tag == 13 || packet.tag == 14);
        primary_keys += packet.tag == 6;
    }
    expect(primary_keys == 1);

    const auto again = keys::clean_packets(one.bytes, address);
    expect(again.certificates.size() == 1 && again.left_out.empty());
    expect(again.certificates.front().bytes == one.bytes);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // Of tests/data/keys, which serve as the first inputs.
    static const smtp::mailbox addresses[] = {{"alice", "example.org"}, {"many", "example.org"}};
    const std::string_view material(reinterpret_cast<const char*>(data), size);
    for (const auto& address : addresses) {
        const auto done = keys::clean_packets(material, address);
        expect(done.certificates.size() <= keys::max_certificates);
        expect((done.result == keys::cleaning::verdict::cleaned) == !done.certificates.empty());
        expect(done.certificates.empty() == !done.reason.empty());
        for (const auto& one : done.certificates)
            check(one, address);
    }
    return 0;
}
