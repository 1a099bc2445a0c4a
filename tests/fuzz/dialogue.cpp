// SPDX-License-Identifier: Apache-2.0
// Any conversation. The input is text in the manner of tests/dialogs, which serve as first inputs:
// a client's lines start with "C: ", a next hop's with "N: "; the first letter of all says how the
// relay is set up. Whatever the two say: each line to the next hop reads as the command that was
// meant and nothing else, within the limits, and what the client hears is a reply.
#include "smtp/dialogue.hpp"
#include "smtp/auth_exchange.hpp"
#include "smtp/octets.hpp"
#include "smtp/xforward.hpp"

#include <algorithm>
#include <cstdlib>
#include <deque>

using namespace postseal::smtp;

namespace {

// A client's line, and what the dialogue may add: a larger SIZE, brackets, xtext of AUTH=<>.
constexpr std::size_t max_line_to_next_hop = max_command_line + 64;

void expect(bool holds) {
    if (!holds) std::abort();
}

bool has_no_control(std::string_view text) { return std::ranges::none_of(text, is_control); }

class conversation {
  public:
    conversation(dialogue_settings settings, std::string_view text)
        : dialogue_(std::move(settings)), marks_(settings.marks), text_(text) {
        hear(dialogue_.greeting());
    }

    void play() {
        while (!closed_ && !text_.empty()) {
            const auto line = take_line();
            if (!line.starts_with("C: ")) continue; // a reply too many, or nothing
            said(line.substr(3));
        }
    }

  private:
    std::string_view take_line() {
        const auto line = text_.substr(0, text_.find('\n'));
        text_.remove_prefix(std::min(text_.size(), line.size() + 1));
        return line;
    }

    void said(std::string_view line) {
        if (login_) {
            go_on(line.size() > max_auth_line ? login_->on_client_line_too_long()
                                              : login_->on_client(line));
        } else if (line.size() > dialogue_.line_limit()) {
            perform(dialogue_.on_line_too_long(line));
        } else {
            perform(dialogue_.on_line(line));
        }
        expect(closed_ || dialogue_.current().recipients.size() <= 3);
        expect(dialogue_.in_transaction() || dialogue_.current() == envelope{});
        expect(has_no_control(dialogue_.client_domain()));
        expect(!dialogue_.login() || is_printable_utf8(*dialogue_.login()));
    }

    // Of the lines that follow, the next that a next hop has said, up to the end of its reply.
    reply answer_to(std::string_view line) {
        expect(has_no_control(line));
        reply_reader reader;
        while (text_.starts_with("N: ")) {
            switch (reader.on_line(take_line().substr(3))) {
            case reply_reader::state::more: continue;
            case reply_reader::state::complete: return reader.take();
            case reply_reader::state::malformed: return make_reply(421, "4.4.2", "gone");
            }
        }
        return make_reply(250, {}, "Ok");
    }

    void hear(const reply& answer) {
        const auto wire = to_wire(answer, dialogue_.codes());
        expect(answer.code >= 200 && answer.code < 600 && wire.ends_with("\r\n"));
        for (std::string_view rest = wire; !rest.empty();) {
            const auto line = rest.substr(0, rest.find("\r\n"));
            expect(std::ranges::none_of(line, [](char c) { return is_control(c) && c != '\t'; }));
            expect(line.starts_with(std::to_string(answer.code)));
            rest.remove_prefix(line.size() + 2);
        }
        if (answer.code == 421) closed_ = true;
    }
    void hear_verdict(const reply& answer) {
        expect(!answer.intermediate()); // nobody has asked the client for anything
        hear(answer);
    }

