// SPDX-License-Identifier: Apache-2.0
// A file that has no name until it is whole (O_TMPFILE), so that what a crash leaves behind is
// nothing or all of it. Where the file system has no such files, one with a draft's name.
// It is locked from its first moment: who cannot lock a draft leaves it alone.
// Fails: std::system_error.
#pragma once

#include "seal/descriptor.hpp"

#include <string>

namespace postseal::relay {

class unnamed_file {
  public:
    enum class naming {
        late,  ///< no name before keep(), where that is possible
        early, ///< a draft's name; keep() puts the file in the place of one of its name
    };
    static constexpr const char* draft_suffix = ".new";

    /// In the open directory `folder`, which must outlive this; mode 0600, and the folder's owner
    /// where root makes it, or the service could not read it.
    unnamed_file(int folder, std::string name, naming how = naming::late);
    unnamed_file(unnamed_file&&) noexcept = default;
    unnamed_file& operator=(unnamed_file&&) = delete;
    ~unnamed_file();

    [[nodiscard]] int get() const { return file_.get(); }

    /// What has been written is on the disk.
    void sync();

    /// Gives it its name. That it has one is on the disk once the folder has been synced.
    void keep();

    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    int folder_;
    std::string name_;
    seal::descriptor file_;
    std::string draft_; // empty: without a name, or with its own
};

} // namespace postseal::relay
