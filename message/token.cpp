// SPDX-License-Identifier: Apache-2.0
#include "message/token.hpp"

#include "smtp/mailbox.hpp"

namespace postseal::message {

bool same_token(std::string_view a, std::string_view b) { return smtp::equal_ignoring_case(a, b); }

bool token_matches(std::string_view token, std::string_view pattern) {
    if (!pattern.ends_with('*')) return same_token(token, pattern);
    pattern.remove_suffix(1);
    return same_token(token.substr(0, pattern.size()), pattern);
}

} // namespace postseal::message
