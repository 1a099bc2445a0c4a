// SPDX-License-Identifier: Apache-2.0
#include "message/armor.hpp"

#include "message/base64.hpp"
#include "message/crc24.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postseal::message {

namespace {

constexpr std::string_view begin_of = "-----BEGIN ";
constexpr std::string_view end_of = "-----END ";
constexpr std::string_view dashes = "-----";

// 64 columns, what GnuPG writes; RFC 4880 §6.3 allows 76.
constexpr std::size_t octets_a_line = 48;
constexpr std::size_t columns = octets_a_line / 3 * 4;

// What the sink gets at a time.
constexpr std::size_t piece_size = 64 * 1024;

// Armor headers are a handful ("Version", "Comment"): more of them is no armor.
constexpr std::size_t max_headers = 32;
constexpr std::size_t max_label = 40;

using checksum = std::array<char, 4>;

checksum encode_checksum(std::uint32_t crc) {
    const std::array<char, 3> octets{static_cast<char>(crc >> 16), static_cast<char>(crc >> 8),
                                     static_cast<char>(crc)};
    checksum text{};
    encode_base64({octets.data(), octets.size()}, text.data());
    return text;
}

} // namespace

armor_writer::armor_writer(sink out) : out_(std::move(out)), crc_(crc24_start) {
    text_.reserve(piece_size + columns + 2);
    text_ = "-----BEGIN PGP MESSAGE-----\r\n\r\n";
}

void armor_writer::write(std::string_view binary) {
    if (!pending_.empty()) {
        const auto missing = std::min(octets_a_line - pending_.size(), binary.size());
        pending_.append(binary.substr(0, missing));
        binary.remove_prefix(missing);
        if (pending_.size() < octets_a_line) return;
        write_line(pending_);
        pending_.clear();
    }
    for (; binary.size() >= octets_a_line; binary.remove_prefix(octets_a_line)) {
        write_line(binary.substr(0, octets_a_line));
    }
    pending_ = binary;
}

void armor_writer::finish() {
    if (!pending_.empty()) write_line(pending_);
    pending_.clear();

    const auto sum = encode_checksum(crc_);
    text_.append("=").append(sum.data(), sum.size());
    text_ += "\r\n-----END PGP MESSAGE-----\r\n";
    flush();
}

void armor_writer::write_line(std::string_view octets) {
    crc_ = crc24(crc_, octets);
    std::array<char, columns + 2> line; // NOLINT: filled below, up to `size`
    std::size_t size = encode_base64(octets, line.data());
    line[size++] = '\r';
    line[size++] = '\n';
    text_.append(line.data(), size);
    if (text_.size() >= piece_size) flush();
}

void armor_writer::flush() {
    out_(text_);
    text_.clear();
}

namespace {

// Takes lines off the front of a text, without their line ends and trailing white space.
class line_reader {
  public:
    line_reader(std::string_view text, std::size_t from) : text_(text), at_(from) {}

    std::optional<std::string_view> next() {
        if (at_ >= text_.size()) return {};
        const auto newline = std::min(text_.find('\n', at_), text_.size());
        auto line = text_.substr(at_, newline - at_);
        at_ = std::min(newline + 1, text_.size());
        return line.substr(0, line.find_last_not_of(" \t\r") + 1);
    }

    [[nodiscard]] std::size_t offset() const { return at_; }

  private:
    std::string_view text_;
    std::size_t at_;
};

// The label of a "-----BEGIN label-----" line.
std::optional<std::string_view> begun_label(std::string_view line) {
    if (!line.starts_with(begin_of) || !line.ends_with(dashes)) return {};
    line.remove_prefix(begin_of.size());
    if (line.size() < dashes.size()) return {};
    line.remove_suffix(dashes.size());
    if (!line.starts_with("PGP ") || line.size() > max_label) return {};
    const bool plain = std::all_of(line.begin(), line.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == ',' || c == '/';
    });
    if (!plain) return {};
    return line;
}

bool ends_label(std::string_view line, std::string_view label) {
    return line.size() == end_of.size() + label.size() + dashes.size() &&
           line.starts_with(end_of) && line.ends_with(dashes) &&
           line.substr(end_of.size(), label.size()) == label;
}

// The empty line behind the armor headers must be there: without it a first line of base64 could be
// taken for a header, or the other way round.
bool skip_headers(line_reader& lines) {
    for (std::size_t count = 0; count <= max_headers; ++count) {
        const auto line = lines.next();
        if (!line) return false;
        if (line->empty()) return true;
        const auto colon = line->find(':');
        if (colon == 0 || colon == line->npos) return false;
        if (line->substr(0, colon).find_first_of(" \t") != line->npos) return false;
    }
    return false;
}

bool checksum_fits(std::string_view line, std::string_view binary) {
    const auto expected = encode_checksum(crc24(crc24_start, binary));
    return line.substr(1) == std::string_view(expected.data(), expected.size());
}

std::optional<armored_block> read_block(line_reader& lines, std::string_view label) {
    const auto begin = lines.offset();
    if (!skip_headers(lines)) return {};
    const auto header_octets = lines.offset() - begin;
    base64_reader base64;
    auto line = lines.next();
    while (line && !line->starts_with('=') && !line->starts_with('-')) {
        if (line->empty() || !base64.take(*line)) return {};
        line = lines.next();
    }
    if (!line || !base64.complete()) return {};
    if (line->starts_with('=')) {
        if (!checksum_fits(*line, base64.binary)) return {};
        line = lines.next();
    }
    if (!line || !ends_label(*line, label)) return {};
    return armored_block{std::string(label), std::move(base64.binary), lines.offset(),
                         header_octets};
}

} // namespace

std::optional<armored_block> read_armor(std::string_view text, std::size_t from) {
    line_reader lines(text, from);
    // `from` is usually where another block ended. In the middle of a line no block can begin.
    if (from > 0 && from < text.size() && text[from - 1] != '\n') lines.next();
    while (const auto line = lines.next()) {
        const auto label = begun_label(*line);
        if (!label || *label == "PGP SIGNED MESSAGE") continue;
        return read_block(lines, *label);
    }
    return {};
}

} // namespace postseal::message
