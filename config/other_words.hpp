// SPDX-License-Identifier: Apache-2.0
// Keys that people write out of habit, from another program or in the wrong place, and what to
// write here: a better answer than the word that is spelt most alike.
#pragma once

#include "config/yaml.hpp"

#include <string>
#include <vector>

namespace postseal::config {

struct other_word {
    std::string written;
    std::string advice; ///< "write 'from'"
};

/// Throws where one of them is a key of the map. `name` is as mapping has it.
void refuse_other_words(const source& from, const node& map, const std::string& name,
                        const std::vector<other_word>& known);

} // namespace postseal::config
