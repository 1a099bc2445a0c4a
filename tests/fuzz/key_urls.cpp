// SPDX-License-Identifier: Apache-2.0
// Any text as an address, as a redirect and as a keyserver's name: what we ask then is what libcurl
// reads there too, host by host, so that no check of ours is passed by what another reads
// otherwise. One line each: the local part, the domain, where the redirect leads, the keyserver.
#include "keys/domain.hpp"
#include "keys/https_origin.hpp"
#include "keys/keyserver_url.hpp"
#include "keys/wkd_reply.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

using namespace postseal;
using namespace postseal::keys;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

std::string host_of(std::string_view url) {
    const auto begin = url.find("//") + 2;
    return std::string(url.substr(begin, url.find_first_of("/?#\\", begin) - begin));
}

std::string behind_host(std::string_view url) {
    return std::string(url.substr(url.find("//") + 2 + host_of(url).size()));
}

/// As it would be asked for: without a user, of the host that we see there.
void check(const std::string& url, std::string_view host, chosen_by chosen, int port = 443) {
    const auto is_visible = [](char c) { return c > ' ' && c < 0x7f; };
    expect(std::all_of(url.begin(), url.end(), is_visible));
    https_request request;
    request.url = url;
    request.chosen = chosen;
    const auto origin = read_origin(request);
    expect(origin.has_value());
    expect(origin->host == host);
    expect(port == 0 || origin->port == port);
}

void check_redirect(const wkd_urls& urls, const std::string& from, std::string_view location) {
    for (const auto reserved : {special_use_names::refuse, special_use_names::allow}) {
        const auto next = follow_redirect(urls, from, location, reserved);
        if (!next) continue;
        const auto host = host_of(*next);
        check(*next, host, chosen_by::correspondent);
        // A name of its own, and no other spelling of an address.
        expect(to_a_label(host) == host && !is_single_label(host));
        expect(reserved == special_use_names::allow || !is_special_use(host) ||
               is_special_use(urls.domain));
        const bool stays = host == urls.domain || host == urls.advanced_host;
        expect(stays || behind_host(*next) == behind_host(from));
        // What was followed once is followed again, to the same place.
        const auto again = follow_redirect(urls, *next, *next, reserved);
        expect(again == next);
    }
}

void check_keyserver(const keyserver& server, const smtp::mailbox& address) {
    expect(!server.name().empty());
    expect(server.origin.find_first_of("@?#\\ \t\r\n") == std::string::npos);
    const auto url = make_keyserver_url(server, address);
    if (!url) return;
    expect(url->starts_with(server.origin + '/'));
    auto host = host_of(*url);
    if (const auto colon = host.rfind(':'); colon != host.npos && !host.ends_with(']'))
        host.resize(colon);
    check(*url, host, chosen_by::administrator, 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    std::array<std::string, 4> lines;
    for (auto& line : lines) {
        line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    const smtp::mailbox address{lines[0], lines[1]};
    if (const auto server = parse_keyserver(lines[3])) check_keyserver(*server, address);

    const auto urls = make_wkd_urls(address, special_use_names::allow);
    if (!urls) return 0;
    check(urls->advanced, urls->advanced_host, chosen_by::correspondent);
    check(urls->direct, urls->domain, chosen_by::correspondent);
    check_redirect(*urls, urls->advanced, lines[2]);
    check_redirect(*urls, urls->direct, lines[2]);
    return 0;
}
