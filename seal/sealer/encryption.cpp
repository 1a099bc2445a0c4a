// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/encryption.hpp"

#include "seal/file.hpp"

#include <cerrno>
#include <string>

namespace postseal::seal {

namespace {

using arguments = std::vector<std::string>;

void append(arguments& all, const arguments& more) {
    all.insert(all.end(), more.begin(), more.end());
}

// gpg looks subkeys up across all that a keyring holds. So there is one certificate to a ring and
// one ring to a run; several certificates are files, where nothing is looked up.
gpg_run run_for(const encryption& wanted, const keyring* ring) {
    gpg_run made;
    made.input = &wanted.plaintext;
    made.output = &wanted.ciphertext;
    made.arguments = {"--compress-algo", "none", "--no-encrypt-to"};
    if (ring) {
        made.others = {&ring->file};
        const auto path = "/proc/self/fd/" + std::to_string(ring->file.get());
        append(made.arguments,
               {"--no-default-keyring", "--keyring", path, "--recipient", ring->fingerprint});
    } else {
        append(made.arguments, {"--no-keyring"});
        for (const auto& each : wanted.certificates) {
            made.others.push_back(&each);
            append(made.arguments, {"--recipient-file", special_name(each)});
        }
    }
    append(made.arguments, {"--output", "-", "--encrypt", "--", "-&0"});
    return made;
}

// gpg ends with status 2 for nearly everything, and not every failed write is in its status lines.
// So the output is asked whether it takes another octet.
bool is_full(const descriptor& output) {
    const auto size = size_of(output);
    if (!size) return false;
    const auto error = write_at(output, *size, std::string_view("", 1));
    return error.value() == ENOSPC || error.value() == EFBIG || error.value() == EDQUOT;
}

answer failed(errc why) {
    answer given;
    given.failed = why;
    return given;
}

} // namespace

// It is done when gpg did not complain, said that it came to the end, and ended well; the relay
// then looks at what was written.
answer encrypt(const gpg_installation& installed, keyrings& rings, const encryption& wanted) {
    const bool alone = wanted.certificates.size() == 1;
    const auto* const ring = alone ? rings.find(wanted.certificates.front()) : nullptr;
    const auto [said, ended] = run(installed, run_for(wanted, ring));
    const bool done = said.encryption_ended && !said.failure && !said.invalid_recipient;
    if (done && ended.all_zero) return {};
    // Whatever it was: next time the file has the word, not what was remembered of it.
    if (ring) rings.forget_last();
    if (said.invalid_recipient && !ended.killed) return failed(errc::unusable_certificate);
    return failed(is_full(wanted.ciphertext) ? errc::no_space : errc::engine_failed);
}

} // namespace postseal::seal
