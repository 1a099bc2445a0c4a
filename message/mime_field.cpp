// SPDX-License-Identifier: Apache-2.0
#include "message/mime_field.hpp"

#include "message/field_lexer.hpp"
#include "smtp/mailbox.hpp"
#include "smtp/octets.hpp"

#include <algorithm>
#include <optional>

namespace postseal::message {

namespace {

// A parameter as it stands: RFC 2231 may have cut one value into several.
struct piece {
    std::string name;  // lower case, up to the first '*'
    std::string mark;  // what follows the name: "", "*", "*0", "*12*"
    std::string value; // unquoted, percent escapes still there
    bool used = false; // is part of a parameter already
};

bool is_token(std::string_view text) {
    constexpr std::string_view specials = "()<>@,;:\\\"/[]?=";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return smtp::is_graphic(c) && specials.find(c) == specials.npos;
    });
}

class field_reader {
  public:
    explicit field_reader(std::string_view body) : lexer_(body) {}

    mime_field read() {
        read_value();
        while (read_piece()) {
        }
        if (lexer_.broken()) field_.well_formed = false;
        for (std::size_t at = 0; at < pieces_.size(); ++at) {
            if (!pieces_[at].used) join(pieces_[at]);
        }
        return std::move(field_);
    }

  private:
    void read_value();
    bool read_piece();
    std::string read_piece_value();
    void join(const piece& first);
    void join_extended(const std::string& name);
    std::optional<std::string> take_numbered(const std::string& name, std::size_t number);
    piece* take(const std::string& name, std::string_view mark);
    std::string unescaped(std::string_view text);
    void doubt() { field_.well_formed = false; }

    field_lexer lexer_;
    mime_field field_;
    std::vector<piece> pieces_;
};

// type "/" subtype, or one word.
void field_reader::read_value() {
    lexer_.skip_cfws();
    std::string value(lexer_.take_until(" \t\r\n(;/"));
    bool readable = is_token(value);
    lexer_.skip_cfws();
    if (lexer_.take_if('/')) {
        lexer_.skip_cfws();
        const auto subtype = lexer_.take_until(" \t\r\n(;");
        readable = readable && is_token(subtype);
        value.append("/").append(subtype);
    }
    if (readable) {
        field_.value = smtp::ascii_lower(value);
    } else {
        doubt();
    }
}

// ";" name "=" value. False at the end of the field.
bool field_reader::read_piece() {
    lexer_.skip_cfws();
    if (!lexer_.at_end() && lexer_.peek() != ';') {
        doubt();
        lexer_.take_until(";");
    }
    if (!lexer_.take_if(';')) return false;
    lexer_.skip_cfws();
    if (lexer_.at_end() || lexer_.peek() == ';') return true; // a stray semicolon harms nobody
    if (pieces_.size() == max_parameters) {
        doubt();
        return false;
    }

    const auto name = smtp::ascii_lower(lexer_.take_until(" \t\r\n(;="));
    lexer_.skip_cfws();
    if (!is_token(name) || !lexer_.take_if('=')) {
        doubt();
        return true;
    }
    lexer_.skip_cfws();
    const auto star = std::min(name.find('*'), name.size());
    pieces_.push_back({name.substr(0, star), name.substr(star), read_piece_value()});
    return true;
}

// Many programs forget the quotes around "a file.pdf" or "=_b1": the value then ends with a
// semicolon or white space for some, and elsewhere for others.
std::string field_reader::read_piece_value() {
    if (!lexer_.at_end() && lexer_.peek() == '"') return lexer_.take_quoted_string();
    const auto value = lexer_.take_until(" \t\r\n(;");
    if (!is_token(value)) doubt();
    return std::string(value);
}

// All pieces with the name of `first` make one parameter.
void field_reader::join(const piece& first) {
    const auto name = first.name;
    const bool extended = std::ranges::any_of(
        pieces_, [&](const piece& one) { return one.name == name && !one.mark.empty(); });
    auto* const simple = take(name, "");
    if (extended) {
        join_extended(name);
    } else {
        field_.parameters.push_back({name, simple->value, parameter::form::simple});
    }
    // Said twice, or a piece that belongs to none.
    for (auto& left : pieces_) {
        if (left.name != name || left.used) continue;
        left.used = true;
        doubt();
    }
}

// name*=charset'language'value, or name*0*=charset'language'va, name*1=lue.
void field_reader::join_extended(const std::string& name) {
    std::string value;
    if (const auto* const whole = take(name, "*")) {
        value = unescaped(whole->value);
    } else {
        for (std::size_t number = 0; number < max_parameters; ++number) {
            const auto next = take_numbered(name, number);
            if (!next) break;
            value += *next;
        }
    }
    field_.parameters.push_back({name, std::move(value), parameter::form::extended});
}

std::optional<std::string> field_reader::take_numbered(const std::string& name,
                                                       std::size_t number) {
    const auto mark = "*" + std::to_string(number);
    if (const auto* const plain = take(name, mark)) return plain->value;
    const auto* const escaped = take(name, mark + "*");
    if (escaped == nullptr) return {};
    // Only the first piece names the character set (RFC 2231 §4.1).
    return unescaped(number == 0 ? escaped->value : "''" + escaped->value);
}

piece* field_reader::take(const std::string& name, std::string_view mark) {
    const auto found = std::ranges::find_if(pieces_, [&](const piece& one) {
        return !one.used && one.name == name && one.mark == mark;
    });
    if (found == pieces_.end()) return nullptr;
    found->used = true;
    return &*found;
}

int hex_digit(char c) {
    if (smtp::is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// charset'language'value with percent escapes.
std::string field_reader::unescaped(std::string_view text) {
    for (int quotes = 0; quotes < 2; ++quotes) {
        const auto quote = text.find('\'');
        if (quote == text.npos) {
            doubt();
            break;
        }
        text.remove_prefix(quote + 1);
    }
    std::string octets;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const int high = text[at] == '%' && at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[at + 2]) : -1;
        if (low >= 0) {
            octets += static_cast<char>(high << 4 | low);
            at += 2;
        } else {
            if (text[at] == '%') doubt();
            octets += text[at];
        }
    }
    return octets;
}

} // namespace

const parameter* mime_field::find(std::string_view name) const {
    const auto found = std::ranges::find(parameters, name, &parameter::name);
    return found == parameters.end() ? nullptr : &*found;
}

mime_field read_mime_field(std::string_view body) { return field_reader(body).read(); }

} // namespace postseal::message
