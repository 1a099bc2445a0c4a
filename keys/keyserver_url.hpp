// SPDX-License-Identifier: Apache-2.0
// Keyservers as an administrator names them, and the URL at which one is asked for the key of an
// address: HKP (draft-shaw-openpgp-hkp-00 §3) and VKS, the interface of keys.openpgp.org and of
// other Hagrid servers. No I/O.
// Fails: by wkd_refusal, for addresses that are never looked up.
#pragma once

#include "keys/wkd_url.hpp"
#include "smtp/mailbox.hpp"

#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace postseal::keys {

struct keyserver {
    enum class protocol { hkp, vks };

    protocol speaks = protocol::vks;
    std::string origin; ///< "https://keys.openpgp.org", with the port where it is not the usual one

    /// For people: the host, and the port where `origin` has one.
    [[nodiscard]] std::string_view name() const;

    bool operator==(const keyserver&) const = default;
};

/// vks://host, hkps://host and https://host (HKP) over TLS; hkp://host (port 11371) and http://host
/// (HKP) in plain text; each may have a port. The host is a name or an IP address. Nothing where
/// anything else is written there, or on any doubt.
[[nodiscard]] std::optional<keyserver> parse_keyserver(std::string_view url);

/// The local part is handed over as it is, the domain as an A-label. Reserved names are refused:
/// the keyserver's operator could not know whose they are, and would learn of them.
[[nodiscard]] boost::system::result<std::string, wkd_refusal>
make_keyserver_url(const keyserver& server, const smtp::mailbox& address);

/// For the certificate whose primary key has the fingerprint, hex in upper case.
[[nodiscard]] std::string make_keyserver_url(const keyserver& server, std::string_view fingerprint);

} // namespace postseal::keys
