// SPDX-License-Identifier: Apache-2.0
#include "keys/store_troubles.hpp"

#include <utility>

namespace postseal::keys {

void store_troubles::note(access way, const std::string& now) {
    const bool reads = way == access::reading;
    const std::lock_guard lock(guard_);
    auto& known = last_[reads ? 0 : 1];
    if (!now.empty() && now != known)
        untold_.push_back(std::string("the key store cannot be ") + (reads ? "read" : "written") +
                          " (" + now + "): keys are looked up instead");
    known = now;
}

std::vector<std::string> store_troubles::take() {
    const std::lock_guard lock(guard_);
    return std::exchange(untold_, {});
}

} // namespace postseal::keys
