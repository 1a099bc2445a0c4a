// SPDX-License-Identifier: Apache-2.0
#include "policy/strength.hpp"

#include <array>
#include <charconv>

namespace postseal::policy {

namespace {

enum class kind { rsa, elgamal, curve };

struct strength {
    policy::kind kind;
    std::uint32_t bits;
};

struct naming {
    std::string_view before; ///< the bits
    std::string_view behind;
    policy::kind kind;
};

constexpr std::array namings{
    naming{"rsa", "", kind::rsa},      naming{"elg", "", kind::elgamal},
    naming{"nistp", "", kind::curve},  naming{"brainpoolP", "r1", kind::curve},
    naming{"secp", "k1", kind::curve},
};

std::optional<std::uint32_t> whole_number(std::string_view text) {
    std::uint32_t value = 0;
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return value;
}

std::optional<strength> read_strength(std::string_view algorithm) {
    // Named after its prime, 2^255 - 19, and as strong as the other curves of 256 bits.
    if (algorithm == "cv25519") return strength{kind::curve, 256};
    for (const auto& one : namings) {
        if (!algorithm.starts_with(one.before) || !algorithm.ends_with(one.behind)) continue;
        const auto fixed = one.before.size() + one.behind.size();
        if (algorithm.size() <= fixed) continue;
        const auto bits =
            whole_number(algorithm.substr(one.before.size(), algorithm.size() - fixed));
        if (bits) return strength{one.kind, *bits};
    }
    return std::nullopt;
}

std::uint32_t asked_of(kind what, const min_strength& least) {
    switch (what) {
    case kind::rsa: return least.rsa;
    case kind::elgamal: return least.elgamal;
    case kind::curve: return least.curves;
    }
    return min_strength::never;
}

std::string describe(kind what, std::string_view algorithm) {
    switch (what) {
    case kind::rsa: return "RSA key";
    case kind::elgamal: return "ElGamal key";
    case kind::curve: return "key on the curve " + std::string(algorithm);
    }
    return "key";
}

} // namespace

bool asks_nothing(const min_strength& least) {
    return least == min_strength{min_strength::any, min_strength::any, min_strength::any};
}

std::optional<std::string> shortfall(const min_strength& least, std::string_view algorithm) {
    if (asks_nothing(least)) return std::nullopt;
    const auto known = read_strength(algorithm);
    if (!known) {
        return "its key is of a kind that min_strength does not know" +
               (algorithm.empty() ? "" : ": " + std::string(algorithm));
    }
    const auto asked = asked_of(known->kind, least);
    if (known->bits >= asked) return std::nullopt;
    const auto key = describe(known->kind, algorithm);
    if (asked == min_strength::never)
        return "its " + key + " is of a kind that min_strength rules out";
    return "its " + key + " has " + std::to_string(known->bits) +
           " bits, and min_strength asks for " + std::to_string(asked);
}

} // namespace postseal::policy
