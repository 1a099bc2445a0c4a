// SPDX-License-Identifier: Apache-2.0
#include "relay/spool.hpp"

#include "spool_scene.hpp"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

using namespace postseal;
using namespace postseal::relay;
using namespace postseal::relay::testing;

namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>{in}, {}};
}

mode_t mode_of(const std::filesystem::path& file) {
    struct stat about {};
    BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
    return about.st_mode & 07777U;
}

} // namespace

BOOST_AUTO_TEST_SUITE(spools)

BOOST_AUTO_TEST_CASE(what_is_kept_is_found_by_the_next_process) {
    for (const auto how : {unnamed_file::naming::late, unnamed_file::naming::early}) {
        const private_folder folder;
        std::string id;
        {
            spool first(folder.path, {});
            auto draft = first.prepare(entry_for(3), {"Subject: x\r\n", "\r\nbody\r\n"}, how);
            BOOST_REQUIRE(draft.has_value());
            draft->entry.recipients.erase(draft->entry.recipients.begin()); // served meanwhile
            draft->entry.reason = "the next hop was lost";
            id = draft->entry.id;
            first.keep(std::move(*draft));
        }
        BOOST_TEST(folder.files() == (std::set<std::string>{id + ".entry", id + ".mail"}));
        BOOST_TEST(mode_of(folder.owed()) == 0700U);
        BOOST_TEST(mode_of(folder.owed() / (id + ".mail")) == 0600U);
        BOOST_TEST(mode_of(folder.owed() / (id + ".entry")) == 0600U);

        spool second(folder.path, {});
        BOOST_TEST(second.usage().octets == 20U);
        BOOST_TEST(second.usage().entries == 1U);
        const auto claim = second.claim(id);
        BOOST_REQUIRE(claim.has_value());
        BOOST_TEST(claim->content.view() == "Subject: x\r\n\r\nbody\r\n");
        BOOST_TEST(claim->entry.recipients.size() == 2U);
        BOOST_TEST(claim->entry.reason == "the next hop was lost");
    }
}

BOOST_AUTO_TEST_CASE(a_draft_that_is_not_kept_leaves_nothing) {
    const private_folder folder;
    spool one(folder.path, {});
    for (const auto how : {unnamed_file::naming::late, unnamed_file::naming::early}) {
        const auto draft = one.prepare(entry_for(1), {"content"}, how);
        BOOST_REQUIRE(draft.has_value());
        BOOST_TEST(one.usage().entries == 1U);
        const bool visible = how == unnamed_file::naming::early;
        BOOST_TEST(folder.files().size() == (visible ? 2U : 0U));
        BOOST_TEST(one.marks().empty());
    }
    BOOST_TEST(folder.files().empty());
    BOOST_TEST(one.usage().entries == 0U);
    BOOST_TEST(one.usage().octets == 0U);
}

