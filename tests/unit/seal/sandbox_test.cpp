// SPDX-License-Identifier: Apache-2.0
// What a gpg that has been taken over could do: a small program in its place tries, and reports.
#include "faulty_engine.hpp"
#include "seal/landlock.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace postseal::seal::test {

namespace {

boost::test_tools::assertion_result kernel_has_landlock(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result has(landlock_version() > 0);
    has.message() << "this kernel has no Landlock";
    return has;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(sandbox, faulty_engine)

BOOST_AUTO_TEST_CASE(what_is_forbidden_fails_with_eperm) {
    const char* const attempts[] = {
        "socket.socket(socket.AF_INET)",
        "socket.socket(socket.AF_INET6)",
        "socket.socket(socket.AF_UNIX)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.socketpair()",
        "os.kill(RELAY, 0)",
        "os.kill(os.getppid(), 0)",
        "os.setsid()",
        "os.setpgid(0, 0)",
        "os.chmod('/proc/self/fd/1', 0o600)",
        "os.ftruncate(1, 0)",
        "os.truncate('/proc/self/fd/1', 0)",
        "os.setxattr(1, 'user.x', b'')",
        "os.setxattr('/proc/self/fd/1', 'user.x', b'')",
        "os.setpriority(os.PRIO_PROCESS, RELAY, 19)",
        "os.sched_setaffinity(RELAY, {0})",
        "resource.prlimit(RELAY, resource.RLIMIT_NOFILE)",
        "fcntl.fcntl(1, fcntl.F_SETOWN, RELAY)",
        "fcntl.fcntl(1, 15, struct.pack('ii', 1, RELAY))", // F_SETOWN_EX
        "fcntl.fcntl(1, fcntl.F_SETSIG, 9)",
        "fcntl.ioctl(1, termios.TIOCSTI, b'x')",
        "fcntl.ioctl(1, 0x541c, b'x')",    // TIOCLINUX
        "call(16, 1, 0x100005412, 0)",     // TIOCSTI with a bit that the kernel does not see
        "call(452, 1, 0, 0o600, 0x1000)",  // fchmodat2
        "call(29, 0, 4096, 0o1600)",       // shmget
        "call(425, 8, 0)",                 // io_uring_setup
        "call(272, 0x10000000)",           // unshare(CLONE_NEWUSER)
        "call(56, 0x10000000 | 17, 0)",    // clone(CLONE_NEWUSER | SIGCHLD)
        "call(101, 16, RELAY, 0, 0)",      // ptrace(PTRACE_ATTACH)
        "call(310, RELAY, 0, 0, 0, 0, 0)", // process_vm_readv
    };
    std::string program = "import ctypes, fcntl, os, resource, socket, struct, termios\n"
                          "RELAY = " +
                          std::to_string(::getpid()) +
                          "\n"
                          "def call(*arguments):\n"
                          "    libc = ctypes.CDLL(None, use_errno=True)\n"
                          "    if libc.syscall(*arguments) < 0:\n"
                          "        raise OSError(ctypes.get_errno(), '')\n"
                          "def attempt(what):\n"
                          "    try:\n"
                          "        eval(what)\n"
                          "        return 'allowed'\n"
                          "    except OSError as error:\n"
                          "        return 'EPERM' if error.errno == 1 else str(error)\n"
                          "for what in [\n";
    for (const char* each : attempts) {
        program += "    \"" + std::string(each) + "\",\n";
    }
    program += "]:\n    print(what, attempt(what))\n";
    write_program(settings.gpg.parent_path() / "attempts.py", program);

    start();
    behave("/usr/bin/python3 -I " + (settings.gpg.parent_path() / "attempts.py").string() +
           " > $folder/new 2>&1; mv $folder/new $folder/report; exit 2");
    BOOST_TEST(outcome() == errc::engine_failed);
    const auto report = note("report");
    for (const char* each : attempts) {
        BOOST_TEST(report.find(std::string(each) + " EPERM\n") != std::string::npos,
                   each << " in " << report);
    }
}

BOOST_AUTO_TEST_CASE(gpg_gets_limits_a_bare_environment_and_nothing_of_ours) {
    start();
    behave("{ echo core $(ulimit -c); echo memory $(ulimit -v); echo files $(ulimit -n)\n"
           "grep NoNewPrivs /proc/self/status\n"
           "tr '\\0' '\\n' < /proc/$$/environ; echo group $(cut -d' ' -f5 /proc/$$/stat)\n"
           "ls -l /proc/self/fd; } > $folder/new; mv $folder/new $folder/report; exit 2");
    BOOST_TEST(outcome() == errc::engine_failed);
    const auto report = note("report");
    const auto runtime = settings.runtime_directory.string();
    const auto sealer = std::to_string(sealers->process_ids().at(0));
    for (const auto& line : {std::string("core 0\n"), std::string("memory 262144\n"),
                             std::string("files 1320\n"), std::string("NoNewPrivs:\t1\n"),
                             std::string("PATH=/usr/bin:/bin\n"), "group " + sealer + "\n"}) {
        BOOST_TEST(report.find(line) != std::string::npos, line << " in " << report);
    }
    const auto home = report.find("HOME=");
    BOOST_TEST(report.compare(home, 5 + runtime.size(), "HOME=" + runtime) == 0, report);
    BOOST_TEST(report.find("HOME=", home + 1) == std::string::npos, report);
    BOOST_TEST(report.find("USER=") == std::string::npos, report);
    BOOST_TEST(report.find("socket:") == std::string::npos, report);
}

BOOST_AUTO_TEST_CASE(a_sealer_has_no_capabilities_and_no_terminal) {
    start();
    behave("{ grep Cap /proc/self/status; echo session $(cut -d' ' -f6 /proc/$$/stat)\n"
           "echo terminal $(cut -d' ' -f7 /proc/$$/stat); } > $folder/new\n"
           "mv $folder/new $folder/report; exit 2");
    BOOST_TEST(outcome() == errc::engine_failed);
    const auto report = note("report");
    const auto sealer = std::to_string(sealers->process_ids().at(0));
    for (const auto& line :
         {std::string("CapPrm:\t0000000000000000\n"), std::string("CapEff:\t0000000000000000\n"),
          "session " + sealer + "\n", std::string("terminal 0\n")}) {
        BOOST_TEST(report.find(line) != std::string::npos, line << " in " << report);
    }
}

BOOST_AUTO_TEST_CASE(gpg_cannot_look_into_its_sealer) {
    start();
    behave("{ cat /proc/$PPID/environ; cat /proc/$PPID/fd/0; dd if=/proc/$PPID/mem count=1\n"
           "echo tried; } > $folder/new 2>&1; mv $folder/new $folder/report; exit 2");
    BOOST_TEST(outcome() == errc::engine_failed);
    const auto report = note("report");
    BOOST_TEST(report.find("tried\n") != std::string::npos, report);
    for (const char* attempt :
         {"/environ: Permission denied", "/fd/0: Permission denied", "/mem': Permission denied"}) {
        BOOST_TEST(report.find(attempt) != std::string::npos, attempt << " in " << report);
    }
}

BOOST_AUTO_TEST_CASE(a_sealer_has_a_private_home_that_stays_clean) {
    start();
    BOOST_TEST(outcome() == boost::system::error_code());
    BOOST_TEST(inspection_outcome() == boost::system::error_code());
    std::vector<std::filesystem::path> homes(
        std::filesystem::directory_iterator(settings.runtime_directory), {});
    BOOST_REQUIRE(homes.size() == 1u);
    const auto mode = std::filesystem::status(homes[0]).permissions();
    BOOST_TEST((mode == std::filesystem::perms::owner_all));
    for (const auto& entry : std::filesystem::directory_iterator(homes[0])) {
        const auto name = entry.path().filename();
        BOOST_TEST((name == "gpg.conf" || name == "work"), name);
    }
    for (const auto& entry : std::filesystem::directory_iterator(homes[0] / "work")) {
        const auto name = entry.path().filename();
        BOOST_TEST((name == "notes" || name == "trustdb.gpg"), name);
    }
}

BOOST_AUTO_TEST_CASE(a_sealer_reads_and_writes_no_files_but_its_own,
                     *boost::unit_test::precondition(kernel_has_landlock)) {
    const temporary_folder state;
    const auto store = state.path() / "keys.sqlite";
    std::ofstream(store) << "keys";
    start();
    const auto home = std::filesystem::directory_iterator(settings.runtime_directory)->path();
    // Shell commands, each of which must fail; $store, $state, $home and $relay are set.
    const char* const attempts[] = {
        "echo x > $store",
        "echo x >> $store",
        "cat $store",
        "ls $state",
        "truncate -s 0 $store",
        "rm $store",
        "mv $store $state/other",
        "ln $store $folder/link",
        "mkdir $state/new",
        "echo x > $state/new",
        "ln -s $store $state/new",
        "echo x > $home/gpg.conf",
        "echo x > $home/new",
        "rm $home/gpg.conf",
        "mv $home/gpg.conf $home/work/old",
        "mkdir $home/private-keys-v1.d",
        "mkfifo $folder/fifo",
        "ln -s / $folder/link",
        "cp /bin/true $folder/true && $folder/true",
        "echo x > $(dirname $0)/new",
        "echo x > /tmp/postseal-sandbox-test",
        "echo x > /dev/shm/postseal-sandbox-test",
        "cat /etc/shadow",
        "ls /home",
        "cat /proc/$relay/environ",
        "dd if=/proc/$relay/mem count=1",
        "mv $home/work $home/old && mv $home/old $home/work",
    };
    std::string script = "store=" + store.string() + " state=" + state.path().string() +
                         " home=" + home.string() + " relay=" + std::to_string(::getpid()) + "\n";
    for (const char* each : attempts) {
        script += "( " + std::string(each) + " ) >/dev/null 2>&1 && echo '" + each +
                  "' >> $folder/allowed\n";
    }
    behave("case \"$*\" in *--encrypt*) " + script +
           "echo x > $folder/report; esac; exec $real \"$@\"");
    BOOST_TEST(outcome() == boost::system::error_code());
    BOOST_TEST(note("report") == "x\n");
    const auto allowed = note_file("allowed");
    BOOST_TEST((allowed.empty() ? std::string() : read_file(allowed)) == "");
    BOOST_TEST(read_file(store) == "keys");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
