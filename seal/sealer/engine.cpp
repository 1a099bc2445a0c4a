// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/engine.hpp"

#include "seal/file.hpp"
#include "seal/sealer/gpgme.hpp"
#include "seal/sealer/listing.hpp"

#include <unistd.h>

#include <utility>

namespace postseal::seal {

namespace {

// One path a line, for gpg's option --file; "--" because they are no options. gpg opens the file
// behind our descriptor: there is no name on disk.
std::string recipient_files(const std::vector<descriptor>& certificates) {
    const auto folder = "/proc/" + std::to_string(::getpid()) + "/fd/";
    std::string lines = "--file\n--";
    for (const auto& each : certificates) {
        lines += "\n" + folder + std::to_string(each.get());
    }
    return lines;
}

bool is_about_space(gpgme_error_t error) {
    const auto code = ::gpgme_err_code(error);
    return code == GPG_ERR_ENOSPC || code == GPG_ERR_EFBIG || code == GPG_ERR_EDQUOT;
}

answer failed(errc why) {
    answer given;
    given.failed = why;
    return given;
}

} // namespace

engine::engine(std::string gpg, std::string home) : gpg_(std::move(gpg)), home_(std::move(home)) {
    (void)::gpgme_check_version(nullptr);
    (void)ready();
}

// Once for all contexts: else each of them runs `gpg --version`. Where gpg is missing, perhaps for
// the moment that its upgrade takes, the next job tries again.
bool engine::ready() {
    if (ready_) return true;
    ready_ = ::gpgme_set_engine_info(GPGME_PROTOCOL_OpenPGP, gpg_.c_str(), home_.c_str()) == 0 &&
             ::gpgme_engine_check_version(GPGME_PROTOCOL_OpenPGP) == 0;
    (void)reap_children();
    return ready_;
}

// GPGME's word alone is not enough. It is done when gpg did not complain, said that it came to the
// end, and ended well; the relay then looks at what was written.
answer engine::encrypt(const descriptor& plaintext, const descriptor& ciphertext,
                       const std::vector<descriptor>& certificates) {
    if (!ready()) return failed(errc::engine_failed);
    constexpr auto flags = static_cast<gpgme_encrypt_flags_t>(
        GPGME_ENCRYPT_ALWAYS_TRUST | GPGME_ENCRYPT_NO_ENCRYPT_TO | GPGME_ENCRYPT_NO_COMPRESS);
    status_lines seen;
    const auto with = make_context(seen);
    const auto from = make_data(plaintext);
    const auto to = make_data(ciphertext);
    const auto files = recipient_files(certificates);
    const auto error =
        ::gpgme_op_encrypt_ext(with.get(), nullptr, files.c_str(), flags, from.get(), to.get());
    const auto ended = reap_children();

    if (is_about_space(error)) return failed(errc::no_space);
    if (seen.invalid_recipient && !ended.killed) return failed(errc::unusable_certificate);
    if (error || seen.failure || !seen.encryption_ended || !ended.all_zero) {
        return failed(errc::engine_failed);
    }
    return {};
}

// gpg ends with status 2 for bytes that it cannot read, and for nearly everything else that goes
// wrong. So when it says neither that it came to the end nor that there was a certificate, it is
// asked about an empty file: if it can answer that, it was the bytes.
answer engine::inspect(const descriptor& certificate) {
    if (!ready()) return failed(errc::engine_failed);
    auto first = list(certificate);
    if (first.complete) return std::move(first.given);
    if (first.killed || first.found_any) return failed(errc::engine_failed);

    const auto nothing = make_memory_file();
    if (!nothing) return failed(errc::no_space);
    const auto second = list(*nothing);
    if (!second.complete) return failed(errc::engine_failed);
    return {};
}

} // namespace postseal::seal
