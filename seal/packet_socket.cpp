// SPDX-License-Identifier: Apache-2.0
#include "seal/packet_socket.hpp"

#include "seal/protocol.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace postseal::seal {

namespace {

constexpr std::size_t control_size = CMSG_SPACE(max_descriptors * sizeof(int));

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

std::vector<descriptor> take_descriptors(msghdr& header) {
    std::vector<descriptor> taken;
    for (auto* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(part) + i * sizeof number, sizeof number);
            taken.emplace_back(number);
        }
    }
    return taken;
}

} // namespace

boost::system::error_code send_packet(int socket, std::string_view packet,
                                      std::span<const int> descriptors) {
    alignas(cmsghdr) char control[control_size]{};
    iovec bytes{const_cast<char*>(packet.data()), packet.size()};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    if (!descriptors.empty()) {
        if (descriptors.size() > max_descriptors) {
            return make_error_code(boost::system::errc::argument_list_too_long);
        }
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        auto* part = CMSG_FIRSTHDR(&header);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
    }
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return last_error();
    return {};
}

boost::system::result<received> receive_packet(int socket) {
    alignas(cmsghdr) char control[control_size]{};
    received got;
    got.packet.resize(max_packet);
    iovec bytes{got.packet.data(), got.packet.size()};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    ssize_t size = 0;
    do {
        size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    if (size < 0) return last_error();

    // Taken even from a packet that is refused: they are open by now.
    got.descriptors = take_descriptors(header);
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        return make_error_code(boost::system::errc::bad_message);
    }
    got.packet.resize(static_cast<std::size_t>(size));
    return got;
}

} // namespace postseal::seal
