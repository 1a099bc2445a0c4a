// SPDX-License-Identifier: Apache-2.0
// Name servers under a test's control: getaddrinfo() of the whole test program, libcurl's too,
// answers what a test has said of a name. All other names go to the system.
#pragma once

#include <string>
#include <vector>

namespace postseal::keys::test {

class scripted_resolver {
  public:
    using addresses = std::vector<std::string>;

    ~scripted_resolver(); ///< forgets everything, and lets those go on who hang

    /// One answer for each question, the last one for all that follow. An empty one: there is no
    /// such name.
    void say(const std::string& host, std::vector<addresses> answers);

    /// Whoever asks for it, or for a name below it, hears nothing as long as this lives.
    void hang(const std::string& domain);

    /// Nobody knows anything of it: the name servers are down.
    void fail(const std::string& host);

    [[nodiscard]] int times_asked(const std::string& host) const;
};

} // namespace postseal::keys::test
