// SPDX-License-Identifier: Apache-2.0
#include "relay/message_buffer.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

// One write(2) for many small pieces once the message lives in a file.
constexpr std::size_t write_unit = 256 * 1024;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

message_buffer::message_buffer(std::filesystem::path folder, std::uint64_t in_memory)
    : folder_(std::move(folder)), in_memory_(in_memory) {}

void message_buffer::append(std::string_view bytes) {
    memory_.append(bytes);
    size_ += bytes.size();
    if (!file_) {
        if (size_ <= in_memory_) return;
        file_ = make_unlinked_file(folder_);
    }
    if (memory_.size() < write_unit) return;
    write_all(file_.get(), memory_);
    memory_.clear();
}

std::string_view message_buffer::view() {
    if (!file_) return memory_;
    if (!memory_.empty()) {
        write_all(file_.get(), memory_);
        memory_ = std::string();
    }
    if (mapped_.view().size() != size_) mapped_ = mapping(file_.get(), size_);
    return mapped_.view();
}

void message_buffer::discard() {
    memory_ = std::string();
    mapped_ = mapping();
    file_ = seal::descriptor();
    size_ = 0;
}

seal::descriptor make_unlinked_file(const std::filesystem::path& folder) {
    seal::descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file) fail("cannot make a temporary file in " + folder.string());
    return file;
}

void write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fail("cannot write a temporary file");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

mapping::mapping(int file, std::uint64_t size) : size_(size) {
    if (size == 0) return;
    // Private, because a ciphertext is sealed against writing: older kernels do not share it.
    void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    if (mapped == MAP_FAILED) fail("cannot map a message file");
    address_ = static_cast<const char*>(mapped);
    // Read from front to back: pages behind the reader may go at once.
    ::madvise(mapped, size_, MADV_SEQUENTIAL);
}

mapping::mapping(mapping&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0)) {}

mapping& mapping::operator=(mapping&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(size_, other.size_);
    return *this;
}

mapping::~mapping() {
    if (address_ != nullptr) ::munmap(const_cast<char*>(address_), size_);
}

} // namespace postseal::relay
