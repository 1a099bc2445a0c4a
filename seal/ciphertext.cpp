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
    mapped_file(const descriptor& file, std::size_t size) : size_(size) {
        void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
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

// The sealer may still hold the file. If it made it shorter while it is mapped here, reading would
// end this process with SIGBUS. Files on disk cannot be fixed; there the sealer's system call
// filter leaves it no way to shorten one.
void fix_size(const descriptor& file) {
    (void)::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
}

struct rewriting {
    std::string session_keys;
    std::uint64_t instead_of = 0; // octets at the start of the file
};

// Only a handful of lengths (192 to 255 octets, as with NIST P-521) take another number of octets
// in the new format.
boost::system::result<descriptor> copied_with(const rewriting& made, const descriptor& output,
                                              std::uint64_t size) {
    auto copy = make_memory_file();
    if (!copy) return errc::no_space;
    if (write_at(*copy, 0, made.session_keys) ||
        append_range(*copy, output, made.instead_of, size - made.instead_of)) {
        return errc::no_space;
    }
    return copy;
}

} // namespace

boost::system::result<descriptor>
accept_ciphertext(descriptor output, const std::vector<keys::certificate>& recipients) {
    fix_size(output);
    const auto size = size_of(output);
    if (!size || *size == 0) return errc::incomplete_output;

    rewriting made;
    {
        const mapped_file mapped(output, *size);
        const auto ciphertext = mapped.view();
        if (!is_sealed_to(ciphertext, recipients)) return errc::incomplete_output;
        made.session_keys = message::session_keys_in_new_format(ciphertext);
        made.instead_of = message::read_encrypted_message(ciphertext)->session_key_octets;
    }
    if (made.session_keys.size() == made.instead_of) {
        if (write_at(output, 0, made.session_keys)) return errc::no_space;
    } else {
        auto copy = copied_with(made, output, *size);
        if (!copy) return copy.error();
        output = std::move(*copy);
    }
    if (::lseek(output.get(), 0, SEEK_SET) < 0) return errc::no_space;
    return output;
}

} // namespace postseal::seal
