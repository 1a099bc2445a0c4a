// SPDX-License-Identifier: Apache-2.0
// Asks the system's resolver why a name could not be resolved. libcurl reports "no such name" and
// "the name servers are down" as one error; for us the first is evidence that there is no key, and
// the second must never let a message leave in clear.
// Limits: a check may last as long as the resolver pleases; whoever waits for it keeps the time.
// No more than 64 at once, then the answer is `no_answer`.
#pragma once

#include <atomic>
#include <memory>
#include <string>

namespace postseal::keys {

class name_check {
  public:
    enum class verdict {
        pending,
        no_address,  ///< the name servers say so
        has_address, ///< though not one that the first attempt could use
        no_answer,   ///< the name servers did not say
    };

    /// Starts asking, on a thread of its own that nobody has to wait for.
    explicit name_check(std::string host);

    [[nodiscard]] verdict result() const { return result_->load(); }

  private:
    std::shared_ptr<std::atomic<verdict>> result_; // the thread may outlive this
};

} // namespace postseal::keys
