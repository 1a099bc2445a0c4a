// SPDX-License-Identifier: Apache-2.0
#include "message/header_comparison.hpp"

#include "smtp/mailbox.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace postseal::message {

namespace {

// Fields of one name keep their order among themselves, so what is no exact match belongs to the
// first of that name that is left over.
class pairing {
  public:
    pairing(const header_section& before, const header_section& after)
        : partners_(before.fields.size()), used_(after.fields.size(), false) {
        pair_by(before, after, [](const header_field& one) { return std::string{one.raw}; });
        pair_by(before, after, [](const header_field& one) { return smtp::ascii_lower(one.name); });
    }

    [[nodiscard]] std::optional<std::size_t> of(std::size_t before) const {
        return partners_[before];
    }
    [[nodiscard]] bool is_new(std::size_t after) const { return !used_[after]; }

  private:
    template<class Key>
    void pair_by(const header_section& before, const header_section& after, Key key_of) {
        std::unordered_map<std::string, std::deque<std::size_t>> left;
        for (std::size_t j = 0; j < after.fields.size(); ++j)
            if (!used_[j]) left[key_of(after.fields[j])].push_back(j);
        for (std::size_t i = 0; i < before.fields.size(); ++i) {
            if (partners_[i]) continue;
            const auto found = left.find(key_of(before.fields[i]));
            if (found == left.end() || found->second.empty()) continue;
            partners_[i] = found->second.front();
            used_[found->second.front()] = true;
            found->second.pop_front();
        }
    }

    std::vector<std::optional<std::size_t>> partners_; // of each field before
    std::vector<bool> used_;                           // of each field after
};

std::unordered_set<std::string_view> fields_of(const std::vector<std::string>& sections) {
    std::unordered_set<std::string_view> all;
    for (const auto& one : sections)
        for (const auto& field : read_header_section(one).fields)
            all.insert(field.raw);
    return all;
}

} // namespace

std::string_view to_string(field_fate what) {
    switch (what) {
    case field_fate::removed: return "removed";
    case field_fate::replaced: return "replaced";
    case field_fate::added: return "added";
    }
    return {};
}

std::vector<field_change> compare_headers(const header_section& before, std::string_view outside,
                                          const std::vector<std::string>& inside) {
    const auto after = read_header_section(outside);
    const auto within = fields_of(inside);
    const pairing pairs(before, after);
    std::vector<field_change> changes;
    for (std::size_t i = 0; i < before.fields.size(); ++i) {
        const auto& field = before.fields[i];
        const auto partner = pairs.of(i);
        if (partner && after.fields[*partner].raw == field.raw) continue;
        field_change one{std::string{field.name}, field_fate::removed, unfolded(field), {}, false};
        one.inside = within.contains(field.raw);
        if (partner) {
            one.fate = field_fate::replaced;
            one.after = unfolded(after.fields[*partner]);
        }
        changes.push_back(std::move(one));
    }
    for (std::size_t j = 0; j < after.fields.size(); ++j) {
        const auto& field = after.fields[j];
        if (pairs.is_new(j))
            changes.push_back(
                {std::string{field.name}, field_fate::added, {}, unfolded(field), false});
    }
    return changes;
}

} // namespace postseal::message
