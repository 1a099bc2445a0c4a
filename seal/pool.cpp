// SPDX-License-Identifier: Apache-2.0
#include "seal/pool.hpp"

#include "seal/ciphertext.hpp"
#include "seal/crew.hpp"
#include "seal/file.hpp"

#include <fcntl.h>

#include <set>
#include <string_view>
#include <utility>

namespace postseal::seal {

namespace asio = boost::asio;
using boost::system::result;

struct pool::state {
    pool_settings settings;
    std::shared_ptr<crew> sealers;
};

namespace {

using certificates = std::vector<keys::certificate>;

std::string_view bytes_of(const keys::certificate& one) {
    return one.bytes ? *one.bytes : std::string_view();
}

// Two addresses may share a certificate; GnuPG then makes one session key. Two states of it, as
// different sources have them, both stay: each recipient has the keys of their own.
certificates without_duplicates(certificates recipients) {
    std::set<std::pair<std::string, std::string_view>> seen;
    std::erase_if(recipients, [&](const keys::certificate& each) {
        return !seen.emplace(each.fingerprint, bytes_of(each)).second;
    });
    return recipients;
}

bool may_be_sent(std::string_view certificate) {
    return !certificate.empty() && certificate.size() <= max_certificate;
}

// Certificates travel as one file, so that their number is not limited by that of descriptors.
class certificate_file {
  public:
    static result<certificate_file> make() {
        auto file = make_memory_file();
        if (!file) return errc::no_space;
        return certificate_file(std::move(*file));
    }
    boost::system::error_code append(std::string_view certificate) {
        if (!may_be_sent(certificate)) return errc::unusable_certificate;
        if (write_at(file_, end_, certificate)) return errc::no_space;
        end_ += certificate.size();
        sizes_.push_back(static_cast<std::uint32_t>(certificate.size()));
        return {};
    }
    descriptor take() { return std::move(file_); }
    const std::vector<std::uint32_t>& sizes() const { return sizes_; }

  private:
    explicit certificate_file(descriptor file) : file_(std::move(file)) {}

    descriptor file_;
    std::uint64_t end_ = 0;
    std::vector<std::uint32_t> sizes_;
};

job make_job(request asked, const pool_settings& settings, certificate_file certificates_of) {
    asked.cpu = settings.cpu_per_job;
    asked.certificate_sizes = certificates_of.sizes();
    job made;
    made.packet = to_packet(asked);
    made.descriptors.push_back(certificates_of.take());
    made.deadline = std::chrono::steady_clock::now() + settings.deadline;
    return made;
}

result<job> inspection_job(const pool_settings& settings, std::string_view certificate) {
    auto file = certificate_file::make();
    if (!file) return file.error();
    if (const auto error = file->append(certificate)) return error;
    return make_job(request(), settings, std::move(*file));
}

// The ciphertext goes where the plaintext's size says; it is a little larger.
result<descriptor> make_output(const pool_settings& settings, std::uint64_t plaintext_size) {
    const bool in_memory = settings.large_files.empty() || plaintext_size <= settings.in_memory;
    return in_memory ? make_room_in_memory() : make_unlinked_file(settings.large_files);
}

result<job> encryption_job(const pool_settings& settings, const descriptor& plaintext,
                           const certificates& recipients, compression packing) {
    auto file = certificate_file::make();
    if (!file) return file.error();
    for (const auto& each : recipients) {
        if (const auto error = file->append(bytes_of(each))) return error;
    }
    // With an offset of its own: neither the caller's nor an earlier sealer's reading moves it.
    auto input = reopen_for_reading(plaintext);
    const auto size = size_of(plaintext);
    if (!input || !size) return errc::no_space;
    auto output = make_output(settings, *size);
    if (!output) return errc::no_space;

    request asked;
    asked.wanted = task::encrypt;
    asked.packing = packing;
    auto made = make_job(std::move(asked), settings, std::move(*file));
    made.descriptors.push_back(std::move(*input));
    made.descriptors.push_back(std::move(*output));
    return made;
}

// Ours to keep: the job and its descriptors go with the answer.
result<descriptor> another(const descriptor& file) {
    descriptor copy(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return errc::no_space;
    return copy;
}

asio::awaitable<result<descriptor>> encrypt_with(std::shared_ptr<crew> sealers,
                                                 pool_settings settings, descriptor plaintext,
                                                 certificates recipients, compression packing) {
    recipients = without_duplicates(std::move(recipients));
    if (recipients.empty() || recipients.size() > max_recipients) {
        co_return make_error_code(boost::system::errc::invalid_argument);
    }
    const auto size = size_of(plaintext);
    if (!size) co_return errc::no_space;
    auto work = encryption_job(settings, plaintext, recipients, packing);
    if (!work) co_return work.error();
    auto output = another(work->descriptors.back());
    if (!output) co_return output.error();

    auto asking = crew::ask(std::move(sealers), std::move(*work));
    const auto answered = co_await std::move(asking);
    if (!answered) co_return answered.error();
    // How small a compressed plaintext becomes, nobody can say before.
    const expectation expected{packing == compression::none ? *size : 0, recipients};
    auto accepted = accept_ciphertext(std::move(*output), expected);
    co_return accepted;
}

asio::awaitable<result<keys::inspection>>
inspect_with(std::shared_ptr<crew> sealers, pool_settings settings, std::string certificate) {
    if (!may_be_sent(certificate)) co_return keys::inspection();
    auto work = inspection_job(settings, certificate);
    if (!work) co_return work.error();
    auto asking = crew::ask(std::move(sealers), std::move(*work));
    auto answered = co_await std::move(asking);
    if (!answered) co_return answered.error();
    co_return std::move(answered->seen);
}

} // namespace

pool::pool(asio::any_io_executor executor, pool_settings settings)
    : state_(std::make_shared<state>()) {
    state_->settings = std::move(settings);
    const auto& chosen = state_->settings;
    sealer_command command{chosen.sealer, chosen.gpg, chosen.runtime_directory, chosen.max_output};
    state_->sealers = std::make_shared<crew>(std::move(executor), std::move(command),
                                             chosen.workers, chosen.max_waiting);
}

pool::~pool() { stop(); }

void pool::start() { state_->sealers->start(); }

// Not coroutines themselves: one that outlives the pool must not refer to it.
asio::awaitable<result<descriptor>> pool::encrypt(descriptor plaintext,
                                                  std::vector<keys::certificate> recipients,
                                                  compression packing) {
    return encrypt_with(state_->sealers, state_->settings, std::move(plaintext),
                        std::move(recipients), packing);
}

asio::awaitable<result<keys::inspection>> pool::inspect(std::string certificate) {
    return inspect_with(state_->sealers, state_->settings, std::move(certificate));
}

void pool::stop() { state_->sealers->stop(); }

std::vector<int> pool::process_ids() const { return state_->sealers->process_ids(); }

} // namespace postseal::seal
