// SPDX-License-Identifier: Apache-2.0
#include "smtp/command.hpp"

#include "smtp/base64.hpp"
#include "smtp/octets.hpp"
#include "smtp/parameters.hpp"
#include "smtp/xforward.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace postseal::smtp {

namespace {

using parsed = boost::system::result<command, reply>;

constexpr std::size_t max_hello = 255;

std::string_view trimmed(std::string_view text) {
    const auto first = std::min(text.find_first_not_of(' '), text.size());
    const auto last = text.find_last_not_of(' ') + 1; // 0 for spaces only
    return text.substr(first, std::max(last, first) - first);
}

reply syntax(std::string_view usage) {
    return make_reply(501, "5.5.4", "Syntax: " + std::string(usage));
}

// Clients call themselves all sorts of things. The name is only ever logged, so what is not
// visible ASCII becomes '?' and nobody is turned away for it.
std::string readable(std::string_view name) {
    std::string out(name);
    std::ranges::replace_if(
        out, [](char c) { return !is_graphic(c); }, '?');
    return out;
}

template<typename Hello>
parsed parse_hello(std::string_view argument, std::string_view usage) {
    if (argument.empty() || argument.size() > max_hello) return syntax(usage);
    return command(Hello{readable(argument)});
}

parsed parse_ehlo(std::string_view argument, routing_marks) {
    return parse_hello<ehlo>(argument, "EHLO domain");
}
parsed parse_lhlo(std::string_view argument, routing_marks) {
    return parse_hello<lhlo>(argument, "LHLO domain");
}
parsed parse_helo(std::string_view argument, routing_marks) {
    return parse_hello<helo>(argument, "HELO domain");
}

// What stands between a path's brackets, and what follows it.
struct path {
    std::string_view address;
    std::string_view rest;
};

// Length of the path at the start of `text`, brackets included; 0 where it does not end. A '>' in
// quotes is not its end.
std::size_t path_length(std::string_view text) {
    bool in_quotes = false;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (in_quotes && text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            in_quotes = !in_quotes;
        } else if (text[i] == '>' && !in_quotes) {
            return i + 1;
        }
    }
    return 0;
}

// `FROM:` or `TO:`, then the path. White space behind the colon and missing brackets are what old
// devices send and every mail server takes; we write the line anew, so neither goes further.
std::optional<path> read_path(std::string_view argument, std::string_view prefix) {
    if (!equal_ignoring_case(argument.substr(0, prefix.size()), prefix)) return std::nullopt;
    argument = trimmed(argument.substr(prefix.size()));
    if (argument.empty()) return std::nullopt;
    if (argument.front() != '<') {
        const auto word = argument.substr(0, argument.find(' '));
        if (word.find_first_of("<>\"\\") != std::string_view::npos) return std::nullopt;
        return path{word, argument.substr(word.size())};
    }
    const auto length = path_length(argument);
    if (length == 0) return std::nullopt;
    const auto rest = argument.substr(length);
    if (!rest.empty() && rest.front() != ' ') return std::nullopt;
    return path{argument.substr(1, length - 2), rest};
}

reply bad_address(int code, std::string enhanced, std::string_view address) {
    return make_reply(code, std::move(enhanced),
                      '<' + std::string(address.substr(0, max_path)) +
                          "> is not an address that can be served here: write local@domain, "
                          "without source route, and without % ! or @ in the local part");
}

// Only the routing marks are wrong with it.
bool routes(std::string_view address) {
    return parse_mailbox(address, routing_marks::allowed).has_value();
}

parsed parse_mail(std::string_view argument, routing_marks marks) {
    const auto path = read_path(argument, "FROM:");
    if (!path) return syntax("MAIL FROM:<address> [parameters]");
    mail read;
    if (!path->address.empty()) {
        read.sender = parse_mailbox(path->address, marks);
        if (!read.sender && routes(path->address)) return bad_address(553, "5.1.7", path->address);
        if (!read.sender || read.sender->domain.empty())
            return bad_address(501, "5.1.7", path->address);
    }
    auto parameters = parse_parameters(path->rest, parameter_of::mail);
    if (!parameters) return parameters.error();
    read.parameters = std::move(*parameters);
    return command(std::move(read));
}

parsed parse_rcpt(std::string_view argument, routing_marks marks) {
    const auto path = read_path(argument, "TO:");
    if (!path) return syntax("RCPT TO:<address> [parameters]");
    auto address = parse_mailbox(path->address, marks);
    if (!address) return bad_address(553, "5.1.3", path->address);
    auto parameters = parse_parameters(path->rest, parameter_of::rcpt);
    if (!parameters) return parameters.error();
    return command(rcpt{{std::move(*address), std::move(*parameters)}});
}

template<typename Command>
parsed parse_alone(std::string_view argument, routing_marks) {
    if (!argument.empty())
        return make_reply(501, "5.5.4", "This command takes no argument; send it alone");
    return command(Command{});
}

