// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/engine.hpp"

#include "seal/file.hpp"
#include "seal/private_home.hpp"
#include "seal/sealer/children.hpp"
#include "seal/sealer/gpgme.hpp"
#include "seal/sealer/specimen.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace postseal::seal {

namespace {

answer failed(errc why) {
    answer given;
    given.failed = why;
    return given;
}

} // namespace

engine::engine(gpg_installation installed) : installed_(std::move(installed)), rings_(installed_) {
    (void)::gpgme_check_version(nullptr);
    (void)ready();
}

// Once for all contexts: else each of them runs `gpg --version`. Where gpg is missing, perhaps for
// the moment that its upgrade takes, the next job tries again.
bool engine::ready() {
    if (ready_) return true;
    ready_ = ::gpgme_set_engine_info(GPGME_PROTOCOL_OpenPGP, installed_.program.c_str(),
                                     installed_.home.c_str()) == 0 &&
             ::gpgme_engine_check_version(GPGME_PROTOCOL_OpenPGP) == 0;
    (void)reap_children();
    return ready_;
}

answer engine::encrypt(const encryption& wanted) {
    return seal::encrypt(installed_, rings_, wanted);
}

// gpg ends with status 2 for bytes that it cannot read, and for nearly everything else that goes
// wrong, a trust database that has no room among it. So when it says neither that it came to the
// end nor that there was a certificate, it is asked about one that is well: if it finds that, it
// was the bytes.
answer engine::inspect(const descriptor& certificate) {
    if (!ready()) return failed(errc::engine_failed);
    auto first = list_afresh(certificate);
    if (first.complete) return std::move(first.given);
    if (first.killed || first.found_any) return failed(errc::engine_failed);

    const auto known = make_memory_file();
    if (!known || write_at(*known, 0, specimen)) return failed(errc::no_space);
    const auto second = list_afresh(*known);
    if (!second.complete || !second.found_any) return failed(errc::engine_failed);
    return {};
}

// gpg makes a new trust database. What stands there may come from a gpg that was taken over.
listing engine::list_afresh(const descriptor& certificate) {
    std::error_code ignored;
    const std::filesystem::path home(installed_.home);
    std::filesystem::remove_all(home / workplace / trust_database, ignored);
    return list(certificate);
}

} // namespace postseal::seal
