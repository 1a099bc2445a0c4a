// SPDX-License-Identifier: Apache-2.0
#include "config/policy_folder.hpp"

#include "config/lists.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <system_error>

namespace postseal::config {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 8> endings_of_backups{
    "~", ".bak", ".orig", ".rej", ".dpkg-old", ".dpkg-dist", ".rpmsave", ".rpmnew"};

// In the order of their names, as every folder of that kind is read: 10-lists.yaml, 20-rules.yaml.
std::vector<fs::path> visible_in(const fs::path& folder) {
    std::vector<fs::path> all;
    for (const auto& one : fs::directory_iterator(folder))
        if (!one.path().filename().string().starts_with('.')) all.push_back(one.path());
    std::ranges::sort(all);
    return all;
}

bool is_part_of_policy(const fs::path& file) { return file.extension() == ".yaml"; }

bool is_backup(const fs::path& file) {
    const auto name = file.filename().string();
    const bool ends = std::ranges::any_of(endings_of_backups,
                                          [&](auto ending) { return name.ends_with(ending); });
    return ends || (name.starts_with('#') && name.ends_with('#')); // as Emacs saves
}

std::vector<fs::path> files_of_lists(const std::vector<fs::path>& policy) {
    std::vector<fs::path> all;
    for (const auto& file : policy) {
        const auto from = read_source(file);
        for (auto& list : list_files(from, parse_yaml(from)))
            all.push_back(std::move(list));
    }
    return all;
}

// Itself, or what lies in it, whichever way it is named.
bool holds(const fs::path& place, const fs::path& file) {
    std::error_code failed;
    const auto outer = fs::weakly_canonical(place, failed);
    const auto inner = fs::weakly_canonical(file, failed);
    const auto [end, rest] = std::ranges::mismatch(outer, inner);
    return end == outer.end();
}

} // namespace

policy_place find_policy(const source& from, const node& value) {
    policy_place found;
    const auto add = [&](const node& one) {
        const auto path = read_path(from, one);
        std::error_code failed;
        if (!fs::is_directory(path, failed)) {
            found.files.push_back(path);
            return;
        }
        found.folders.push_back(path);
        try {
            const auto before = found.files.size();
            std::ranges::copy_if(visible_in(path), std::back_inserter(found.files),
                                 is_part_of_policy);
            if (found.files.size() == before)
                from.fail(one.at, path.string() + " has no file that ends with .yaml");
        } catch (const fs::filesystem_error& e) {
            from.fail(one.at, path.string() + " cannot be read: " + e.code().message());
        }
    };
    if (value.kind != node::kind::list) {
        add(value);
    } else {
        if (value.items.empty()) from.fail(value.at, "the list is empty");
        for (const auto& item : value.items)
            add(item);
    }
    return found;
}

std::vector<fs::path> find_unread(const policy_place& policy) {
    std::vector<fs::path> unread;
    std::error_code gone;
    for (const auto& folder : policy.folders) {
        if (!fs::is_directory(folder, gone)) continue;
        try {
            std::ranges::copy_if(
                visible_in(folder), std::back_inserter(unread),
                [](const auto& one) { return !is_part_of_policy(one) && !is_backup(one); });
        } catch (const fs::filesystem_error&) {
            continue; // it was read a moment ago: who takes it away is at work with it
        }
    }
    if (unread.empty()) return unread;
    const auto lists = files_of_lists(policy.files);
    std::erase_if(unread, [&](const fs::path& one) {
        return std::ranges::any_of(lists, [&](const auto& list) { return holds(one, list); });
    });
    return unread;
}

} // namespace postseal::config
