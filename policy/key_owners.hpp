// SPDX-License-Identifier: Apache-2.0
// Whose key mail for an address is sealed to, where that is somebody else's: `key_of` of the policy
// file. Of the entries the first that matches decides, as with rules; but it asks for nothing but
// the address, so nobody who writes can change whose key is used.
#pragma once

#include "policy/rule_list.hpp"
#include "smtp/mailbox.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace postseal::policy {

class key_owners {
  public:
    /// `whom` as `to` of a rule has it; `written` as it stands in the file.
    void add(std::string written, std::vector<addresses> whom, smtp::mailbox owner);

    /// Which of the entries is the first that is for the recipient, under any of these names.
    [[nodiscard]] std::optional<std::size_t>
    first_for(const std::vector<folded_address>& names) const;

    /// Whom it names. What that is, is not looked for among the entries again.
    [[nodiscard]] const smtp::mailbox& owner(std::size_t entry) const { return owners_[entry]; }

    /// Each as a rule with nothing but a `to`, by the name of what is written.
    [[nodiscard]] const rule_list& entries() const { return entries_; }

  private:
    rule_list entries_;
    std::vector<smtp::mailbox> owners_; // one an entry
};

} // namespace postseal::policy
