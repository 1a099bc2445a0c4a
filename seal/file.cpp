// SPDX-License-Identifier: Apache-2.0
#include "seal/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace postseal::seal {

namespace {

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

boost::system::result<descriptor> opened(int number) {
    if (number < 0) return last_error();
    return descriptor(number);
}

} // namespace

boost::system::result<descriptor> make_memory_file() {
    return opened(::memfd_create("postseal", MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

boost::system::result<descriptor> make_unlinked_file(const std::filesystem::path& folder) {
    return opened(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0));
}

boost::system::result<descriptor> reopen_for_reading(const descriptor& file) {
    const auto name = "/proc/self/fd/" + std::to_string(file.get());
    return opened(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
}

boost::system::result<std::uint64_t> size_of(const descriptor& file) {
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) return last_error();
    return static_cast<std::uint64_t>(about.st_size);
}

boost::system::error_code write_at(const descriptor& file, std::uint64_t offset,
                                   std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written =
            ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR) continue;
            return last_error();
        }
        offset += static_cast<std::uint64_t>(written);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

boost::system::error_code append_range(const descriptor& to, const descriptor& from,
                                       std::uint64_t offset, std::uint64_t size) {
    if (::lseek(to.get(), 0, SEEK_END) < 0) return last_error();
    auto position = static_cast<off_t>(offset);
    while (size > 0) {
        const auto moved = ::sendfile(to.get(), from.get(), &position, size);
        if (moved < 0) {
            if (errno == EINTR) continue;
            return last_error();
        }
        if (moved == 0) return make_error_code(boost::system::errc::io_error);
        size -= static_cast<std::uint64_t>(moved);
    }
    return {};
}

} // namespace postseal::seal
