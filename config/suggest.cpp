// SPDX-License-Identifier: Apache-2.0
#include "config/suggest.hpp"

#include "smtp/mailbox.hpp"

#include <algorithm>
#include <limits>

namespace postseal::config {

namespace {

constexpr std::size_t longest_compared = 64; // a longer word is no slip of the finger

// "Local-Domains" means local_domains: case and hyphens do not count.
std::string same_hand(std::string_view word) {
    auto folded = smtp::ascii_lower(word);
    std::replace(folded.begin(), folded.end(), '-', '_');
    return folded;
}

} // namespace

// Optimal string alignment (Damerau and Levenshtein), three rows of the table at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before.swap(above);
        above.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[b.size()];
}

std::string did_you_mean(std::string_view written, const std::vector<std::string>& allowed) {
    if (written.size() > longest_compared) return {};
    const auto meant = same_hand(written);
    std::size_t nearest = std::numeric_limits<std::size_t>::max();
    std::string_view best;
    for (const auto& word : allowed) {
        const auto distance = edit_distance(meant, same_hand(word));
        if (distance < nearest) {
            nearest = distance;
            best = word;
        }
    }
    // A third of the letters may be wrong; more is another word.
    if (best.empty() || nearest > std::max<std::size_t>(1, best.size() / 3)) return {};
    return "; did you mean '" + std::string{best} + "'?";
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) {
        if (!text.empty()) text += ", ";
        text += word;
    }
    return text;
}

} // namespace postseal::config
