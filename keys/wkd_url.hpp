// SPDX-License-Identifier: Apache-2.0
// Where a Web Key Directory publishes the key of an address (draft-koch-openpgp-webkey-service-22
// §3.1). No I/O.
// Fails: by wkd_refusal, for addresses that are never looked up.
#pragma once

#include "smtp/mailbox.hpp"

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace postseal::keys {

enum class wkd_refusal {
    not_a_domain, ///< none, an address literal, or no valid name
    single_label, ///< "localhost", "intranet"
    special_use,  ///< reserved names (keys/domain)
};

/// A clause for a person.
[[nodiscard]] std::string_view to_string(wkd_refusal why);

/// Reserved names are looked up only where the administrator has said where they lead.
enum class special_use_names { refuse, allow };

struct wkd_urls {
    std::string domain;        ///< A-label
    std::string advanced_host; ///< "openpgpkey." + domain
    std::string advanced;      ///< to be asked first
    std::string direct;        ///< only where advanced_host has no address
};

[[nodiscard]] boost::system::result<wkd_urls, wkd_refusal>
make_wkd_urls(const smtp::mailbox& address, special_use_names reserved = special_use_names::refuse);

/// z-base-32 of SHA-1 of the local part with its ASCII letters in lower case: 32 characters.
[[nodiscard]] std::string wkd_hash(std::string_view local_part);

/// z-base-32 without padding, as Zooko and RFC 6189 §5.1.6 have it.
[[nodiscard]] std::string z_base_32(std::string_view octets);

/// Every octet but RFC 3986 §2.3's unreserved ones becomes %XX: '+' too, which some servers would
/// read as a space.
[[nodiscard]] std::string percent_escape(std::string_view text);

} // namespace postseal::keys
