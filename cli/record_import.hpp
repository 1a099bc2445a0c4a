// SPDX-License-Identifier: Apache-2.0
// Takes what `postseal keys export` has written, a record a line, into the key store. Each line is
// judged first (keys/record_judgement), many at once, and taken whole or not at all.
// Fails: by std::exception with a sentence for a person where nothing more can be read, judged or
// written; what was taken before stays taken.
// Limits: a batch of lines in memory.
#pragma once

#include "cli/import_count.hpp"
#include "cli/key_judge.hpp"
#include "cli/key_store.hpp"

#include "keys/record_judgement.hpp"

#include <cstddef>
#include <istream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace postseal::cli {

class record_importer {
  public:
    /// Only of these addresses, spelled as keys::lookup_key does; of every one where there is none.
    record_importer(config::settings from, key_store& into, std::set<std::string> only);

    void take(std::istream& from, const std::string& name, import_count& count);

  private:
    /// A line, and what has to be judged for it.
    struct waiting {
        std::string place;
        keys::known_address line;
        std::vector<keys::judged_certificate> certificates;
        std::string failure; ///< why GnuPG could not judge one of them
    };

    void take_line(const std::string& line, const std::string& place, import_count& count);
    void take_batch(import_count& count);
    void judge_batch();
    void take_judged(waiting& one, import_count& count);

    config::settings from_;
    key_store& store_;
    std::set<std::string> only_;
    std::unique_ptr<key_judge> judge_; // GnuPG is started for whoever needs it
    std::vector<waiting> batch_;
    std::set<std::string> in_batch_; // addresses
    std::size_t octets_in_batch_ = 0;
};

/// One line without its end, which may be that of the file. Nothing at the end. A line of more than
/// `limit` octets is passed over, and comes as that many and one.
[[nodiscard]] std::optional<std::string> read_limited_line(std::istream& from, std::size_t limit);

} // namespace postseal::cli
