// A site that talks to the desk, step by step, and a desk that keeps who has asked.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/link/desk_seal.hpp"
#include "common/link/proof.hpp"
#include "gateway/ingest/desk.hpp"
#include "tests/unit/ingest/test_agent.hpp"

namespace icom::ingest {

/// What any site proves.
inline const std::string kDeskSecret = link::secret_of_code(std::string(64, 'c')).key;

class FakeDesk final : public Desk {
 public:
  std::variant<std::vector<std::string>, link::DeskAnswer> secrets_for(
      const link::DeskRequest& /*request*/) override {
    return std::vector<std::string>{kDeskSecret};
  }
  link::DeskAnswer refuse_proof(const link::DeskRequest& /*hello*/) override {
    link::DeskAnswer answer;
    answer.mutable_refused()->set_code(link::DeskRefused::WRONG_CODE);
    return answer;
  }
  link::DeskAnswer answer(const link::DeskRequest& request,
                          const link::DeskSecret& /*secret*/) override {
    std::unique_lock lock(mutex_);
    asked_.push_back(request.site());
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    link::DeskAnswer answer;
    answer.mutable_enrolled()->set_token("the new token, sixteen or more");
    return answer;
  }

  /// From now on no answer comes, until it is let go.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  /// Until so many have asked; false after 5 s.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5), [&] { return asked_.size() >= count; });
  }
  /// The sites that have asked, in order.
  [[nodiscard]] std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::vector<std::string> asked_;
};

class DeskClient {
 public:
  DeskClient(std::uint16_t port, std::string site)
      : agent(port, link::kDeskPath), site_(std::move(site)) {}

  link::DeskAnswer receive() {
    link::DeskAnswer answer;
    const auto bytes = agent.receive_bytes();
    EXPECT_TRUE(bytes && answer.ParseFromString(*bytes));
    return answer;
  }
  void say_hello() {
    link::DeskRequest hello = request(site_);
    hello.mutable_hello()->set_secret(link::DeskHello::CODE);
    hello.mutable_hello()->set_nonce(transcript_.agent_nonce);
    hello.mutable_hello()->set_share(transcript_.agent_share);
    agent.send_bytes(hello.SerializeAsString());
    const link::DeskAnswer challenge = receive();
    transcript_.gateway_nonce = challenge.challenge().nonce();
    transcript_.gateway_share = challenge.challenge().share();
  }
  link::DeskAnswer prove(const std::string& secret) {
    return send_proof(link::proof_of(link::Role::agent, secret, transcript_));
  }
  link::DeskAnswer send_proof(const std::string& mac) {
    link::DeskRequest proof = request(site_);
    proof.mutable_proof()->set_mac(mac);
    agent.send_bytes(proof.SerializeAsString());
    return receive();
  }
  /// What is asked once both have proved themselves.
  void send_request(const std::string& site) {
    link::DeskRequest asked = request(site);
    asked.mutable_enrol()->set_public_key("ssh-ed25519 AAAA");
    agent.send_bytes(link::encrypt_once(key(link::Role::agent), asked.SerializeAsString()));
  }
  /// Nothing if the connection is over.
  std::optional<link::DeskAnswer> receive_answer() {
    const auto bytes = agent.receive_bytes();
    if (!bytes) return std::nullopt;
    const auto plain = link::decrypt(key(link::Role::gateway), *bytes);
    link::DeskAnswer answer;
    EXPECT_TRUE(plain && answer.ParseFromString(*plain));
    return answer;
  }
  link::DeskAnswer ask(const std::string& site) {
    send_request(site);
    return receive_answer().value_or(link::DeskAnswer());
  }

  static link::DeskRequest request(const std::string& site) {
    link::DeskRequest request;
    request.set_protocol(link::kDeskProtocol);
    request.set_site(site);
    return request;
  }

  [[nodiscard]] const std::string& site() const { return site_; }
  [[nodiscard]] const link::Transcript& transcript() const { return transcript_; }

  TestAgent agent;

 private:
  [[nodiscard]] std::string key(link::Role sender) const {
    const auto agreed = share_.agreed_with(transcript_.gateway_share);
    return link::desk_key(sender, kDeskSecret, transcript_, agreed.value());
  }

  const std::string site_;
  link::DeskShare share_;
  link::Transcript transcript_{link::purpose_of(link::DeskHello::CODE),
                               link::kDeskProtocol,
                               site_,
                               link::make_nonce(),
                               {},
                               share_.public_part(),
                               {}};
};

}  // namespace icom::ingest
