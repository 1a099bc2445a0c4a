// SPDX-License-Identifier: Apache-2.0
// Any octets as a message: whatever is found points into them, within the limits, and nothing was
// searched more than once a level.
#include "message/facts.hpp"
#include "message/header_section.hpp"
#include "message/parts.hpp"

#include <cstdlib>

using namespace postseal;
using namespace postseal::message;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

std::size_t check(const part& one, std::string_view whole, std::size_t depth) {
    expect(depth <= max_depth);
    expect(one.body.empty() || (one.body.data() >= whole.data() &&
                                one.body.data() + one.body.size() <= whole.data() + whole.size()));
    std::size_t parts = 1;
    for (const auto& child : one.children) {
        parts += check(child, one.body, depth + 1);
    }
    return parts;
}

// Header and envelope mean the same mailbox.
void check(const std::vector<smtp::mailbox>& mailboxes) {
    for (const auto& one : mailboxes) {
        expect(smtp::parse_mailbox(smtp::to_string(one)) == one);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    const auto section = read_header_section(message);
    const auto tree = read_parts(message, section);
    expect(check(tree.root, message, 0) <= max_parts);
    expect(tree.octets_searched <= max_depth * size);

    const auto known = classify(message);
    expect(!known.reason.empty() && known.size == size);
    check(known.from);
    check(known.visible);
    return 0;
}
