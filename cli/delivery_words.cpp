// SPDX-License-Identifier: Apache-2.0
#include "cli/delivery_words.hpp"

namespace postseal::cli {

std::string remark_of(message::header_protection how) {
    if (how.policy == message::protection_policy::off) return {};
    return ", protected (" + std::string{message::to_string(how.policy)} +
           (how.subject == message::subject_outside::shown ? ", subject shown)" : ")");
}

} // namespace postseal::cli
