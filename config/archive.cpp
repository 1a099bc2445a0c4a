// SPDX-License-Identifier: Apache-2.0
#include "config/archive.hpp"

#include "config/values.hpp"
#include "keys/domain.hpp"

namespace postseal::config {

std::optional<smtp::mailbox> read_archive(const source& from, const node& value,
                                          const policy::rule_set& known) {
    const auto written = read_text(from, value);
    if (written == "none") return std::nullopt;
    auto address = smtp::parse_mailbox(written);
    if (!address || address->domain.empty())
        from.fail(value.at, "'" + written + "' is neither a mail address nor none");
    // It gets in clear what is sealed for everybody else.
    const auto domain = keys::to_a_label(address->domain);
    if (!domain || !policy::is_local(known, {address->local_part, *domain}))
        from.fail(value.at, "'" + written + "' is outside 'local_domains': an archive gets mail " +
                                "in clear, and so has to be inside");
    return address;
}

} // namespace postseal::config
