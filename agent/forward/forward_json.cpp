#include "agent/forward/forward_json.hpp"

#include <nlohmann/json.hpp>

namespace icom::forward {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// The one list of a forward's fields, for both ways: `visit(name, field)` for each. Forward is
/// const on the way out.
template <typename Forward, typename Visit>
void visit_forward(Forward& forward, Visit&& visit) {
  visit("name", forward.name);
  visit("direction", forward.direction);
  visit("listen", forward.listen);
  visit("target", forward.target);
  visit("state", forward.state);
  visit("since_us", forward.since_us);
  visit("connections", forward.connections);
  visit("connections_total", forward.connections_total);
  visit("connections_refused", forward.connections_refused);
  visit("target_refusals", forward.target_refusals);
  visit("target_refuses_since_us", forward.target_refuses_since_us);
  visit("bytes_to_target", forward.bytes_to_target);
  visit("bytes_from_target", forward.bytes_from_target);
  visit("last_failure", forward.last_failure);
  visit("last_failure_us", forward.last_failure_us);
}

/// Likewise.
template <typename Error, typename Visit>
void visit_error(Error& error, Visit&& visit) {
  visit("kind", error.kind);
  visit("text", error.text);
  visit("at_us", error.at_us);
}

auto into(ordered_json& out) {
  return [&out](const char* name, const auto& field) { out[name] = field; };
}

auto out_of(const json& from) {
  return [&from](const char* name, auto& field) { field = from.value(name, field); };
}

}  // namespace

ordered_json port_forward_to_json(const PortForwardStatus& forward) {
  ordered_json out;
  visit_forward(forward, into(out));
  return out;
}

PortForwardStatus port_forward_from_json(const json& from) {
  PortForwardStatus forward;
  forward.name = from.at("name").get<std::string>();
  visit_forward(forward, out_of(from));
  return forward;
}

ordered_json error_to_json(const std::optional<ForwardError>& error) {
  ordered_json out;
  if (error) visit_error(*error, into(out));
  return out;
}

std::optional<ForwardError> error_from_json(const json& from) {
  if (from.is_null()) return std::nullopt;
  ForwardError error;
  visit_error(error, out_of(from));
  return error;
}

}  // namespace icom::forward
