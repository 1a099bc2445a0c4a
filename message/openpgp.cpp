// SPDX-License-Identifier: Apache-2.0
#include "message/openpgp.hpp"

namespace postseal::message {

namespace {

// Packet tags (RFC 4880 §4.3; 20 is what GnuPG 2.3 calls an OCB encrypted data packet).
enum tag : std::uint8_t {
    public_key_session_key = 1,
    symmetric_session_key = 3,
    compressed_data = 8,
    encrypted_data = 9,
    marker = 10,
    literal_data = 11,
    protected_data = 18,
    ocb_encrypted_data = 20,
};

// RFC 4880 §4.2.2.4: only data packets come in parts, and the first part is no smaller than this.
constexpr std::size_t least_first_part = 512;

// More keys than this in one message is an attack, or a mailing list that should be one.
constexpr std::size_t max_session_keys = 4096;

bool may_be_partial(std::uint8_t tag) {
    return tag == compressed_data || tag == encrypted_data || tag == literal_data ||
           tag == protected_data || tag == ocb_encrypted_data;
}

// Takes numbers and spans off the front of a stream; nothing when they are not all there. Lengths
// are only ever compared with what is left, so that no sum of hostile numbers can overflow.
class octet_reader {
  public:
    explicit octet_reader(std::string_view stream) : stream_(stream) {}

    [[nodiscard]] bool at_end() const { return at_ == stream_.size(); }
    [[nodiscard]] std::size_t offset() const { return at_; }
    [[nodiscard]] std::string_view since(std::size_t offset) const {
        return stream_.substr(offset, at_ - offset);
    }

    /// A big-endian number of `width` octets.
    std::optional<std::uint32_t> number(std::size_t width) {
        const auto octets = span(width);
        if (!octets) return {};
        std::uint32_t value = 0;
        for (const char octet : *octets) {
            value = value << 8 | static_cast<unsigned char>(octet);
        }
        return value;
    }

    std::optional<std::string_view> span(std::size_t size) {
        if (size > stream_.size() - at_) return {};
        at_ += size;
        return stream_.substr(at_ - size, size);
    }

