// SPDX-License-Identifier: Apache-2.0
// Work that waits for a disk, done on another executor than the I/O thread's.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <type_traits>
#include <utility>

namespace postseal::relay {

namespace detail {

template<class Work>
boost::asio::awaitable<std::invoke_result_t<Work>> run(Work work) {
    co_return work();
}

} // namespace detail

/// What `work` returns (a value that can be made by default), on the executor of who awaits it;
/// what it throws is thrown there.
template<class Work>
boost::asio::awaitable<std::invoke_result_t<Work>> run_on(boost::asio::any_io_executor disk,
                                                          Work work) {
    auto task = detail::run(std::move(work));
    // co_spawn completes on the executor of whoever awaits it.
    auto asked = boost::asio::co_spawn(disk, std::move(task), boost::asio::use_awaitable);
    co_return co_await std::move(asked);
}

} // namespace postseal::relay
