// SPDX-License-Identifier: Apache-2.0
// Any lines from a next hop: what is taken for a reply is one when the client hears it, and an
// offer read from it brings nothing of the next hop's own words to the client.
#include "smtp/extensions.hpp"
#include "smtp/octets.hpp"
#include "smtp/reply.hpp"
#include "smtp/xclient.hpp"

#include <algorithm>
#include <cstdlib>

using namespace postseal::smtp;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

std::string without_tabs(std::string text) {
    std::erase(text, '\t');
    return text;
}

// The client's side of it: as many lines, with the same code, and nothing else in them.
void check_wire(const reply& answer) {
    reply_reader client;
    std::string_view rest;
    const auto wire = to_wire(answer);
    std::size_t lines = 0;
    for (rest = wire; !rest.empty(); ++lines) {
        const auto end = rest.find("\r\n");
        expect(end != std::string_view::npos);
        const auto line = rest.substr(0, end);
        expect(is_printable_utf8(without_tabs(std::string(line))));
        expect(end <= reply_reader::max_line + 1); // "250" is written as "250 "
        const bool last = end + 2 == rest.size();
        const auto reached = client.on_line(line.substr(0, reply_reader::max_line));
        expect(reached == (last ? reply_reader::state::complete : reply_reader::state::more));
        rest.remove_prefix(end + 2);
    }
    expect(lines == answer.lines.size() && lines <= reply_reader::max_lines);
    expect(client.take().code == answer.code);
}

void check_offer(const reply& answer) {
    const auto offered = read_extensions(answer);
    own_offer ours{.message_size = 1, .trust = client_trust::trusted};
    ours.starttls = ours.login = ours.requiretls = true;
    const auto told = ehlo_reply("relay.example", offered, ours);
    for (const auto& line : told.lines) {
        expect(line.size() <= 510 &&
               std::ranges::all_of(line, [](char c) { return c == ' ' || is_graphic(c); }));
        expect(line.find("XCLIENT") == std::string::npos);
    }
    expect(told.lines.size() <= 10);
    xclient client;
    client.helo = answer.lines.front();
    client.name = client.login = answer.lines.back();
    const auto said = xclient_lines(client, offered);
    if (!said) return;
    for (const auto& line : *said)
        expect(line.size() <= 510 &&
               std::ranges::all_of(line, [](char c) { return c == ' ' || is_graphic(c); }));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view octets(reinterpret_cast<const char*>(data), size);
    reply_reader reader;
    while (!octets.empty()) {
        const auto line = octets.substr(0, octets.find('\n'));
        octets.remove_prefix(std::min(octets.size(), line.size() + 1));
        switch (reader.on_line(line)) {
        case reply_reader::state::more: continue;
        case reply_reader::state::malformed: return 0;
        case reply_reader::state::complete: break;
        }
        const auto answer = reader.take();
        expect(answer.code >= 200 && answer.code < 600 && !answer.lines.empty());
        expect(to_log(answer).size() <= max_logged + 6);
        expect(is_printable_utf8(without_tabs(to_log(answer))));
        check_wire(answer);
        check_offer(answer);
    }
    return 0;
}
