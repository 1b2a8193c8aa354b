// What both forward.json and `icom-agent status --json` tell, in JSON. The fields: docs/agent.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "agent/forward/forward_status.hpp"

namespace icom::forward {

/// Fields in the order in which they are shown.
nlohmann::ordered_json port_forward_to_json(const PortForwardStatus& forward);
/// Missing fields keep their defaults. Throws nlohmann::json::exception if there is no name, or a
/// field is of another type.
PortForwardStatus port_forward_from_json(const nlohmann::json& from);

/// null: there was none.
nlohmann::ordered_json error_to_json(const std::optional<ForwardError>& error);
/// Throws as port_forward_from_json() does.
std::optional<ForwardError> error_from_json(const nlohmann::json& from);

}  // namespace icom::forward
