// The enrolment file: what a site needs to know and to have once, carried there by a person.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/config/address.hpp"

namespace icom::config {

struct EnrolmentFile {
  std::string site;
  std::string timezone;
  std::int64_t expires = 0;  ///< seconds since 1970, UTC
  std::string host;          ///< the hosting site's sshd
  std::uint16_t port = 22;
  std::string user;
  std::vector<std::string> host_keys;  ///< `TYPE BASE64`, at least one
  Address gateway;                     ///< the ingest, as that sshd reaches it
  std::string code;                    ///< secret; 64 hexadecimal digits
  std::string private_key;             ///< secret; valid for enrolling only; OpenSSH's format

  bool operator==(const EnrolmentFile&) const = default;
};

/// The text of such a file, with comments, and a checksum at its end.
std::string to_text(const EnrolmentFile& enrolment);

/// Tells it from other files of the same site, and gives nothing away: 16 hexadecimal digits.
std::string short_name_of(const EnrolmentFile& enrolment);

/// Throws ConfigError: no such file, others than its owner can read it, not an enrolment file,
/// damaged (its checksum differs), of a newer release. Errors show no secret.
EnrolmentFile load_enrolment(const std::filesystem::path& file);

}  // namespace icom::config
