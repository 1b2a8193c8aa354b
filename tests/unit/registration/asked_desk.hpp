// What a site asks of a desk, and what it has proved to know by then.
#pragma once

#include <algorithm>
#include <variant>

#include "gateway/ingest/desk.hpp"

namespace icom::registration {

struct Asked {
  link::DeskRequest request;
  link::DeskSecret secret;
};

/// As ingest does it, without a connection: a secret that is not one of the site's cannot be
/// proved.
inline link::DeskAnswer ask(ingest::Desk& desk, const link::DeskRequest& request,
                            const link::DeskSecret& secret) {
  link::DeskRequest hello;
  hello.set_protocol(request.protocol());
  hello.set_site(request.site());
  hello.mutable_hello()->set_secret(secret.kind);
  const auto found = desk.secrets_for(hello);
  if (const auto* const refused = std::get_if<link::DeskAnswer>(&found)) return *refused;
  const auto& secrets = std::get<std::vector<std::string>>(found);
  if (std::ranges::find(secrets, secret.key) == secrets.end()) return desk.refuse_proof(hello);
  return desk.answer(request, secret);
}

}  // namespace icom::registration
