// SPDX-License-Identifier: Apache-2.0
#include "relay/spool.hpp"

#include "relay/randomness.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

constexpr std::string_view mail_suffix = ".mail";
constexpr std::string_view entry_suffix = ".entry";
constexpr std::string_view damaged_suffix = ".damaged";
constexpr std::string_view draft_suffix = unnamed_file::draft_suffix;

std::string file_of(std::string_view id, std::string_view suffix) {
    return std::string(id).append(suffix);
}

// The id of a file with that suffix; empty for any other name.
std::string_view id_of(std::string_view file, std::string_view suffix) {
    if (!file.ends_with(suffix)) return {};
    file.remove_suffix(suffix.size());
    return is_spool_id(file) ? file : std::string_view();
}

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

struct stat about(int file) {
    struct stat read {};
    if (::fstat(file, &read) != 0) fail("cannot look at a spool file");
    return read;
}

// So that the disk cannot be full when the entry is written: its final text is no longer.
void make_room(int file, const spool_entry& whole, std::size_t text) {
    constexpr auto words = max_spool_words + sizeof " server ";
    const auto most = text + (whole.recipients.size() + 1) * words;
    const auto failed = ::posix_fallocate(file, 0, static_cast<off_t>(most));
    if (failed == 0 || failed == EOPNOTSUPP || failed == EINVAL) return;
    errno = failed;
    fail("no room for a spool entry");
}

void replace_text(int file, std::string_view text) {
    if (::lseek(file, 0, SEEK_SET) < 0) fail("cannot write a spool entry");
    write_all(file, text);
    if (::ftruncate(file, static_cast<off_t>(text.size())) != 0) fail("cannot write a spool entry");
}

