// SPDX-License-Identifier: Apache-2.0
#include "cli/supposed_mail.hpp"

#include "message/example_letter.hpp"
#include "message/header_section.hpp"
#include "message/trace.hpp"
#include "relay/loops.hpp"
#include "relay/policy_view.hpp"
#include "smtp/intake.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace postseal::cli {

namespace {

// What the session would refuse has no plan.
smtp::mailbox parse(const std::string& text, smtp::routing_marks marks) {
    const auto address = smtp::parse_mailbox(text, marks);
    if (!address) throw std::runtime_error("'" + text + "' is not a mail address");
    if (!relay::for_policy(*address))
        throw std::runtime_error("'" + text + "' has a domain that is no valid name");
    return *address;
}

void refuse_beyond(const relay::limits& limits, smtp::newline_rule rule, const mail& given) {
    const auto refuse = [](bool beyond, const std::string& limit) {
        if (beyond)
            throw std::runtime_error(
                "'postseal run' does not take this message: it is beyond limits." + limit);
    };
    refuse(given.envelope.recipients.size() > limits.recipients, "recipients");
    refuse(given.message.size() > limits.message_size, "message_size");
    const auto header = message::read_header_section(given.message);
    refuse(header.body_offset > limits.header_size, "header_size");

    const auto answer = [](const std::optional<smtp::reply>& refusal) {
        if (refusal)
            throw std::runtime_error("'postseal run' does not take this message: " +
                                     smtp::to_log(*refusal));
    };
    smtp::intake intake(smtp::framing::chunks, rule, 0);
    std::string kept;
    intake.feed(given.message, kept);
    intake.finish(kept);
    answer(intake.refusal());
    // How often it was here, only the relay's own key can tell.
    const auto unknown_key = [](std::string_view) { return std::string(20, '\0'); };
    answer(relay::loop_refusal(message::read_trace(header, unknown_key), limits.passes));
}

} // namespace

mail supposed_mail(const explain_options& options, const supposition& over,
                   const relay::limits& limits) {
    mail made;
    if (!options.from.empty() && options.from != "<>")
        made.envelope.sender = parse(options.from, over.routing_marks);
    message::example_letter letter;
    letter.from = made.envelope.sender;
    for (const auto& to : options.to) {
        made.envelope.recipients.push_back({parse(to, over.routing_marks), {}});
        letter.to.push_back(made.envelope.recipients.back().address);
    }
    made.message =
        options.message.empty() ? message::write_letter(letter) : read_message(options.message);
    refuse_beyond(limits, over.bare_newline, made);
    return made;
}

std::string read_message(const std::filesystem::path& file) {
    if (file == "-")
        return message::with_crlf(std::string{std::istreambuf_iterator<char>(std::cin), {}});
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    return message::with_crlf(std::string{std::istreambuf_iterator<char>(in), {}});
}

} // namespace postseal::cli
