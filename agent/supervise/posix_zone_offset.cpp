#include <cstdlib>
#include <ctime>
#include <optional>

#include "agent/supervise/zone_offset.hpp"

namespace icom::supervise {

namespace {

/// The process' time zone is another for the life of this.
class InZone {
 public:
  explicit InZone(const std::string& zone) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    ::setenv("TZ", (':' + zone).c_str(), 1);
    ::tzset();
  }
  ~InZone() {
    if (before_) {
      ::setenv("TZ", before_->c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }
  InZone(const InZone&) = delete;
  InZone& operator=(const InZone&) = delete;

 private:
  std::optional<std::string> before_;
};

}  // namespace

std::int64_t zone_offset_seconds(const std::string& zone, std::int64_t utc_seconds) {
  std::optional<InZone> in_zone;
  if (!zone.empty()) in_zone.emplace(zone);
  const std::time_t time = utc_seconds;
  std::tm local{};
  ::localtime_r(&time, &local);
  return local.tm_gmtoff;
}

}  // namespace icom::supervise
