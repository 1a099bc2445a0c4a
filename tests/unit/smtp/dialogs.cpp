// SPDX-License-Identifier: Apache-2.0
// Plays the conversations of tests/dialogs to the pure dialogue, and stands in for the relay: what
// it carries between the parties is carried here by function calls.
#include "dialog_script.hpp"
#include "smtp/auth_exchange.hpp"
#include "smtp/intake.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>

using namespace postseal::smtp;

namespace {

class player {
  public:
    /// With `drop_at`, the next hop's connection drops in place of that answer, and what the client
    /// should hear is not looked at any more.
    player(const dialogs::script& played, std::optional<std::size_t> drop_at)
        : script_(played), drop_at_(drop_at), dialogue_(played.settings) {}

    void play() {
        say(dialogue_.greeting());
        for (const auto& line : script_.lines) {
            line_ = line.number;
            if (dropped_) break;
            if (line.who == 'S') {
                process();
                if (!dropped_) hear(line.text);
            } else {
                if (input_.empty() && !heard_.empty())
                    fail("the client has not listened to: " + heard_.front());
                input_ += line.text;
            }
        }
        if (dropped_) return;
        process();
        if (!heard_.empty()) fail("one more reply at the end: " + heard_.front());
        if (closed_ && !seen_close_) fail("closed, but (closes) is not written");
        if (exchange_ != script_.next_hop.size())
            dialogs::fail(script_, script_.next_hop[exchange_].number, "was never asked");
    }

    /// Questions that the next hop has heard.
    [[nodiscard]] std::size_t asked() const { return exchange_; }
    [[nodiscard]] const dialogue& state() const { return dialogue_; }
    [[nodiscard]] bool closed() const { return closed_; }
    [[nodiscard]] const reply& last() const { return last_; }

  private:
    [[noreturn]] void fail(const std::string& what) { dialogs::fail(script_, line_, what); }

    void say(const reply& answer) {
        last_ = answer;
        auto wire = to_wire(answer, dialogue_.codes());
        for (auto end = wire.find("\r\n"); end != std::string::npos; end = wire.find("\r\n")) {
            heard_.push_back(wire.substr(0, end));
            wire.erase(0, end + 2);
        }
        if (answer.code == 421) closed_ = true;
    }

    void hear(const std::string& wanted) {
        if (wanted == "(closes)") {
            if (!heard_.empty()) fail("the client hears instead: " + heard_.front());
            if (!closed_) fail("the connection stays open");
            seen_close_ = true;
            return;
        }
        if (heard_.empty()) fail("the client hears nothing");
        const auto got = heard_.front();
        heard_.pop_front();
        const bool any_rest = wanted.ends_with("...");
        const auto stem = wanted.substr(0, wanted.size() - (any_rest ? 3 : 0));
        if (any_rest ? !got.starts_with(stem) : got != wanted) fail("the client hears: " + got);
    }

    reply ask(const std::string& line) {
        if (drop_at_ == exchange_) {
            ++exchange_;
            dropped_ = true;
            return make_reply(421, "4.4.2", "The next hop is gone");
        }
        if (exchange_ == script_.next_hop.size()) fail("the next hop is asked: " + line);
        const auto& now = script_.next_hop[exchange_++];
        if (now.asked != line) dialogs::fail(script_, now.number, "the next hop is asked: " + line);
        if (now.answer.code == 0) return make_reply(421, "4.4.2", "The next hop is gone");
        return now.answer;
    }

    bool next_is(const std::string& question) const {
        return exchange_ < script_.next_hop.size() && script_.next_hop[exchange_].asked == question;
    }

    // Everything that the client has sent.
    void process() {
        while (!input_.empty() && !closed_) {
            if (in_data_) {
                take_message();
            } else {
                take_line();
            }
        }
        if (closed_) input_.clear();
    }

    void take_line() {
        const auto lf = input_.find('\n');
        if (lf == std::string::npos) fail("the client's line has no end");
        const bool crlf = lf > 0 && input_[lf - 1] == '\r';
        const auto line = input_.substr(0, crlf ? lf - 1 : lf);
        input_.erase(0, lf + 1);
        const bool bare = !crlf && script_.newlines == newline_rule::reject;
        if (login_) {
            go_on(line.size() > max_auth_line ? login_->on_client_line_too_long()
                  : bare                      ? login_->on_client_bare_newline()
                                              : login_->on_client(line));
        } else if (line.size() > dialogue_.line_limit()) {
            perform(dialogue_.on_line_too_long(line));
        } else if (bare) {
            perform(dialogue_.on_bare_newline(line));
        } else {
            perform(dialogue_.on_line(line));
        }
    }

    void perform(const next_action& what) {
        std::visit([this](const auto& one) { act(one); }, what);
        if (!dialogue_.in_transaction()) incoming_.reset();
        if (dialogue_.finished()) closed_ = true;
    }

