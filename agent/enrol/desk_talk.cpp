#include "agent/enrol/desk_talk.hpp"

#include <optional>

#include "agent/forward/link_failure.hpp"
#include "common/link/limits.hpp"
#include "common/link/proof.hpp"
#include "common/link/read_message.hpp"
#include "common/log/printable.hpp"

namespace icom::enrol {

using boost::asio::awaitable;
using forward::FailureKind;
using forward::LinkFailure;

namespace {

LinkFailure no_proof(const link::DeskSecret& secret, const std::string& gateway) {
  const std::string what =
      secret.kind == link::DeskHello::CODE ? "this enrolment file's code" : "this site's token";
  return {FailureKind::not_the_gateway,
          "what answers at " + log::printable(gateway, log::kSentence) +
              " of the hosting site gave no proof that it knows " + what +
              ": another program has taken the gateway's port, or icom-gateway is of an older "
              "release: look there, then run this again; nothing was sent to it, and nothing of it "
              "was believed"};
}

/// The next message, as long as the other end may be anybody.
awaitable<link::DeskAnswer> read_unproved(forward::MessagePipe& pipe,
                                          const link::DeskSecret& secret,
                                          const std::string& gateway) {
  const std::string bytes = co_await pipe.read();
  link::DeskAnswer answer;
  if (bytes.size() > link::kMaxUnprovedBytes ||
      !link::read_message(bytes, answer, link::kMaxUnprovedParts)) {
    throw no_proof(secret, gateway);
  }
  co_return answer;
}

awaitable<void> write(forward::MessagePipe& pipe, const link::DeskRequest& request) {
  const std::string bytes = request.SerializeAsString();
  co_await pipe.write(bytes);
}

/// It says what to do, and does no harm if it is a lie; but who says it is not known.
std::string unproved_refusal(link::DeskAnswer answer) {
  answer.set_gateway_time(0);
  answer.mutable_refused()->set_text(
      log::printable(answer.refused().text(), log::kSentence) +
      " (that it is the gateway which says so is not proved: where this cannot be, look there "
      "whether another program has its port)");
  return answer.SerializeAsString();
}

}  // namespace

awaitable<std::string> talk_to_desk(forward::MessagePipe& pipe, const link::DeskRequest& request,
                                    const link::DeskSecret& secret, std::string gateway) {
  const link::DeskShare share;
  link::Transcript transcript{link::purpose_of(secret.kind),
                              link::kDeskProtocol,
                              request.site(),
                              link::make_nonce(),
                              {},
                              share.public_part(),
                              {}};
  link::DeskRequest ours;
  ours.set_protocol(request.protocol());
  ours.set_site(request.site());
  ours.set_agent_version(request.agent_version());
  ours.mutable_hello()->set_secret(secret.kind);
  ours.mutable_hello()->set_nonce(transcript.agent_nonce);
  ours.mutable_hello()->set_share(transcript.agent_share);
  co_await write(pipe, ours);

  const link::DeskAnswer challenge = co_await read_unproved(pipe, secret, gateway);
  if (challenge.has_refused()) co_return unproved_refusal(challenge);
  transcript.gateway_nonce = challenge.challenge().nonce();
  transcript.gateway_share = challenge.challenge().share();
  const auto agreed = share.agreed_with(transcript.gateway_share);
  if (transcript.gateway_nonce.size() != link::kNonceBytes || !agreed) {
    throw no_proof(secret, gateway);
  }
  ours.mutable_proof()->set_mac(link::proof_of(link::Role::agent, secret.key, transcript));
  co_await write(pipe, ours);

  const link::DeskAnswer theirs = co_await read_unproved(pipe, secret, gateway);
  if (theirs.has_refused()) co_return unproved_refusal(theirs);
  if (!link::proves(theirs.proof().mac(), link::Role::gateway, secret.key, transcript)) {
    throw no_proof(secret, gateway);
  }
  const auto key = [&](link::Role sender) {
    return link::desk_key(sender, secret.key, transcript, *agreed);
  };
  const std::string encrypted =
      link::encrypt_once(key(link::Role::agent), request.SerializeAsString());
  co_await pipe.write(encrypted);
  const std::string bytes = co_await pipe.read();
  std::optional<std::string> answer = link::decrypt(key(link::Role::gateway), bytes);
  if (!answer) throw no_proof(secret, gateway);
  co_return std::move(*answer);
}

}  // namespace icom::enrol
