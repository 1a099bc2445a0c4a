// SPDX-License-Identifier: Apache-2.0
// Everything postseal.yaml says, as values. Each room's settings and their defaults are declared in
// that room; here they are put together. The commented example file shows every one.
#pragma once

#include "keys/fixed_address.hpp"
#include "keys/keyserver_settings.hpp"
#include "keys/lifetimes.hpp"
#include "relay/settings.hpp"
#include "smtp/ip_network.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace postseal::config {

struct wkd {
    std::chrono::milliseconds timeout{5000};
    std::string proxy; ///< as keys::https_request has it
};

struct key_settings {
    std::vector<std::string> sources{"directory", "store", "wkd", "keyservers"};
    std::filesystem::path directory; ///< empty: none
    std::filesystem::path store;     ///< SQLite file; empty: none
    std::string store_server;        ///< PostgreSQL, as libpq takes it; perhaps with a password.
                                     ///< Empty: none. At most one of the two.
    config::wkd wkd;
    std::vector<keys::keyserver_settings> keyservers; ///< in the order in which they are asked
    std::chrono::milliseconds deadline{10'000};
    keys::lifetimes lifetimes;
    std::vector<std::string> subaddressing; ///< domains (A-labels), as keys::finder_settings has it
    std::vector<keys::fixed_address> resolve; ///< "host:port:address", as curl --resolve takes it
    std::vector<smtp::ip_network> allow_networks; ///< private networks that lookups may reach
    std::filesystem::path ca_file;                ///< certificates to trust besides the system's
};

struct sealer_settings {
    std::filesystem::path executable; ///< empty: the installed one
    std::filesystem::path gpg = "/usr/bin/gpg";
    std::size_t workers = 2;
    std::chrono::milliseconds deadline{30'000};
};

/// As `policy:` names them.
struct policy_place {
    std::vector<std::filesystem::path> files;   ///< in the order in which they are read
    std::vector<std::filesystem::path> folders; ///< of some of them
};

struct settings {
    std::filesystem::path file; ///< where this was read from
    relay::settings relay;      ///< hostname, listeners, spool, limits, and the policy with
                                ///< local_domains
    std::filesystem::path runtime = "/run/postseal"; ///< on a tmpfs: the sealers' private homes
    key_settings keys;
    sealer_settings sealers;
    policy_place policy; ///< where the policy was read from
};

/// Reads postseal.yaml and the policy file that it names. Relative paths are relative to the file.
/// Throws config::error.
[[nodiscard]] settings load(const std::filesystem::path& file);

} // namespace postseal::config
