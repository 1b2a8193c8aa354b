#include "common/ssh/host_names.hpp"

#include <algorithm>

namespace icom::ssh {
namespace {

constexpr std::uint16_t kDefaultPort = 22;

std::string with_port(const std::string& host, std::uint16_t port) {
  return '[' + host + "]:" + std::to_string(port);
}

}  // namespace

std::string lower_case(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

std::vector<std::string> names_of_port(const std::string& host, std::uint16_t port) {
  const std::string lower = lower_case(host);
  if (port != kDefaultPort) return {with_port(host, port), with_port(lower, port)};
  return {host, lower, with_port(host, port), with_port(lower, port)};
}

std::vector<std::string> names_of(const std::string& host, std::uint16_t port) {
  std::vector<std::string> names;
  if (port != kDefaultPort) names = names_of_port(host, port);
  names.insert(names.end(), {host, lower_case(host)});
  return names;
}

}  // namespace icom::ssh
