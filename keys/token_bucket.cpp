// SPDX-License-Identifier: Apache-2.0
// The generic cell rate algorithm (ITU-T I.371): taking a token moves the time at which the bucket
// is full by one interval; there is one as long as that time is not too far ahead.
#include "keys/token_bucket.hpp"

#include <algorithm>

namespace postseal::keys {

token_bucket::token_bucket(rate limit)
    : interval_(limit.questions == 0 ? duration::zero() : duration(limit.period) / limit.questions),
      depth_(interval_ * (std::max(limit.burst, 1U) - 1)) {}

bool token_bucket::take(time now) {
    if (wait(now) > duration::zero()) return false;
    full_at_ = std::max(full_at_, now) + interval_;
    return true;
}

token_bucket::duration token_bucket::wait(time now) const {
    const auto next = std::max(full_at_ - depth_, closed_until_);
    return std::max(next - now, duration::zero());
}

void token_bucket::close(time until) {
    closed_until_ = std::max(closed_until_, until);
    full_at_ = std::max(full_at_, until + depth_);
}

} // namespace postseal::keys
