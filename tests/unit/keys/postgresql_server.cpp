// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/keys/postgresql_server.hpp"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace postseal::keys {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr uid_t nobody = 65534;
constexpr auto programs = POSTSEAL_TEST_DATA "/../../build/parts/root/usr/lib/postgresql/15/bin/";

/// Who may connect: everybody here but `locked`, who has to know the password.
constexpr auto who_may = "local all locked scram-sha-256\nlocal all all trust\n"
                         "local replication all trust\n";

/// Runs it as somebody who is not root; it ends with us.
pid_t launch(const std::vector<std::string>& words, const std::string& output) {
    std::vector<char*> argv;
    for (const auto& word : words)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const bool is_root = ::geteuid() == 0;
    const pid_t child = ::fork();
    if (child != 0) return child;
    // From here on only what may be called between fork and exec.
    const int log = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(log, 1);
    ::dup2(log, 2);
    if (is_root && (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0))
        ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    ::execv(argv[0], argv.data());
    ::_exit(127);
}

} // namespace

postgresql_server::postgresql_server() {
    const auto& place = folder_.path();
    if (::geteuid() == 0 && ::chown(place.c_str(), nobody, nobody) != 0)
        throw std::runtime_error("cannot give a folder away");
    const auto data = (place / "data").string();
    const auto child =
        launch({std::string(programs) + "initdb", "--pgdata=" + data, "--no-sync",
                "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"},
               place / "output");
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0)
        throw std::runtime_error("no PostgreSQL could be made (have you run scripts/packages?): " +
                                 folder_.read("output"));
    folder_.write("data/pg_hba.conf", who_may);
    start();
    ask("CREATE ROLE postseal LOGIN");
    ask("CREATE ROLE locked LOGIN PASSWORD 'right'");
    ask("GRANT CREATE ON DATABASE postgres TO postseal");
}

postgresql_server::~postgresql_server() {
    if (running_ > 0) kill();
}

void postgresql_server::start() {
    const auto place = folder_.path().string();
    const std::vector<std::string> words{std::string(programs) + "postgres",
                                         "-D",
                                         place + "/data",
                                         "-k",
                                         place,
                                         "-c",
                                         "listen_addresses=",
                                         "-c",
                                         "fsync=off",
                                         "-c",
                                         "shared_buffers=16MB",
                                         "-c",
                                         "max_connections=40",
                                         "-c",
                                         "autovacuum=off",
                                         "-c",
                                         "lc_messages=C"};
    running_ = launch(words, place + "/output");
    const auto until = steady::now() + 60s;
    while (!connect("postgres")) {
        if (steady::now() > until)
            throw std::runtime_error("PostgreSQL does not start: " + folder_.read("output"));
        std::this_thread::sleep_for(20ms);
        // What it was before it was killed may not be quite gone.
        if (::waitpid(running_, nullptr, WNOHANG) == running_)
            running_ = launch(words, place + "/output");
    }
}

void postgresql_server::kill() {
    for (const auto one : processes())
        ::kill(one, SIGKILL);
    ::waitpid(running_, nullptr, 0);
    running_ = 0;
}

void postgresql_server::pause() {
    // Who has begun nothing more can be asked for all of its children.
    ::kill(running_, SIGSTOP);
    siginfo_t stopped{};
    ::waitid(P_PID, static_cast<id_t>(running_), &stopped, WSTOPPED | WNOWAIT);
    for (const auto one : processes())
        ::kill(one, SIGSTOP);
}

void postgresql_server::resume() {
    for (const auto one : processes())
        ::kill(one, SIGCONT);
}

std::vector<pid_t> postgresql_server::processes() const {
    std::vector<pid_t> found{running_};
    const auto number = std::to_string(running_);
    std::ifstream children("/proc/" + number + "/task/" + number + "/children");
    for (pid_t one = 0; children >> one;)
        found.push_back(one);
    return found;
}

std::string postgresql_server::where(const std::string& user, const std::string& database) const {
    return "postgresql://" + user + "@/" + database + "?host=" + folder_.path().string();
}

postgresql_parameters first_attempt(const postgresql_target& target) {
    const auto no_names = [](const std::string&) -> postgresql_answer<std::vector<std::string>> {
        throw std::logic_error("there is a name in it");
    };
    return *target.attempts(no_names).front();
}

std::unique_ptr<postgresql_connection> postgresql_server::connect(const std::string& database) {
    const auto target =
        postgresql_target::parse(where("postgres", database) + "&target_session_attrs=any");
    auto opened = postgresql_connection::open(first_attempt(*target), steady::now() + 10s);
    return opened ? std::move(*opened) : nullptr;
}

std::vector<std::string> postgresql_server::ask(const char* sql, const std::string& database) {
    auto opened = connect(database);
    if (!opened) throw std::runtime_error("PostgreSQL takes no connection");
    const auto told = opened->run({{sql}}, steady::now() + 20s);
    if (!told) throw std::runtime_error(told.error().reason);
    std::vector<std::string> column;
    for (int row = 0; row < told->front().count(); ++row)
        column.push_back(told->front().octets(row, 0));
    return column;
}

void postgresql_server::clear() { ask("DROP SCHEMA IF EXISTS postseal CASCADE"); }

postgresql_server& shared_server() {
    static postgresql_server server;
    return server;
}

} // namespace postseal::keys
