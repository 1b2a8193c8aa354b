// Any frames, one after the other, through the delta encoder and back: the same bytes.
//
// Input: steps, each a new frame (00, chunk) or the frame before with a run of bytes replaced
// (another byte, offset of 2 bytes, how many bytes go, chunk of those that come).
#include <algorithm>

#include "common/icom/delta_codec.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/require.hpp"

namespace icom::fuzz {
namespace {

constexpr std::size_t kMostFrames = 32;
constexpr std::size_t kLargestFrame = 64U << 10U;

ByteVector next_frame(Input& input, const ByteVector& before) {
  const bool is_new = input.number<std::uint8_t>() == 0;
  if (is_new) {
    const Bytes frame = input.chunk();
    return {frame.begin(), frame.end()};
  }
  const std::size_t at = std::min<std::size_t>(input.number<std::uint16_t>(), before.size());
  const std::size_t gone = std::min<std::size_t>(input.number<std::uint8_t>(), before.size() - at);
  const Bytes come = input.chunk();
  ByteVector frame;
  append(frame, Bytes(before).first(at));
  append(frame, come);
  append(frame, Bytes(before).subspan(at + gone));
  return frame;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  DeltaEncoder encoder;
  DeltaDecoder decoder;
  ByteVector frame;
  ByteVector code;
  for (std::size_t i = 0; i < kMostFrames && !input.empty(); ++i) {
    frame = next_frame(input, frame);
    if (frame.size() > kLargestFrame) break;
    code.clear();
    encoder.encode(frame, code);
    require(code.size() <= frame.size() + 1, "a code is longer than its frame by a byte at most");
    ByteVector decoded{std::byte{0x5A}};
    require(decoder.decode(code, decoded), "what the encoder makes can be decoded");
    require(
        decoded.front() == std::byte{0x5A} && std::ranges::equal(Bytes(decoded).subspan(1), frame),
        "the frame comes back, byte for byte, behind what was there");
  }
  return 0;
}

}  // namespace icom::fuzz
