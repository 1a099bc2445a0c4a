// SPDX-License-Identifier: Apache-2.0
// A SQLite store as a relay would have it that has written to very many people: made up, the same
// each time.
#pragma once

#include "smtp/mailbox.hpp"

#include <cstddef>
#include <filesystem>

namespace postseal::bench {

/// The address of an entry; whoever asks for numbers below `entries` finds something.
smtp::mailbox address_of(std::size_t number);

/// Makes the file. In the order of the addresses, which fills it fastest and leaves no gaps.
void fill(const std::filesystem::path& file, std::size_t entries);

} // namespace postseal::bench
