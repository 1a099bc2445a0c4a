// SPDX-License-Identifier: Apache-2.0
// A folder of key files (.asc, .pgp, .gpg, .key; binary or armored) as a source: what an
// administrator puts there is served for the addresses in its user IDs. A file whose name without
// the ending is an address, `bob@example.org.asc`, is served for that address only.
// Read again when it changes. Sub-folders and hidden files are not looked at; removing a file is
// what withdraws a key. Fails: never; what is wrong with a file becomes a warning, and what the
// file held before stays in force until it can be read again: half a copied file must not turn
// sealed mail into clear mail. Where the folder itself, or a file that bears the address as its
// name, could never be read, the answer is temporary. Limits: below; files are read on the calling
// thread.
#pragma once

#include "keys/packets.hpp"
#include "keys/source.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace postseal::keys {

struct directory_settings {
    std::filesystem::path folder;
    std::chrono::milliseconds recheck{1000}; ///< the folder is looked at no more often
    std::size_t max_files = 10'000;
    std::size_t max_file_size = max_key_material;   ///< octets
    std::size_t max_total_size = 256 * 1024 * 1024; ///< octets of all files
};

class directory_source final : public source {
  public:
    /// Reads the folder.
    explicit directory_source(directory_settings settings);
    ~directory_source() override;

    [[nodiscard]] std::string_view name() const override;
    [[nodiscard]] origin from() const override { return origin::administrator; }
    boost::asio::awaitable<answer> ask(smtp::mailbox address) override;

    /// What was wrong with files since the last call, one sentence each, for the log. Each change
    /// of a file is complained about once.
    [[nodiscard]] std::vector<std::string> take_warnings();

    /// Looks at the folder now, whatever the time.
    void refresh();

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace postseal::keys
