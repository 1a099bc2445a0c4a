// SPDX-License-Identifier: Apache-2.0
#include "keys/hearing.hpp"

#include <algorithm>
#include <exception>
#include <iterator>

namespace postseal::keys {

namespace asio = boost::asio;

asio::awaitable<hearing> ask_source(source* one, question asked,
                                    std::vector<cleaned_certificate> seen, inspector inspect,
                                    clock now) {
    hearing heard;
    std::string thrown;
    try {
        auto asking = one->ask(asked.address);
        auto said = co_await std::move(asking);
        heard.denied = said.result == outcome::absent && said.authoritative;
        heard.brief = said.result == outcome::absent && said.brief;
        heard.unread = said.result == outcome::unusable && one->from() == origin::domain;
        heard.asked_nobody = said.asked_nobody;
        heard.domain = said.domain;
        heard.host = said.host;
        const assessment_task task{std::string(one->name()), one->from(), std::move(asked)};
        auto assessing = assess(task, std::move(said), seen, inspect, now);
        heard.done = co_await std::move(assessing);
        // What was served for keys and is none, a page for everything say, makes no directory.
        const bool is_none = heard.done.said.result == outcome::temporary;
        if (is_none && heard.domain == domain_contact::served) heard.domain = domain_contact::none;
        heard.decided = heard.denied || heard.done.said.result == outcome::found;
        co_return heard;
    } catch (const std::exception& failed) {
        thrown = failed.what();
    }
    heard.done.said.result = outcome::temporary;
    heard.done.said.source = one->name();
    heard.done.said.from = one->from();
    heard.done.said.reason = "it failed: " + thrown;
    // Whatever it was, a stranger's key may have done it.
    if (one->from() == origin::third_party) heard.done.said.retry_in = std::chrono::minutes(5);
    heard.done.seen = std::move(seen);
    co_return heard;
}

asio::awaitable<void> ask_in_order(const source_list* list, question asked,
                                   std::shared_ptr<hearings> all, inspector inspect, clock now) {
    for (const auto& one : *list) {
        all->asking = one->from();
        auto asking = ask_source(one.get(), asked, all->seen, inspect, now);
        auto heard = co_await std::move(asking);
        if (!heard.asked_nobody) all->asked.push_back(one->from());
        all->said.push_back(std::move(heard.done.said));
        all->seen = std::move(heard.done.seen);
        std::ranges::move(heard.done.rejected, std::back_inserter(all->rejected));
        all->domain = std::max(all->domain, heard.domain);
        if (heard.host != wkd_host::none) all->host = heard.host;
        all->brief = all->brief || heard.brief;
        all->unread = all->unread || heard.unread;
        all->denied = heard.denied;
        all->decided = heard.decided;
        if (all->decided) break;
    }
    all->asking.reset();
}

} // namespace postseal::keys
