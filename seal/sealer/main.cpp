// SPDX-License-Identifier: Apache-2.0
// A sealer: started by the relay, in a box, it does one job after the other with GnuPG until the
// relay closes the socket. Anything unexpected ends it; the relay starts another.
//
//   sealer GPG HOME MAX-OUTPUT       (the socket is descriptor 3)
#include "seal/file.hpp"
#include "seal/packet_socket.hpp"
#include "seal/protocol.hpp"
#include "seal/sealer/engine.hpp"
#include "seal/sealer/sandbox.hpp"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace postseal::seal {

namespace {

// One file a certificate, as gpg wants them, to be read from the start: of a file with two it
// silently takes the first.
std::vector<descriptor> divide(const descriptor& certificates,
                               const std::vector<std::uint32_t>& sizes) {
    std::vector<descriptor> parts;
    std::uint64_t offset = 0;
    for (const auto size : sizes) {
        auto part = make_memory_file();
        if (!part || append_range(*part, certificates, offset, size) ||
            ::lseek(part->get(), 0, SEEK_SET) != 0) {
            throw std::runtime_error("cannot divide the certificates");
        }
        parts.push_back(std::move(*part));
        offset += size;
    }
    return parts;
}

answer do_job(engine& with, const request& asked, const std::vector<descriptor>& files) {
    allow_cpu(asked.cpu);
    const auto certificates = divide(files[0], asked.certificate_sizes);
    switch (asked.wanted) {
    case task::inspect: return with.inspect(files[0]);
    case task::encrypt: return with.encrypt({files[1], files[2], certificates, asked.packing});
    }
    throw std::runtime_error("an unknown task");
}

void reply(const answer& given) {
    if (const auto error = send_packet(sealer_socket, to_packet(given), {})) {
        throw std::runtime_error("cannot answer: " + error.message());
    }
}

void serve(engine& with) {
    reply({}); // ready
    for (;;) {
        const auto got = receive_packet(sealer_socket);
        if (!got) throw std::runtime_error("cannot read a request: " + got.error().message());
        if (got->packet.empty()) return; // the relay is gone
        const auto asked = read_request(got->packet);
        if (!asked || got->descriptors.size() != descriptors_for(asked->wanted)) {
            throw std::runtime_error("a request that makes no sense");
        }
        reply(do_job(with, *asked, got->descriptors));
    }
}

} // namespace

} // namespace postseal::seal

int main(int count, char** arguments) {
    using namespace postseal::seal;
    try {
        if (count != 4) throw std::runtime_error("started by postseal, not by hand");
        const gpg_installation installed{arguments[1], arguments[2]};
        enter_sandbox(installed, std::strtoull(arguments[3], nullptr, 10));
        engine with(installed);
        serve(with);
    } catch (const std::exception& error) {
        std::cerr << "sealer: " << error.what() << "\n";
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
