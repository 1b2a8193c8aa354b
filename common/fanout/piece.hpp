// A part of a Linac's stream, as all clients share it.
#pragma once

#include <memory>

#include "common/icom/bytes.hpp"

namespace icom::fanout {

/// A frame, or a run of bytes between frames. One copy, whoever it goes to.
struct Piece {
  std::shared_ptr<const ByteVector> bytes;
  bool frame = false;  ///< a client may begin here

  static Piece copy_of(Bytes bytes, bool frame) {
    return {std::make_shared<const ByteVector>(bytes.begin(), bytes.end()), frame};
  }
};

}  // namespace icom::fanout
