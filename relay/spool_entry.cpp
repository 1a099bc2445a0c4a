// SPDX-License-Identifier: Apache-2.0
// The lines, in this order, each ended by LF:
//   postseal-spool 1
//   id, message, arrived, expires, due (seconds since 1970), attempts, delay-notice, copy, size,
//   reason
//   until, answers, received, listener, client, tls, authenticated, login
//                                       of a held copy; what is not known is "-"
//   MAIL FROM:<…> …                     as for a next hop
//   RCPT TO:<…> …                       and below each the debt, and what was said of it
//   delivery server 451 4.3.0 …         (or `relay`: we said it)
//   held not-clear yes                  and of a held copy, how it was when it came
//   end 1a2b3c4d                        CRC-32C of all that stands above
#include "relay/spool_entry.hpp"

#include "message/trace.hpp"
#include "relay/spool_lines.hpp"
#include "smtp/command.hpp"
#include "smtp/xtext.hpp"

#include <array>
#include <utility>
#include <variant>

namespace postseal::relay {

namespace {

constexpr std::string_view first_line = "postseal-spool 1";

template<class Value>
using names = std::array<std::pair<std::string_view, Value>, 2>;

constexpr std::array<std::pair<std::string_view, policy::promise>, 3> promises = {
    {{"none", policy::promise::none},
     {"not-clear", policy::promise::not_clear},
     {"required", policy::promise::required}}};
constexpr std::array<std::pair<std::string_view, spooled_copy>, 3> copies = {
    {{"sealed", spooled_copy::sealed},
     {"clear", spooled_copy::clear},
     {"held", spooled_copy::held}}};
constexpr std::array<std::pair<std::string_view, debt>, 3> debts = {
    {{"delivery", debt::delivery}, {"report", debt::report}, {"notice", debt::notice}}};
constexpr names<speaker> speakers = {{{"server", speaker::server}, {"relay", speaker::relay}}};
constexpr names<delay_notice> notices = {
    {{"later", delay_notice::due_later}, {"told", delay_notice::told}}};

constexpr names<bool> switches = {{{"yes", true}, {"no", false}}};
constexpr names<policy::answering> answer_counts = {
    {{"one", policy::answering::as_one}, {"each", policy::answering::each_recipient}}};
constexpr std::string_view unknown = "-";

// "-", or "=" and the text.
std::string write_text(const std::optional<std::string>& text) {
    return text ? "=" + smtp::encode_xtext(*text) : std::string(unknown);
}

std::string_view write_switch(std::optional<bool> known) {
    return known ? name_of(switches, *known) : unknown;
}

// Every local part was let in once already, so routing marks are no question any more.
template<class Command>
std::optional<Command> command(std::string_view line) {
    auto read = smtp::parse_command(line, smtp::routing_marks::allowed);
    if (!read || !std::holds_alternative<Command>(*read)) return std::nullopt;
    return std::get<Command>(std::move(*read));
}

std::optional<std::string> take_text(lines& from, std::string_view key) {
    const auto line = from.take(key);
    if (!line.starts_with('=')) return std::nullopt;
    return smtp::decode_xtext(line.substr(1));
}

std::optional<bool> take_switch(lines& from, std::string_view key) {
    return value_of(switches, from.take(key));
}

// What is not understood is read as unknown, and is not written again as it was.
held_terms take_terms(lines& from) {
    held_terms read;
    from.keep(read.until, time(from.take("until")));
    from.keep(read.answers, value_of(answer_counts, from.take("answers")));
    from.keep(read.received, number<std::uint64_t>(from.take("received")));
    read.over.listener = take_text(from, "listener").value_or("");
    read.over.client = smtp::parse_ip_address(from.take("client"));
    read.over.tls = take_switch(from, "tls");
    read.over.authenticated = take_switch(from, "authenticated");
    read.over.login = take_text(from, "login");
    return read;
}

// Below the address: the debt, and what was said of it.
std::optional<owed_recipient> take_recipient(lines& from) {
    auto read = command<smtp::rcpt>(from.take());
    auto below = from.take();
    const auto owed = value_of(debts, take_word(below));
    if (!from.good() || !read || !owed) return std::nullopt;
    owed_recipient made{.to = std::move(read->to), .debt = *owed, .said = {}};
    if (below.empty()) return made;
    const auto speaker = value_of(speakers, take_word(below));
    if (!speaker) return std::nullopt;
    made.speaker = *speaker;
    made.said = below;
    return made;
}

policy::held_as take_held_as(lines& from) {
    policy::held_as read;
    auto words = from.take("held");
    from.keep(read.promise, value_of(promises, take_word(words)));
    from.keep(read.key_was_known, value_of(switches, words));
    return read;
}

} // namespace

void note(owed_recipient& about, const smtp::reply& said) {
    about.said = smtp::to_log(said);
    about.speaker = said.enhanced.empty() ? speaker::server : speaker::relay;
}

smtp::reply last_reply(const owed_recipient& about) {
    std::string_view text = about.said;
    const auto code = number<int>(take_word(text));
    if (!code || *code < 200 || *code > 599) return {};
    std::string enhanced;
    if (about.speaker == speaker::relay) enhanced = take_word(text);
    return smtp::make_reply(*code, std::move(enhanced), std::string(text));
}

bool is_spool_id(std::string_view text) {
    return text.size() == message::id_size &&
           text.find_first_not_of(message::id_letters) == std::string_view::npos;
}

std::string_view to_string(spooled_copy copy) { return name_of(copies, copy); }

std::string write_spool_entry(const spool_entry& entry) {
    std::string text(first_line);
    const auto line = [&text](std::string_view key, std::string_view value) {
        text.append("\n").append(key).append(" ").append(value);
    };
    const auto when = [](std::chrono::sys_seconds time) {
        return std::to_string(time.time_since_epoch().count());
    };
    line("id", entry.id);
    line("message", entry.message);
    line("arrived", when(entry.arrived));
    line("expires", when(entry.expires));
    line("due", when(entry.due));
    line("attempts", std::to_string(entry.attempts));
    line("delay-notice", name_of(notices, entry.delay_notice));
    line("copy", name_of(copies, entry.copy));
    line("size", std::to_string(entry.size));
    line("reason", words(entry.reason, max_spool_words));
    if (entry.copy == spooled_copy::held) {
        const auto& over = entry.held.over;
        line("until", when(entry.held.until));
        line("answers", name_of(answer_counts, entry.held.answers));
        line("received", std::to_string(entry.held.received));
        line("listener", write_text(over.listener));
        line("client", over.client ? smtp::to_string(*over.client) : std::string(unknown));
        line("tls", write_switch(over.tls));
        line("authenticated", write_switch(over.authenticated));
        line("login", write_text(over.login));
    }
    text += "\n" + smtp::mail_line(entry.sender, entry.parameters);
    for (const auto& owed : entry.recipients) {
        text += "\n" + smtp::rcpt_line(owed.to);
        text.append("\n").append(name_of(debts, owed.debt));
        if (!owed.said.empty()) {
            text.append(" ").append(name_of(speakers, owed.speaker)).append(" ");
            text += words(owed.said, max_spool_words);
        }
        if (entry.copy != spooled_copy::held) continue;
        text.append("\nheld ").append(name_of(promises, owed.held_as.promise)).append(" ");
        text += name_of(switches, owed.held_as.key_was_known);
    }
    text += '\n';
    return text + "end " + checksum(text) + '\n';
}

std::optional<spool_entry> parse_spool_entry(std::string_view text) {
    if (text.size() > max_spool_entry) return std::nullopt;
    lines from(text);
    if (from.take() != first_line) return std::nullopt;
    spool_entry read;
    read.id = from.take("id");
    read.message = from.take("message");
    from.keep(read.arrived, time(from.take("arrived")));
    from.keep(read.expires, time(from.take("expires")));
    from.keep(read.due, time(from.take("due")));
    from.keep(read.attempts, number<unsigned>(from.take("attempts")));
    from.keep(read.delay_notice, value_of(notices, from.take("delay-notice")));
    from.keep(read.copy, value_of(copies, from.take("copy")));
    from.keep(read.size, number<std::uint64_t>(from.take("size")));
    read.reason = from.take("reason");
    if (read.copy == spooled_copy::held) read.held = take_terms(from);
    auto mail = command<smtp::mail>(from.take());
    if (!from.good() || !mail || !is_spool_id(read.id) || !is_spool_id(read.message))
        return std::nullopt;
    read.sender = std::move(mail->sender);
    read.parameters = std::move(mail->parameters);
    while (from.next_begins_with("RCPT")) {
        auto owed = take_recipient(from);
        if (!owed) return std::nullopt;
        if (read.copy == spooled_copy::held) owed->held_as = take_held_as(from);
        read.recipients.push_back(std::move(*owed));
    }
    // The checksum, the order, the spelling of every number and address: all by one comparison.
    if (read.recipients.empty() || write_spool_entry(read) != text) return std::nullopt;
    return read;
}

} // namespace postseal::relay
