// SPDX-License-Identifier: Apache-2.0
// A message on its way in, with its envelope, and what takes it.
#pragma once

#include "relay/reception.hpp"
#include "relay/transaction.hpp"

#include <memory>
#include <string>
#include <utility>

namespace postseal::relay {

struct incoming_message {
    incoming_message(submission what, services& with, std::shared_ptr<const settings> current,
                     smtp::framing framed, smtp::newline_rule rule, std::string peer)
        : sent(std::move(what)),
          taking(with, std::move(current), framed, rule, std::move(peer), sent.message) {}
    incoming_message(const incoming_message&) = delete; // `taking` refers to `sent`
    incoming_message& operator=(const incoming_message&) = delete;

    submission sent;
    reception taking;
};

} // namespace postseal::relay
