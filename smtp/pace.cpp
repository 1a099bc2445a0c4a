// SPDX-License-Identifier: Apache-2.0
#include "smtp/pace.hpp"

#include <algorithm>

namespace postseal::smtp {

pace::pace(std::uint64_t octets_per_second, std::chrono::seconds patience)
    : rate_(octets_per_second), patience_(patience), credit_(patience) {}

void pace::earn(std::uint64_t octets) {
    if (octets == 0) return;
    // In whole seconds first: nanoseconds of a gigabyte would not fit.
    const auto full =
        static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(patience_).count());
    if (rate_ == 0 || octets / rate_ >= full) {
        credit_ = patience_;
        return;
    }
    const auto seconds = static_cast<double>(octets) / static_cast<double>(rate_);
    const auto earned =
        std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
    credit_ = std::min(credit_ + earned, patience_);
}

void pace::spend(duration waited) { credit_ -= std::min(waited, credit_ + patience_); }

} // namespace postseal::smtp
