// SPDX-License-Identifier: Apache-2.0
// What a finder remembers: the store, in front of which stands what this process has read and
// written itself; and whom nobody could be asked about a moment ago.
// Fails: never. A store that cannot be read leaves what this process knows, and says that this is
// all; what cannot be written is kept, and written with the next change of the same address.
#pragma once

#include "keys/finder.hpp"
#include "keys/record_cache.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace postseal::keys {

/// Has to be made by std::make_shared: whoever asks keeps it alive until it has answered.
class finder_memory : public std::enable_shared_from_this<finder_memory> {
  public:
    /// `shared` may be null: then this process is all there is.
    finder_memory(store* shared, lifetimes times, clock now)
        : shared_(shared), times_(times), now_(std::move(now)) {}

    /// The store is not used any more.
    void close() { shared_ = nullptr; }

    [[nodiscard]] bool has_store() const { return shared_ != nullptr; }

    boost::asio::awaitable<recalled> recall(smtp::mailbox address);
    boost::asio::awaitable<void> remember(smtp::mailbox address, record_changes changes);

    /// What this process knows by itself.
    [[nodiscard]] std::optional<sealing> known_sealing(const smtp::mailbox& address);

    /// Why nobody could be asked, where that was a moment ago.
    [[nodiscard]] std::optional<finding> recent_failure(const smtp::mailbox& address);
    /// The more often in succession, the longer until they are asked again.
    void note_failure(const smtp::mailbox& address, const finding& failed);
    void forget_failure(const smtp::mailbox& address);

    /// True where nobody else who shares the store is asking the sources about the address.
    boost::asio::awaitable<bool> may_ask(smtp::mailbox address, std::chrono::seconds how_long);
    /// Others may.
    boost::asio::awaitable<void> has_asked(smtp::mailbox address);

    /// For a person: what the store has, and whether a lookup would believe it. Has to have one.
    boost::asio::awaitable<source_report> report(smtp::mailbox address);

  private:
    struct failure {
        finding what;
        std::chrono::sys_seconds at{};
        std::chrono::seconds rest{};
    };

    // Coroutines that keep what they work on alive.
    using self = std::shared_ptr<finder_memory>;
    static boost::asio::awaitable<recalled> recall_in(self in, smtp::mailbox address);
    static boost::asio::awaitable<void> remember_in(self in, smtp::mailbox address,
                                                    record_changes changes);
    static boost::asio::awaitable<bool> may_ask_in(self in, smtp::mailbox address,
                                                   std::chrono::seconds how_long);
    static boost::asio::awaitable<void> has_asked_in(self in, smtp::mailbox address);
    static boost::asio::awaitable<source_report> report_in(self in, smtp::mailbox address);

    store* shared_; // null: none, or not ours any more
    lifetimes times_;
    clock now_;
    record_cache cache_;
    std::size_t versions_ = 0;
    std::unordered_map<std::string, failure> failed_; // by lookup key
};

} // namespace postseal::keys
