// SPDX-License-Identifier: Apache-2.0
#include "config/source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace postseal::config {

namespace {

constexpr std::size_t max_shown = 100; // octets of a line; a longer one is shown around the column

std::string_view line_of(std::string_view text, int line) {
    for (int skipped = 1; skipped < line; ++skipped) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    text = text.substr(0, text.find('\n'));
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// Of a connection string, what stands in `://user:…@` and behind `password=`: whoever shows a
// mistake to others does not think of it. Octet for octet, so that the caret stays where it is. A
// password that is not written as it should be may have an @ in it: the last one counts.
std::string without_passwords(std::string_view line) {
    std::string shown(line);
    const auto hide = [&](std::size_t first, std::size_t end) {
        for (auto i = first; i < std::min(end, shown.size()); ++i)
            shown[i] = '*';
    };
    constexpr std::string_view scheme = "://", parameter = "password=";
    if (const auto at = shown.find(scheme); at != std::string::npos) {
        const auto user = at + scheme.size();
        const auto host = shown.rfind('@');
        if (const auto colon = shown.find(':', user); host != std::string::npos && colon < host)
            hide(colon + 1, host);
    }
    for (auto at = shown.find(parameter); at != std::string::npos;
         at = shown.find(parameter, at + 1))
        hide(at + parameter.size(), shown.find_first_of("& \"'", at + parameter.size()));
    return shown;
}

// The caret goes below the character, not the octet; a tab stays a tab, so that both lines are
// equally wide. A terminal shall show the file, not obey it: control characters become '?'.
std::string excerpt(std::string_view text, position at) {
    const auto whole = without_passwords(line_of(text, at.line));
    std::string_view line = whole;
    if (line.empty()) return {}; // the end of the file: there is nothing to show
    auto before = static_cast<std::size_t>(std::max(at.column - 1, 0));
    before = std::min(before, line.size());
    if (line.size() > max_shown) {
        const auto cut = before > max_shown / 2 ? before - max_shown / 2 : 0;
        line = line.substr(cut, max_shown);
        before -= cut;
    }
    std::string shown = "    ";
    std::string caret = "    ";
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool control = static_cast<unsigned char>(line[i]) < 0x20 || line[i] == 0x7f;
        shown += control && line[i] != '\t' ? '?' : line[i];
        if (i < before && starts_character(line[i])) caret += line[i] == '\t' ? '\t' : ' ';
    }
    return shown + "\n" + caret + "^";
}

} // namespace

source::source(std::filesystem::path file, std::string text)
    : file_(std::move(file)), text_(std::move(text)) {}

std::filesystem::path source::resolve(const std::filesystem::path& written) const {
    return (file_.parent_path() / written).lexically_normal();
}

error source::at(position at, std::string what) const {
    if (at.line <= 0) return error(file_, 0, 0, std::move(what));
    return error(file_, at.line, at.column, std::move(what), excerpt(text_, at));
}

void source::fail(position at, std::string what) const { throw this->at(at, std::move(what)); }

source read_source(const std::filesystem::path& file, std::size_t max_octets) {
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    const bool folder = std::filesystem::is_directory(file);
    if (!in || folder) {
        const std::string why = folder ? "it is a folder" : std::strerror(errno);
        throw error(file, 0, 0, "cannot be read: " + why);
    }
    std::string text(max_octets + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad()) throw error(file, 0, 0, "cannot be read to its end");
    if (text.size() > max_octets)
        throw error(file, 0, 0, "is larger than " + std::to_string(max_octets >> 20) + " MiB");
    return {file, std::move(text)};
}

} // namespace postseal::config