std::string content_of(int file, std::uint64_t octets) {
    std::string text(octets, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const auto got =
            ::pread(file, text.data() + filled, text.size() - filled, static_cast<off_t>(filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("cannot read a spool entry");
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    return text;
}

} // namespace

spool_share::spool_share(std::shared_ptr<spool_reservation> from, std::uint64_t octets)
    : from_(std::move(from)), octets_(octets) {
    from_->octets += octets_;
    ++from_->entries;
}

spool_share::~spool_share() {
    if (!from_) return;
    from_->octets -= octets_;
    --from_->entries;
}

spool::spool(spool_folder folder, spool_quota quota) : folder_(std::move(folder)), quota_(quota) {
    (void)marks();
}

spool::spool(const std::filesystem::path& where, spool_quota quota)
    : spool(spool_folder::make(where), quota) {}

std::optional<spool> spool::find(const std::filesystem::path& where) {
    auto folder = spool_folder::find(where);
    if (!folder) return std::nullopt;
    return spool(std::move(*folder), {});
}

boost::system::result<spool_draft, spool_refusal>
spool::prepare(spool_entry whole, const std::vector<std::string_view>& pieces,
               unnamed_file::naming how, spool_usage same) {
    whole.id = random_id();
    whole.size = 0;
    for (const auto piece : pieces)
        whole.size += piece.size();
    const auto text = write_spool_entry(whole);
    if (!parse_spool_entry(text)) return spool_refusal::unfit;
    if (const auto full = refuse(whole, same)) return *full;
    spool_share share(reserved_, whole.size);
    unnamed_file content(folder_.get(), file_of(whole.id, mail_suffix), how);
    for (const auto piece : pieces)
        write_all(content.get(), piece);
    content.sync();
    unnamed_file entry(folder_.get(), file_of(whole.id, entry_suffix), how);
    replace_text(entry.get(), text);
    make_room(entry.get(), whole, text.size());
    entry.sync();
    return spool_draft{std::move(whole), std::move(content), std::move(entry), std::move(share)};
}

void spool::keep(spool_draft draft) {
    replace_text(draft.text.get(), write_spool_entry(draft.entry));
    draft.text.sync();
    try {
        draft.content.keep(); // still locked: nobody takes the entry before this returns
        draft.text.keep();
        folder_.sync();
    } catch (const std::system_error&) {
        const auto thrown = std::current_exception();
        unlink(draft.entry.id); // the caller will not promise anything
        std::rethrow_exception(thrown);
    }
    stored_.octets += draft.entry.size;
    ++stored_.entries;
}

std::vector<spool::mark> spool::marks() {
    std::vector<mark> found;
    spool_usage counted;
    for (const auto& file : folder_.names()) {
        const auto id = id_of(file, entry_suffix);
        if (id.empty()) continue;
        const auto entry = folder_.look_at(file);
        if (!entry) continue;
        const auto mail = folder_.look_at(file_of(id, mail_suffix));
        found.push_back({std::string(id), entry->changed});
        counted.octets += mail ? mail->octets : 0;
        ++counted.entries;
    }
    std::ranges::sort(found, {}, &mark::id);
    stored_ = counted;
    return found;
}

std::vector<std::string> spool::damaged() const {
    std::vector<std::string> found;
    for (const auto& file : folder_.names())
        if (const auto id = id_of(file, damaged_suffix); !id.empty()) found.emplace_back(id);
    return found;
}

boost::system::result<spool_entry, spool_absence> spool::read(const std::string& id) const {
    if (!is_spool_id(id)) return spool_absence::gone;
    const auto file = folder_.open(file_of(id, entry_suffix));
    if (!file) return spool_absence::gone;
    const auto octets = static_cast<std::uint64_t>(about(file.get()).st_size);
    if (octets > max_spool_entry) return spool_absence::damaged;
    auto entry = parse_spool_entry(content_of(file.get(), octets));
    const auto mail = folder_.look_at(file_of(id, mail_suffix));
    if (!entry || entry->id != id || !mail || mail->octets != entry->size) {
        // Removed meanwhile, in that order, or truly damaged.
        if (!folder_.look_at(file_of(id, entry_suffix))) return spool_absence::gone;
        return spool_absence::damaged;
    }
    return std::move(*entry);
}

boost::system::result<seal::descriptor, spool_absence> spool::lock(const std::string& file) const {
    auto open = folder_.open(file);
    if (!open) return spool_absence::gone;
    if (::flock(open.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return spool_absence::busy;
        fail("cannot lock a spool file");
    }
    // Whoever had it may have removed it before we got the lock.
    if (about(open.get()).st_nlink == 0) return spool_absence::gone;
    return open;
}

boost::system::result<spool_claim, spool_absence> spool::claim(const std::string& id) const {
    if (!is_spool_id(id)) return spool_absence::gone;
    auto locked = lock(file_of(id, mail_suffix));
    if (!locked && locked.error() == spool_absence::busy) return spool_absence::busy;
    auto entry = read(id); // only now nobody changes it any more
    if (!entry) return entry.error();
    if (!locked) return locked.error();
    mapping content(locked->get(), entry->size);
    return spool_claim{std::move(*entry), std::move(*locked), std::move(content)};
}

void spool::update(const spool_claim& held, const spool_entry& by) const {
    unnamed_file next(folder_.get(), file_of(held.entry.id, entry_suffix),
                      unnamed_file::naming::early);
    write_all(next.get(), write_spool_entry(by));
    next.sync();
    next.keep();
    folder_.sync();
}

void spool::remove(const spool_entry& held) {
    unlink(held.id);
    folder_.sync();
    stored_.octets -= std::min(stored_.octets, held.size);
    stored_.entries -= std::min<std::size_t>(stored_.entries, 1);
}

boost::system::result<void, spool_absence> spool::erase(const std::string& id) {
    if (!is_spool_id(id)) return spool_absence::gone;
    const auto locked = lock(file_of(id, mail_suffix));
    if (!locked && locked.error() == spool_absence::busy) return spool_absence::busy;
    const bool there =
        folder_.look_at(file_of(id, entry_suffix)) || folder_.look_at(file_of(id, damaged_suffix));
    if (!there) return spool_absence::gone;
    unlink(id);
    folder_.sync();
    (void)marks();
    return {};
}

// The entry first: content alone is nothing, and the next sweep takes it.
void spool::unlink(const std::string& id) const {
    folder_.remove(file_of(id, entry_suffix));
    folder_.remove(file_of(id, damaged_suffix));
    folder_.remove(file_of(id, mail_suffix));
}

void spool::set_aside(const std::string& id) const {
    folder_.rename(file_of(id, entry_suffix), file_of(id, damaged_suffix));
    folder_.sync();
}

std::size_t spool::sweep() {
    std::size_t removed = 0;
    for (const auto& file : folder_.names()) {
        const auto id = id_of(file, mail_suffix);
        if (id.empty() && !file.ends_with(draft_suffix)) continue;
        const auto locked = lock(file);
        if (!locked) continue; // somebody is at work with it, or has removed it
        const bool is_owed = !id.empty() && (folder_.look_at(file_of(id, entry_suffix)) ||
                                             folder_.look_at(file_of(id, damaged_suffix)));
        if (is_owed) continue;
        folder_.remove(file);
        ++removed;
    }
    if (removed > 0) folder_.sync();
    return removed;
}

std::optional<spool_refusal> spool::refuse(const spool_entry& whole, spool_usage same) const {
    if (same.entries >= quota_.entries ||
        whole.size > quota_.octets - std::min(quota_.octets, same.octets))
        return spool_refusal::never_fits;
    const auto used = usage();
    auto room = quota_;
    if (whole.copy == spooled_copy::held && used.entries > same.entries) {
        room.entries = (room.entries + 1) / 2;
        room.octets /= 2;
    }
    if (used.entries >= room.entries) return spool_refusal::too_many;
    const auto free = room.octets - std::min(room.octets, used.octets);
    if (whole.size > free) return spool_refusal::too_much;
    return std::nullopt;
}

spool_usage spool::usage() const {
    return {stored_.octets + reserved_->octets, stored_.entries + reserved_->entries};
}

bool spool::is_nearly_full() const {
    const auto used = usage();
    return used.octets >= quota_.octets / 100 * quota_.warn_percent ||
           used.entries * 100 >= quota_.entries * quota_.warn_percent;
}

} // namespace postseal::relay
