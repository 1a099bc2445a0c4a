// SPDX-License-Identifier: Apache-2.0
#include "pool_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>

namespace postseal::seal::test {

namespace fs = std::filesystem;

namespace {

std::string output_of(const std::string& command) {
    std::string output;
    auto* const pipe = ::popen(command.c_str(), "r");
    BOOST_REQUIRE(pipe);
    std::array<char, 65536> buffer;
    std::size_t size = 0;
    while ((size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
        output.append(buffer.data(), size);
    }
    (void)::pclose(pipe);
    return output;
}

std::vector<std::string> fields(const std::string& line, char separator) {
    std::vector<std::string> parts;
    std::istringstream from(line);
    for (std::string part; std::getline(from, part, separator);) {
        parts.push_back(part);
    }
    return parts;
}

fs::path data_file(const std::string& name) {
    return fs::path(POSTSEAL_TEST_DATA) / "seal" / (name + ".pgp");
}

// Asks gpg itself, so that a test does not believe what the sealers say.
keys::certificate list(const std::string& name) {
    keys::certificate made;
    made.bytes = std::make_shared<const std::string>(certificate_bytes(name));
    temporary_folder home;
    std::istringstream lines(output_of("gpg --homedir " + home.path().string() +
                                       " --batch --no-autostart --with-colons --show-keys " +
                                       data_file(name).string() + " 2>/dev/null"));
    for (std::string line; std::getline(lines, line);) {
        const auto part = fields(line, ':');
        if (part.at(0) == "fpr" && made.fingerprint.empty()) made.fingerprint = part.at(9);
        if (part.at(0) == "sub" && part.at(11).find('e') != std::string::npos) {
            made.encryption_keys.push_back(std::stoull(part.at(4), nullptr, 16));
        }
    }
    return made;
}

} // namespace

temporary_folder::temporary_folder() {
    auto name = (fs::temp_directory_path() / "seal-test-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()));
    path_ = name;
}

temporary_folder::~temporary_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string read_file(const fs::path& file) {
    std::ifstream from(file, std::ios::binary);
    BOOST_REQUIRE_MESSAGE(from.good(), "cannot read " << file);
    return {std::istreambuf_iterator<char>(from), {}};
}

std::string read_all(const descriptor& file) {
    return read_file("/proc/self/fd/" + std::to_string(file.get()));
}

descriptor file_with(std::string_view content) {
    descriptor file(::memfd_create("test", MFD_CLOEXEC));
    BOOST_REQUIRE(::write(file.get(), content.data(), content.size()) ==
                  static_cast<ssize_t>(content.size()));
    return file;
}

void write_program(const fs::path& file, const std::string& script) {
    // Under another name first: a program that is being written cannot be run.
    const auto unfinished = file.string() + ".new";
    std::ofstream(unfinished) << script;
    fs::permissions(unfinished, fs::perms::owner_all);
    fs::rename(unfinished, file);
}

std::string noise(std::size_t size) {
    std::mt19937 generator(4880);
    std::string octets(size, '\0');
    for (auto& octet : octets) {
        octet = static_cast<char>(generator());
    }
    return octets;
}

std::string certificate_bytes(const std::string& name) { return read_file(data_file(name)); }

keys::certificate certificate_of(const std::string& name) {
    static std::map<std::string, keys::certificate> known;
    const auto found = known.find(name);
    if (found != known.end()) return found->second;
    return known[name] = list(name);
}

std::size_t open_descriptors() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

std::vector<int> children() {
    std::vector<int> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream stat(entry.path() / "stat");
        std::string line;
        if (!std::getline(stat, line)) continue; // it has just ended
        // "pid (name) state ppid …": the name may hold anything.
        const auto rest = fields(line.substr(line.rfind(')') + 2), ' ');
        // The agents of decrypt() are ours by adoption; they are no concern of the pool.
        if (line.find("(gpg-agent)") != std::string::npos) continue;
        if (std::stoi(rest.at(1)) == ::getpid()) found.push_back(std::stoi(name));
    }
    return found;
}

pool_settings pool_fixture::default_settings() const {
    pool_settings chosen;
    chosen.sealer = POSTSEAL_SEALER;
    chosen.runtime_directory = folder.path() / "run";
    fs::create_directories(chosen.runtime_directory);
    return chosen;
}

pool& pool_fixture::start() {
    sealers.emplace(io.get_executor(), settings);
    sealers->start();
    return *sealers;
}

boost::system::result<descriptor> pool_fixture::encrypt(std::string_view plaintext,
                                                        const std::vector<std::string>& names,
                                                        compression packing) {
    std::vector<keys::certificate> recipients;
    for (const auto& name : names) {
        recipients.push_back(certificate_of(name));
    }
    return run(sealers->encrypt(file_with(plaintext), std::move(recipients), packing));
}

boost::system::result<keys::inspection> pool_fixture::inspect(const std::string& name) {
    return run(sealers->inspect(certificate_bytes(name)));
}

std::string pool_fixture::decrypt(std::string_view ciphertext, const std::string& name) const {
    temporary_folder home;
    const auto input = home.path() / "message";
    std::ofstream(input, std::ios::binary) << ciphertext;
    const auto gpg = "gpg --homedir " + home.path().string() +
                     " --batch --no-tty --quiet --pinentry-mode loopback --passphrase '' ";
    (void)output_of(gpg + "--import " + data_file(name + ".secret").string() + " 2>&1");
    auto plaintext =
        output_of(gpg + "--decrypt " + input.string() + " 2>/dev/null || printf '%s' '(failed)'");
    (void)output_of("gpgconf --homedir " + home.path().string() + " --kill all 2>&1");
    return plaintext;
}

} // namespace postseal::seal::test
