// SPDX-License-Identifier: Apache-2.0
// Asks the system's resolver for a host's addresses. libcurl would do so itself, but reports "no
// such name" and "the name servers are down" as one error; for us the first is evidence that there
// is no key, and the second must never let a message leave in clear. Limits: a lookup may last as
// long as the resolver pleases; whoever waits for it keeps the time. Each takes a thread, also when
// nobody waits any more: most_at_once of them, 16 addresses each.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postseal::keys {

class name_lookup {
  public:
    enum class verdict {
        pending,
        found,
        no_address, ///< the name servers say so
        no_answer,  ///< the name servers did not say
    };

    static constexpr int most_at_once = 512;

    /// Starts asking, on a thread of its own that nobody has to wait for, and that calls `done`.
    name_lookup(std::string host, std::function<void()> done);

    /// For one more.
    [[nodiscard]] static bool has_room();

    [[nodiscard]] verdict result() const { return shared_->result.load(); }

    /// As text, of a host that was found.
    [[nodiscard]] const std::vector<std::string>& addresses() const { return shared_->addresses; }

  private:
    struct shared {
        std::vector<std::string> addresses; // before `result` says that they are there
        std::atomic<verdict> result = verdict::pending;
    };
    static verdict ask_resolver(const std::string& host, std::vector<std::string>& addresses);

    std::shared_ptr<shared> shared_; // the thread may outlive this
};

} // namespace postseal::keys
