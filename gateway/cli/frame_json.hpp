// A frame as a JSON object.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "common/icom/values.hpp"
#include "gateway/cli/linac_clocks.hpp"
#include "gateway/store/frame_key.hpp"

namespace icom::cli {

/// Everything that the frame says, and what the store knows of it. `time`: what its time stands
/// for.
nlohmann::ordered_json frame_json(const store::FrameKey& key, const ZonedTime& time, Bytes frame);

}  // namespace icom::cli
