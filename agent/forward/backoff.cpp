#include "agent/forward/backoff.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

namespace icom::forward {

Backoff::Backoff(Limits limits, Random random)
    : limits_(limits), random_(std::move(random)), ceiling_(limits.first) {}

Backoff::Milliseconds Backoff::next() {
  const auto delay = Milliseconds(
      static_cast<Milliseconds::rep>(random_() * static_cast<double>(ceiling_.count())));
  ceiling_ = std::min(limits_.most, ceiling_ * 2);
  return delay;
}

Backoff::Random machine_random() {
  auto engine = std::make_shared<std::mt19937_64>(std::random_device{}());
  return [engine] { return std::uniform_real_distribution<double>(0.0, 1.0)(*engine); };
}

}  // namespace icom::forward
