// SPDX-License-Identifier: Apache-2.0
// Listening sockets that the service manager made, and that it holds open while this process is not
// there: clients wait through a restart and are not refused (sd_listen_fds(3)). The protocol is
// three variables of the environment; see readiness.hpp for why libsystemd is not linked.
// Fails: std::runtime_error, with a sentence for the administrator. A socket that nobody serves
// would let its clients wait for ever, so each has to belong to a listener.
#pragma once

#include "relay/settings.hpp"
#include "seal/descriptor.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace postseal::relay {

struct passed_socket {
    std::string name; ///< FileDescriptorName= of systemd.socket(5); may be empty
    boost::asio::ip::tcp::endpoint address;
};

/// For each listener the number of the socket that it stands on; nothing for one that has to be
/// bound. An address that is the same decides before a name that is the same. Throws where a socket
/// belongs to no listener, or by its name to one that says it is for this machine alone, while the
/// socket is not.
[[nodiscard]] std::vector<std::optional<std::size_t>>
assign(const std::vector<passed_socket>& passed, const std::vector<listener_settings>& to);

class passed_sockets {
  public:
    passed_sockets() = default; // none

    /// Those that were passed to this process. Neither they nor what names them is left to the
    /// processes that it starts. To be called once, before there are threads. Throws where one is
    /// no TCP socket that listens.
    [[nodiscard]] static passed_sockets take();

    [[nodiscard]] std::vector<std::optional<std::size_t>>
    assign_to(const std::vector<listener_settings>& listeners) const {
        return assign(facts_, listeners);
    }

    /// A further descriptor of the socket. Ours stays open: the manager holds the address anyway,
    /// so that it could not be bound anew.
    [[nodiscard]] boost::asio::ip::tcp::acceptor open(const boost::asio::any_io_executor& executor,
                                                      std::size_t number) const;

  private:
    std::vector<passed_socket> facts_;
    std::vector<seal::descriptor> sockets_;
};

} // namespace postseal::relay
