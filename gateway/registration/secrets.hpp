// Secrets: making them, and comparing them so that the time taken tells nothing.
#pragma once

#include <string>
#include <string_view>

namespace icom::registration {

/// 256 unpredictable bits as 64 hexadecimal digits. Throws std::runtime_error.
std::string make_secret();

/// Hexadecimal. Of a secret of 256 random bits it gives nothing away.
std::string hash_of(std::string_view secret);

/// Takes the same time wherever the two differ.
bool same(std::string_view one, std::string_view other);

}  // namespace icom::registration