BOOST_AUTO_TEST_CASE(nothing_of_the_content_is_in_the_entry) {
    const private_folder folder;
    spool one(folder.path, {});
    const auto id = put(one, "Subject: canary\r\n\r\ncanary\r\n");
    BOOST_TEST(text_of(folder.owed() / (id + ".entry")).find("canary") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_full_spool_takes_nothing_and_says_so_before_anything_is_promised) {
    const private_folder folder;
    spool one(folder.path, {.octets = 1000, .entries = 3, .warn_percent = 60});
    BOOST_TEST(!one.is_nearly_full());
    const auto id = put(one, std::string(590, 'x'));
    BOOST_TEST(!one.is_nearly_full());
    BOOST_TEST(
        (one.prepare(entry_for(1), {std::string(411, 'x')}).error() == spool_refusal::too_much));
    {
        const auto fits = one.prepare(entry_for(1), {std::string(410, 'x')});
        BOOST_TEST(fits.has_value());
        BOOST_TEST(one.is_nearly_full());
        // What others are about to keep counts.
        BOOST_TEST((one.prepare(entry_for(1), {"x"}).error() == spool_refusal::too_much));
    }
    put(one, "x");
    put(one, "x");
    BOOST_TEST((one.prepare(entry_for(1), {"x"}).error() == spool_refusal::too_many));
    auto claim = one.claim(id);
    BOOST_REQUIRE(claim.has_value());
    one.remove(claim->entry);
    BOOST_TEST(one.usage().octets == 2U);
    BOOST_TEST(one.prepare(entry_for(1), {"x"}).has_value());
}

// Somebody's dead key server must not cost the others' mail.
BOOST_AUTO_TEST_CASE(held_mail_leaves_half_of_the_spool_to_the_others) {
    const private_folder folder;
    auto held = entry_for(1);
    held.copy = spooled_copy::held;
    spool few(folder.path, {.octets = 1000, .entries = 4, .warn_percent = 60});
    put(few, "x", held);
    BOOST_TEST((few.prepare(held, {std::string(500, 'x')}).error() == spool_refusal::too_much));
    put(few, "x", held);
    BOOST_TEST((few.prepare(held, {"x"}).error() == spool_refusal::too_many));
    BOOST_TEST(few.prepare(entry_for(1), {std::string(900, 'x')}).has_value());

    // But one of any size that the spool is made for.
    const private_folder another;
    spool empty(another.path, {.octets = 1000, .entries = 4, .warn_percent = 60});
    const auto most = empty.prepare(held, {std::string(900, 'x')});
    BOOST_TEST(most.has_value());
    // Nor are the copies of one message in each other's way.
    const auto late = unnamed_file::naming::late;
    BOOST_TEST((empty.prepare(held, {"x"}).error() == spool_refusal::too_much));
    BOOST_TEST(empty.prepare(held, {"x"}, late, {.octets = 900, .entries = 1}).has_value());
}

// "Try again later" would be said to it for ever.
BOOST_AUTO_TEST_CASE(what_no_spool_of_this_size_has_room_for_is_told_apart_from_a_full_one) {
    const private_folder folder;
    spool one(folder.path, {.octets = 1000, .entries = 2, .warn_percent = 60});
    put(one, "x"); // not the reason
    const auto late = unnamed_file::naming::late;
    const auto refusal = [&](std::size_t octets, spool_usage same) {
        return one.prepare(entry_for(1), {std::string(octets, 'x')}, late, same).error();
    };
    BOOST_TEST((refusal(1000, {}) == spool_refusal::too_much));
    BOOST_TEST((refusal(1001, {}) == spool_refusal::never_fits));
    BOOST_TEST((refusal(600, {.octets = 401, .entries = 1}) == spool_refusal::never_fits));
    BOOST_TEST((refusal(1, {.octets = 2, .entries = 2}) == spool_refusal::never_fits));
}

BOOST_AUTO_TEST_CASE(what_could_not_be_read_again_is_not_taken) {
    const private_folder folder;
    spool one(folder.path, {});
    BOOST_TEST((one.prepare(entry_for(0), {"x"}).error() == spool_refusal::unfit));
    auto entry = entry_for(1);
    entry.sender->local_part = "a\r\nRCPT TO:<x@y.example>";
    BOOST_TEST((one.prepare(entry, {"x"}).error() == spool_refusal::unfit));
    BOOST_TEST(folder.files().empty());
}

BOOST_AUTO_TEST_CASE(an_entry_is_one_claimants_alone) {
    const private_folder folder;
    spool one(folder.path, {});
    spool other(folder.path, {});
    const auto id = put(one, "content");
    {
        const auto claim = one.claim(id);
        BOOST_REQUIRE(claim.has_value());
        BOOST_TEST((other.claim(id).error() == spool_absence::busy));
        BOOST_TEST((other.erase(id).error() == spool_absence::busy));
        BOOST_TEST(other.read(id).has_value()); // looking is free
    }
    BOOST_TEST(other.claim(id).has_value());
    BOOST_TEST(other.erase(id).has_value());
    BOOST_TEST((one.claim(id).error() == spool_absence::gone));
    BOOST_TEST((one.claim("../../etc/passwd").error() == spool_absence::gone));
    BOOST_TEST((one.erase("../trace.key").error() == spool_absence::gone));
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_being_kept_is_not_there_for_others) {
    const private_folder folder;
    spool one(folder.path, {});
    auto draft = one.prepare(entry_for(1), {"x"});
    BOOST_REQUIRE(draft.has_value());
    const auto id = draft->entry.id;
    draft->content.keep();
    draft->text.keep(); // here a crash, or a thread that looks meanwhile
    BOOST_TEST((one.claim(id).error() == spool_absence::busy));
}

BOOST_AUTO_TEST_CASE(an_update_replaces_the_entry_and_keeps_the_content) {
    const private_folder folder;
    spool one(folder.path, {});
    const auto id = put(one, "content");
    const auto before = one.changed();
    {
        auto claim = one.claim(id);
        BOOST_REQUIRE(claim.has_value());
        claim->entry.attempts = 7;
        claim->entry.recipients.pop_back();
        one.update(*claim);
        BOOST_TEST((spool(folder.path, {}).claim(id).error() == spool_absence::busy));
    }
    BOOST_TEST((one.changed() >= before));
    const auto again = one.claim(id);
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(again->entry.attempts == 7U);
    BOOST_TEST(again->entry.recipients.size() == 1U);
    BOOST_TEST(again->content.view() == "content");
    BOOST_TEST(folder.files().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_draft_that_a_killed_process_has_left_is_in_nobodys_way) {
    const private_folder folder;
    spool one(folder.path, {});
    auto claim = one.claim(put(one, "content"));
    BOOST_REQUIRE(claim.has_value());
    std::ofstream(folder.owed() / (claim->entry.id + ".entry.new")) << "half an ent";
    claim->entry.attempts = 7;
    one.update(*claim);
    BOOST_TEST(one.read(claim->entry.id)->attempts == 7U);
    BOOST_TEST(folder.files().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_damaged_entry_is_set_aside_and_can_be_erased) {
    const private_folder folder;
    spool one(folder.path, {});
    const auto damage = [&](auto how) {
        const auto id = put(one, "content");
        how(folder.owed() / (id + ".entry"), folder.owed() / (id + ".mail"));
        BOOST_TEST((one.claim(id).error() == spool_absence::damaged));
        one.set_aside(id);
        BOOST_TEST(one.marks().empty());
        BOOST_TEST(one.sweep() == 0U); // an administrator may want to see it
        BOOST_TEST((one.claim(id).error() == spool_absence::gone));
        BOOST_TEST(one.erase(id).has_value());
        BOOST_TEST(folder.files().empty());
    };
    namespace fs = std::filesystem;
    damage([](const fs::path& entry, const fs::path&) { fs::resize_file(entry, 100); });
    damage([](const fs::path& entry, const fs::path&) { fs::resize_file(entry, 0); });
    damage([](const fs::path& entry, const fs::path&) { std::ofstream(entry) << "garbage"; });
    damage([](const fs::path&, const fs::path& mail) { fs::resize_file(mail, 3); });
    damage([](const fs::path&, const fs::path& mail) { fs::remove(mail); });
    damage([](const fs::path&, const fs::path& mail) {
        fs::remove(mail);
        fs::create_symlink("/etc/hostname", mail);
    });
}

BOOST_AUTO_TEST_CASE(an_entry_under_another_ones_name_is_damaged) {
    const private_folder folder;
    spool one(folder.path, {});
    const auto id = put(one, "content");
    const auto other = put(one, "content");
    std::filesystem::copy_file(folder.owed() / (id + ".entry"), folder.owed() / (other + ".entry"),
                               std::filesystem::copy_options::overwrite_existing);
    BOOST_TEST((one.claim(other).error() == spool_absence::damaged));
}

BOOST_AUTO_TEST_CASE(what_is_no_entry_is_passed_over) {
    const private_folder folder;
    spool one(folder.path, {});
    namespace fs = std::filesystem;
    fs::create_directory(folder.owed() / "bcdfghjkmnpqrstv.entry");
    fs::create_symlink("/etc/hostname", folder.owed() / "bcdfghjkmnpqrstw.entry");
    std::ofstream(folder.owed() / "README.entry") << "hello";
    std::ofstream(folder.owed() / "notes") << "hello";
    BOOST_TEST(one.marks().empty());
    BOOST_TEST(one.sweep() == 0U);
    BOOST_TEST((one.claim("bcdfghjkmnpqrstv").error() == spool_absence::gone));
}

BOOST_AUTO_TEST_CASE(a_sweep_takes_leftovers_and_nothing_that_lives) {
    const private_folder folder;
    spool one(folder.path, {});
    put(one, "content");
    const auto early = one.prepare(entry_for(1), {"x"}, unnamed_file::naming::early);
    auto late = one.prepare(entry_for(1), {"x"});
    late->content.keep(); // between its two names
    std::ofstream(folder.owed() / "bcdfghjkmnpqrstv.mail") << "of a crash";
    std::ofstream(folder.owed() / "bcdfghjkmnpqrstw.entry.new") << "of a crash";
    spool other(folder.path, {});
    BOOST_TEST(other.sweep() == 2U);
    BOOST_TEST(folder.files().size() == 5U);
}

BOOST_AUTO_TEST_CASE(a_folder_that_others_may_use_is_refused) {
    const private_folder folder;
    { const spool made(folder.path, {}); }
    ::chmod(folder.owed().c_str(), 0750);
    BOOST_CHECK_THROW(spool(folder.path, {}), std::runtime_error);
    BOOST_CHECK_THROW((void)spool::find(folder.path), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(looking_makes_nothing) {
    const private_folder folder;
    BOOST_TEST(!spool::find(folder.path).has_value());
    BOOST_TEST(std::filesystem::is_empty(folder.path));
    BOOST_CHECK_THROW(spool("/does/not/exist", {}), std::system_error);
}

BOOST_AUTO_TEST_SUITE_END()
