// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/encryption.hpp"

#include "seal/file.hpp"

#include <cerrno>
#include <utility>

namespace postseal::seal {

namespace {

gpg_run run_for(const encryption& wanted) {
    gpg_run made;
    made.input = &wanted.plaintext;
    made.output = &wanted.ciphertext;
    made.arguments = {"--compress-algo", "none", "--no-encrypt-to", "--no-keyring"};
    for (const auto& each : wanted.certificates) {
        made.others.push_back(&each);
        made.arguments.insert(made.arguments.end(), {"--recipient-file", special_name(each)});
    }
    for (const char* each : {"--output", "-", "--encrypt", "--", "-&0"}) {
        made.arguments.emplace_back(each);
    }
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
answer encrypt(const gpg_installation& installed, const encryption& wanted) {
    const auto [said, ended] = run(installed, run_for(wanted));
    const bool done = said.encryption_ended && !said.failure && !said.invalid_recipient;
    if (done && ended.all_zero) return {};
    if (said.invalid_recipient && !ended.killed) return failed(errc::unusable_certificate);
    return failed(is_full(wanted.ciphertext) ? errc::no_space : errc::engine_failed);
}

} // namespace postseal::seal
