// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/keyrings.hpp"

#include "seal/file.hpp"
#include "seal/private_home.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace postseal::seal {

namespace {

// Larger certificates are rare, and used as files. So are rings much larger than what is in them.
constexpr std::uint64_t max_kept = 64u << 10;
constexpr std::uint64_t max_ring = 4 * max_kept;

std::optional<std::string> bytes_of(const descriptor& file) {
    const auto size = size_of(file);
    if (!size || *size > max_kept) return {};
    std::string bytes(*size, '\0');
    const auto got = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 || static_cast<std::size_t>(got) != bytes.size()) return {};
    return bytes;
}

// A new one for each import: what an earlier gpg may have left lying about is never met.
class temporary_folder {
  public:
    explicit temporary_folder(const std::string& parent) : path_(parent + "/keyring-XXXXXX") {
        if (!::mkdtemp(path_.data())) path_.clear();
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }

    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// What is written once and can never be changed.
descriptor sealed_copy(const std::string& path) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    const auto size = size_of(file);
    if (!size || *size > max_ring) return {};
    auto copy = make_memory_file();
    if (!copy || append_range(*copy, file, 0, *size)) return {};
    constexpr int all = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    if (::fcntl(copy->get(), F_ADD_SEALS, all) != 0) return {};
    return std::move(*copy);
}

keyring make_ring(const gpg_installation& installed, const descriptor& certificate) {
    const temporary_folder folder(installed.home + "/" + workplace);
    if (folder.path().empty()) return {};
    const auto path = folder.path() + "/ring.kbx";
    gpg_run import;
    import.others = {&certificate};
    import.arguments = {"--no-default-keyring",   "--keyring", path, "--import", "--",
                        special_name(certificate)};
    auto [said, ended] = run(installed, import);
    // To be read again, where there is no ring.
    (void)::lseek(certificate.get(), 0, SEEK_SET);
    // Status 2, because gpg would like to ask its agent, and may not have a socket.
    if (!ended.by_itself || !said.import_ended || said.imported != 1 || said.fingerprint.empty()) {
        return {};
    }
    return {sealed_copy(path), std::move(said.fingerprint)};
}

} // namespace

const keyring* keyrings::find(const descriptor& certificate) {
    auto* const known = entry_for(certificate);
    if (!known) return nullptr;
    if (++known->uses == 2) known->ring = make_ring(installed_, certificate);
    return known->ring.file ? &known->ring : nullptr;
}

void keyrings::forget_last() {
    if (!entries_.empty()) entries_.pop_front();
}

keyrings::entry* keyrings::entry_for(const descriptor& certificate) {
    auto bytes = bytes_of(certificate);
    if (!bytes) return nullptr;
    const auto known = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const entry& each) { return each.certificate == *bytes; });
    if (known != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, known);
    } else {
        entries_.emplace_front();
        entries_.front().certificate = std::move(*bytes);
        if (entries_.size() > max_keyrings) entries_.pop_back();
    }
    return &entries_.front();
}

} // namespace postseal::seal
