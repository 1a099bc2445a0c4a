// SPDX-License-Identifier: Apache-2.0
#include "cli/keys_words.hpp"

#include "cli/words.hpp"

namespace postseal::cli {

keys_words::keys_words(CLI::App& app)
    : group_(app.add_subcommand("keys", "Look at recipients' keys")) {
    group_->require_subcommand(1);
    auto* const find = group_->add_subcommand(
        "find", "Ask every source for an address's key, and show what each one said");
    add_configuration(*find, read_.configuration);
    find->add_option("address", read_.address, "The recipient")->required()->type_name("ADDRESS");
}

} // namespace postseal::cli
