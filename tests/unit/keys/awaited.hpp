// SPDX-License-Identifier: Apache-2.0
// Runs one coroutine to its end and hands out its result, for tests of what is awaited.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

namespace postseal::keys {

template<class T>
T awaited(boost::asio::awaitable<T> work) {
    boost::asio::io_context context;
    auto done = boost::asio::co_spawn(context, std::move(work), boost::asio::use_future);
    context.run();
    return done.get();
}

} // namespace postseal::keys
