// SPDX-License-Identifier: Apache-2.0
// The folder below the spool in which owed mail lies, open, and the few things that are done in it.
// Everything goes by its descriptor and by plain names: no path is followed twice, no link at all.
// Fails: std::system_error; std::runtime_error, with a sentence for the administrator, where the
// folder is not one that only its owner can use.
#pragma once

#include "seal/descriptor.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::relay {

class spool_folder {
  public:
    /// Of the spool; beside trace.key and the unnamed files of messages under way.
    static constexpr std::string_view name = "owed";

    /// Makes it, mode 0700, where there is none.
    [[nodiscard]] static spool_folder make(const std::filesystem::path& spool);
    /// Nothing where there is none.
    [[nodiscard]] static std::optional<spool_folder> find(const std::filesystem::path& spool);

    [[nodiscard]] int get() const { return folder_.get(); }
    /// Is it what lies below this spool now?
    [[nodiscard]] bool is_in(const std::filesystem::path& spool) const;
    [[nodiscard]] std::vector<std::string> names() const;

    struct facts {
        std::uint64_t octets = 0;
        std::chrono::sys_time<std::chrono::nanoseconds> changed;
    };
    /// Of a regular file; nothing for anything else.
    [[nodiscard]] std::optional<facts> look_at(const std::string& file) const;
    /// When a name was last added, changed or removed.
    [[nodiscard]] std::chrono::sys_time<std::chrono::nanoseconds> changed() const;

    /// A regular file for reading; none where there is none.
    [[nodiscard]] seal::descriptor open(const std::string& file) const;
    void rename(const std::string& from, const std::string& to) const;
    /// What is not there is removed already.
    void remove(const std::string& file) const;
    /// All names, and that some are gone, are on the disk.
    void sync() const;

  private:
    explicit spool_folder(seal::descriptor folder) : folder_(std::move(folder)) {}

    seal::descriptor folder_;
};

} // namespace postseal::relay
