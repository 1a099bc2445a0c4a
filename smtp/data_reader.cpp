// SPDX-License-Identifier: Apache-2.0
// Ordinary text is copied in runs of many lines: memchr(3) finds the next CR and the next LF, and
// only a dot at the start of a line, a line end without its partner or the end of a piece stops the
// run. Each octet is looked at a fixed number of times, however hostile the line ends are.
#include "smtp/data_reader.hpp"

#include <algorithm>

namespace postseal::smtp {

namespace {

// Where the next octet of one kind stands. Found once and kept until the reader has passed it, so
// that a megabyte of CRs without an LF is not searched for that LF a million times.
class finder {
  public:
    finder(std::string_view text, char wanted) : text_(text), wanted_(wanted) {}

    /// At or after `from`, which never decreases; the size of the text where there is none.
    std::size_t next(std::size_t from) {
        if (!searched_ || found_ < from) {
            const auto at = text_.find(wanted_, from);
            found_ = at == std::string_view::npos ? text_.size() : at;
            searched_ = true;
        }
        return found_;
    }

  private:
    std::string_view text_;
    char wanted_;
    std::size_t found_ = 0;
    bool searched_ = false;
};

} // namespace

// One piece of input on its way through the reader.
struct data_reader::piece {
    std::string_view input;
    std::string& out;
    finder cr{input, '\r'};
    finder lf{input, '\n'};
    std::size_t at = 0;

    [[nodiscard]] bool exhausted() const { return at == input.size(); }
    [[nodiscard]] char next() const { return input[at]; }
    void copy(std::size_t from, std::size_t to) { out.append(input.data() + from, to - from); }
};

data_reader::step data_reader::feed(std::string_view input, std::string& out) {
    piece in{input, out};
    while (state_ != state::done && !in.exhausted())
        advance(in);
    const auto taken = input.substr(0, in.at);
    nul_ = nul_ || taken.find('\0') != std::string_view::npos;
    return {in.at, state_ == state::done};
}

void data_reader::finish(std::string& out) {
    if (state_ == state::cr) end_bare_line(out, '\r');
    if (state_ == state::text) out += "\r\n";
    state_ = state::done;
}

void data_reader::advance(piece& in) {
    switch (state_) {
    case state::line_start:
    case state::soft_line_start:
        if (!has_dots() || in.next() != '.') {
            state_ = state::text;
            return;
        }
        state_ = state_ == state::line_start ? state::dot : state::soft_dot;
        ++in.at;
        return;
    case state::dot:
        if (in.next() == '\r') {
            state_ = state::dot_cr;
            ++in.at;
            return;
        }
        after_dot(in);
        return;
    case state::soft_dot: after_dot(in); return;
    case state::dot_cr:
        if (in.next() == '\n') {
            state_ = state::done;
            ++in.at;
            return;
        }
        in.out += '.';
        end_bare_line(in.out, '\r');
        return;
    case state::cr:
        if (in.next() == '\n') {
            in.out += "\r\n";
            state_ = state::line_start;
            ++in.at;
            return;
        }
        end_bare_line(in.out, '\r');
        return;
    case state::text: copy_text(in); return;
    case state::done: return;
    }
}

// A dot at the start of a line that does not end the message. It was added by the client and goes
// (RFC 5321 §4.5.2), unless it is alone: no client stuffs a line into a single dot, so that dot is
// content, or somebody's attempt at an end of data. As content it will be stuffed on the way out.
void data_reader::after_dot(piece& in) {
    if (in.next() == '\r' || in.next() == '\n') in.out += '.';
    state_ = state::text;
}

// Copies whole lines until something needs a closer look.
void data_reader::copy_text(piece& in) {
    const auto run = in.at;
    for (;;) {
        const auto cr = in.cr.next(in.at);
        const auto lf = in.lf.next(in.at);
        if (lf < in.input.size() && lf == cr + 1) {
            in.at = lf + 1;
            if (!in.exhausted() && (!has_dots() || in.next() != '.')) continue;
            in.copy(run, in.at);
            state_ = state::line_start;
            return;
        }
        const auto stop = std::min(cr, lf);
        in.copy(run, stop);
        in.at = stop;
        if (in.exhausted()) return;
        ++in.at;
        if (stop == lf) {
            end_bare_line(in.out, '\n');
        } else {
            state_ = state::cr; // the next octet says which kind of line end this is
        }
        return;
    }
}

// A CR or an LF without its partner. Where we normalise, it ends a line in every respect but one:
// it takes no part in the end of data. Where we reject, it is an octet in the middle of a line.
void data_reader::end_bare_line(std::string& out, char octet) {
    bare_newline_ = true;
    switch (rule_) {
    case newline_rule::reject:
        out += octet;
        state_ = state::text;
        return;
    case newline_rule::normalise:
        out += "\r\n";
        state_ = state::soft_line_start;
        return;
    }
}

} // namespace postseal::smtp
