// SPDX-License-Identifier: Apache-2.0
#include "dialog_script.hpp"

#include <algorithm>
#include <fstream>
#include <map>

namespace dialogs {

using namespace postseal;

namespace {

char octet_of(char escape) {
    switch (escape) {
    case 'r': return '\r';
    case 'n': return '\n';
    case 't': return '\t';
    case '0': return '\0';
    case '\\': return '\\';
    }
    throw std::invalid_argument("unknown escape");
}

// The octets of a C line.
std::string unescaped(const std::string& text) {
    std::string octets;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            octets += text[i];
            continue;
        }
        const char escape = text.at(++i);
        if (escape == 'c' && i + 1 == text.size()) return octets;
        if (escape == 'x') {
            octets += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            octets += octet_of(escape);
        }
    }
    return octets + "\r\n";
}

bool is_answer(const std::string& text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return text == "(drops)" ||
           (text.size() >= 3 && std::all_of(text.begin(), text.begin() + 3, is_digit));
}

// Questions and answers in turn; an answer has been read once `complete`.
class next_hop_lines {
  public:
    explicit next_hop_lines(script& into) : into_(into) {}

    void take(const std::string& text, std::size_t number) {
        if (complete_) {
            if (is_answer(text)) fail(into_, number, "an answer without a question");
            into_.next_hop.push_back({text, {}, number});
            complete_ = false;
            return;
        }
        if (!is_answer(text)) fail(into_, number, "a question before the last one is answered");
        complete_ = text == "(drops)";
        if (complete_) return;
        const auto state = reader_.on_line(text);
        if (state == smtp::reply_reader::state::malformed) fail(into_, number, "no SMTP reply");
        if (state == smtp::reply_reader::state::more) return;
        into_.next_hop.back().answer = reader_.take();
        complete_ = true;
    }

    void finish(std::size_t number) {
        if (!complete_) fail(into_, number, "the last question is not answered");
    }

  private:
    script& into_;
    smtp::reply_reader reader_;
    bool complete_ = true;
};

template<typename Value>
bool take(const std::string& value, const std::map<std::string, Value>& known, Value& into) {
    const auto found = known.find(value);
    if (found == known.end()) return false;
    into = found->second;
    return true;
}

// Where the listener stands: TLS, logins, addresses.
bool read_listener_setting(smtp::dialogue_settings& into, const std::string& name,
                           const std::string& value) {
    using smtp::login_rule, smtp::routing_marks, smtp::tls_state;
    if (name == "tls")
        return take<tls_state>(value,
                               {{"absent", tls_state::absent},
                                {"offered", tls_state::offered},
                                {"required", tls_state::required},
                                {"active", tls_state::active}},
                               into.tls);
    if (name == "login")
        return take<login_rule>(value,
                                {{"refused", login_rule::refused},
                                 {"after_tls", login_rule::after_tls},
                                 {"always", login_rule::always}},
                                into.login);
    if (name == "marks")
        return take<routing_marks>(
            value, {{"refused", routing_marks::refused}, {"allowed", routing_marks::allowed}},
            into.marks);
    return false;
}

void read_setting(script& into, const std::string& text, std::size_t number) {
    const auto space = text.find(' ');
    const auto name = text.substr(0, space);
    const auto value = space == std::string::npos ? "" : text.substr(space + 1);
    if (name == "client" && (value == "stranger" || value == "trusted")) {
        into.settings.trust =
            value == "trusted" ? smtp::client_trust::trusted : smtp::client_trust::stranger;
    } else if (name == "bare_newline" && value == "normalise") {
        into.newlines = smtp::newline_rule::normalise;
    } else if (name == "message_size") {
        into.settings.message_size = std::stoull(value);
    } else if (name == "recipients") {
        into.settings.recipients = std::stoull(value);
    } else if (name == "errors") {
        into.settings.errors = std::stoull(value);
    } else if (!read_listener_setting(into.settings, name, value)) {
        fail(into, number, "unknown setting");
    }
}

} // namespace

script read_script(const std::filesystem::path& file) {
    script read;
    read.name = file.filename().string();
    read.settings.hostname = "relay.example";
    read.settings.trust = smtp::client_trust::trusted;
    read.settings.message_size = 50U << 20U;
    next_hop_lines next_hop(read);
    std::ifstream in(file);
    std::size_t number = 0;
    for (std::string text; std::getline(in, text);) {
        ++number;
        if (text.empty() || text.front() == '#') continue;
        const auto mark = text.substr(0, 3);
        const auto rest = text.substr(std::min<std::size_t>(text.size(), 3));
        if (text.starts_with("@ ")) {
            read_setting(read, text.substr(2), number);
        } else if (mark == "N: ") {
            next_hop.take(rest, number);
        } else if (mark == "C: ") {
            read.lines.push_back({'C', unescaped(rest), number});
        } else if (mark == "C:") {
            read.lines.push_back({'C', "\r\n", number});
        } else if (mark == "S: ") {
            read.lines.push_back({'S', rest, number});
        } else {
            fail(read, number, "neither C:, S:, N:, @ nor #");
        }
    }
    next_hop.finish(number);
    if (read.lines.empty()) fail(read, number, "an empty conversation");
    return read;
}

std::vector<script> read_corpus() {
    std::vector<std::filesystem::path> files;
    const auto folder = std::filesystem::path(POSTSEAL_TEST_DATA).parent_path() / "dialogs";
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<script> corpus;
    for (const auto& file : files)
        corpus.push_back(read_script(file));
    return corpus;
}

void fail(const script& in, std::size_t line, const std::string& what) {
    throw failure(in.name + ':' + std::to_string(line) + ": " + what);
}

} // namespace dialogs
