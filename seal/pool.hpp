// SPDX-License-Identifier: Apache-2.0
// The relay's side of the sealers: small processes in which GnuPG meets hostile bytes.
// A sealer that is late, dies or answers nonsense is killed with its process group and replaced;
// its request fails, and the caller treats that as temporary.
// Fails: by seal::errc. Limits: `workers` requests at once, the others wait their turn; a request
// that has waited and worked longer than `deadline` fails; 1,000 recipients a request.
// Everything here runs on the executor's one thread. start() makes this process a subreaper: a
// killed sealer's gpg becomes our child, so that we see it gone.
#pragma once

#include "keys/certificate.hpp"
#include "keys/inspection.hpp"
#include "seal/compression.hpp"
#include "seal/descriptor.hpp"
#include "seal/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace postseal::seal {

struct pool_settings {
    std::filesystem::path sealer;               ///< the sealer executable
    std::filesystem::path gpg = "/usr/bin/gpg"; ///< the engine that sealers run
    std::filesystem::path runtime_directory; ///< private homes are made here; a tmpfs in production
    std::size_t workers = 2;
    std::chrono::milliseconds deadline{30'000};
    std::chrono::seconds cpu_per_job{60};
    std::uint64_t max_output = 4ULL << 30; ///< octets of one ciphertext (RLIMIT_FSIZE)
    std::size_t max_waiting = 1000;        ///< requests beyond these fail with no_sealer
    /// Where the ciphertext of a plaintext above `in_memory` octets is written, to an unlinked
    /// file. Empty: always in memory.
    std::filesystem::path large_files;
    std::uint64_t in_memory = 1u << 20;
};

class pool {
  public:
    pool(boost::asio::any_io_executor executor, pool_settings settings);
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;
    ~pool();

    /// Starts the sealers and waits until each has answered (seconds at most). Throws
    /// std::system_error when not one can be started. Call it on the executor's thread: sealers die
    /// with the thread that started them.
    void start();

    /// Encrypts what `plaintext` holds (a memfd or unlinked file, read from offset 0) to all of
    /// `recipients` and returns a descriptor with the binary ciphertext, its session key packets
    /// rewritten to the new format, after checking that it is one complete message for exactly
    /// the keys expected. A certificate that occurs twice counts once;
    /// two states of one are two. unusable_certificate does
    /// not say which one: inspect() or encrypt() of each alone does.
    boost::asio::awaitable<boost::system::result<descriptor>>
    encrypt(descriptor plaintext, std::vector<keys::certificate> recipients,
            compression packing = compression::none);

    /// Has GnuPG judge one cleaned, binary certificate. Bytes that it cannot read are a value too:
    /// an empty fingerprint.
    boost::asio::awaitable<boost::system::result<keys::inspection>>
    inspect(std::string certificate);

    /// Ends the sealers and removes their homes; requests under way fail. Returns when no process
    /// of theirs is left (at most two seconds later).
    void stop();

    /// Sealers alive now, for health and tests.
    [[nodiscard]] std::vector<int> process_ids() const;

  private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace postseal::seal
