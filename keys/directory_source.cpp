// SPDX-License-Identifier: Apache-2.0
#include "keys/directory_source.hpp"

#include "keys/key_file.hpp"
#include "keys/user_id.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <system_error>

namespace postseal::keys {
namespace {

using steady = std::chrono::steady_clock;

/// Nobody may ever take the warnings.
constexpr std::size_t max_warnings = 100;

/// What changes when a file does; the inode, since editors and package managers rename into place.
struct stamp {
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified = 0; ///< nanoseconds
    std::int64_t changed = 0;
    bool operator==(const stamp&) const = default;
};

std::int64_t nanoseconds(const timespec& time) {
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

stamp stamp_of(const struct stat& status) {
    return {status.st_ino, status.st_size, nanoseconds(status.st_mtim),
            nanoseconds(status.st_ctim)};
}

struct known_file {
    std::optional<stamp> seen;
    bool unread = false; ///< could not be opened or read: tried again every time, told once
    std::shared_ptr<const key_file> content; ///< the last that could be read; may be null
    std::string problem;                     ///< why there is none; a clause for a person
};

/// Names in alphabetical order, so that a limit always cuts the same files.
std::vector<std::string> list_key_files(const std::filesystem::path& folder, std::error_code& ec) {
    std::vector<std::string> names;
    std::filesystem::directory_iterator at(folder, ec);
    for (; !ec && at != std::filesystem::directory_iterator(); at.increment(ec)) {
        auto name = at->path().filename().string();
        if (is_key_file_name(name)) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// Nothing where the file cannot be read whole, or has grown beyond `size` meanwhile.
std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t size) {
    std::ifstream in(path, std::ios::binary);
    std::string bytes(size + 1, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (in.bad() || !in.eof()) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    return bytes;
}

struct served {
    std::string file;
    std::shared_ptr<const key_file> content; ///< owns `certificate`
    const filed_certificate* certificate;    ///< null where the file cannot be used
    std::string problem;                     ///< why it cannot
};

using address_index = std::map<std::string, std::vector<served>, std::less<>>;

} // namespace

struct directory_source::state {
    directory_settings settings;
    std::map<std::string, known_file> files;
    address_index index;
    std::vector<std::string> warnings;
    std::string folder_problem; ///< empty: the folder could be read
    std::string limit_problem;  ///< the last complaint about too many files
    steady::time_point checked{};

    void refresh();
    answer look_up(const smtp::mailbox& address) const;

  private:
    bool update(const std::string& name, const struct stat* status);
    void rebuild_index();
    void complain(std::string& problem, std::string sentence);
    void warn(const std::string& sentence);
};

directory_source::directory_source(directory_settings settings)
    : state_(std::make_unique<state>()) {
    state_->settings = std::move(settings);
    state_->refresh();
}

directory_source::~directory_source() = default;

std::string_view directory_source::name() const { return "directory"; }

boost::asio::awaitable<answer> directory_source::ask(smtp::mailbox address) {
    if (steady::now() - state_->checked >= state_->settings.recheck) state_->refresh();
    co_return state_->look_up(address);
}

std::vector<std::string> directory_source::take_warnings() {
    return std::exchange(state_->warnings, {});
}

void directory_source::refresh() { state_->refresh(); }

void directory_source::state::refresh() {
    checked = steady::now();
    std::error_code ec;
    const auto names = list_key_files(settings.folder, ec);
    if (ec) {
        complain(folder_problem,
                 "cannot read the key folder " + settings.folder.string() + ": " + ec.message());
        return; // what was read before stays in force
    }
    folder_problem.clear();

    auto before = std::exchange(files, {});
    std::string cut;
    bool changed = false;
    std::uintmax_t total = 0;
    for (const auto& name : names) {
        struct stat status {};
        const bool there = ::stat((settings.folder / name).c_str(), &status) == 0;
        if (!there && errno == ENOENT) continue; // removed just now
        if (there && !S_ISREG(status.st_mode)) continue;
        if (there && static_cast<std::uintmax_t>(status.st_size) <= settings.max_file_size)
            total += static_cast<std::uintmax_t>(status.st_size);
        if (files.size() == settings.max_files || total > settings.max_total_size) {
            cut = "too many key files in " + settings.folder.string() + ": those from " + name +
                  " on are left out";
            break;
        }
        if (const auto known = before.find(name); known != before.end())
            files.insert(before.extract(known));
        if (update(name, there ? &status : nullptr)) changed = true;
    }
    complain(limit_problem, std::move(cut));
    if (changed || !before.empty()) rebuild_index(); // what is left in `before` was removed
}

/// Reads the file where it is new or changed; true when it did. Null: its status was refused.
bool directory_source::state::update(const std::string& name, const struct stat* status) {
    auto& file = files[name];
    const auto now = status ? stamp_of(*status) : stamp{};
    const bool same = file.seen == now;
    if (same && !file.unread) return false;

    const auto path = settings.folder / name;
    const auto tell = [&](const std::string& what, std::string why) {
        if (!same || !file.unread) warn("key file " + path.string() + ' ' + what + ": " + why);
        file.problem = std::move(why);
    };
    if (status && static_cast<std::uintmax_t>(status->st_size) > settings.max_file_size) {
        tell("is left out",
             "it is larger than " + std::to_string(settings.max_file_size) + " octets");
        file.seen = now;
        file.unread = false;
        return true;
    }
    const auto bytes =
        status ? read_file(path, static_cast<std::size_t>(status->st_size)) : std::nullopt;
    if (!bytes) tell("is left out", "it cannot be read");
    file.seen = now;
    file.unread = !bytes;
    if (!bytes) return !same;

    auto content = std::make_shared<key_file>(read_key_file(name, *bytes));
    if (!content->complaint.empty()) tell("is not as it should be", content->complaint);
    if (!content->certificates.empty()) file.content = std::move(content);
    return true;
}

void directory_source::state::rebuild_index() {
    address_index fresh;
    for (const auto& [name, file] : files) {
        if (file.content) {
            for (const auto& certificate : file.content->certificates)
                for (const auto& address : certificate.addresses)
                    fresh[address].push_back({name, file.content, &certificate, {}});
        } else if (const auto address = address_of_file(name)) {
            fresh[lookup_key(*address)].push_back({name, nullptr, nullptr, file.problem});
        }
    }
    index = std::move(fresh);
}

answer directory_source::state::look_up(const smtp::mailbox& address) const {
    answer said;
    const auto known = index.find(lookup_key(address));
    if (known == index.end()) {
        said.result = folder_problem.empty() ? outcome::absent : outcome::temporary;
        said.reason = folder_problem.empty() ? "no key file names the address" : folder_problem;
        return said;
    }
    // Who can slip a key into the folder must not take over an address that has a file of its own.
    const auto bears_the_address = [&](const auto& one) {
        const auto named = address_of_file(one.file);
        return named && lookup_key(*named) == known->first;
    };
    const bool own_file =
        std::any_of(known->second.begin(), known->second.end(), bears_the_address);
    std::string last_file;
    std::string problem;
    for (const auto& one : known->second) {
        if (own_file && !bears_the_address(one)) continue;
        if (one.certificate) said.material += one.certificate->bytes;
        if (one.certificate && one.file != last_file)
            said.reason += (said.reason.empty() ? "in " : ", ") + one.file;
        last_file = one.file;
        problem = one.problem;
    }
    said.result = said.material.empty() ? outcome::temporary : outcome::found;
    if (said.material.empty())
        said.reason = "key file " + last_file + " cannot be used: " + problem;
    return said;
}

/// Says it once, until it is over (an empty sentence) or something else is wrong.
void directory_source::state::complain(std::string& problem, std::string sentence) {
    if (!sentence.empty() && sentence != problem) warn(sentence);
    problem = std::move(sentence);
}

void directory_source::state::warn(const std::string& sentence) {
    if (warnings.size() < max_warnings) warnings.push_back(sentence);
}

} // namespace postseal::keys
