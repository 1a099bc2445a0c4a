// SPDX-License-Identifier: Apache-2.0
// Takes OpenPGP certificates that an administrator brings into the key store, each for the
// addresses that it names. Fails: by std::exception with a sentence for a person where nothing more
// can be read, judged or written; what was taken before stays taken.
#pragma once

#include "cli/import_count.hpp"
#include "cli/key_judge.hpp"
#include "cli/key_store.hpp"

#include "config/settings.hpp"
#include "keys/key_file.hpp"

#include <istream>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace postseal::cli {

/// For whom certificates are taken.
struct wanted_addresses {
    std::set<std::string> only; ///< spelled as keys::lookup_key does; none: whom the user IDs name
    bool all = false;           ///< also where a file names several, and there is no `only`
};

class key_importer {
  public:
    key_importer(config::settings from, key_store& into, wanted_addresses wanted, std::string note);

    /// Binary or armored.
    void take(std::istream& from, const std::string& name, import_count& count);

  private:
    void take_for_all(const keys::filed_certificate& one, const std::string& name,
                      import_count& count);
    void take_wanted(const std::vector<keys::filed_certificate>& all, const std::string& name,
                     import_count& count);
    void take_key(const std::string& bytes, const smtp::mailbox& address, const std::string& name,
                  import_count& count);

    config::settings from_;
    key_store& store_;
    wanted_addresses wanted_;
    std::string note_;
    std::unique_ptr<key_judge> judge_; // GnuPG is started for whoever needs it
};

} // namespace postseal::cli
