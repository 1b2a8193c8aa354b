// Where sites enrol and renew their keys: what ingest needs of it.
#pragma once

#include "common/link/desk.pb.h"

namespace icom::ingest {

class Desk {
 public:
  virtual ~Desk() = default;
  /// Waits for the disk; called by one thread at a time, which nothing else waits for. Whatever
  /// goes wrong is in the answer; never throws.
  virtual link::DeskAnswer answer(const link::DeskRequest& request) = 0;
};

}  // namespace icom::ingest
