// SPDX-License-Identifier: Apache-2.0
#include "config/review_match.hpp"

#include "config/lists.hpp"
#include "config/never_matching.hpp"
#include "config/pattern.hpp"
#include "config/suggest.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace postseal::config {

namespace {

struct key_of {
    std::string operator()(const policy::all_of& /*asked*/) const { return "all"; }
    std::string operator()(const policy::any_of& /*asked*/) const { return "any"; }
    std::string operator()(const policy::none_of& /*asked*/) const { return "not"; }
    std::string operator()(const policy::from_is& /*asked*/) const { return "from"; }
    std::string operator()(const policy::to_is& /*asked*/) const { return "to"; }
    std::string operator()(const policy::listener_is& /*asked*/) const { return "listener"; }
    std::string operator()(const policy::client_is& /*asked*/) const { return "client"; }
    std::string operator()(const policy::tls_is& /*asked*/) const { return "tls"; }
    std::string operator()(const policy::authenticated_is& /*asked*/) const {
        return "authenticated";
    }
    std::string operator()(const policy::login_is& /*asked*/) const { return "login"; }
    std::string operator()(const policy::header_is& /*asked*/) const { return "header"; }
    std::string operator()(const policy::tag_is& /*asked*/) const { return "tag"; }
    std::string operator()(const policy::request_is& /*asked*/) const { return "request"; }
    std::string operator()(const policy::size_is& /*asked*/) const { return "size"; }
    std::string operator()(const policy::attachment_is& /*asked*/) const { return "attachment"; }
    std::string operator()(const policy::class_is& /*asked*/) const { return "class"; }
    std::string operator()(const policy::known_key_is& /*asked*/) const { return "known_key"; }
};

const entry* find(const node& map, std::string_view key) {
    const auto there = std::ranges::find(map.entries, key, &entry::key);
    return there == map.entries.end() ? nullptr : &*there;
}

// Each of a list, or the one that is none.
template<class Visit>
void for_each(const node& value, Visit visit) {
    if (value.kind == node::kind::scalar) visit(value);
    for (const auto& item : value.items)
        visit(item);
}

/// One of the conditions that have to hold together, and where it is written.
struct part {
    const policy::condition* asked;
    std::string key;
    position at;
    const node* value;
};
using parts = std::vector<part>;

enum class side { asked, denied }; // inside of `not`

class match_review {
  public:
    match_review(const source& from, const std::vector<std::string>& idle,
                 const review_context& with)
        : from_(from), idle_(idle), with_(with) {}

    // `outer` has to hold too, and nothing in it excludes anything else in it.
    void read(const node& block, const policy::condition& asked, const parts& outer, side where,
              const std::string& consequence) {
        parts together;
        gather(block, asked, where, together);
        if (report_quarrel(outer, together, consequence)) return;
        for (const auto& one : together) {
            if (const auto* any = std::get_if<policy::any_of>(&one.asked->asks)) {
                auto around = outer;
                std::ranges::copy_if(together, std::back_inserter(around),
                                     [&](const part& other) { return other.asked != one.asked; });
                read_each(*one.value, any->each, around, where);
            } else if (const auto* none = std::get_if<policy::none_of>(&one.asked->asks)) {
                read_each(*one.value, none->each, {}, side::denied);
            }
        }
    }

  private:
    // A list of blocks, or one alone.
    void read_each(const node& value, const policy::conditions& each, const parts& outer,
                   side where) {
        for (std::size_t i = 0; i < each.size(); ++i) {
            const auto& block = value.kind == node::kind::list ? value.items[i] : value;
            read(block, each[i], outer, where, "this block never holds");
        }
    }

    // The blocks of `all` are as if they were written into the one around them.
    void gather(const node& block, const policy::condition& asked, side where, parts& into) {
        for (const auto& one : std::get<policy::all_of>(asked.asks).each) {
            auto key = std::visit(key_of{}, one.asks);
            const auto* written = find(block, key);
            if (const auto* header = std::get_if<policy::header_is>(&one.asks))
                written = find(written->value, header->field);
            if (const auto* request = std::get_if<policy::request_is>(&one.asks))
                written = find(written->value, request->field);
            if (const auto* all = std::get_if<policy::all_of>(&one.asks)) {
                for (std::size_t i = 0; i < all->each.size(); ++i)
                    gather(written->value.items[i], all->each[i], where, into);
                continue;
            }
            into.push_back({&one, std::move(key), written->at, &written->value});
            look_at(into.back(), where);
        }
    }

