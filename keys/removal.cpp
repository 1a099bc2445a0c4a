// SPDX-License-Identifier: Apache-2.0
#include "keys/removal.hpp"

namespace postseal::keys {

std::string_view to_string(removal why) {
    switch (why) {
    case removal::not_openpgp: return "it is damaged, or not a whole OpenPGP key";
    case removal::compressed: return "a part of it is compressed, which is not allowed in a key";
    case removal::secret_key: return "it holds a secret key; publish the public key instead";
    case removal::key_version:
        return "it is a key of another version than 4, the only one that can be used";
    case removal::key_algorithm: return "its key algorithm is not known";
    case removal::malformed_key: return "its key is malformed or too long";
    case removal::adopted_key: return "it claims another certificate's primary key as a subkey";
    case removal::too_many_certificates: return "there are too many certificates";
    case removal::too_many_parts: return "it has too many user IDs, subkeys or signatures";
    case removal::too_large: return "it is too large";
    case removal::other_user_id: return "a user ID names another address";
    case removal::no_matching_user_id: return "no user ID names the address";
    case removal::unusable_subkey: return "a subkey is malformed or of an unknown kind";
    case removal::foreign_signature: return "a signature is not by the key itself";
    case removal::broken_signature: return "a signature is malformed";
    case removal::misplaced_signature: return "a signature stands in the wrong place";
    case removal::unknown_packet: return "a packet is not of a public key";
    }
    return "?";
}

} // namespace postseal::keys