    void act(const action::say& what) { say(what.answer); }
    void act(const action::say_and_close& what) {
        say(what.answer);
        closed_ = true;
    }
    void act(const action::greet_next_hop& what) {
        if (next_is("(connect)")) {
            const auto greeting = ask("(connect)");
            if (!greeting.positive()) return say(dialogue_.on_refused(greeting));
        }
        extensions offered;
        auto answer = make_reply(502, {}, "");
        if (what.extended) {
            answer = ask("EHLO " + script_.settings.hostname);
            if (answer.positive()) offered = read_extensions(answer);
        }
        if (answer.code == 500 || answer.code == 502)
            answer = ask("HELO " + script_.settings.hostname);
        say(answer.positive() ? dialogue_.on_extensions(offered) : dialogue_.on_refused(answer));
    }
    void act(const action::forward_mail& what) {
        say(dialogue_.on_mail(ask(mail_line(what.what.sender, what.what.parameters))));
    }
    void act(const action::forward_rcpt& what) {
        say(dialogue_.on_rcpt(ask(rcpt_line(what.what.to))));
    }
    void act(const action::forward_rset&) { say(dialogue_.on_rset(ask("RSET"))); }
    void act(const action::forward_xforward& what) {
        reply answer;
        for (const auto& line :
             xforward_lines(what.what.attributes, dialogue_.offered().xforward)) {
            answer = ask(line);
            if (!answer.positive()) break;
        }
        say(dialogue_.on_xforward(answer));
    }
    void act(const action::collect_data& what) {
        say(what.go_ahead);
        begin(framing::dots);
        in_data_ = true;
    }
    void act(const action::collect_chunk& what) {
        if (!incoming_) begin(framing::chunks);
        incoming_->announce(what.octets);
        incoming_->feed(take_octets(what.octets), message_);
        if (!what.last) return say(incoming_->refusal().value_or(chunk_taken(what.octets)));
        incoming_->finish(message_);
        conclude();
    }
    void act(const action::skip_chunk& what) {
        take_octets(what.octets);
        say(what.answer);
    }

    // The handshake is a matter of course; what was pipelined behind STARTTLS is gone.
    void act(const action::start_tls& what) {
        say(what.go_ahead);
        input_.clear();
        dialogue_.on_tls();
    }
    void act(const action::authenticate& what) {
        login_.emplace(what.what);
        go_on(login_->on_next_hop(ask(login_->first_line())));
    }
    void go_on(const auth_next& step) {
        if (const auto* tell = std::get_if<auth_step::tell_next_hop>(&step))
            return go_on(login_->on_next_hop(ask(tell->line)));
        if (const auto* challenge = std::get_if<auth_step::ask_client>(&step))
            return say(challenge->challenge);
        const auto answer =
            dialogue_.on_auth(std::get<auth_step::finish>(step).answer, login_->name());
        login_.reset();
        say(answer);
        if (dialogue_.finished()) closed_ = true;
    }

    void begin(framing framed) {
        incoming_.emplace(framed, script_.newlines, script_.settings.message_size);
        message_.clear();
    }

    std::string take_octets(std::uint64_t count) {
        if (input_.size() < count) fail("the chunk is shorter than BDAT says");
        auto octets = input_.substr(0, count);
        input_.erase(0, count);
        return octets;
    }

    void take_message() {
        const auto step = incoming_->feed(input_, message_);
        input_.erase(0, step.consumed);
        if (!step.done) return;
        in_data_ = false;
        conclude();
    }

    // What the relay itself refuses, and else the next hop's answer.
    void conclude() {
        auto answer = incoming_->refusal().value_or(reply{});
        if (answer.code == 0) answer = ask("DATA");
        if (answer.intermediate()) answer = ask(".");
        dialogue_.on_data_done();
        say(answer);
    }

    const dialogs::script& script_;
    std::optional<std::size_t> drop_at_;
    dialogue dialogue_;
    std::string input_;
    std::optional<intake> incoming_; // a message, also between its chunks
    std::string message_;
    bool in_data_ = false;               // behind 354
    std::optional<auth_exchange> login_; // while the client logs in
    std::deque<std::string> heard_;
    reply last_;
    std::size_t line_ = 0;
    std::size_t exchange_ = 0;
    bool closed_ = false;
    bool seen_close_ = false;
    bool dropped_ = false;
};

} // namespace

BOOST_AUTO_TEST_SUITE(dialogs_of_the_corpus)

BOOST_AUTO_TEST_CASE(every_conversation_goes_as_it_is_written) {
    const auto corpus = dialogs::read_corpus();
    BOOST_TEST(corpus.size() > 20U);
    for (const auto& script : corpus) {
        try {
            player(script, std::nullopt).play();
        } catch (const dialogs::failure& e) {
            BOOST_ERROR(e.what());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_next_hop_that_vanishes_at_any_step_ends_the_conversation) {
    for (const auto& script : dialogs::read_corpus()) {
        for (std::size_t step = 0; step < script.next_hop.size(); ++step) {
            player cut(script, step);
            BOOST_CHECK_NO_THROW(cut.play());
            BOOST_TEST_CONTEXT(script.name << " cut at question " << step) {
                BOOST_TEST(cut.asked() == step + 1);
                BOOST_TEST(cut.closed());
                BOOST_TEST(cut.last().code == 421);
                BOOST_TEST(!cut.state().in_transaction());
                BOOST_TEST(cut.state().current().recipients.empty());
            }
        }
    }
}

// The corpus would prove nothing if a wrong line went unseen.
BOOST_AUTO_TEST_CASE(a_changed_line_is_noticed) {
    for (auto script : dialogs::read_corpus()) {
        for (auto& line : script.lines) {
            if (line.who != 'S' || line.text == "(closes)") continue;
            const auto original = std::exchange(line.text, "299 " + line.text);
            BOOST_CHECK_THROW(player(script, std::nullopt).play(), dialogs::failure);
            line.text = original;
        }
        for (auto& exchange : script.next_hop) {
            const auto original = std::exchange(exchange.asked, exchange.asked + "x");
            BOOST_CHECK_THROW(player(script, std::nullopt).play(), dialogs::failure);
            exchange.asked = original;
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
