// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_pins.hpp"

#include "config/pins.hpp"
#include "message/visible.hpp"

namespace postseal::cli {

policy_pins::policy_pins(const config::settings& from)
    : pins_(config::find_pins(from.policy.files, from.relay.policy.pins)) {}

const keys::policy_pin* policy_pins::of(const std::string& address) const {
    const auto found = pins_.find(address);
    return found == pins_.end() ? nullptr : &found->second;
}

void add_pin(boost::json::object& to, const keys::policy_pin* pin) {
    to["policy_pin"] = nullptr;
    if (pin != nullptr)
        to["policy_pin"] = {{"fingerprint", pin->fingerprint},
                            {"place", message::visible(pin->place)}};
}

} // namespace postseal::cli
