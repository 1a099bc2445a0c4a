// SPDX-License-Identifier: Apache-2.0
#include "config/key_address.hpp"

#include "keys/domain.hpp"

namespace postseal::config {

smtp::mailbox read_key_address(const source& from, const node& value,
                               const policy::rule_set& known) {
    const auto written = "'" + value.text + "'";
    const auto address = smtp::parse_mailbox(value.text);
    if (!address || address->domain.empty())
        from.fail(value.at, written + " is no mail address, such as bob@example.com");
    const auto domain = keys::to_a_label(address->domain);
    if (!domain) from.fail(value.at, written + ": no key is ever looked for at such a domain");
    smtp::mailbox made{address->local_part, *domain};
    if (policy::is_local(known, made))
        from.fail(value.at, written + " is inside 'local_domains', where nothing is sealed");
    return made;
}

} // namespace postseal::config
