// Any messages of an agent to the gateway: who may send is decided by the token alone, and what is
// taken in is taken in whole and in order.
//
// Input: chunks, each a serialized ToGateway. They are taken twice: as they stand, and with nonces,
// proofs and seals put right, which no fuzzer guesses, so that it gets behind the proof.
#include <algorithm>
#include <variant>

#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/message_seal.hpp"
#include "common/link/proof.hpp"
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

std::string token_of(const std::string& site) {
  return site == "nbcc" ? kToken : "a-token-of-rccc-0123456789";
}

class NothingStored final : public ingest::EntrySink {
 public:
  std::vector<store::StoredPosition> stored_positions(
      store::LinacId linac, std::span<const std::uint64_t> runs) override {
    require(linac == 11 || linac == 12, "positions are told of the site's own Linacs only");
    std::vector<store::StoredPosition> stored;
    for (const std::uint64_t run : runs) {
      stored.push_back({run % 2 == 0 ? 7U : 0U, run});  // so that what follows a fork has an end
    }
    return stored;
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
  require(admission.linacs.size() <= link::kMaxSpools, "Linacs are bounded");
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
  bool take(std::string_view bytes) {
    std::optional<std::string_view> opened = bytes;
    if (checker_) opened = checker_->open(bytes);
    const bool proving = admission_.site == nullptr && !checker_;
    link::ToGateway message;
    return opened &&
           link::read_message(*opened, message,
                              proving ? link::kMaxClearHelloParts : link::kMaxPartsToGateway) &&
           take(message);
  }
  /// What is known of the session, for an agent that knows the token.
  [[nodiscard]] const link::Transcript& transcript() const { return transcript_; }
  [[nodiscard]] bool is_sealed() const { return checker_.has_value(); }

 private:
  bool take(const link::ToGateway& message) {
    if (site_ == nullptr) return message.has_hello() && take(message.hello());
    if (admission_.site == nullptr) {
      if (!checker_) return message.has_proof() && take(message.proof());
      if (!message.has_announcement()) return false;
      hello_.mutable_spools()->CopyFrom(message.announcement().spools());
      return admit();
    }
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

  bool take(const link::Hello& hello) {
    hello_ = hello;
    const bool clear = hello.protocol() == link::kClearTokenProtocol;
    if (!clear && hello.protocol() != link::kLinkProtocol) {
      check(ingest::version_refusal(hello.protocol()));
      return false;
    }
    auto known = clear ? ingest::let_in_by_clear_token(hello, registry())
                       : ingest::site_that_may_send(hello.site(), registry());
    if (const auto* const refused = std::get_if<link::Refused>(&known)) {
      check(*refused);
      return false;
    }
    site_ = std::get<std::shared_ptr<const ingest::RegisteredSite>>(std::move(known));
    transcript_ = {link::kLinkPurpose, link::kLinkProtocol, hello.site(), hello.nonce(),
                   std::string(link::kNonceBytes, 'g')};
    if (!clear) return hello.nonce().size() == link::kNonceBytes;
    require(hello.token() == token_of(hello.site()), "nobody gets in without the site's own token");
    return admit();
  }

  bool take(const link::Proof& proof) {
    const auto token = site_->credentials.proved_token(proof.mac(), transcript_);
    if (!token) {
      check(ingest::token_refusal(hello_.site()));
      return false;
    }
    require(*token == token_of(hello_.site()), "a proof is of the site's own token");
    checker_.emplace(link::session_key(link::Role::agent, *token, transcript_));
    return true;
  }

  bool admit() {
    auto answer = ingest::admit(site_, hello_, registry(), sink_, nullptr, kUnacknowledged);
    if (const auto* const refused = std::get_if<link::Refused>(&answer)) {
      check(*refused);
      return false;
    }
    admission_ = std::get<ingest::Admission>(std::move(answer));
    check(admission_, hello_);
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
  std::shared_ptr<const ingest::RegisteredSite> site_;
  link::Hello hello_;
  link::Transcript transcript_;
  std::optional<link::SealChecker> checker_;
  ingest::Admission admission_;
  link::BatchDecoder decoder_;
  ingest::LinkStatusBoard board_;
};

/// As an agent that knows the token would have sent it.
std::string put_right(const std::string& bytes, const GatewaySide& gateway,
                      std::optional<link::MessageSealer>& sealer) {
  const std::string token = token_of(gateway.transcript().site);
  if (gateway.is_sealed()) {
    if (!sealer) {
      sealer.emplace(link::session_key(link::Role::agent, token, gateway.transcript()));
    }
    return sealer->seal(bytes);
  }
  link::ToGateway message;
  if (!link::read_message(bytes, message, link::kMaxClearHelloParts)) return bytes;
  if (message.has_hello() && message.hello().nonce().empty()) {
    message.mutable_hello()->set_nonce(std::string(link::kNonceBytes, 'a'));
  } else if (message.has_proof()) {
    message.mutable_proof()->set_mac(
        link::proof_of(link::Role::agent, token, gateway.transcript()));
  }
  return message.SerializeAsString();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  {
    Input input(data, size);
    GatewaySide gateway;
    while (!input.empty() && gateway.take(as_text(input.chunk()))) {
    }
  }
  Input input(data, size);
  GatewaySide gateway;
  std::optional<link::MessageSealer> sealer;
  while (!input.empty()) {
    const std::string bytes(as_text(input.chunk()));
    if (!gateway.take(put_right(bytes, gateway, sealer))) break;
  }
  return 0;
}

}  // namespace icom::fuzz
