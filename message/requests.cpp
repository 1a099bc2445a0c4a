// SPDX-License-Identifier: Apache-2.0
#include "message/requests.hpp"

#include "message/encoded_word.hpp"
#include "message/field_writer.hpp"
#include "message/token.hpp"
#include "smtp/mailbox.hpp"

#include <algorithm>
#include <array>

namespace postseal::message {

namespace {

constexpr std::string_view white_space = " \t\r\n";

// Thread-Topic is the subject once more, as Outlook keeps it for the answers.
constexpr std::array<std::string_view, 2> tagged_fields{"Subject", "Thread-Topic"};

bool may_be_tagged(std::string_view field_name) {
    return std::ranges::any_of(tagged_fields,
                               [&](auto name) { return same_token(field_name, name); });
}

void insert(std::vector<std::string>& into, std::string_view word) {
    auto lower = smtp::ascii_lower(word);
    const auto at = std::ranges::lower_bound(into, lower);
    if (at == into.end() || *at != lower) into.insert(at, std::move(lower));
}

bool has_any_tag(std::string_view text, const requests& known) {
    return std::ranges::any_of(known.tags(),
                               [&](const std::string& tag) { return has_tag(text, tag); });
}

bool is_white(char c) { return white_space.find(c) != std::string_view::npos; }

// How many octets at the end of `text` are the tag; 0: it does not stand there.
std::size_t tag_at_end(std::string_view text, std::string_view tag) {
    auto left = text;
    for (; !tag.empty(); tag.remove_suffix(1)) {
        if (left.empty()) return 0;
        if (tag.back() != ' ') {
            if (!same_token(left.substr(left.size() - 1), tag.substr(tag.size() - 1))) return 0;
            left.remove_suffix(1);
            continue;
        }
        const auto before = left.find_last_not_of(white_space) + 1; // npos + 1: nothing
        if (before == left.size()) return 0;
        left = left.substr(0, before);
    }
    return text.size() - left.size();
}

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
    return text.substr(0, text.find_last_not_of(white_space) + 1);
}

bool is_short_enough(std::string_view field) {
    for (auto end = field.find("\r\n"); end != std::string_view::npos; end = field.find("\r\n")) {
        if (end > max_line) return false;
        field.remove_prefix(end + 2);
    }
    return true;
}

// What is shown of it.
std::string read(std::string_view raw) {
    const auto section = read_header_section(raw);
    return section.fields.empty() ? std::string{} : decode_words(unfolded(section.fields.front()));
}

// The bytes that came, folds and encoded words, with nothing but the tags cut out.
std::string cut_out(const header_field& field, const requests& known) {
    const auto inside = [&](std::string_view text) { return without_tags(text, known); };
    const auto whole = inside(rewrite_words(field.body(), inside));
    const auto text = std::string{trimmed(whole)};
    return std::string{field.name} + (text.empty() ? ":" : ": ") + text + "\r\n";
}

std::string write_anew(std::string_view name, std::string_view text) {
    const auto words = encode_words(trimmed(text));
    if (words.find('\n') != std::string::npos)
        return std::string{name} + ": " + words + "\r\n"; // folded already
    const auto written = write_field(name, words);
    return written.empty() ? std::string{name} + ":\r\n" : written;
}

} // namespace

void requests::add_tag(std::string_view tag) { insert(tags_, tag); }
void requests::add_field(std::string_view name) { insert(fields_, name); }

bool requests::has_field(std::string_view name) const {
    return std::ranges::binary_search(fields_, smtp::ascii_lower(name));
}

bool has_tag(std::string_view text, std::string_view tag) {
    for (auto end = text.size(); end > 0; --end)
        if (tag_at_end(text.substr(0, end), tag) > 0) return true;
    return false;
}

bool has_request(const facts& about, const requests& known) {
    return std::ranges::any_of(about.fields, [&](const field_text& field) {
        return known.has_field(field.name) ||
               (may_be_tagged(field.name) && has_any_tag(field.text, known));
    });
}

// Letter by letter, so that what closes in around a cut is looked at again, and that a subject made
// of nothing but tags takes no longer than another one.
std::string without_tags(std::string_view text, const requests& known) {
    std::string kept;
    std::string gap; // white space around a cut
    bool behind_cut = false;
    for (const char c : text) {
        if (behind_cut && is_white(c)) {
            gap += c;
            continue;
        }
        if (behind_cut && !kept.empty() && !gap.empty())
            kept += gap.find('\n') == std::string::npos ? " " : "\r\n ";
        behind_cut = false;
        gap.clear();
        kept += c;
        std::size_t cut = 0;
        for (const auto& tag : known.tags())
            if (cut == 0) cut = tag_at_end(kept, tag);
        if (cut == 0) continue;
        kept.resize(kept.size() - cut);
        const auto end = kept.find_last_not_of(white_space) + 1;
        gap = kept.substr(end);
        kept.resize(end);
        behind_cut = true;
    }
    return kept;
}

std::optional<std::string> without_requests(const header_field& field, const requests& known) {
    if (known.has_field(field.name)) return std::string{};
    if (!may_be_tagged(field.name)) return std::nullopt;
    const auto text = decode_words(unfolded(field));
    if (!has_any_tag(text, known)) return std::nullopt;
    // A tag may go through several encoded words, and the space between two of them shows only
    // where something stands between: then the whole text is written anew.
    const auto wanted = without_tags(text, known);
    auto cut = cut_out(field, known);
    if (trimmed(read(cut)) == trimmed(wanted) && is_short_enough(cut)) return cut;
    return write_anew(field.name, wanted);
}

} // namespace postseal::message
