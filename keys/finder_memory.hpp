// SPDX-License-Identifier: Apache-2.0
// What a finder remembers: its own latest findings, and behind them the store.
// Fails: never. A store that cannot be read has nothing to say, one that cannot be written costs
// lookups, no mail.
#pragma once

#include "keys/finder.hpp"
#include "keys/packets.hpp"
#include "keys/recent_findings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace postseal::keys {

using recalled = std::optional<memory>;

/// Has to be made by std::make_shared: whoever asks keeps it alive until it has answered.
class finder_memory : public std::enable_shared_from_this<finder_memory> {
  public:
    /// `shared` may be null.
    finder_memory(store* shared, finder_settings lifetimes, clock now)
        : shared_(shared), lifetimes_(lifetimes), now_(std::move(now)) {}

    /// The store is not used any more.
    void close() { shared_ = nullptr; }

    [[nodiscard]] bool has_store() const { return shared_ != nullptr; }

    /// From this process where that is fresh, else from the store.
    boost::asio::awaitable<recalled> recall(smtp::mailbox address);

    /// Why nobody could be asked, where that was a moment ago.
    [[nodiscard]] std::optional<finding> recent_failure(const smtp::mailbox& address);

    boost::asio::awaitable<void> remember(smtp::mailbox address, finding what);

    /// Every certificate of the address that was rejected before, however long ago.
    boost::asio::awaitable<std::vector<rejected_certificate>>
    recall_rejected(smtp::mailbox address);

    /// Keeps what is not `known`, and does not get in the way of later ones.
    boost::asio::awaitable<void> remember_rejected(smtp::mailbox address,
                                                   std::vector<rejected_certificate> known,
                                                   std::vector<rejected_certificate> entries);

    /// By this process; the store may know better.
    [[nodiscard]] bool is_known_as_sealed(const smtp::mailbox& address) const;
    boost::asio::awaitable<sealing> recall_sealing(smtp::mailbox address);
    boost::asio::awaitable<void> remember_sealing(smtp::mailbox address, sealing entry);

    /// Has the address's domain served keys before?
    boost::asio::awaitable<bool> recall_directory(smtp::mailbox address);
    boost::asio::awaitable<void> remember_directory(smtp::mailbox address);

    /// For a person: what the store has, and whether a lookup would believe it. Has to have one.
    boost::asio::awaitable<source_report> report(smtp::mailbox address);

  private:
    // Coroutines that keep what they work on alive.
    using self = std::shared_ptr<finder_memory>;
    static boost::asio::awaitable<recalled> recall_in(self in, smtp::mailbox address);
    static boost::asio::awaitable<void> remember_in(self in, smtp::mailbox address, finding what);
    static boost::asio::awaitable<std::vector<rejected_certificate>>
    recall_rejected_in(self in, smtp::mailbox address);
    static boost::asio::awaitable<void>
    remember_rejected_in(self in, smtp::mailbox address, std::vector<rejected_certificate> entries);
    static boost::asio::awaitable<sealing> recall_sealing_in(self in, smtp::mailbox address);
    static boost::asio::awaitable<void> remember_sealing_in(self in, smtp::mailbox address,
                                                            sealing entry);
    static boost::asio::awaitable<bool> recall_directory_in(self in, smtp::mailbox address);
    static boost::asio::awaitable<void> remember_directory_in(self in, smtp::mailbox address);
    static boost::asio::awaitable<source_report> report_in(self in, smtp::mailbox address);

    [[nodiscard]] std::chrono::seconds lifetime(outcome what) const;

    store* shared_; // null: none, or not ours any more
    finder_settings lifetimes_;
    clock now_;
    recent_findings settled_;
    std::unordered_map<std::string, sealing>
        sealed_;             // by lookup key; what the store has, or should
    recent_findings failed_; // temporary ones, apart: they must not push out what was found
};

/// A source before the store has other signatures of the remembered key, perhaps a revocation that
/// an administrator has put there: both together are judged anew. Nothing where that ends its use.
boost::asio::awaitable<recalled> review(recalled known, smtp::mailbox address,
                                        std::vector<cleaned_certificate> seen, inspector inspect,
                                        clock now);

} // namespace postseal::keys
