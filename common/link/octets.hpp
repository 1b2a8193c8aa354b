// Strings as OpenSSL takes bytes.
#pragma once

#include <string>
#include <string_view>

namespace icom::link {

/// Valid as long as `bytes` is.
inline const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// Valid until the size of `bytes` changes.
inline unsigned char* octets(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace icom::link
