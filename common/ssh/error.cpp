#include "common/ssh/error.hpp"

namespace icom::ssh {

std::string_view to_string(Category category) {
  switch (category) {
    case Category::settings:
      return "settings";
    case Category::network:
      return "network";
    case Category::host_key:
      return "host key";
    case Category::authentication:
      return "authentication";
    case Category::refused:
      return "refused";
    case Category::prohibited:
      return "prohibited";
    case Category::protocol:
      return "protocol";
    case Category::timeout:
      return "timeout";
    case Category::closed:
      return "closed";
  }
  return "unknown";
}

Error::Error(Category category, const std::string& sentence)
    : std::runtime_error(sentence), category_(category) {}

Error Error::of_host_key(const std::string& offer, const std::string& what_to_do) {
  Error error(Category::host_key, offer + what_to_do);
  error.offer_ = offer;
  return error;
}

}  // namespace icom::ssh
