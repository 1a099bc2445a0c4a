// SPDX-License-Identifier: Apache-2.0
// A certificate that is used again gets a keyring of its own, and no other certificate can touch
// it.
#include "faulty_engine.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

namespace postseal::seal::test {

namespace {

// Octets that gpg passes over, so that the same certificate comes in many forms.
std::string private_packet(std::uint16_t number) {
    return {'\xfc', 2, static_cast<char>(number >> 8), static_cast<char>(number)};
}

struct with_keyrings : faulty_engine {
    /// What gpg was started with since the last time, a line a run.
    std::vector<std::string> runs() {
        std::vector<std::string> lines;
        const auto file = note_file("runs");
        std::istringstream from(file.empty() ? std::string() : read_file(file));
        for (std::string line; std::getline(from, line);) {
            lines.push_back(line);
        }
        if (!file.empty()) std::filesystem::resize_file(file, 0);
        return lines;
    }
    void behave_and_note() { behave("echo \"$*\" >> $folder/runs\nexec $real \"$@\""); }

    std::string sealed_for(const std::string& name) {
        const auto sealed = encrypt("to " + name, {name});
        BOOST_REQUIRE_MESSAGE(sealed, name << ": " << sealed.error().message());
        return read_all(*sealed);
    }
};

bool has(const std::string& line, std::string_view what) {
    return line.find(what) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(keyrings, with_keyrings)

BOOST_AUTO_TEST_CASE(a_keyring_is_made_at_the_second_use_and_used_from_then_on) {
    start();
    behave_and_note();
    BOOST_TEST(decrypt(sealed_for("alice"), "alice") == "to alice");
    auto seen = runs();
    BOOST_REQUIRE(seen.size() == 1u);
    BOOST_TEST(has(seen[0], "--recipient-file "));

    BOOST_TEST(decrypt(sealed_for("alice"), "alice") == "to alice");
    seen = runs();
    BOOST_REQUIRE(seen.size() == 2u);
    BOOST_TEST(has(seen[0], "--import "));
    BOOST_TEST(has(seen[0], "--no-autostart "));
    BOOST_TEST(has(seen[1], "--recipient " + certificate_of("alice").fingerprint));

    BOOST_TEST(decrypt(sealed_for("alice"), "alice") == "to alice");
    seen = runs();
    BOOST_REQUIRE(seen.size() == 1u);
    BOOST_TEST(has(seen[0], "--recipient " + certificate_of("alice").fingerprint));
    BOOST_TEST(is_tidy());
}

BOOST_AUTO_TEST_CASE(several_recipients_are_files_whatever_was_kept) {
    start();
    behave_and_note();
    for (int use = 0; use < 3; ++use) {
        (void)sealed_for("alice");
        (void)sealed_for("bob");
    }
    (void)runs();
    const auto sealed = encrypt("x", {"alice", "bob"});
    BOOST_REQUIRE(sealed);
    const auto seen = runs();
    BOOST_REQUIRE(seen.size() == 1u);
    BOOST_TEST(has(seen[0], "--no-keyring --recipient-file "));
    BOOST_TEST(!has(seen[0], "--keyring /"));
    BOOST_TEST(decrypt(read_all(*sealed), "bob") == "x");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_adopts_anothers_key_takes_none_of_its_mail) {
    start();
    for (int use = 0; use < 4; ++use) {
        for (const char* name : {"mallory", "alice"}) {
            BOOST_TEST_CONTEXT(name << ", use " << use) {
                // The pool has checked whom it is for.
                const auto ciphertext = sealed_for(name);
                if (use > 0 && name == std::string("alice"))
                    BOOST_TEST(decrypt(ciphertext, "alice") == "to alice");
            }
        }
    }
    BOOST_TEST(encrypt("x", {"mallory", "alice"}).has_value());
}

BOOST_AUTO_TEST_CASE(a_user_id_does_not_pass_for_status_lines) {
    start();
    behave_and_note();
    for (int use = 0; use < 2; ++use) {
        (void)sealed_for("eve");
    }
    BOOST_TEST(has(runs().back(), "--recipient " + certificate_of("eve").fingerprint));
    const auto seen = inspect("eve");
    BOOST_REQUIRE(seen);
    BOOST_TEST(seen->fingerprint == certificate_of("eve").fingerprint);
    BOOST_TEST(seen->addresses == std::vector<std::string>{"eve@example.org"});
}

BOOST_AUTO_TEST_CASE(other_bytes_of_the_same_certificate_get_another_keyring) {
    start();
    behave_and_note();
    for (int use = 0; use < 2; ++use) {
        (void)sealed_for("alice");
    }
    (void)runs();
    auto updated = certificate_of("alice");
    updated.bytes = std::make_shared<const std::string>(*updated.bytes + private_packet(1));
    std::vector<keys::certificate> recipients{updated};
    BOOST_TEST(run(sealers->encrypt(file_with("x"), std::move(recipients))).has_value());
    BOOST_TEST(has(runs().at(0), "--recipient-file "));
}

BOOST_AUTO_TEST_CASE(a_keyring_cannot_be_changed_by_a_gpg_that_was_taken_over) {
    start();
    for (int use = 0; use < 2; ++use) {
        (void)sealed_for("alice");
    }
    behave(
        "for each in \"$@\"; do\n"
        "  case $each in /proc/self/fd/*)\n"
        "    { echo tried; cat $each | head -c 4 >/dev/null && echo read\n"
        "      ( printf x > /proc/$$/fd/${each##*/} ) && echo truncated\n"
        "      ( printf x >> /proc/$$/fd/${each##*/} ) && echo grown\n"
        "      ( printf x 1<> /proc/$$/fd/${each##*/} ) && echo changed; } > $folder/new 2>&1 ;;\n"
        "  esac\n"
        "done\n"
        "mv $folder/new $folder/report; exec $real \"$@\"");
    BOOST_TEST(outcome() == boost::system::error_code());
    const auto report = note("report");
    BOOST_TEST(has(report, "tried\n"), report);
    for (const char* what : {"\ntruncated", "\ngrown", "\nchanged"}) {
        BOOST_TEST(!has(report, what), report);
    }
    behave_well();
    BOOST_TEST(decrypt(sealed_for("alice"), "alice") == "to alice");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_cannot_be_imported_is_used_as_a_file) {
    start();
    const std::pair<const char*, std::string> scripts[] = {
        {"fails", "exit 1"},
        {"says nothing", "exit 0"},
        {"leaves no ring", "echo \"[GNUPG:] IMPORT_OK 1 " + certificate_of("alice").fingerprint +
                               "\" >&3; echo '[GNUPG:] IMPORT_RES 1' >&3; exit 0"},
        {"names an option", "$real \"$@\"; echo '[GNUPG:] IMPORT_OK 1 --version' >&3; exit 0"},
    };
    std::uint16_t number = 0;
    for (const auto& [what, script] : scripts) {
        BOOST_TEST_CONTEXT(what) {
            auto form = certificate_of("alice");
            form.bytes =
                std::make_shared<const std::string>(*form.bytes + private_packet(++number));
            behave("echo \"$*\" >> $folder/runs\ncase \"$*\" in *--import*) " + script +
                   " ;; esac\nexec $real \"$@\"");
            for (int use = 0; use < 3; ++use) {
                std::vector<keys::certificate> recipients{form};
                BOOST_TEST(
                    run(sealers->encrypt(file_with("x"), std::move(recipients))).has_value());
            }
            const auto seen = runs();
            BOOST_REQUIRE(seen.size() == 4u); // it is not tried again and again
            BOOST_TEST(has(seen[1], "--import"));
            BOOST_TEST(has(seen[3], "--recipient-file "));
        }
    }
    BOOST_TEST(is_tidy());
}

BOOST_AUTO_TEST_CASE(after_a_failure_the_file_has_the_word_again) {
    start();
    for (int use = 0; use < 2; ++use) {
        (void)sealed_for("alice");
    }
    behave("exit 2");
    BOOST_TEST(outcome() == errc::engine_failed);
    behave_and_note();
    (void)sealed_for("alice");
    BOOST_TEST(has(runs().at(0), "--recipient-file "));
}

BOOST_AUTO_TEST_CASE(a_message_that_fails_with_its_keyring_is_sealed_with_the_file) {
    start();
    const std::pair<const char*, std::string> scripts[] = {
        {"no reason", "exit 2"},
        {"no such key", "echo '[GNUPG:] INV_RECP 1 X' >&3; echo '[GNUPG:] FAILURE encrypt 9' >&3; "
                        "exit 2"},
        {"after reading", "cat $input >/dev/null; exit 2"},
    };
    for (const auto& [what, script] : scripts) {
        BOOST_TEST_CONTEXT(what) {
            for (int use = 0; use < 2; ++use) {
                (void)sealed_for("alice");
            }
            behave("echo \"$*\" >> $folder/runs\n"
                   "case \"$*\" in *'--recipient '*) " +
                   script + " ;; esac\nexec $real \"$@\"");
            BOOST_TEST(decrypt(sealed_for("alice"), "alice") == "to alice");
            const auto seen = runs();
            BOOST_REQUIRE(seen.size() == 2u);
            BOOST_TEST(has(seen[0], "--recipient "));
            BOOST_TEST(has(seen[1], "--recipient-file "));
            behave_well();
        }
    }
    for (int use = 0; use < 2; ++use) {
        (void)sealed_for("alice");
    }
    // What has begun to write cannot begin again, and says nothing of the certificate.
    behave("case \"$*\" in *'--recipient '*) printf x; " + scripts[1].second +
           " ;; esac\nexec $real \"$@\"");
    BOOST_TEST(outcome() == errc::engine_failed);
    BOOST_TEST(outcome() == boost::system::error_code());
}

BOOST_AUTO_TEST_CASE(what_gnupg_refuses_as_a_file_it_refuses_again_and_again) {
    start();
    for (int use = 0; use < 4; ++use) {
        for (const char* name : {"expired", "stale", "revoked", "olga"}) {
            const auto sealed = encrypt("x", {name});
            BOOST_REQUIRE(!sealed);
            BOOST_TEST(sealed.error() == errc::unusable_certificate, name);
        }
    }
}

BOOST_AUTO_TEST_CASE(keyrings_are_bounded) {
    settings.gpg = "/usr/bin/gpg";
    start();
    const auto sealer = sealers->process_ids().at(0);
    const auto open_now = [&] {
        const auto open = std::filesystem::path("/proc") / std::to_string(sealer) / "fd";
        return std::distance(std::filesystem::directory_iterator(open),
                             std::filesystem::directory_iterator());
    };
    (void)sealed_for("alice");
    const auto before = open_now();
    for (std::uint16_t number = 0; number < 300; ++number) {
        auto form = certificate_of("alice");
        form.bytes = std::make_shared<const std::string>(*form.bytes + private_packet(number));
        for (int use = 0; use < 2; ++use) {
            std::vector<keys::certificate> recipients{form};
            BOOST_REQUIRE(run(sealers->encrypt(file_with("x"), std::move(recipients))).has_value());
        }
    }
    // It closes the files of a job after it has answered.
    BOOST_TEST(run_until([&] { return open_now() - before <= 256; }));
    BOOST_TEST(open_now() - before > 200);
    BOOST_TEST(sealers->process_ids().at(0) == sealer);
    // Nothing of them is in its home.
    for (const auto& home : std::filesystem::directory_iterator(settings.runtime_directory)) {
        for (const auto& entry : std::filesystem::directory_iterator(home.path() / "work")) {
            BOOST_TEST(!entry.is_directory(), entry.path());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
