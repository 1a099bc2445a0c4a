// SPDX-License-Identifier: Apache-2.0
#include "keys/certificate.hpp"

namespace postseal::keys {

std::string_view to_string(outcome what) {
    switch (what) {
    case outcome::found: return "found";
    case outcome::absent: return "absent";
    case outcome::unusable: return "unusable";
    case outcome::temporary: return "temporary";
    }
    return "?";
}

} // namespace postseal::keys
