// SPDX-License-Identifier: Apache-2.0
#include "message/field_lexer.hpp"

#include <algorithm>

namespace postseal::message {

bool field_lexer::take_if(char wanted) {
    if (at_end() || peek() != wanted) return false;
    drop();
    return true;
}

void field_lexer::skip_cfws() {
    for (;;) {
        at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
        if (at_end() || peek() != '(') return;
        skip_comment();
    }
}

// Comments nest without limit (RFC 5322 §3.2.2): a counter, not a call, for each level.
void field_lexer::skip_comment() {
    std::size_t depth = 0;
    for (; !at_end(); drop()) {
        if (peek() == '\\') {
            drop();
            if (at_end()) break;
        } else if (peek() == '(') {
            ++depth;
        } else if (peek() == ')' && --depth == 0) {
            drop();
            return;
        }
    }
    broken_ = true;
}

std::string field_lexer::take_quoted_string() {
    drop();
    std::string content;
    for (; !at_end(); drop()) {
        if (peek() == '"') {
            drop();
            return content;
        }
        if (peek() == '\\') {
            drop();
            if (at_end()) break;
        } else if (peek() == '\r' || peek() == '\n') {
            continue;
        }
        content += peek();
    }
    broken_ = true;
    return content;
}

std::string_view field_lexer::take_until(std::string_view stops) {
    const auto start = at_;
    at_ = std::min(text_.find_first_of(stops, at_), text_.size());
    return text_.substr(start, at_ - start);
}

} // namespace postseal::message
