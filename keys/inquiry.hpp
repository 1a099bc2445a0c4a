// SPDX-License-Identifier: Apache-2.0
// One lookup: who is asked in which order, and what is believed.
// Fails: never by itself; exceptions of the inspector pass.
#pragma once

#include "keys/finder.hpp"
#include "keys/finder_memory.hpp"
#include "keys/turns.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace postseal::keys {

/// What all lookups of a finder have in common.
struct inquiry_parts {
    boost::asio::any_io_executor executor;
    finder_sources sources;
    std::shared_ptr<finder_memory> remembered;
    inspector inspect;
    finder_settings settings;
    clock now;
    std::shared_ptr<turns> remote;
    std::unordered_set<std::string> doubtful; ///< lookup keys: memory is not believed once
    bool closed = false; ///< the finder is gone: what it was given is not used any more
};

/// How far a lookup has come, for those who do not wait for its end.
struct progress {
    std::optional<recalled> known;
    std::string pinned;
    std::shared_ptr<hearings> remote; ///< null: nobody outside has been asked
    /// An administrator's own key may not be used: another one that is found outside is not either.
    bool is_overruled = false;
};

/// The inspector that was given, for as long as its owner has not thrown it away.
[[nodiscard]] inspector guarded(std::shared_ptr<inquiry_parts> with);

/// Of a lookup whose finder has gone.
[[nodiscard]] finding shutting_down();

enum class believing { memory, nobody };

/// `nobody`: the sources are asked, whatever is remembered or failed a moment ago.
boost::asio::awaitable<finding> inquire(std::shared_ptr<inquiry_parts> with, smtp::mailbox address,
                                        believing whom, std::shared_ptr<progress> seen);

/// For a person: what each source says for itself. Changes nothing.
boost::asio::awaitable<std::vector<source_report>>
inquire_of_all(std::shared_ptr<inquiry_parts> with, smtp::mailbox address);

/// What is said of a lookup that has not ended in time: the key from before, or temporary. It is
/// waited for, unless only third parties are late and nobody ever knew a key.
[[nodiscard]] finding overdue(const progress& seen, const finder_settings& settings,
                              std::chrono::sys_seconds now);

} // namespace postseal::keys
