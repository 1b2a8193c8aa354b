// Any codes, one after the other, to the delta decoder.
//
// Input: chunks, each a code.
#include <algorithm>

#include "common/icom/delta_codec.hpp"
#include "common/icom/delta_format.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/require.hpp"

namespace icom::fuzz {
namespace {

constexpr std::size_t kMostCodes = 64;

/// What came out must be as good a frame to code against as any other.
void code_on(Bytes frame) {
  DeltaEncoder encoder;
  DeltaDecoder decoder;
  for (int i = 0; i < 2; ++i) {
    ByteVector code;
    ByteVector decoded;
    encoder.encode(frame, code);
    require(decoder.decode(code, decoded) && std::ranges::equal(decoded, frame),
            "what came out can be coded");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  DeltaDecoder decoder;
  DeltaDecoder other;
  bool needs_key_frame = true;
  for (std::size_t i = 0; i < kMostCodes && !input.empty(); ++i) {
    const Bytes code = input.chunk();
    ByteVector decoded;
    const bool good = decoder.decode(code, decoded);
    ByteVector again{std::byte{0x5A}};
    require(
        other.decode(code, again) == good && std::ranges::equal(Bytes(again).subspan(1), decoded),
        "the same codes give the same frames");
    const bool is_key_frame = !code.empty() && code.front() == delta::kRaw;
    require(!good || is_key_frame || !needs_key_frame, "after a refusal only a key frame is taken");
    require(good || decoded.empty(), "a refusal leaves nothing behind");
    require(decoded.size() <= DeltaDecoder::kMaxDecoded, "what is decoded is bounded");
    needs_key_frame = !good;
    if (good) code_on(decoded);
  }
  return 0;
}

}  // namespace icom::fuzz
