// SPDX-License-Identifier: Apache-2.0
// Any octets as a packet stream: what is accepted is framed exactly, and rewriting keeps its shape.
#include "message/openpgp.hpp"

#include <cstdlib>

using namespace postseal::message;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stream(reinterpret_cast<const char*>(data), size);
    if (const auto packets = split_packets(stream)) {
        std::size_t at = 0;
        for (const auto& one : *packets) {
            expect(one.whole.data() == stream.data() + at);
            expect(one.partial || one.header_size + one.body.size() == one.whole.size());
            at += one.whole.size();
        }
        expect(at == size);
    }
    if (const auto before = read_encrypted_message(stream)) {
        auto rewritten = session_keys_in_new_format(stream);
        rewritten += stream.substr(before->session_key_octets);
        const auto after = read_encrypted_message(rewritten);
        expect(after && after->key_ids == before->key_ids);
        expect(after->symmetric_session_keys == before->symmetric_session_keys);
    }
    return 0;
}
