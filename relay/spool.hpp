// SPDX-License-Identifier: Apache-2.0
// The durable spool: deliveries that are still owed, on disk before anybody is promised anything.
// An entry is two files, ID.mail with the content and ID.entry (spool_entry) with all else. It is
// there once ID.entry is. Who sends, changes or removes one holds a lock on ID.mail, which is the
// same file for as long as the entry lives: so the relay, a second one and the administrator's
// commands never get in each other's way, and a lock is gone with its process.
// Fails: std::system_error for what the disk does, values for what the spool decides. Not for use
// by several threads at once.
// Limits: spool_quota; an entry as in spool_entry.hpp.
#pragma once

#include "relay/message_buffer.hpp"
#include "relay/spool_entry.hpp"
#include "relay/spool_folder.hpp"
#include "relay/spool_quota.hpp"
#include "relay/unnamed_file.hpp"

#include <boost/system/result.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::relay {

struct spool_usage {
    std::uint64_t octets = 0; ///< of content
    std::size_t entries = 0;
};

/// What drafts have taken of it; a draft may end on any thread.
struct spool_reservation {
    std::atomic<std::uint64_t> octets = 0;
    std::atomic<std::size_t> entries = 0;
};

/// Why nothing was taken. (0 is what a result without an error answers.)
enum class spool_refusal {
    too_much = 1, ///< octets
    too_many,     ///< entries
    never_fits,   ///< the message has more of either than the quota, however empty the spool is
    unfit,        ///< it could not be read again: too long
};

/// Why an entry cannot be used.
enum class spool_absence {
    gone = 1,
    busy,    ///< somebody else has it
    damaged, ///< it cannot be read, or its content is not there as it should be
};

/// A part of the quota, taken for as long as this lives.
class spool_share {
  public:
    spool_share(std::shared_ptr<spool_reservation> from, std::uint64_t octets);
    spool_share(spool_share&&) noexcept = default;
    spool_share& operator=(spool_share&&) = delete;
    ~spool_share();

  private:
    std::shared_ptr<spool_reservation> from_; // none: moved from
    std::uint64_t octets_;
};

/// Content that is on the disk, with room for its entry, and that nobody can see yet. It is gone
/// with this value, or with the process, unless spool::keep() takes it. The spool outlives it.
struct spool_draft {
    spool_entry entry; ///< to be narrowed to what is owed; id, size and addresses stay
    unnamed_file content;
    unnamed_file text;
    spool_share share;
};

/// An entry that nobody else can send, change or remove while this lives.
struct spool_claim {
    spool_entry entry;
    seal::descriptor locked; ///< ID.mail
    mapping content;
};

class spool {
  public:
    /// Makes its folder below `where` where there is none.
    spool(const std::filesystem::path& where, spool_quota quota);
    /// Nothing where there is no folder yet: nothing is made.
    [[nodiscard]] static std::optional<spool> find(const std::filesystem::path& where);

    /// Does this path lead to it, in whatever spelling?
    [[nodiscard]] bool is_at(const std::filesystem::path& where) const {
        return folder_.is_in(where);
    }

    /// Writes content and entry, and syncs them. `whole` gets its id and its size here. `same` is
    /// what the drafts of the same message have taken up to now: they are in nobody's way.
    [[nodiscard]] boost::system::result<spool_draft, spool_refusal>
    prepare(spool_entry whole, const std::vector<std::string_view>& pieces,
            unnamed_file::naming how = unnamed_file::naming::late, spool_usage same = {});

    /// Makes the draft an entry. When this returns, it is on the disk and will be found there.
    void keep(spool_draft draft);

    struct mark {
        std::string id;
        std::chrono::sys_time<std::chrono::nanoseconds> changed; ///< of the entry, not the content
    };
    /// Every entry, readable or not, by id; counts the usage anew.
    [[nodiscard]] std::vector<mark> marks();
    /// The ids of those that were set aside.
    [[nodiscard]] std::vector<std::string> damaged() const;
    /// When one was last added, changed or removed, by whomever.
    [[nodiscard]] std::chrono::sys_time<std::chrono::nanoseconds> changed() const {
        return folder_.changed();
    }

    [[nodiscard]] boost::system::result<spool_entry, spool_absence>
    read(const std::string& id) const;
    [[nodiscard]] boost::system::result<spool_claim, spool_absence>
    claim(const std::string& id) const;

    /// Writes `by` in the place of the entry that is held, whole or not at all. Id and size stay.
    void update(const spool_claim& held, const spool_entry& by) const;
    void update(const spool_claim& held) const { update(held, held.entry); }
    /// Of a claimed entry.
    void remove(const spool_entry& held);

    /// Removes an entry that may be damaged; `gone` and `busy` are why not.
    [[nodiscard]] boost::system::result<void, spool_absence> erase(const std::string& id);
    /// Renames a damaged entry, so that it is looked at once, and not with every round.
    void set_aside(const std::string& id) const;

    /// Removes what crashes have left of drafts. Returns how many files.
    std::size_t sweep();

    /// For what comes from now on; what is there stays.
    void limit(spool_quota quota) { quota_ = quota; }

    /// As of the last marks(), with what has been taken since.
    [[nodiscard]] spool_usage usage() const;
    [[nodiscard]] bool is_nearly_full() const;

  private:
    spool(spool_folder folder, spool_quota quota);

    [[nodiscard]] std::optional<spool_refusal> refuse(const spool_entry& whole,
                                                      spool_usage same) const;
    [[nodiscard]] boost::system::result<seal::descriptor, spool_absence>
    lock(const std::string& file) const;
    void unlink(const std::string& id) const;

    spool_folder folder_;
    spool_quota quota_;
    spool_usage stored_;
    std::shared_ptr<spool_reservation> reserved_ = std::make_shared<spool_reservation>();
};

} // namespace postseal::relay
