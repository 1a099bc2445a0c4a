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

std::string_view to_string(origin who) {
    switch (who) {
    case origin::administrator: return "administrator";
    case origin::domain: return "domain";
    case origin::third_party: return "third party";
    }
    return "?";
}

std::string_view to_string(wkd_host which) {
    switch (which) {
    case wkd_host::none: return "none";
    case wkd_host::advanced: return "advanced";
    case wkd_host::direct: return "direct";
    }
    return "?";
}

} // namespace postseal::keys