    // One is enough: who mends it looks again.
    bool report_quarrel(const parts& outer, const parts& together, const std::string& consequence) {
        for (std::size_t i = 0; i < together.size(); ++i) {
            const auto& one = together[i];
            const auto excluded = [&](const part& other) {
                return with_.judge.excludes(*one.asked, *other.asked);
            };
            const auto end = together.begin() + static_cast<std::ptrdiff_t>(i);
            const part* other = nullptr;
            if (const auto found = std::ranges::find_if(outer, excluded); found != outer.end())
                other = &*found;
            else if (const auto here = std::find_if(together.begin(), end, excluded); here != end)
                other = &*here;
            if (other == nullptr) continue;
            const bool first = one.at.line < other->at.line ||
                               (one.at.line == other->at.line && one.at.column < other->at.column);
            const auto& [earlier, later] = first ? std::pair(one, *other) : std::pair(*other, one);
            with_.found.add(from_, later.at,
                            "'" + later.key + "' here and '" + earlier.key + "' in line " +
                                std::to_string(earlier.at.line) + " exclude each other, so " +
                                consequence);
            return true;
        }
        return false;
    }

    void look_at(const part& one, side where) {
        if (const auto* to = std::get_if<policy::to_is>(&one.asked->asks)) {
            look_at_patterns(*one.value);
            if (where == side::asked && !idle_.empty())
                for_each(*one.value, [&](const node& name) { look_inside(name, *to); });
        } else if (std::holds_alternative<policy::from_is>(one.asked->asks)) {
            look_at_patterns(*one.value);
        } else if (std::holds_alternative<policy::header_is>(one.asked->asks)) {
            for_each(*one.value, [&](const node& pattern) {
                if (const auto why = why_no_text(pattern.text))
                    with_.found.add(from_, pattern.at,
                                    "'" + pattern.text + "' matches no text: " + *why);
            });
        } else if (const auto* size = std::get_if<policy::size_is>(&one.asked->asks)) {
            if (size->over && *size->over >= with_.message_size)
                with_.found.add(from_, one.at,
                                "no message is larger than 'over': 'limits.message_size' is " +
                                    std::to_string(with_.message_size) + " octets");
        }
    }

    void look_at_patterns(const node& value) {
        for_each(value, [&](const node& pattern) {
            if (is_bare_word(pattern.text)) return;
            if (const auto why = why_no_address(pattern.text))
                with_.found.add(from_, pattern.at,
                                "'" + pattern.text + "' matches no address: " + *why);
        });
    }

    // Nobody inside gets anything sealed, whatever the rule says.
    void look_inside(const node& name, const policy::to_is& to) {
        const bool is_list = is_bare_word(name.text);
        if (is_list) {
            const auto list = std::ranges::find(to.any_of, name.text, [](const auto& set) {
                return std::string_view{set->list_name()};
            });
            if (list == to.any_of.end() || !with_.judge.covers({with_.local_domains}, **list))
                return;
        } else if (is_expression(name.text) ||
                   !with_.local_domains->covers(read_pattern(from_, name))) {
            return;
        }
        with_.found.add(from_, name.at,
                        (is_list ? "every address of the list '" : "'") + name.text +
                            "' is inside 'local_domains', where nothing is sealed: of this rule " +
                            joined(idle_) + " never count" + (idle_.size() == 1 ? "s" : "") +
                            " there");
    }

    const source& from_;
    const std::vector<std::string>& idle_;
    const review_context& with_;
};

} // namespace

void review_match(const source& from, const node& value, const policy::condition& asked,
                  const std::vector<std::string>& idle, const review_context& with) {
    match_review(from, idle, with).read(value, asked, {}, side::asked, "the rule never matches");
}

} // namespace postseal::config
