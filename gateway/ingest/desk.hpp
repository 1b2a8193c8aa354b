// Where sites enrol and renew their keys: what ingest needs of it.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "common/link/desk_seal.hpp"

namespace icom::ingest {

class Desk {
 public:
  virtual ~Desk() = default;
  // Both wait for the disk; called by one thread at a time, which nothing else waits for. Whatever
  // goes wrong is in the answer; they never throw.

  /// The secrets of which `request`, a hello, may prove that it knows one; a refusal if there is
  /// none, or the request is of another protocol. Told to somebody who has proved nothing.
  virtual std::variant<std::vector<std::string>, link::DeskAnswer> secrets_for(
      const link::DeskRequest& request) = 0;
  /// That it has proved none of them.
  virtual link::DeskAnswer refuse_proof(const link::DeskRequest& hello) = 0;
  /// `secret`: what was proved, as secrets_for() gave it; it may be void by now.
  virtual link::DeskAnswer answer(const link::DeskRequest& request,
                                  const link::DeskSecret& secret) = 0;
};

}  // namespace icom::ingest
