#include "agent/forward/proof_exchange.hpp"

#include "agent/forward/link_failure.hpp"
#include "agent/forward/refusal_text.hpp"
#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/link.pb.h"
#include "common/link/proof.hpp"
#include "common/link/read_message.hpp"

namespace icom::forward {
namespace {

using boost::asio::awaitable;

/// The next message, as long as the other end may be anybody.
awaitable<link::ToAgent> read_unproved(MessagePipe& pipe, const Caller& caller) {
  const std::string bytes = co_await pipe.read();
  link::ToAgent message;
  if (bytes.size() > link::kMaxUnprovedBytes ||
      !link::read_message(bytes, message, link::kMaxUnprovedParts)) {
    throw no_proof_from(caller.gateway);
  }
  if (message.has_refused()) throw unproved_failure_of(message.refused(), caller.site);
  co_return message;
}

awaitable<void> write(MessagePipe& pipe, const link::ToGateway& message) {
  const std::string bytes = message.SerializeAsString();
  co_await pipe.write(bytes);
}

}  // namespace

awaitable<SealedPipe::Keys> exchange_proofs(MessagePipe& pipe, const Caller& caller) {
  link::Transcript transcript{
      link::kLinkPurpose, link::kLinkProtocol, caller.site, link::make_nonce(), {}};
  link::ToGateway hello;
  hello.mutable_hello()->set_protocol(link::kLinkProtocol);
  hello.mutable_hello()->set_site(caller.site);
  hello.mutable_hello()->set_nonce(transcript.agent_nonce);
  co_await write(pipe, hello);

  const link::ToAgent challenge = co_await read_unproved(pipe, caller);
  transcript.gateway_nonce = challenge.challenge().nonce();
  if (transcript.gateway_nonce.size() != link::kNonceBytes) throw no_proof_from(caller.gateway);
  link::ToGateway ours;
  ours.mutable_proof()->set_mac(link::proof_of(link::Role::agent, caller.token, transcript));
  co_await write(pipe, ours);

  const link::ToAgent theirs = co_await read_unproved(pipe, caller);
  if (!link::proves(theirs.proof().mac(), link::Role::gateway, caller.token, transcript)) {
    throw no_proof_from(caller.gateway);
  }
  co_return SealedPipe::Keys{link::session_key(link::Role::agent, caller.token, transcript),
                             link::session_key(link::Role::gateway, caller.token, transcript)};
}

}  // namespace icom::forward
