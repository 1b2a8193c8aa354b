// Any messages of an agent to the gateway: who may send is decided by the token alone, and what is
// taken in is taken in whole and in order.
//
// Input: chunks, each a serialized ToGateway.
#include <algorithm>
#include <variant>

#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/read_message.hpp"
#include "gateway/ingest/admission.hpp"
#include "gateway/ingest/batch_sorting.hpp"
#include "gateway/ingest/link_status_board.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/require.hpp"

namespace icom::fuzz {
namespace {

constexpr std::uint64_t kUnacknowledged = 4U << 20U;
const std::string kToken = "a-token-of-nbcc-0123456789";

class NothingStored final : public ingest::EntrySink {
 public:
  std::uint64_t stored_position(store::LinacId linac, std::uint64_t /*run*/) override {
    require(linac == 11 || linac == 12, "positions are told of the site's own Linacs only");
    return 7;
  }
  bool submit(store::IncomingBatch&& /*batch*/) override { return true; }
};

const ingest::SiteRegistry& registry() {
  static const ingest::SiteRegistry sites(
      {{"nbcc", ingest::Credentials(kToken), {{"4299", 11}, {"9183", 12}}},
       {"rccc", ingest::Credentials("a-token-of-rccc-0123456789"), {{"2619", 21}}},
       {"sash", {}, {{"9002", 31}}}});
  return sites;
}

void check(const link::Refused& refused) {
  link::Refused read;
  require(read.ParseFromString(refused.SerializeAsString()), "a refusal can be read");
  require(refused.text().size() < 1000 &&
              std::ranges::all_of(refused.text(), [](char c) { return c >= ' ' && c <= '~'; }),
          "a refusal is one line of plain text");
}

void check(const ingest::Admission& admission, const link::Hello& hello) {
  require(admission.site == registry().find(hello.site()), "the site is the one that was named");
  require(hello.token() == (hello.site() == "nbcc" ? kToken : "a-token-of-rccc-0123456789"),
          "nobody gets in without the site's own token");
  require(admission.linacs.size() <= link::kMaxLinacs, "Linacs are bounded");
  link::Welcome read;
  require(read.ParseFromString(admission.welcome.SerializeAsString()), "a Welcome can be read");
  require(read.linacs_size() == hello.spools_size(), "each Linac is answered");
  for (const link::LinacWelcome& linac : read.linacs()) {
    require(linac.accepted() == admission.linacs.contains(linac.linac()), "as it is said");
  }
  for (const auto& [number, linac] : admission.linacs) {
    require(admission.site->find(linac.serial) != nullptr, "the site's own Linacs only");
  }
}

/// One session as the gateway's, without its connection.
class GatewaySide {
 public:
  /// False once the session would be ended.
  bool take(const link::ToGateway& message) {
    if (admission_.site == nullptr) return message.has_hello() && take(message.hello());
    if (message.has_frames()) return take(message.frames());
    if (!message.has_status()) return false;
    for (const link::LinacStatus& status : message.status().linacs()) {
      const auto linac = admission_.linacs.find(status.linac());
      if (linac != admission_.linacs.end()) {
        board_.report({admission_.site->site, linac->second.serial}, status, {});
      }
    }
    return true;
  }

 private:
  bool take(const link::Hello& hello) {
    auto answer = ingest::admit(hello, registry(), sink_, nullptr, kUnacknowledged);
    if (const auto* const refused = std::get_if<link::Refused>(&answer)) {
      check(*refused);
      return false;
    }
    admission_ = std::get<ingest::Admission>(std::move(answer));
    check(admission_, hello);
    return true;
  }

  bool take(const link::Frames& frames) {
    std::string error;
    auto batch = decoder_.decode(frames.compressed(), error);
    require(batch.has_value() != !error.empty(), "a batch, or why there is none");
    if (!batch) return false;
    require(batch->arena.size() <= link::BatchDecoder::kMaxBatchBytes, "a batch is bounded");
    const auto sorted = ingest::sort_batch(std::move(*batch), admission_.linacs);
    if (const auto* const refused = std::get_if<link::Refused>(&sorted)) {
      check(*refused);
      return false;
    }
    return true;
  }

  NothingStored sink_;
  ingest::Admission admission_;
  link::BatchDecoder decoder_;
  ingest::LinkStatusBoard board_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  GatewaySide gateway;
  link::ToGateway message;
  while (!input.empty()) {
    const std::string_view bytes = as_text(input.chunk());
    if (!link::read_message(bytes, message)) break;
    if (!gateway.take(message)) break;
  }
  return 0;
}

}  // namespace icom::fuzz
