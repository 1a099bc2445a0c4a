// SPDX-License-Identifier: Apache-2.0
// A GNUPGHOME for one sealer. The relay makes it and removes it, because a sealer may be killed at
// any time.
// Fails: std::system_error when it cannot be made.
#pragma once

#include <filesystem>

namespace postseal::seal {

class private_home {
  public:
    /// Makes a folder of mode 0700 under `parent`, with a gpg.conf.
    explicit private_home(const std::filesystem::path& parent);
    private_home(private_home&& other) noexcept;
    private_home& operator=(private_home&&) = delete;
    ~private_home();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

} // namespace postseal::seal
