// SPDX-License-Identifier: Apache-2.0
#include "message/address_list.hpp"

#include "message/field_lexer.hpp"

#include <optional>
#include <string>

namespace postseal::message {

namespace {

// Where a word or an addr-spec can end.
constexpr std::string_view specials = " \t\r\n()<>[]:;@,.\"";

// Longer is no mailbox (RFC 5321 §4.5.3.1): not worth the memory.
constexpr std::size_t longest = smtp::max_path;

// addr-spec = word *("." word) "@" (atom *("." atom) / domain-literal), fed token by token.
class addr_spec {
  public:
    void add_word(std::string_view text) { add(text, state::local_end, state::domain_end); }
    void add_quoted(std::string_view text) { add(text, state::local_end, state::broken); }
    void add_literal(std::string_view text);
    void add_dot();
    void add_at() { state_ = state_ == state::local_end ? state::domain : state::broken; }
    void spoil() { state_ = state::broken; }

    [[nodiscard]] bool empty() const { return state_ == state::local && local_.empty(); }
    [[nodiscard]] std::optional<smtp::mailbox> mailbox() const;

  private:
    // `local` and `domain` want a word next, `_end` has one.
    enum class state { local, local_end, domain, domain_end, literal_end, broken };

    void add(std::string_view text, state after_local, state after_domain);

    state state_ = state::local;
    std::string local_;
    std::string domain_;
};

void addr_spec::add(std::string_view text, state after_local, state after_domain) {
    const bool fits = local_.size() + domain_.size() + text.size() <= longest;
    if (fits && state_ == state::local) {
        local_ += text;
        state_ = after_local;
    } else if (fits && state_ == state::domain) {
        domain_ += text;
        state_ = after_domain;
    } else {
        spoil(); // two words without a dot: a phrase
    }
}

void addr_spec::add_literal(std::string_view text) {
    if (state_ != state::domain || !domain_.empty()) return spoil();
    add(text, state::broken, state::literal_end);
}

void addr_spec::add_dot() {
    if (state_ == state::local_end) {
        local_ += '.';
        state_ = state::local;
    } else if (state_ == state::domain_end) {
        domain_ += '.';
        state_ = state::domain;
    } else {
        spoil();
    }
}

// The envelope's own reader has the last word, so that header and envelope mean the same mailbox.
std::optional<smtp::mailbox> addr_spec::mailbox() const {
    if (state_ != state::domain_end && state_ != state::literal_end) return {};
    return smtp::parse_mailbox(smtp::to_string({local_, domain_}));
}

// One entry of the list after the other; a group is a name that is forgotten and a semicolon that
// ends an entry.
class list_reader {
  public:
    list_reader(std::string_view body, std::vector<smtp::mailbox>& found, std::size_t most)
        : lexer_(body), found_(found), most_(most) {}

    bool read() {
        for (lexer_.skip_cfws(); !lexer_.at_end() && found_.size() < most_; lexer_.skip_cfws()) {
            read_token();
        }
        end_entry();
        return is_whole_ && lexer_.at_end();
    }

  private:
    enum class place { before_angle, in_angle, behind_angle };

    void read_token();
    void open_angle();
    void forget_name();
    void read_part_of_address();
    void end_entry();

    field_lexer lexer_;
    std::vector<smtp::mailbox>& found_;
    std::size_t most_;
    addr_spec address_;
    place place_ = place::before_angle;
    bool has_at_ = false;                     // so far in this entry, outside of quotes
    std::optional<addr_spec> looks_like_one_; // its display name
    bool broken_ = false;                     // this entry is not clearly an address
    bool is_whole_ = true;
};

void list_reader::read_token() {
    switch (lexer_.peek()) {
    case ',':
    case ';': lexer_.drop(); return end_entry();
    case ':': // what came before was a group's name
        lexer_.drop();
        broken_ = place_ != place::before_angle;
        is_whole_ = is_whole_ && !has_at_;
        return forget_name();
    case '<': lexer_.drop(); return open_angle();
    case '>':
        lexer_.drop();
        broken_ = broken_ || place_ != place::in_angle;
        place_ = place::behind_angle;
        return;
    default: return read_part_of_address();
    }
}

void list_reader::open_angle() {
    broken_ = broken_ || place_ != place::before_angle;
    place_ = place::in_angle;
    if (has_at_) looks_like_one_ = address_; // what came before was a display name
    forget_name();
    lexer_.skip_cfws();
    // The obsolete route "@relay,@relay:" says how to get there, not who it is.
    if (lexer_.at_end() || lexer_.peek() != '@') return;
    lexer_.take_until(":<>\"");
    if (!lexer_.take_if(':')) broken_ = true;
}

void list_reader::read_part_of_address() {
    if (place_ == place::behind_angle) broken_ = true;
    switch (lexer_.peek()) {
    case '"': return address_.add_quoted(lexer_.take_quoted_string());
    case '.': lexer_.drop(); return address_.add_dot();
    case '@':
        lexer_.drop();
        has_at_ = true;
        return address_.add_at();
    case '[': {
        std::string literal(lexer_.take_until("]"));
        if (!lexer_.take_if(']')) broken_ = true;
        return address_.add_literal(literal += ']');
    }
    case ')':
    case ']': lexer_.drop(); return address_.spoil();
    default: return address_.add_word(lexer_.take_until(specials));
    }
}

void list_reader::end_entry() {
    const bool clear = !broken_ && !lexer_.broken() && place_ != place::in_angle;
    const bool is_nothing = clear && address_.empty() && place_ == place::before_angle;
    std::optional<smtp::mailbox> mailbox;
    if (clear && !address_.empty() && found_.size() < most_) mailbox = address_.mailbox();
    is_whole_ = is_whole_ && (is_nothing || mailbox);
    // Somebody may have meant both, and forgotten a comma.
    if (mailbox && looks_like_one_) is_whole_ = is_whole_ && looks_like_one_->mailbox() == mailbox;
    if (mailbox) found_.push_back(std::move(*mailbox));
    forget_name();
    looks_like_one_.reset();
    place_ = place::before_angle;
    broken_ = false;
}

void list_reader::forget_name() {
    address_ = {};
    has_at_ = false;
}

} // namespace

bool read_address_list(std::string_view body, std::vector<smtp::mailbox>& found, std::size_t most) {
    return list_reader(body, found, most).read();
}

} // namespace postseal::message
