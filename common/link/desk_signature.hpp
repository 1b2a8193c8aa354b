// What a site signs with a key that it hands in, so that nobody hands in somebody else's.
#pragma once

#include <string>
#include <string_view>

namespace icom::link {

/// `secret` is what the site has proved to know. No two requests have the same text unless all of
/// it is the same: none of the parts holds a line break.
inline std::string signed_text(std::string_view site, std::string_view secret,
                               std::string_view public_key) {
  std::string text = "icom desk 2\n";
  text.append(site).append("\n").append(secret).append("\n").append(public_key).append("\n");
  return text;
}

}  // namespace icom::link
