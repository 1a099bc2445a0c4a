// SPDX-License-Identifier: Apache-2.0
// Any octets as a line of exported records: what is read is written and read again as the same, its
// certificates are clean or refused, and whatever GnuPG says of them, nothing is revoked that it
// does not call so.
#include "keys/record_judgement.hpp"
#include "keys/record_merge.hpp"
#include "keys/user_id.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace postseal;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

void judge(keys::known_address of, std::chrono::sys_seconds now) {
    static_cast<void>(keys::mistake_in_times(of, now));
    const auto certificates = keys::certificates_to_judge(of, {});
    if (!certificates) return;
    std::vector<keys::judged_certificate> judged;
    for (const auto& one : *certificates) {
        keys::inspection said;
        said.fingerprint = one.fingerprint;
        said.unusable_because = one.bytes.size() % 2 == 0 ? "" : "expired on 2024-05-01";
        judged.push_back({one, said});
    }
    if (keys::obey(of, judged, now)) return;
    expect(std::ranges::none_of(of.known.rejected, &keys::rejected_certificate::revoked));
    const auto address = keys::mailbox_of_key(of.address);
    keys::record ours;
    keys::apply(ours, keys::merge({}, of.known, address));
    // But for what there was no room for.
    if (ours.rejected == of.known.rejected) expect(keys::merge(ours, of.known, address).empty());
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
    if (keys::clean_certificates(*read)) return 0;
    expect(!keys::clean_certificates(*read));
    judge(*read, std::chrono::sys_days{std::chrono::year{2024} / 6 / 15});
    return 0;
}
