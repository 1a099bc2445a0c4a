// SPDX-License-Identifier: Apache-2.0
// Takes keys and records from outside into the key store. What is refused is said on standard error
// with its place; what was there before it stays taken.
// Fails: by std::exception with a sentence for a person where nothing more can be read or written.
#pragma once

#include "cli/commands.hpp"
#include "cli/key_judge.hpp"
#include "cli/key_store.hpp"

#include "config/settings.hpp"

#include <cstddef>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postseal::cli {

struct import_count {
    std::size_t changed = 0;   ///< addresses of which something is known now that was not
    std::size_t unchanged = 0; ///< all was known
    std::size_t refused = 0;   ///< lines, keys for an address
    std::vector<std::string>
        taken; ///< of keys: "bob@example.org FINGERPRINT", where it was not known
};

class importer {
  public:
    importer(config::settings from, const keys_options& options);

    /// What `postseal keys export` has written, a record a line.
    [[nodiscard]] import_count take_records(std::istream& from, const std::string& name);
    /// OpenPGP certificates, binary or armored.
    [[nodiscard]] import_count take_keys(std::istream& from, const std::string& name);

  private:
    void take_line(const std::string& line, const std::string& place, import_count& count);
    void take_key(const std::string& bytes, const smtp::mailbox& address, const std::string& name,
                  import_count& count);
    void remember(const smtp::mailbox& address, const keys::record_changes& changes,
                  import_count& count);

    config::settings from_;
    std::string note_;
    std::optional<smtp::mailbox> only_; ///< nothing: whom the user IDs name
    key_store store_;
    std::unique_ptr<key_judge> judge_; // GnuPG is started for whoever needs it
};

/// One line without its end, which may be that of the file. Nothing at the end. A line of more than
/// `limit` octets is passed over, and comes as that many and one.
[[nodiscard]] std::optional<std::string> read_limited_line(std::istream& from, std::size_t limit);

} // namespace postseal::cli
