// SPDX-License-Identifier: Apache-2.0
#include "config/other_words.hpp"

#include "smtp/mailbox.hpp"

namespace postseal::config {

void refuse_other_words(const source& from, const node& map, const std::string& name,
                        const std::vector<other_word>& known) {
    for (const auto& one : map.entries)
        for (const auto& [written, advice] : known)
            if (smtp::equal_ignoring_case(one.key, written))
                from.fail(one.at, "unknown key '" + one.key + "' in " + name + "; " + advice);
}

} // namespace postseal::config
