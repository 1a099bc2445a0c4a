// SPDX-License-Identifier: Apache-2.0
#include "keys/inspection.hpp"
#include "keys/user_id.hpp"

#include <algorithm>
#include <cstdio>

namespace postseal::keys {
namespace {

judgement refuse(std::string reason) { return {std::nullopt, std::move(reason)}; }

/// "2024-05-01": a day is enough for a person, and UTC needs no time zone data.
std::string day(std::chrono::sys_seconds when) {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(when));
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text;
}

bool names(const inspection& seen, const smtp::mailbox& address) {
    return std::any_of(seen.addresses.begin(), seen.addresses.end(), [&](const std::string& text) {
        // GnuPG hands out addresses that the SMTP grammar would refuse; user_id_address reads both.
        const auto valid = user_id_address('<' + text + '>');
        return valid && same_address(*valid, address);
    });
}

} // namespace

judgement judge(const inspection& seen, std::string cleaned, const smtp::mailbox& address,
                std::chrono::sys_seconds now) {
    if (seen.fingerprint.empty()) return refuse("GnuPG found no certificate in it");
    if (!seen.unusable_because.empty()) return refuse(seen.unusable_because);
    // GnuPG judged a moment ago, but a remembered inspection may be older than the key's end.
    if (seen.expires && *seen.expires <= now) return refuse("expired on " + day(*seen.expires));
    if (!names(seen, address)) return refuse("no valid user ID names the address");
    if (seen.encryption_keys.empty()) return refuse("it has no key to encrypt to");

    certificate usable;
    usable.fingerprint = seen.fingerprint;
    usable.bytes = std::make_shared<const std::string>(std::move(cleaned));
    usable.encryption_keys = seen.encryption_keys;
    usable.created = seen.created;
    usable.expires = seen.expires;
    usable.algorithm = seen.algorithm;
    return {std::move(usable), {}};
}

} // namespace postseal::keys