  private:
    std::string_view stream_;
    std::size_t at_ = 0;
};

struct body_length {
    std::size_t octets;
    bool partial; // another length follows the octets
};

// RFC 4880 §4.2.1. Nothing for an indeterminate length: its end would be the end of whatever the
// stream is in.
std::optional<body_length> old_length(octet_reader& from, std::uint32_t type) {
    if (type == 3) return {};
    const auto octets = from.number(std::size_t{1} << type);
    if (!octets) return {};
    return body_length{*octets, false};
}

// RFC 4880 §4.2.2.
std::optional<body_length> new_length(octet_reader& from) {
    const auto first = from.number(1);
    if (!first) return {};
    if (*first < 192) return body_length{*first, false};
    if (*first < 224) {
        const auto second = from.number(1);
        if (!second) return {};
        return body_length{((*first - 192) << 8) + *second + 192, false};
    }
    if (*first < 255) return body_length{std::size_t{1} << (*first & 0x1F), true};
    const auto octets = from.number(4);
    if (!octets) return {};
    return body_length{*octets, false};
}

// Parts up to and including the one of definite length. Each takes at least two octets off the
// stream, so the time is bounded by its size.
bool skip_parts(octet_reader& from, body_length part) {
    if (part.octets < least_first_part) return false;
    while (part.partial) {
        if (!from.span(part.octets)) return false;
        const auto next = new_length(from);
        if (!next) return false;
        part = *next;
    }
    return from.span(part.octets).has_value();
}

std::optional<packet> next_packet(octet_reader& from) {
    const auto start = from.offset();
    const auto first = from.number(1);
    if (!first || (*first & 0x80) == 0) return {};

    packet found;
    found.old_format = (*first & 0x40) == 0;
    found.tag = static_cast<std::uint8_t>(found.old_format ? *first >> 2 & 0x0F : *first & 0x3F);
    if (found.tag == 0) return {};
    const auto length = found.old_format ? old_length(from, *first & 3) : new_length(from);
    if (!length) return {};
    found.header_size = from.offset() - start;
    found.partial = length->partial;

    if (found.partial) {
        if (!may_be_partial(found.tag) || !skip_parts(from, *length)) return {};
    } else {
        const auto body = from.span(length->octets);
        if (!body) return {};
        found.body = *body;
    }
    found.whole = from.since(start);
    return found;
}

// RFC 4880 §5.8: a marker packet is passed over wherever it stands.
bool is_marker(const packet& one) { return one.tag == marker && one.body == "PGP"; }

// RFC 4880 §5.1: version, key ID, algorithm, and the encrypted session key. The version 6 of
// RFC 9580 names a key by its fingerprint; it counts as a key whose ID is not known.
std::optional<std::uint64_t> key_id_of(std::string_view session_key) {
    octet_reader from(session_key);
    const auto version = from.number(1);
    if (version == 6u) return 0;
    if (version != 3u) return {};
    const auto high = from.number(4);
    const auto low = from.number(4);
    const auto algorithm = from.number(1);
    if (!high || !low || !algorithm || from.at_end()) return {};
    return std::uint64_t{*high} << 32 | *low;
}

// The packet and the version that it opens with, where its tag has versions: 1, and for tag 18 also
// the version 2 of RFC 9580.
bool is_encrypted_data(const packet& one) {
    const auto content = one.whole.substr(one.header_size);
    if (content.empty()) return false;
    const auto version = static_cast<unsigned char>(content.front());
    if (one.tag == encrypted_data) return true;
    if (one.tag == protected_data) return version == 1 || version == 2;
    return one.tag == ocb_encrypted_data && version == 1;
}

// A definite length in its shortest form (RFC 4880 §4.2.2).
std::string new_format_header(std::uint8_t tag, std::size_t size) {
    std::string header(1, static_cast<char>(0xC0 | tag));
    if (size < 192) {
        header += static_cast<char>(size);
    } else if (size < 8384) {
        header += static_cast<char>(((size - 192) >> 8) + 192);
        header += static_cast<char>(size - 192);
    } else {
        header += static_cast<char>(255);
        for (const int shift : {24, 16, 8, 0}) {
            header += static_cast<char>(size >> shift);
        }
    }
    return header;
}

} // namespace

std::optional<std::vector<packet>> split_packets(std::string_view stream, std::size_t max_packets) {
    std::vector<packet> packets;
    octet_reader from(stream);
    while (!from.at_end()) {
        if (packets.size() == max_packets) return {};
        const auto one = next_packet(from);
        if (!one) return {};
        packets.push_back(*one);
    }
    return packets;
}

std::optional<encrypted_message> read_encrypted_message(std::string_view binary) {
    encrypted_message seen;
    octet_reader from(binary);
    for (std::size_t count = 0; count <= max_session_keys; ++count) {
        const auto start = from.offset();
        const auto one = next_packet(from);
        if (!one) return {};
        if (is_marker(*one)) continue;
        if (one->tag == symmetric_session_key) {
            ++seen.symmetric_session_keys;
        } else if (one->tag == public_key_session_key) {
            const auto key_id = key_id_of(one->body);
            if (!key_id) return {};
            seen.key_ids.push_back(*key_id);
        } else {
            const bool for_someone = !seen.key_ids.empty() || seen.symmetric_session_keys > 0;
            if (!for_someone || !is_encrypted_data(*one) || !from.at_end()) return {};
            seen.data_tag = one->tag;
            seen.integrity_protected = one->tag != encrypted_data;
            seen.session_key_octets = start;
            return seen;
        }
    }
    return {};
}

std::string session_keys_in_new_format(std::string_view binary) {
    const auto message = read_encrypted_message(binary);
    if (!message) return {};
    std::string rewritten;
    octet_reader from(binary.substr(0, message->session_key_octets));
    while (const auto one = next_packet(from)) {
        if (is_marker(*one)) continue;
        rewritten += new_format_header(one->tag, one->body.size());
        rewritten += one->body;
    }
    return rewritten;
}

} // namespace postseal::message
