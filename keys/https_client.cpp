// SPDX-License-Identifier: Apache-2.0
#include "keys/https_client.hpp"

#include "keys/https_worker.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace postseal::keys {

namespace asio = boost::asio;

namespace {

/// Ends a call with its coroutine, however that ends. The worker is woken to free the connection.
template<class Wake>
struct abandon_at_exit {
    std::shared_ptr<https_call> call;
    Wake wake;

    ~abandon_at_exit() {
        if (call->is_abandoned()) return; // it was answered
        call->abandon();
        wake();
    }
};

} // namespace

https_client::https_client(https_client_settings settings)
    : worker_(std::make_shared<worker>(std::move(settings))) {}

https_client::~https_client() { worker_->stop(); }

asio::awaitable<https_answer> https_client::get(https_request request) {
    return get_from(worker_, std::move(request));
}

https_get https_client::as_function() {
    return [asked = worker_](https_request request) { return get_from(asked, std::move(request)); };
}

asio::awaitable<https_answer> https_client::get_from(std::shared_ptr<worker> asked,
                                                     https_request request) {
    const auto executor = co_await asio::this_coro::executor;
    const auto waiter = std::make_shared<https_waiter>(
        https_waiter{asio::steady_timer(executor, asio::steady_timer::time_point::max()), {}});
    const auto call = std::make_shared<https_call>(std::move(request), waiter);
    const auto wake = [asked] { asked->wake(); };
    const abandon_at_exit<decltype(wake)> guard{call, wake};

    asked->submit(call);
    boost::system::error_code woken;
    auto answered = waiter->answered.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    co_await std::move(answered);
    // The timer never expires: either the answer is there, or somebody cancelled this coroutine.
    if (!waiter->answer) throw boost::system::system_error(asio::error::operation_aborted);
    co_return std::move(*waiter->answer);
}

} // namespace postseal::keys
