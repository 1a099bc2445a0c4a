// SPDX-License-Identifier: Apache-2.0
// Keys that an administrator brings: cleaned, and judged by GnuPG in its box, before they are used.
// Fails: by std::exception with a sentence for a person where nothing can be judged.
#pragma once

#include "config/settings.hpp"
#include "keys/assessment.hpp"
#include "keys/record.hpp"
#include "smtp/mailbox.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <istream>
#include <memory>
#include <string>
#include <vector>

namespace postseal::cli {

class key_judge {
  public:
    explicit key_judge(const config::settings& from);
    ~key_judge();

    /// May `material` be used for the address? With all signatures that `known` has of the same
    /// key: a copy from before a revocation is revoked.
    [[nodiscard]] keys::assessment judge(const smtp::mailbox& address, std::string material,
                                         const keys::record& known);

    /// What GnuPG says of each of these cleaned certificates, in their order; as many at once as
    /// there are sealers.
    [[nodiscard]] std::vector<boost::system::result<keys::inspection>>
    inspect(const std::vector<std::string>& certificates);

    /// Can GnuPG judge a certificate that is well?
    [[nodiscard]] bool works();

  private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

/// What is to be remembered of a judgement, whatever is decided: a revocation is worth knowing, and
/// ends the use of a key that was given before it.
[[nodiscard]] keys::record_changes revocations(const keys::record& known,
                                               const keys::assessment& judged);

/// Everything. Throws where that cannot be read, or is more than `limit` octets.
[[nodiscard]] std::string read_octets(std::istream& from, const std::string& name,
                                      std::size_t limit);

/// One line, as a note has to be. Throws where it is none.
void expect_note(const std::string& note);

} // namespace postseal::cli
