// SPDX-License-Identifier: Apache-2.0
// A GNUPGHOME for one sealer. The relay makes it and removes it, because a sealer may be killed at
// any time. The sealer itself may write in the workplace only, so that no gpg can leave another
// configuration for the next one.
// Fails: std::system_error when it cannot be made.
#pragma once

#include "seal/descriptor.hpp"

#include <filesystem>

namespace postseal::seal {

/// The folder in a home in which trust databases and keyrings are made.
inline constexpr const char* workplace = "work";
inline constexpr const char* trust_database = "trustdb.gpg";

class private_home {
  public:
    /// Makes a folder of mode 0700 under `parent`, with a gpg.conf and a workplace.
    explicit private_home(const std::filesystem::path& parent);
    private_home(private_home&&) noexcept = default;
    private_home& operator=(private_home&&) = delete;
    ~private_home();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    void make_in(const std::filesystem::path& parent);

    std::filesystem::path path_;
    descriptor locked_; // none: moved from
};

/// Removes the homes of relays that were killed. What cannot be removed now stays for the next
/// time.
void remove_abandoned_homes(const std::filesystem::path& parent);

} // namespace postseal::seal
