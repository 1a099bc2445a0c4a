// SPDX-License-Identifier: Apache-2.0
// The spool when the disk fails, and when its process is killed.
#include "relay/spool.hpp"

#include "file_limit.hpp"
#include "spool_scene.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <system_error>

using namespace postseal;
using namespace postseal::relay;
using namespace postseal::relay::testing;

namespace {

// A file system of one megabyte; only root may have one.
class small_disk {
  public:
    small_disk()
        : mounted_(::mount("tmpfs", where.path.c_str(), "tmpfs", 0, "size=1m,mode=0700") == 0) {}
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;
    ~small_disk() {
        if (mounted_) ::umount2(where.path.c_str(), MNT_DETACH);
    }
    [[nodiscard]] bool mounted() const { return mounted_; }
    void fill() const {
        std::ofstream filler(where.path / "filler", std::ios::binary);
        const std::string page(4096, 'x');
        while (filler.write(page.data(), 4096).flush())
            continue;
    }
    void make_read_only() const {
        BOOST_REQUIRE(
            ::mount(nullptr, where.path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
    }

    private_folder where;

  private:
    bool mounted_;
};

std::string content_of_round(unsigned round) {
    return std::string(1 + round * 977 % 20'000, static_cast<char>('a' + round % 26));
}

// Fills the spool until it is killed; tells of each entry once it has been promised.
[[noreturn]] void fill_and_tell(const std::filesystem::path& where, int tell, unsigned seed) {
    spool one(where, {});
    for (unsigned round = seed;; ++round) {
        const auto how = round % 2 == 0 ? unnamed_file::naming::late : unnamed_file::naming::early;
        const auto id = put(one, content_of_round(round), entry_for(2), how);
        const auto line = id + " " + std::to_string(round) + "\n";
        if (::write(tell, line.data(), line.size()) < 0) ::_exit(1);
        auto claim = one.claim(id);
        if (!claim) ::_exit(1);
        ++claim->entry.attempts;
        one.update(*claim);
    }
}

std::map<std::string, unsigned> read_told(int from) {
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = ::read(from, piece, sizeof piece)) > 0;)
        text.append(piece, static_cast<std::size_t>(got));
    std::map<std::string, unsigned> told;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;
         at = end + 1)
        told[text.substr(at, 16)] =
            static_cast<unsigned>(std::stoul(text.substr(at + 17, end - at - 17)));
    return told;
}

// The child's life, and what it has told of until its death.
std::map<std::string, unsigned> kill_in_the_middle(const std::filesystem::path& where,
                                                   unsigned seed, useconds_t life) {
    int ends[2];
    BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const auto child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        try {
            fill_and_tell(where, ends[1], seed);
        } catch (...) {
            ::_exit(1);
        }
    }
    ::close(ends[1]);
    ::usleep(life);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    auto told = read_told(ends[0]);
    ::close(ends[0]);
    return told;
}

} // namespace

BOOST_AUTO_TEST_SUITE(spool_faults)

BOOST_AUTO_TEST_CASE(a_disk_without_room_is_told_of_before_anything_is_promised) {
    for (const auto how : {unnamed_file::naming::late, unnamed_file::naming::early}) {
        const private_folder folder;
        spool one(folder.path, {});
        {
            const file_limit tight(1000);
            BOOST_CHECK_THROW((void)one.prepare(entry_for(1), {std::string(2000, 'x')}, how),
                              std::system_error);
            // There is room for the content, but not for an entry of that many recipients.
            BOOST_CHECK_THROW((void)one.prepare(entry_for(10), {"small"}, how), std::system_error);
        }
        BOOST_TEST(folder.files().empty());
        BOOST_TEST(one.usage().octets == 0U);
        BOOST_TEST(one.usage().entries == 0U);
        put(one, std::string(2000, 'x'));
    }
}

BOOST_AUTO_TEST_CASE(an_update_that_fails_leaves_the_entry_as_it_was) {
    const private_folder folder;
    spool one(folder.path, {});
    const auto id = put(one, "content");
    auto claim = one.claim(id);
    BOOST_REQUIRE(claim.has_value());
    claim->entry.attempts = 5;
    {
        const file_limit tight(10);
        BOOST_CHECK_THROW(one.update(*claim), std::system_error);
    }
    BOOST_TEST(one.read(id)->attempts == 0U);
    BOOST_TEST(folder.files().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_prepared_draft_is_kept_even_when_the_disk_has_filled_up) {
    const small_disk disk;
    if (!disk.mounted()) {
        BOOST_TEST_MESSAGE("only root can mount a small disk: not tested");
        return;
    }
    spool one(disk.where.path, {});
    auto draft = one.prepare(entry_for(20), {std::string(100'000, 'x')});
    BOOST_REQUIRE(draft.has_value());
    disk.fill();
    BOOST_CHECK_THROW((void)one.prepare(entry_for(1), {"x"}), std::system_error);
    for (auto& recipient : draft->entry.recipients)
        recipient.said = "451 " + std::string(400, 'y');
    const auto id = draft->entry.id;
    BOOST_CHECK_NO_THROW(one.keep(std::move(*draft)));
    const auto claim = one.claim(id);
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(claim->content.view().size() == 100'000U);
    BOOST_TEST(claim->entry.recipients[19].said.size() == 404U);
}

BOOST_AUTO_TEST_CASE(a_folder_that_became_read_only_is_an_error_and_what_is_there_stays) {
    const small_disk disk;
    if (!disk.mounted()) {
        BOOST_TEST_MESSAGE("only root can mount a small disk: not tested");
        return;
    }
    spool one(disk.where.path, {});
    const auto id = put(one, "content");
    disk.make_read_only();
    BOOST_CHECK_THROW((void)one.prepare(entry_for(1), {"x"}), std::system_error);
    auto claim = one.claim(id);
    BOOST_REQUIRE(claim.has_value());
    BOOST_CHECK_THROW(one.update(*claim), std::system_error);
    BOOST_CHECK_THROW(one.remove(claim->entry), std::system_error);
    BOOST_TEST(one.read(id).has_value());
}

BOOST_AUTO_TEST_CASE(a_killed_process_leaves_whole_entries_and_every_one_that_it_promised) {
    std::mt19937 chance(11); // NOLINT: moments differ anyhow
    std::size_t promised = 0;
    for (unsigned round = 0; round < 40; ++round) {
        const private_folder folder;
        { const spool made(folder.path, {}); }
        const auto told = kill_in_the_middle(folder.path, round * 1000,
                                             static_cast<useconds_t>(chance() % 60'000));
        promised += told.size();
        spool after(folder.path, {});
        after.sweep();
        const auto marks = after.marks();
        BOOST_TEST(folder.files().size() == 2 * marks.size());
        BOOST_TEST(marks.size() <= told.size() + 1); // one may have been whole, but not told yet
        for (const auto& mark : marks)
            BOOST_TEST(after.claim(mark.id).has_value());
        for (const auto& [id, seed] : told) {
            const auto claim = after.claim(id);
            BOOST_REQUIRE(claim.has_value());
            BOOST_TEST((claim->content.view() == content_of_round(seed)));
        }
    }
    BOOST_TEST_MESSAGE(promised << " entries were promised before their process was killed");
}

BOOST_AUTO_TEST_SUITE_END()
