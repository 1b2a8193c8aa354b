#include "common/ssh/known_hosts.hpp"

#include <algorithm>
#include <fstream>
#include <new>

#include "common/ssh/base64.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/host_names.hpp"
#include "common/ssh/library.hpp"

namespace icom::ssh {
namespace {

constexpr std::uintmax_t kMaxKnownHostsFile = 4U << 20U;

std::string padded_base64(std::span<const char> key) {
  const std::vector<std::uint8_t> bytes(key.begin(), key.end());
  return base64_encode_padded(bytes);
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view why) {
  throw Error(Category::settings, "known_hosts file " + file.string() + ": " + std::string(why));
}

}  // namespace

KnownHosts::KnownHosts(const std::filesystem::path& file)
    : file_(file),
      session_(nullptr, libssh2_session_free),
      hosts_(nullptr, libssh2_knownhost_free) {
  initialise_library();
  session_.reset(libssh2_session_init_ex(nullptr, nullptr, nullptr, nullptr));
  if (session_) hosts_.reset(libssh2_knownhost_init(session_.get()));
  if (!hosts_) throw std::bad_alloc();
  load();
}

KnownHosts::~KnownHosts() = default;

void KnownHosts::load() {
  // Before it is opened: opening a pipe would wait for whoever writes into it.
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(file_, error);
  const std::uintmax_t size = is_file ? std::filesystem::file_size(file_, error) : 0;
  if (!error && size > kMaxKnownHostsFile) refuse(file_, "is far too large: is it the right one?");
  std::ifstream stream;
  if (is_file) stream.open(file_);
  if (!stream.is_open()) {
    refuse(file_,
           "can not be read; it must hold the hosting site's host key, as `ssh-keyscan` prints it "
           "and after its fingerprint was compared");
  }
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != std::string::npos && line[first] == '@') {
      refuse(file_, "line " + std::to_string(number) +
                        ": markers are not supported; pin the server's own key");
    }
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (libssh2_knownhost_readline(hosts_.get(), line.c_str(), line.size(),
                                   LIBSSH2_KNOWNHOST_FILE_OPENSSH) != 0) {
      refuse(file_, "line " + std::to_string(number) + " is not `name type key`");
    }
  }
}

KnownHosts::Finding KnownHosts::find(const std::string& name, int key_type,
                                     const char* base64_key) const {
  const int mask = LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_BASE64 | key_type;
  switch (libssh2_knownhost_check(hosts_.get(), name.c_str(), base64_key, 0, mask, nullptr)) {
    case LIBSSH2_KNOWNHOST_CHECK_MATCH:
      return Finding::same_key;
    case LIBSSH2_KNOWNHOST_CHECK_MISMATCH:
      return Finding::other_key;
    case LIBSSH2_KNOWNHOST_CHECK_NOTFOUND:
      return Finding::no_entry;
    default:
      throw std::bad_alloc();
  }
}

KnownHosts::Pins KnownHosts::pins_of(const std::string& host, std::uint16_t port) const {
  // No key is spelt like this, so any entry of the name and type is found as "another key".
  constexpr const char* kNoKey = "-";
  constexpr int kAnyType = 0;
  for (const std::string& name : names_of(host, port)) {
    if (find(name, kAnyType, kNoKey) == Finding::no_entry) continue;
    Pins pins{name, {}, false};
    for (const HostKeyType& type : kHostKeyTypes) {
      if (find(name, type.of_known_hosts, kNoKey) != Finding::no_entry)
        pins.types.emplace_back(type.name);
    }
    pins.unusable_only = pins.types.empty();
    return pins;
  }
  return {names_of(host, port).front(), {}, false};
}

bool KnownHosts::trusts(const std::string& name, std::string_view type,
                        std::span<const char> key) const {
  const auto* const known = std::find_if(std::begin(kHostKeyTypes), std::end(kHostKeyTypes),
                                         [&](const HostKeyType& t) { return t.name == type; });
  if (known == std::end(kHostKeyTypes)) return false;
  return find(name, known->of_known_hosts, padded_base64(key).c_str()) == Finding::same_key;
}

}  // namespace icom::ssh
