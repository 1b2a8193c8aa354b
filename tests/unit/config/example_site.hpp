// A site's file as it should be.
#pragma once

#include <string>

namespace icom::config {

/// A whole site file in which a test changes one thing.
inline const std::string kSite = R"(site: nbcc
timezone: Australia/Sydney
linacs:
  - serial: "4299"
    address: 192.168.17.40
  - serial: "9183"
    address: 192.168.17.42:1707
tunnel:
  host: physics.rccc.example
  port: 38471
  user: icom
  key: /etc/icom/nbcc_ed25519
  known_hosts: known_hosts
  gateway: 127.0.0.1:7600
  token_file: ../secrets/nbcc.token
spool:
  directory: /var/lib/icom/spool
  max_bytes: 20 GiB
forwards: []
)";

}  // namespace icom::config
