#include "gateway/store/given_up.hpp"

namespace icom::store {

namespace {

/// Reasons come from outside: so many bytes of them are kept.
constexpr std::size_t kMostReasonBytes = 200;

bool holds(const std::string& reasons, const std::string& one) {
  return (',' + reasons + ',').find(',' + one + ',') != std::string::npos;
}

}  // namespace

void GivenUp::add(const Hole& hole) {
  frames += static_cast<std::int64_t>(hole.frames);
  frames_with_patient += static_cast<std::int64_t>(hole.frames_with_patient);
  if (holds(reasons, hole.reason) || reasons.size() + hole.reason.size() >= kMostReasonBytes) {
    return;
  }
  reasons += (reasons.empty() ? "" : ",") + hole.reason;
}

}  // namespace icom::store
