// SPDX-License-Identifier: Apache-2.0
#include "seal/ciphertext.hpp"

#include "message/openpgp.hpp"
#include "seal/error.hpp"
#include "seal/file.hpp"
#include "seal/output_check.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

namespace postseal::seal {

namespace {

class mapped_file {
  public:
    // Private, because older kernels refuse to share the pages of a file that was opened for
    // writing and is sealed against it.
    mapped_file(const descriptor& file, std::size_t size) : size_(size) {
        void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
        if (at != MAP_FAILED) address_ = at;
    }
    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;
    ~mapped_file() {
        if (address_) ::munmap(address_, size_);
    }

    std::string_view view() const {
        if (!address_) return {};
        return {static_cast<const char*>(address_), size_};
    }

  private:
    void* address_ = nullptr;
    std::size_t size_;
};

// The sealer may still hold the file, and what is judged shall be what is sent. False where it
// kept us from fixing it. Files on disk cannot be fixed; there the sealer's sandbox leaves it no
// way to shorten one, and what it writes there later it could have written before.
bool fix(const descriptor& file) {
    const int seals = ::fcntl(file.get(), F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) return true;
    return ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_WRITE) == 0;
}

struct rewriting {
    std::string session_keys;
    std::uint64_t instead_of = 0; // octets at the start of the file
};

// Nothing is believed of what stands there: the file may be changing.
boost::system::result<rewriting> rewriting_of(const descriptor& output, std::uint64_t size) {
    const mapped_file mapped(output, size);
    const auto seen = message::read_encrypted_message(mapped.view());
    if (!seen) return errc::incomplete_output;
    return rewriting{message::session_keys_in_new_format(mapped.view()), seen->session_key_octets};
}

// Only a handful of lengths (192 to 255 octets, as with NIST P-521) take another number of octets
// in the new format.
boost::system::result<descriptor> copied_with(const rewriting& made, const descriptor& output,
                                              std::uint64_t size) {
    auto copy = make_room_in_memory();
    if (!copy) return errc::no_space;
    if (write_at(*copy, 0, made.session_keys) ||
        append_range(*copy, output, made.instead_of, size - made.instead_of)) {
        return errc::no_space;
    }
    return copy;
}

bool is_as_expected(const descriptor& file, const expectation& expected) {
    const auto size = size_of(file);
    if (!size || *size == 0) return false;
    const mapped_file mapped(file, *size);
    return is_sealed_to(mapped.view(), expected.plaintext_size, expected.recipients);
}

} // namespace

boost::system::result<descriptor> make_room_in_memory() {
    auto file = make_memory_file();
    if (file && ::fcntl(file->get(), F_ADD_SEALS, F_SEAL_SHRINK) != 0) return errc::no_space;
    return file;
}

boost::system::result<descriptor> accept_ciphertext(descriptor output,
                                                    const expectation& expected) {
    const auto size = size_of(output);
    if (!size || *size == 0) return errc::incomplete_output;
    const auto made = rewriting_of(output, *size);
    if (!made) return made.error();
    if (made->session_keys.size() == made->instead_of) {
        if (write_at(output, 0, made->session_keys)) return errc::no_space;
    } else {
        auto copy = copied_with(*made, output, *size);
        if (!copy) return copy.error();
        output = std::move(*copy);
    }
    // The judgement comes last, on what nobody can change any more.
    if (!fix(output) || !is_as_expected(output, expected)) return errc::incomplete_output;
    if (::lseek(output.get(), 0, SEEK_SET) < 0) return errc::no_space;
    return output;
}

} // namespace postseal::seal
