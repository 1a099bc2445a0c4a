// SPDX-License-Identifier: Apache-2.0
// A gpg that misbehaves on demand: a shell script in the place of the engine, which can be changed
// between two requests. It runs in the sealer's sandbox, as gpg would.
#pragma once

#include "pool_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace postseal::seal::test {

struct faulty_engine : pool_fixture {
    faulty_engine();

    /// What the script does for everything but --version. $real is gpg, $input the plaintext's
    /// path, $folder one for notes, in the sealer's home, which goes with the sealer.
    void behave(const std::string& script);
    void behave_well() { behave("exec $real \"$@\""); }

    /// Where that note is, or nothing.
    [[nodiscard]] std::filesystem::path note_file(const std::string& name) const;

    /// A note that the script left, or nothing after a minute.
    [[nodiscard]] std::string note(const std::string& name);

    /// The outcome of sealing "x" for alice; the event loop runs, `meanwhile` once the engine has
    /// written the note "pid".
    template<class Action>
    boost::system::error_code outcome_while(Action meanwhile);
    boost::system::error_code outcome(std::string_view plaintext = "x");
    boost::system::error_code inspection_outcome();

    /// No process but the sealers that the pool knows, as many as it shall have.
    [[nodiscard]] bool is_tidy();
};

template<class Action>
boost::system::error_code faulty_engine::outcome_while(Action meanwhile) {
    std::optional<boost::system::error_code> ended;
    std::vector<keys::certificate> recipients{certificate_of("alice")};
    boost::asio::co_spawn(io, sealers->encrypt(file_with("x"), std::move(recipients)),
                          [&](std::exception_ptr, boost::system::result<descriptor> sealed) {
                              ended = sealed ? boost::system::error_code() : sealed.error();
                          });
    const auto pid = note("pid");
    meanwhile(pid.empty() ? -1 : std::stoi(pid));
    (void)run_until([&] { return ended.has_value(); });
    BOOST_REQUIRE(ended);
    return *ended;
}

} // namespace postseal::seal::test
