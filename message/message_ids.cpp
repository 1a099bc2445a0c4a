// SPDX-License-Identifier: Apache-2.0
#include "message/message_ids.hpp"

#include "message/token.hpp"
#include "smtp/glob.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postseal::message {

namespace {

constexpr std::size_t hash_letters = 26; // five bits each: 130
constexpr std::string_view blank = " \t\r\n";
constexpr std::string_view ends_word = " \t\r\n<>,;()";

constexpr std::array<std::string_view, 4> id_fields{"Message-ID", "In-Reply-To", "References",
                                                    "Resent-Message-ID"};

// Some programs fold within an identifier; it is the same one for all that.
std::string without_blanks(std::string_view text) {
    std::string kept{text};
    std::erase_if(kept, [](char c) { return blank.find(c) != blank.npos; });
    return kept;
}

// Octets of "<...>" at the start of `text`; 0: none is there.
std::size_t end_of_brackets(std::string_view text) {
    if (!text.starts_with('<')) return 0;
    const auto end = text.find_first_of("<>", 1);
    return end != text.npos && text[end] == '>' ? end + 1 : 0;
}

class writer {
  public:
    writer(std::string_view before, const id_disguise& by) : text_(before), by_(by) {}

    void copy(std::string_view piece) { text_ += piece; }

    [[nodiscard]] bool full() const { return count_ > max_disguised; }

    // `written` is how the identifier stands in the field, with or without its brackets.
    void add(std::string_view written, std::string_view id) {
        const auto at = id.rfind('@');
        if (at == id.npos || !is_internal(id.substr(at + 1))) return copy(written);
        if (++count_; full()) return;
        const auto instead =
            to_letters(by_.hash("message-id " + std::string{id}), hash_letters) + '@' + by_.domain;
        text_ += written.starts_with('<') ? '<' + instead + '>' : instead;
    }

    [[nodiscard]] std::optional<std::string> take() {
        if (count_ == 0) return {};
        if (full()) {
            text_.erase(text_.find_last_not_of(blank) + 1);
            text_ += "\r\n";
        }
        return std::move(text_);
    }

  private:
    [[nodiscard]] bool is_internal(std::string_view host) const {
        return std::ranges::any_of(
            by_.hosts, [&](const auto& pattern) { return smtp::glob_matches(pattern, host); });
    }

    std::string text_;
    const id_disguise& by_;
    std::size_t count_ = 0;
};

} // namespace

bool holds_ids(std::string_view field_name) {
    return std::ranges::any_of(id_fields, [&](auto name) { return same_token(field_name, name); });
}

std::optional<std::string> disguised(const header_field& field, const id_disguise& by) {
    if (!by.hash) return {};
    auto rest = field.raw.substr(std::min(field.raw.find(':'), field.raw.size() - 1) + 1);
    writer made(field.raw.substr(0, field.raw.size() - rest.size()), by);
    while (!rest.empty() && !made.full()) {
        auto piece = rest.substr(0, 1);
        if (const auto end = end_of_brackets(rest); end > 0) {
            piece = rest.substr(0, end);
            made.add(piece, without_blanks(piece.substr(1, piece.size() - 2)));
        } else if (ends_word.find(piece.front()) == ends_word.npos) {
            piece = rest.substr(0, rest.find_first_of(ends_word));
            made.add(piece, piece);
        } else {
            made.copy(piece);
        }
        rest.remove_prefix(piece.size());
    }
    return made.take();
}

} // namespace postseal::message
