// SPDX-License-Identifier: Apache-2.0
// How often a keyserver may be asked: so many questions in a time, and a few at once after silence
// (a token bucket, kept as the time at which it would be full). No I/O; the time is an argument.
#pragma once

#include <chrono>
#include <cstdint>

namespace postseal::keys {

struct rate {
    std::uint32_t questions = 0; ///< in `period`; 0: no limit
    std::chrono::milliseconds period{0};
    std::uint32_t burst = 1; ///< at once, at most; not 0

    bool operator==(const rate&) const = default;
};

class token_bucket {
  public:
    using time = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    /// Full at first.
    explicit token_bucket(rate limit);

    /// One question's token, if there is one.
    [[nodiscard]] bool take(time now);

    /// Until there is a token; zero where there is one.
    [[nodiscard]] duration wait(time now) const;

    /// The server has had enough: no token before `until`, and then one at a time.
    void close(time until);

    /// Between two tokens.
    [[nodiscard]] duration interval() const { return interval_; }

  private:
    duration interval_;
    duration depth_; ///< how far `full_at_` may lie ahead where a token is left
    time full_at_{};
    time closed_until_{};
};

} // namespace postseal::keys
