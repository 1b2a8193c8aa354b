// Which sites have proved that they know their token, for those who remember it.
#pragma once

#include <string>

namespace icom::ingest {

/// Thread-safe.
class ProofBook {
 public:
  virtual ~ProofBook() = default;
  /// An agent of this site has proved itself, the first of this site since the gateway's start or
  /// ever. From now on no other greeting is taken from it. Waits for the disk; never throws.
  virtual void proved(const std::string& site) = 0;
};

}  // namespace icom::ingest
