// SPDX-License-Identifier: Apache-2.0
#include "policy/text_pattern.hpp"

#include "smtp/glob.hpp"

#include <re2/re2.h>

#include <utility>

namespace postseal::policy {

text_pattern::text_pattern(std::string written, std::shared_ptr<const re2::RE2> expression)
    : written_(std::move(written)), expression_(std::move(expression)) {}

std::optional<text_pattern> text_pattern::parse(std::string_view written, std::string& mistake,
                                                letter_case letters) {
    if (!written.starts_with('/')) return text_pattern{std::string{written}, nullptr};

    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(max_expression_memory);
    options.set_case_sensitive(letters == letter_case::counts);
    auto inside = written.substr(1);
    if (inside.ends_with("/i")) {
        options.set_case_sensitive(false);
        inside.remove_suffix(2);
    } else if (inside.ends_with('/')) {
        inside.remove_suffix(1);
    } else {
        mistake = "an expression ends with '/', or with '/i' where case does not count";
        return std::nullopt;
    }
    if (inside.empty()) {
        mistake = "the expression is empty, and would be found in every text";
        return std::nullopt;
    }
    auto compiled =
        std::make_shared<const re2::RE2>(re2::StringPiece{inside.data(), inside.size()}, options);
    if (!compiled->ok()) {
        mistake = compiled->error();
        return std::nullopt;
    }
    return text_pattern{std::string{written}, std::move(compiled)};
}

bool text_pattern::matches(std::string_view text) const {
    if (!expression_) return smtp::glob_matches(written_, text);
    return re2::RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *expression_);
}

} // namespace postseal::policy
