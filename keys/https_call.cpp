// SPDX-License-Identifier: Apache-2.0
#include "keys/https_call.hpp"

#include <boost/asio/post.hpp>

namespace postseal::keys {

https_call::https_call(https_request asked, std::shared_ptr<https_waiter> waiter)
    : request(std::move(asked)),
      deadline(std::chrono::steady_clock::now() + request.timeout),
      waiter_(std::move(waiter)) {}

void https_call::deliver(https_answer answer) {
    const std::lock_guard lock(guard_);
    if (!waiter_) return;
    const auto executor = waiter_->answered.get_executor();
    boost::asio::post(executor,
                      [waiter = std::move(waiter_), answer = std::move(answer)]() mutable {
                          waiter->answer = std::move(answer);
                          waiter->answered.cancel();
                      });
    waiter_.reset();
}

void https_call::abandon() {
    const std::lock_guard lock(guard_);
    waiter_.reset();
}

bool https_call::is_abandoned() const {
    const std::lock_guard lock(guard_);
    return !waiter_;
}

} // namespace postseal::keys
