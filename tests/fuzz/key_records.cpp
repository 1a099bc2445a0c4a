// SPDX-License-Identifier: Apache-2.0
// Any octets as a line of exported records: what is read is written and read again as the same, and
// its certificates are clean or refused.
#include "keys/record_json.hpp"
#include "keys/user_id.hpp"

#include <cstdlib>

using namespace postseal;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    static_cast<void>(keys::mistake_in_head(line));
    auto read = keys::read_record_line(line);
    if (!read) {
        expect(!read.error().empty());
        return 0;
    }
    expect(keys::lookup_key(keys::mailbox_of_key(read->address)) == read->address);
    const auto written = keys::to_line(*read);
    const auto again = keys::read_record_line(written);
    expect(again.has_value() && keys::to_line(*again) == written);
    if (!keys::clean_certificates(*read)) expect(!keys::clean_certificates(*read));
    return 0;
}
