#include "common/icom/delivered_mu.hpp"

#include <cmath>

namespace icom {

bool is_mu(double value) {
  return std::abs(value) <= kMostMu;  // not so for what is no number
}

void DeliveredMu::add(std::optional<double> delivery_mu) {
  if (!delivery_mu) {
    return;
  }
  if (!is_mu(*delivery_mu)) {
    any_is_no_mu_ = true;
    return;
  }
  if (last_ && *delivery_mu > *last_) {
    total_ += *delivery_mu - *last_;
  }
  last_ = delivery_mu;
}

}  // namespace icom
