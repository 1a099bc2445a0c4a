// SPDX-License-Identifier: Apache-2.0
#include "keys/keyserver_settings.hpp"

namespace postseal::keys {

rate usual_limit(const keyserver& server) {
    constexpr rate by_email{1, std::chrono::minutes(1), 3};
    const bool is_hagrid = server.speaks == keyserver::protocol::vks ||
                           server.origin == "https://keys.openpgp.org"; // it speaks HKP as well
    return is_hagrid ? by_email : rate{};
}

} // namespace postseal::keys
