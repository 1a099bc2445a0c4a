// SPDX-License-Identifier: Apache-2.0
// What every session uses. The program owns all of it, and it outlives every session.
#pragma once

#include "message/trace.hpp"
#include "relay/settings.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace postseal::keys {
class finder;
class turns;
} // namespace postseal::keys
namespace postseal::seal {
class pool;
}

namespace postseal::relay {

class journal;
class spool;

struct services {
    std::shared_ptr<const relay::settings> current; ///< replaced by a reload
    keys::finder& finder;
    seal::pool& sealers;
    journal& log;
    message::keyed_hash trace_hash;     ///< of the trace_key; a reload keeps it
    spool& owed;                        ///< used on `disk` only
    boost::asio::any_io_executor disk;  ///< of one thread
    std::function<void()> more_is_owed; ///< called once an entry has been added
    std::size_t observing = 0;          ///< messages that are looked at for the log alone
    std::shared_ptr<keys::turns> observed_seals{}; ///< theirs to be sealed; none before the first
    bool stopping = false;                         ///< nothing is begun any more that can wait
};

} // namespace postseal::relay
