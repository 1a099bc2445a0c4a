// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/encryption.hpp"

#include "seal/file.hpp"

#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>

namespace postseal::seal {

namespace {

using arguments = std::vector<std::string>;

void append(arguments& all, const arguments& more) {
    all.insert(all.end(), more.begin(), more.end());
}

// Left to itself, gpg takes the first of these that is among the preferences of every recipient,
// and compresses nothing where there is none; an algorithm that it is told it takes in spite of
// them.
arguments compression_arguments(compression packing) {
    switch (packing) {
    case compression::none: return {"--compress-algo", "none"};
    case compression::if_all_can: return {"--personal-compress-preferences", "zlib,zip"};
    }
    return {};
}

// gpg looks subkeys up across all that a keyring holds. So there is one certificate to a ring and
// one ring to a run; several certificates are files, where nothing is looked up.
gpg_run run_for(const encryption& wanted, const keyring* ring) {
    gpg_run made;
    made.input = &wanted.plaintext;
    made.output = &wanted.ciphertext;
    made.arguments = compression_arguments(wanted.packing);
    append(made.arguments, {"--no-encrypt-to"});
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

struct attempt {
    std::optional<errc> failed;
    bool killed;
};

// It is done when gpg did not complain, said that it came to the end, and ended well; the relay
// then looks at what was written.
attempt try_with(const gpg_installation& installed, const encryption& wanted, const keyring* ring) {
    const auto [said, ended] = run(installed, run_for(wanted, ring));
    const bool done = said.encryption_ended && !said.failure && !said.invalid_recipient;
    if (done && ended.all_zero) return {{}, false};
    if (said.invalid_recipient && !ended.killed) return {errc::unusable_certificate, false};
    return {errc::engine_failed, ended.killed};
}

// gpg ends with status 2 for nearly everything, and not every failed write is in its status lines.
// So the output is asked whether it takes another octet.
bool is_full(const descriptor& output) {
    const auto size = size_of(output);
    if (!size) return false;
    const auto error = write_at(output, *size, std::string_view("", 1));
    return error.value() == ENOSPC || error.value() == EFBIG || error.value() == EDQUOT;
}

answer answer_of(const attempt& last, const encryption& wanted) {
    answer given;
    given.failed = last.failed;
    if (last.failed == errc::engine_failed && is_full(wanted.ciphertext)) {
        given.failed = errc::no_space;
    }
    return given;
}

// Nothing written, and all to be read again.
bool can_begin_again(const encryption& wanted) {
    const auto written = size_of(wanted.ciphertext);
    return written && *written == 0 && ::lseek(wanted.plaintext.get(), 0, SEEK_SET) == 0;
}

} // namespace

answer encrypt(const gpg_installation& installed, keyrings& rings, const encryption& wanted) {
    const bool alone = wanted.certificates.size() == 1;
    if (const auto* const ring = alone ? rings.find(wanted.certificates.front()) : nullptr) {
        auto first = try_with(installed, wanted, ring);
        if (!first.failed) return answer_of(first, wanted);
        // The file has the word now, not what was remembered of it: a ring that cannot be read
        // looks to gpg like a certificate that cannot be used.
        rings.forget_last();
        if (first.failed == errc::unusable_certificate) first.failed = errc::engine_failed;
        if (first.killed || !can_begin_again(wanted)) return answer_of(first, wanted);
    }
    return answer_of(try_with(installed, wanted, nullptr), wanted);
}

} // namespace postseal::seal
