// Any bytes, cut and interrupted anywhere: what the framer hands out is the stream, piece by piece.
//
// Input: 4 bytes that decide the cuts and pauses, 1 byte that, if it is 255, repeats the stream to
// beyond the size of an ordinary frame (beyond the largest, a megabyte, is for unit tests: it makes
// everything slow here), then the stream.
#include "common/icom/framer.hpp"

#include <algorithm>
#include <random>

#include "common/icom/frame_identity.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/require.hpp"

namespace icom::fuzz {
namespace {

constexpr std::size_t kLargestRead = 64U << 10U;
constexpr std::size_t kLongStream = 80U << 10U;

/// A listener that holds what comes out against what went in.
class Listener {
 public:
  explicit Listener(Bytes stream) : left_(stream), expected_(stream) {}

  [[nodiscard]] std::size_t left() const { return left_.size(); }

  void receive(std::size_t count) {
    const Bytes read = left_.first(count);
    left_ = left_.subspan(count);
    const auto room = framer_.writable(count);
    require(room.size() >= count, "writable() gives the room asked for");
    std::ranges::copy(read, room.begin());
    framer_.commit(count);
    take_all(&Framer::next);
    require(framer_.pending() < Framer::kMaxFrame, "what is held back is bounded");
  }

  void pause() { take_all(&Framer::paused); }

  void end() {
    take_all(&Framer::finish);
    require(expected_.empty(), "every byte is handed out by the end");
    const FramerCounts& counts = framer_.counts();
    require(counts.frames == frames_, "frames are counted");
    require(
        counts.frames == counts.frames_by_length + counts.frames_by_anchor + counts.frames_by_pause,
        "each frame is counted for one reason");
    require(counts.junk_runs == junk_runs_ && counts.junk_bytes == junk_bytes_, "junk is counted");
  }

 private:
  void take_all(std::optional<Piece> (Framer::*take)()) {
    while (const auto piece = (framer_.*take)()) check(*piece);
    require(framer_.pending() == expected_.size() - left_.size(),
            "what came and was not handed out is pending");
  }

  void check(const Piece& piece) {
    const std::size_t size = piece.bytes.size();
    require(size > 0, "no piece is empty");
    require(size <= Framer::kMaxFrame + kLargestRead, "pieces are bounded");
    require(size <= expected_.size() - left_.size(), "no byte is handed out before it came");
    require(as_text(piece.bytes) == as_text(expected_.first(size)),
            "pieces are the stream, in order, no byte lost, altered or doubled");
    expected_ = expected_.subspan(size);
    if (piece.kind == Piece::Kind::frame) {
      require(identify(piece.bytes).has_value(), "a frame begins 8 bytes before a date");
      ++frames_;
    } else {
      ++junk_runs_;
      junk_bytes_ += size;
    }
  }

  Framer framer_;
  Bytes left_;      ///< to be received
  Bytes expected_;  ///< not handed out yet
  std::uint64_t frames_ = 0;
  std::uint64_t junk_runs_ = 0;
  std::uint64_t junk_bytes_ = 0;
};

void listen(Bytes stream, std::uint32_t seed) {
  std::minstd_rand random(seed);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  Listener listener(stream);
  while (listener.left() > 0) {
    // Byte by byte, in small pieces, or as large as a socket gives them.
    const std::size_t kind = below(4);
    const std::size_t most = kind == 0 ? 1 : kind == 1 ? 40 : kind == 2 ? 1500 : kLargestRead;
    listener.receive(std::min(1 + below(most), listener.left()));
    if (below(8) == 0) listener.pause();
  }
  listener.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto seed = input.number<std::uint32_t>();
  const auto repeat = input.number<std::uint8_t>();
  const Bytes once = input.rest();
  if (repeat < 255 || once.empty()) {
    listen(once, seed);
    return 0;
  }
  ByteVector stream;
  while (stream.size() < kLongStream) append(stream, once);
  listen(stream, seed);
  return 0;
}

}  // namespace icom::fuzz
