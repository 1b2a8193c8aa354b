// Any messages of a gateway to a site's session: it ends in an orderly way, and the spool keeps
// everything that the gateway did not say it has.
//
// Input: chunks, each a serialized ToAgent. They come twice: from one who has proved to be the
// gateway, under seals; and from one who knows no token, of whom nothing is believed.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/forward/link_session.hpp"
#include "common/link/limits.hpp"
#include "common/link/message_seal.hpp"
#include "common/link/proof.hpp"
#include "common/link/read_message.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/site_spool.hpp"
#include "tests/unit/os/faulting_file_system.hpp"

namespace icom::fuzz {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

const std::string kToken = "token";

/// Proves itself, if it is to, says what the input holds, then breaks. Takes down what the gateway
/// says it has stored.
class ScriptedPipe final : public forward::MessagePipe {
 public:
  ScriptedPipe(asio::any_io_executor executor, Input script, bool knows_token)
      : executor_(std::move(executor)), script_(script), knows_token_(knows_token) {}

  awaitable<std::string> read() override {
    // The other loop has time to send what it may.
    for (int i = 0; i < 3; ++i) co_await asio::post(executor_, asio::use_awaitable);
    if (!proof_.empty()) co_return std::exchange(proof_, {});
    if (script_.empty() || aborted_) {
      throw forward::LinkFailure(forward::FailureKind::network, "the connection broke");
    }
    std::string message(as_text(script_.chunk()));
    if (!sealer_) co_return message;
    note(message);
    co_return sealer_->seal(message);
  }
  awaitable<void> write(std::string_view bytes) override {
    co_await asio::post(executor_, asio::use_awaitable);
    std::optional<std::string_view> opened = bytes;
    if (checker_) opened = checker_->open(bytes);
    link::ToGateway message;
    require(opened && link::read_message(*opened, message, link::kMaxPartsToGateway),
            "what is sent can be read");
    if (!knows_token_) {
      require(message.has_hello() || message.has_proof(),
              "nothing is sent to one who has proved nothing");
      require(bytes.find(kToken) == std::string_view::npos, "and nothing that is secret");
    } else if (!checker_) {
      prove(message);
    }
    if (message.has_frames()) take(message.frames());
  }
  awaitable<void> close(std::chrono::milliseconds /*deadline*/) override { co_return; }
  void abort() override { aborted_ = true; }

  /// True if the gateway said, truly or not, that it has this entry.
  [[nodiscard]] bool said_stored(std::uint32_t linac, std::uint64_t run, std::uint64_t seq) const {
    return std::ranges::any_of(said_, [&](const Said& said) {
      const bool covers_run = said.run == 0 || said.run > run;  // runs rise in site_spool.hpp
      return said.linac == linac && (covers_run || (said.run == run && said.seq >= seq));
    });
  }

 private:
  struct Said {
    std::uint32_t linac;
    std::uint64_t run;
    std::uint64_t seq;
  };

  void prove(const link::ToGateway& message) {
    link::ToAgent answer;
    if (message.has_hello()) {
      transcript_ = {link::kLinkPurpose, message.hello().protocol(), message.hello().site(),
                     message.hello().nonce(), std::string(link::kNonceBytes, 'g')};
      answer.mutable_challenge()->set_nonce(transcript_.gateway_nonce);
    } else {
      require(link::proves(message.proof().mac(), link::Role::agent, kToken, transcript_),
              "the agent proves itself");
      answer.mutable_proof()->set_mac(link::proof_of(link::Role::gateway, kToken, transcript_));
      sealer_.emplace(link::session_key(link::Role::gateway, kToken, transcript_));
      checker_.emplace(link::session_key(link::Role::agent, kToken, transcript_));
    }
    proof_ = answer.SerializeAsString();
  }

  void note(const std::string& bytes) {
    link::ToAgent message;
    if (!link::read_message(bytes, message, link::kMaxPartsToAgent)) return;
    for (const auto& linac : message.welcome().linacs()) note(linac);
    note(message.registration().linac());
    for (const auto& at : message.ack().positions())
      said_.push_back({at.linac(), at.run(), at.seq()});
  }
  void note(const link::LinacWelcome& linac) {
    for (const auto& at : linac.stored()) said_.push_back({linac.linac(), at.run(), at.seq()});
  }

  void take(const link::Frames& frames) {
    std::string error;
    const auto batch = decoder_.decode(frames.compressed(), error);
    require(batch.has_value(), "the gateway's decoder can read what is sent");
    for (const link::LinkEntry& entry : batch->entries) {
      // By another run where the gateway speaks of a position that the spool does not confirm.
      require(std::ranges::any_of(site_spools().entries,
                                  [&](const auto& held) {
                                    const auto& [linac, run, seq] = held.first;
                                    return linac == entry.linac && seq == entry.seq &&
                                           as_text(held.second.bytes) == as_text(entry.bytes);
                                  }),
              "entries are sent as they stand in the spool");
    }
  }

  asio::any_io_executor executor_;
  Input script_;
  bool knows_token_;
  link::Transcript transcript_;
  std::string proof_;  ///< what is said next
  std::optional<link::MessageSealer> sealer_;
  std::optional<link::SealChecker> checker_;
  bool aborted_ = false;
  std::vector<Said> said_;
  link::BatchDecoder decoder_;
};

void check(const forward::LinkFailure& failure) {
  using forward::FailureKind;
  require(failure.kind == FailureKind::network || failure.kind == FailureKind::protocol ||
              failure.kind == FailureKind::refused || failure.kind == FailureKind::gateway_away ||
              failure.kind == FailureKind::not_the_gateway,
          "a session ends by what the gateway said or by the connection, and by nothing else");
  const std::string_view text = failure.what();
  require(
      text.size() < 1000 && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }),
      "what is told to the operator is one line of plain text");
}

void hold_session(Input script, bool knows_token) {
  os::FaultingFileSystem files;
  for (const auto& [path, bytes] : site_spools().segments) files.put(path, bytes);
  asio::io_context context;
  ScriptedPipe pipe(context.get_executor(), script, knows_token);
  forward::LinacStreams linacs;
  for (std::uint32_t number = 1; number <= kSiteLinacs; ++number) {
    linacs.push_back(std::make_unique<forward::LinacStream>(files, std::to_string(number), number,
                                                            site_spool(number)));
  }
  const forward::SessionHooks hooks{[] { return link::Status(); }, [] {}};
  forward::LinkSession session(context.get_executor(), pipe, linacs, {"nbcc", kToken, "1"}, hooks,
                               {});
  bool failed = false;
  asio::co_spawn(context, session.run(), [&failed](const std::exception_ptr& error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const forward::LinkFailure& failure) {
      failed = true;
      check(failure);
    }
  });
  context.run();
  require(failed, "a session that nobody stopped ends by a failure");

  const auto left = files.all_files();
  for (const auto& [position, place] : site_spools().entries) {
    const auto [linac, run, seq] = position;
    require(
        std::ranges::find(left, place.segment) != left.end() || pipe.said_stored(linac, run, seq),
        "what the gateway did not say it has stays in the spool");
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  spdlog::set_level(spdlog::level::off);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const bool knows_token : {true, false}) hold_session(Input(data, size), knows_token);
  return 0;
}

}  // namespace icom::fuzz