    void perform(const next_action& what) {
        std::visit([this](const auto& one) { act(one); }, what);
        if (dialogue_.finished()) closed_ = true;
    }
    void act(const action::say& what) { hear_verdict(what.answer); }
    void act(const action::say_and_close& what) {
        hear_verdict(what.answer);
        expect(dialogue_.finished() && !dialogue_.in_transaction());
        closed_ = true;
    }
    void act(const action::greet_next_hop& what) {
        expect(has_no_control(what.domain));
        const auto answer = answer_to("EHLO relay.example");
        hear_verdict(answer.positive() ? dialogue_.on_extensions(read_extensions(answer))
                                       : dialogue_.on_refused(answer));
    }
    // Read again it is the same mail: no word of it means something else there.
    void act(const action::forward_mail& what) {
        const auto line = mail_line(what.what.sender, what.what.parameters);
        expect(line.size() <= max_line_to_next_hop);
        const auto again = parse_command(line, marks_);
        expect(again.has_value());
        const auto& there = std::get<mail>(*again);
        expect(there.sender == what.what.sender && there.parameters == what.what.parameters);
        hear_verdict(dialogue_.on_mail(answer_to(line)));
    }
    void act(const action::forward_rcpt& what) {
        const auto line = rcpt_line(what.what.to);
        expect(line.size() <= max_line_to_next_hop);
        const auto again = parse_command(line, marks_);
        expect(again.has_value() && std::get<rcpt>(*again).to == what.what.to);
        hear_verdict(dialogue_.on_rcpt(answer_to(line)));
    }
    void act(const action::forward_rset&) { hear_verdict(dialogue_.on_rset(answer_to("RSET"))); }
    void act(const action::forward_xforward& what) {
        auto answer = make_reply(250, {}, "Ok");
        for (const auto& line :
             xforward_lines(what.what.attributes, dialogue_.offered().xforward)) {
            expect(line.size() <= 510 && parse_command(line).has_value());
            answer = answer_to(line);
            if (!answer.positive()) break;
        }
        hear_verdict(dialogue_.on_xforward(answer));
    }
    void act(const action::collect_data& what) {
        hear(what.go_ahead);
        expect(!dialogue_.current().recipients.empty());
        dialogue_.on_data_done();
    }
    void act(const action::collect_chunk& what) {
        skip(what.octets);
        if (what.last) dialogue_.on_data_done();
        hear_verdict(make_reply(250, "2.0.0", "Ok"));
    }
    void act(const action::skip_chunk& what) {
        skip(what.octets);
        hear_verdict(what.answer);
    }
    void skip(std::uint64_t octets) {
        if (octets > text_.size()) closed_ = true; // the client has gone in the middle of it
        text_.remove_prefix(
            static_cast<std::size_t>(std::min<std::uint64_t>(octets, text_.size())));
    }
    void act(const action::start_tls& what) {
        hear_verdict(what.go_ahead);
        dialogue_.on_tls();
        expect(!dialogue_.authenticated() && dialogue_.client_domain().empty());
    }
    void act(const action::authenticate& what) {
        login_.emplace(what.what);
        const auto line = login_->first_line();
        expect(line.size() <= 510);
        go_on(login_->on_next_hop(answer_to(line)));
    }

    void go_on(auth_next step) {
        while (const auto* tell = std::get_if<auth_step::tell_next_hop>(&step)) {
            expect(tell->line.size() <= max_auth_line);
            step = login_->on_next_hop(answer_to(tell->line));
        }
        if (const auto* asked = std::get_if<auth_step::ask_client>(&step)) {
            expect(asked->challenge.code == 334);
            return hear(asked->challenge);
        }
        const auto answer =
            dialogue_.on_auth(std::get<auth_step::finish>(step).answer, login_->name());
        login_.reset();
        hear_verdict(answer);
        if (dialogue_.finished()) closed_ = true;
    }

    dialogue dialogue_;
    routing_marks marks_;
    std::string_view text_;
    std::optional<auth_exchange> login_;
    bool closed_ = false;
};

dialogue_settings settings_of(unsigned letter) {
    dialogue_settings made;
    made.hostname = "relay.example";
    made.recipients = 3;
    made.errors = 5;
    made.trust = letter % 2 == 0 ? client_trust::stranger : client_trust::trusted;
    made.tls = static_cast<tls_state>(letter / 2 % 4);
    made.login = static_cast<login_rule>(letter / 8 % 3);
    made.marks = letter / 24 % 2 == 0 ? routing_marks::refused : routing_marks::allowed;
    made.protocol = letter / 48 % 2 == 0 ? protocol::smtp : protocol::lmtp;
    return made;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    conversation(settings_of(data[0]), text.substr(1)).play();
    return 0;
}
