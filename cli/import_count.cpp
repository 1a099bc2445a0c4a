// SPDX-License-Identifier: Apache-2.0
#include "cli/import_count.hpp"

#include "message/visible.hpp"

#include <algorithm>
#include <iostream>

namespace postseal::cli {

void refuse(const std::string& place, const std::string& why, import_count& count) {
    std::cerr << "postseal: " << message::visible(place) << ": not taken: " << message::visible(why)
              << '\n';
    ++count.refused;
}

const keys::given_certificate* pin_of(const keys::record& known) {
    const auto pin = std::ranges::find_if(known.given, &keys::given_certificate::pinned);
    return pin == known.given.end() ? nullptr : &*pin;
}

std::size_t imported_of(const keys::record& known) {
    const auto imported = std::ranges::count(known.given, false, &keys::given_certificate::pinned);
    return static_cast<std::size_t>(imported);
}

} // namespace postseal::cli
