// SPDX-License-Identifier: Apache-2.0
#include "keys/hearing.hpp"

#include <algorithm>
#include <exception>
#include <iterator>

namespace postseal::keys {

namespace asio = boost::asio;

asio::awaitable<hearing> ask_source(source* one, smtp::mailbox address,
                                    std::vector<cleaned_certificate> seen, inspector inspect,
                                    clock now) {
    hearing heard;
    std::string thrown;
    try {
        auto asking = one->ask(address);
        auto said = co_await std::move(asking);
        const bool veto = said.result == outcome::absent && said.authoritative;
        heard.domain = said.domain;
        auto assessing =
            assess(std::string(one->name()), std::move(said), address, seen, inspect, now);
        heard.done = co_await std::move(assessing);
        // What was served for keys and is none, a page for everything say, makes no directory.
        const bool is_none = heard.done.said.result == outcome::temporary;
        if (is_none && heard.domain == domain_contact::served) heard.domain = domain_contact::none;
        heard.decided = veto || heard.done.said.result == outcome::found;
        co_return heard;
    } catch (const std::exception& failed) {
        thrown = failed.what();
    }
    heard.done.said.result = outcome::temporary;
    heard.done.said.source = one->name();
    heard.done.said.reason = "it failed: " + thrown;
    heard.done.seen = std::move(seen);
    co_return heard;
}

asio::awaitable<hearings> ask_in_order(const source_list* list, smtp::mailbox address,
                                       std::vector<cleaned_certificate> seen, inspector inspect,
                                       clock now) {
    hearings all;
    all.seen = std::move(seen);
    for (const auto& one : *list) {
        auto asking = ask_source(one.get(), address, std::move(all.seen), inspect, now);
        auto heard = co_await std::move(asking);
        all.said.push_back(std::move(heard.done.said));
        all.seen = std::move(heard.done.seen);
        std::ranges::move(heard.done.rejected, std::back_inserter(all.rejected));
        all.domain = std::max(all.domain, heard.domain);
        all.decided = heard.decided;
        if (all.decided) break;
    }
    co_return all;
}

} // namespace postseal::keys
