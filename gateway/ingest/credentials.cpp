#include "gateway/ingest/credentials.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace icom::ingest {

Credentials::Credentials(std::string token) : state_(std::make_shared<State>()) {
  if (!token.empty()) state_->tokens.push_back(std::move(token));
}

void Credentials::set(std::vector<std::string> tokens, std::string revoked, bool proved) {
  const std::lock_guard lock(state_->mutex);
  state_->tokens = std::move(tokens);
  state_->revoked = std::move(revoked);
  state_->unknown.clear();
  state_->proved = state_->proved || proved;
}

void Credentials::set_unknown(std::string why) {
  const std::lock_guard lock(state_->mutex);
  state_->unknown = std::move(why);
}

std::string Credentials::unknown() const {
  const std::lock_guard lock(state_->mutex);
  return state_->unknown;
}

bool Credentials::usable() const {
  const std::lock_guard lock(state_->mutex);
  return !state_->tokens.empty();
}

bool Credentials::token_is(std::string_view token) const {
  const std::lock_guard lock(state_->mutex);
  bool found = false;
  for (const std::string& own : state_->tokens) {
    // The length may be found out; it is no secret.
    if (own.size() == token.size() && CRYPTO_memcmp(own.data(), token.data(), own.size()) == 0) {
      found = true;
    }
  }
  return found;
}

std::optional<std::string> Credentials::proved_token(std::string_view proof,
                                                     const link::Transcript& transcript) const {
  const std::lock_guard lock(state_->mutex);
  return link::proved_secret(proof, state_->tokens, transcript);
}

bool Credentials::note_proved() const {
  const std::lock_guard lock(state_->mutex);
  return !std::exchange(state_->proved, true);
}

bool Credentials::takes_clear_token() const {
  const std::lock_guard lock(state_->mutex);
  return !state_->proved;
}

std::string Credentials::revoked() const {
  const std::lock_guard lock(state_->mutex);
  return state_->revoked;
}

}  // namespace icom::ingest
