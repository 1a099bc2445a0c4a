// SPDX-License-Identifier: Apache-2.0
// Is this message encrypted already? The rule above all others: only where every content leaf is a
// well-formed OpenPGP or CMS encrypted message. Labels are not believed, packets are; a forwarded
// encrypted mail, a clear attachment beside an encrypted text, clear text around the armor, or any
// doubt about the structure make it "no", and the whole is sealed.
#pragma once

#include "message/facts.hpp"
#include "message/parts.hpp"

#include <string_view>

namespace postseal::message {

struct finding {
    protection protected_as = protection::none;
    std::string_view reason; ///< one clause that quotes nothing from the message
};

/// Decodes leaves one after the other, up to the first clear one.
[[nodiscard]] finding find_protection(const part& root);

} // namespace postseal::message
