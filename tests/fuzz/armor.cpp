// SPDX-License-Identifier: Apache-2.0
// Any text as armor: what is read can be written, and reads the same again.
#include "message/armor.hpp"

#include <cstdlib>

using namespace postseal::message;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::size_t at = 0;
    while (const auto block = read_armor(text, at)) {
        expect(block->end > at && block->end <= size);
        at = block->end;

        std::string written;
        armor_writer writer([&written](std::string_view piece) { written += piece; });
        writer.write(block->binary);
        writer.finish();
        const auto again = read_armor(written);
        expect(again && again->binary == block->binary && again->end == written.size());
    }
    return 0;
}
