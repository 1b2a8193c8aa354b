// Feeds a stream to a framer in pieces of a given size, as a listener does, and keeps what comes
// out.
#pragma once

#include <algorithm>
#include <vector>

#include "common/icom/framer.hpp"

namespace icom::test {

struct KeptPiece {
  Piece::Kind kind;
  ByteVector bytes;
  friend bool operator==(const KeptPiece&, const KeptPiece&) = default;
};

using KeptPieces = std::vector<KeptPiece>;

inline void keep(KeptPieces& kept, const Piece& piece) {
  kept.push_back({piece.kind, {piece.bytes.begin(), piece.bytes.end()}});
}

inline void take_complete(Framer& framer, KeptPieces& kept) {
  while (const auto piece = framer.next()) {
    keep(kept, *piece);
  }
}

inline void take_rest(Framer& framer, KeptPieces& kept) {
  while (const auto piece = framer.finish()) {
    keep(kept, *piece);
  }
}

inline void feed(Framer& framer, Bytes stream, std::size_t step, KeptPieces& kept) {
  while (!stream.empty()) {
    const std::size_t size = std::min(step, stream.size());
    framer.add(stream.first(size));
    take_complete(framer, kept);
    stream = stream.subspan(size);
  }
}

/// A whole connection.
inline KeptPieces pieces_of(Bytes stream, std::size_t step) {
  Framer framer;
  KeptPieces kept;
  feed(framer, stream, step, kept);
  take_rest(framer, kept);
  return kept;
}

inline ByteVector joined(const KeptPieces& pieces) {
  ByteVector all;
  for (const KeptPiece& piece : pieces) {
    append(all, piece.bytes);
  }
  return all;
}

inline std::vector<ByteVector> frames_of(const KeptPieces& pieces) {
  std::vector<ByteVector> frames;
  for (const KeptPiece& piece : pieces) {
    if (piece.kind == Piece::Kind::frame) {
      frames.push_back(piece.bytes);
    }
  }
  return frames;
}

}  // namespace icom::test
