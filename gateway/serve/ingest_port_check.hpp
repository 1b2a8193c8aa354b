// Whether the ingest address can be listened on.
#pragma once

#include <string>

#include "common/config/address.hpp"

namespace icom::serve {

struct IngestPortState {
  bool usable = false;
  std::string text;  ///< how it is, or what to do
};

/// Listens for a moment, accepting nobody. An address that a running icom-gateway has is usable
/// too: that is asked for its name.
IngestPortState check_ingest_port(const config::Address& address);

}  // namespace icom::serve
