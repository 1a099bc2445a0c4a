// SPDX-License-Identifier: Apache-2.0
// Does a file come along with a message? What a reader's program would show with a paper clip.
#pragma once

#include "message/parts.hpp"

namespace postseal::message {

/// A part that says that it is an attachment or has a file name, an attached message, or content
/// that is neither text nor a picture inside of text. A signature is none.
[[nodiscard]] bool has_attachment(const part& root);

} // namespace postseal::message
