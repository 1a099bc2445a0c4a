// SPDX-License-Identifier: Apache-2.0
#include "seal/protocol.hpp"

#include <utility>

namespace postseal::seal {

namespace {

// Far enough for every OpenPGP time (32 bits plus 32 bits of validity), and safe to add to.
constexpr std::uint64_t end_of_time = std::uint64_t{1} << 40;

class field_writer {
  public:
    void number(std::uint64_t value) {
        for (int shift = 56; shift >= 0; shift -= 8) {
            packet_ += static_cast<char>(value >> shift);
        }
    }
    void text(std::string_view value) {
        number(value.size());
        packet_ += value;
    }
    void time(std::chrono::sys_seconds value) {
        number(static_cast<std::uint64_t>(value.time_since_epoch().count()));
    }
    std::string packet() { return std::move(packet_); }

  private:
    std::string packet_;
};

// Reads zeros and empty texts after the first field that is not there; `complete` tells at the end.
class field_reader {
  public:
    explicit field_reader(std::string_view packet) : rest_(packet) {}

    std::uint64_t number(std::uint64_t most) {
        std::uint64_t value = 0;
        for (const char octet : take(8)) {
            value = value << 8 | static_cast<unsigned char>(octet);
        }
        if (value <= most) return value;
        broken_ = true;
        return 0;
    }
    std::string text(std::size_t most) { return std::string(take(number(most))); }
    // Of version 4 or 5, or none. It becomes a name in logs and in the store.
    std::string fingerprint() {
        auto value = text(64);
        const bool is_one = (value.size() == 40 || value.size() == 64 || value.empty()) &&
                            value.find_first_not_of("0123456789ABCDEF") == value.npos;
        if (is_one) return value;
        broken_ = true;
        return {};
    }
    // Of an algorithm, in GnuPG's letters. It is written into logs and replies, too.
    std::string name() {
        constexpr std::string_view letters =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
        auto value = text(max_algorithm);
        if (value.find_first_not_of(letters) == value.npos) return value;
        broken_ = true;
        return {};
    }
    std::chrono::sys_seconds time() {
        return std::chrono::sys_seconds(std::chrono::seconds(number(end_of_time)));
    }
    bool complete() const { return !broken_ && rest_.empty(); }

  private:
    std::string_view take(std::size_t size) {
        if (broken_ || size > rest_.size()) {
            broken_ = true;
            return {};
        }
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    std::string_view rest_;
    bool broken_ = false;
};

void write(field_writer& to, const keys::inspection& seen) {
    to.text(seen.fingerprint);
    to.number(seen.addresses.size());
    for (const auto& address : seen.addresses) {
        to.text(address);
    }
    to.number(seen.encryption_keys.size());
    for (const auto key : seen.encryption_keys) {
        to.number(key);
    }
    to.time(seen.created);
    to.number(seen.expires ? 1 : 0);
    to.time(seen.expires.value_or(std::chrono::sys_seconds{}));
    to.text(seen.unusable_because);
    to.text(seen.algorithm);
}

keys::inspection read_inspection(field_reader& from) {
    keys::inspection seen;
    seen.fingerprint = from.fingerprint();
    for (auto left = from.number(max_addresses); left > 0; --left) {
        seen.addresses.push_back(from.text(max_address));
    }
    for (auto left = from.number(max_encryption_keys); left > 0; --left) {
        seen.encryption_keys.push_back(from.number(UINT64_MAX));
    }
    seen.created = from.time();
    const bool does_expire = from.number(1) == 1;
    const auto expiry = from.time();
    if (does_expire) seen.expires = expiry;
    seen.unusable_because = from.text(max_address);
    seen.algorithm = from.name();
    return seen;
}

std::optional<errc> read_error(field_reader& from) {
    const auto value = from.number(static_cast<std::uint64_t>(errc::no_space));
    if (value == 0) return {};
    return static_cast<errc>(value);
}

} // namespace

std::string to_packet(const request& asked) {
    field_writer to;
    to.number(static_cast<std::uint64_t>(asked.wanted));
    to.number(static_cast<std::uint64_t>(asked.cpu.count()));
    to.number(static_cast<std::uint64_t>(asked.packing));
    to.number(asked.certificate_sizes.size());
    for (const auto size : asked.certificate_sizes) {
        to.number(size);
    }
    return to.packet();
}

std::string to_packet(const answer& given) {
    field_writer to;
    to.number(given.failed ? static_cast<std::uint64_t>(*given.failed) : 0);
    write(to, given.seen);
    return to.packet();
}

std::optional<request> read_request(std::string_view packet) {
    field_reader from(packet);
    request asked;
    const auto wanted = from.number(UINT8_MAX);
    if (wanted != static_cast<std::uint64_t>(task::inspect) &&
        wanted != static_cast<std::uint64_t>(task::encrypt)) {
        return {};
    }
    asked.wanted = static_cast<task>(wanted);
    asked.cpu = std::chrono::seconds(from.number(UINT32_MAX));
    const auto last = static_cast<std::uint64_t>(compression::if_all_can);
    asked.packing = static_cast<compression>(from.number(last));
    for (auto left = from.number(max_recipients); left > 0; --left) {
        asked.certificate_sizes.push_back(static_cast<std::uint32_t>(from.number(max_certificate)));
    }
    if (!from.complete()) return {};
    return asked;
}

std::optional<answer> read_answer(std::string_view packet) {
    field_reader from(packet);
    answer given;
    given.failed = read_error(from);
    given.seen = read_inspection(from);
    if (!from.complete()) return {};
    return given;
}

} // namespace postseal::seal