// Digits, and LAST or nothing: any other reading of the size would have another idea of where the
// next command begins.
parsed parse_bdat(std::string_view argument, routing_marks) {
    const auto size = argument.substr(0, argument.find(' '));
    const auto* const end = size.data() + size.size();
    bdat read;
    const auto number = std::from_chars(size.data(), end, read.octets);
    const auto rest = trimmed(argument.substr(size.size()));
    read.last = equal_ignoring_case(rest, "LAST");
    if (number.ec != std::errc() || number.ptr != end || (!rest.empty() && !read.last))
        return syntax("BDAT size [LAST]");
    return command(read);
}

parsed parse_noop(std::string_view, routing_marks) { return command(noop{}); }

parsed parse_vrfy(std::string_view argument, routing_marks) {
    if (argument.empty()) return syntax("VRFY address");
    return command(vrfy{});
}

parsed parse_xforward_line(std::string_view argument, routing_marks) {
    return parse_xforward(argument);
}

// Of A-Z, 0-9, "-" and "_" (RFC 4422 §3.1).
std::optional<std::string> read_mechanism(std::string_view word) {
    const auto is_name = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; };
    if (word.empty() || word.size() > max_mechanism || !std::ranges::all_of(word, is_name))
        return std::nullopt;
    return ascii_upper(word);
}

// Nothing of what stands here may come back in a reply: replies are logged.
parsed parse_auth(std::string_view argument, routing_marks) {
    const auto word = argument.substr(0, argument.find(' '));
    auto mechanism = read_mechanism(word);
    if (!mechanism) return syntax("AUTH mechanism [initial-response]");
    const auto response = trimmed(argument.substr(word.size()));
    auth read{std::move(*mechanism), std::nullopt};
    if (response.empty()) return command(std::move(read));
    if (response == "=") {
        read.initial_response.emplace();
        return command(std::move(read));
    }
    if (!is_base64(response)) return make_reply(501, "5.5.2", "The initial response is not base64");
    read.initial_response.emplace(response);
    return command(std::move(read));
}

parsed never_offered(std::string_view, routing_marks) { return not_offered(); }

struct verb_row {
    std::string_view verb;
    parsed (*parse)(std::string_view argument, routing_marks marks);
};

constexpr auto verbs = std::to_array<verb_row>({
    {"EHLO", parse_ehlo},
    {"HELO", parse_helo},
    {"LHLO", parse_lhlo},
    {"MAIL", parse_mail},
    {"RCPT", parse_rcpt},
    {"DATA", parse_alone<data>},
    {"BDAT", parse_bdat},
    {"RSET", parse_alone<rset>},
    {"QUIT", parse_alone<quit>},
    {"NOOP", parse_noop},
    {"VRFY", parse_vrfy},
    {"XFORWARD", parse_xforward_line},
    {"STARTTLS", parse_alone<starttls>},
    {"AUTH", parse_auth},
    {"BURL", never_offered}, // the next hop would fetch content that we have not seen
    {"ETRN", never_offered},
    {"EXPN", never_offered},
    {"HELP", never_offered},
    {"SAML", never_offered},
    {"SEND", never_offered},
    {"SOML", never_offered},
    {"TURN", never_offered},
    {"XCLIENT", never_offered}, // authority, and nobody's to claim here
});

void append_parameters(std::string& line, const std::vector<parameter>& parameters) {
    for (const auto& [keyword, value] : parameters) {
        line += ' ' + keyword;
        if (!value.empty()) line += '=' + value;
    }
}

} // namespace

boost::system::result<command, reply> parse_command(std::string_view line, routing_marks marks) {
    const auto verb = line.substr(0, line.find(' '));
    const bool logs_in = equal_ignoring_case(verb, "AUTH");
    if (logs_in && line.size() > max_auth_line)
        return make_reply(500, "5.5.6", "The line is too long; AUTH fits 12288 octets");
    if (!logs_in && line.size() > max_command_line)
        return make_reply(500, "5.5.2", "The line is too long; a command fits 2048 octets");
    if (std::ranges::any_of(line, is_control))
        return make_reply(500, "5.5.2", "A command contains no control characters");
    for (const auto& row : verbs)
        if (equal_ignoring_case(row.verb, verb))
            return row.parse(trimmed(line.substr(verb.size())), marks);
    return make_reply(500, "5.5.2", "Command not known; this is an SMTP server");
}

bool is_bdat(std::string_view line) { return equal_ignoring_case(line.substr(0, 4), "BDAT"); }

reply not_offered() {
    return make_reply(502, "5.5.1",
                      "This command is not offered here; EHLO lists the extensions that are");
}

std::string mail_line(const std::optional<mailbox>& sender,
                      const std::vector<parameter>& parameters) {
    auto line = "MAIL FROM:<" + (sender ? to_string(*sender) : std::string()) + '>';
    append_parameters(line, parameters);
    return line;
}

std::string rcpt_line(const recipient& to) {
    auto line = "RCPT TO:<" + to_string(to.address) + '>';
    append_parameters(line, to.parameters);
    return line;
}

} // namespace postseal::smtp
