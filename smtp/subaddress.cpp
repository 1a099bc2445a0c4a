// SPDX-License-Identifier: Apache-2.0
#include "smtp/subaddress.hpp"

namespace postseal::smtp {

std::optional<mailbox> without_detail(const mailbox& address) {
    const auto plus = address.local_part.find('+');
    if (plus == 0 || plus == std::string::npos) return std::nullopt;
    return mailbox{address.local_part.substr(0, plus), address.domain};
}

} // namespace postseal::smtp
