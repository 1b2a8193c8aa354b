#include "common/icom/delivered_mu.hpp"

namespace icom {

void DeliveredMu::add(std::optional<double> delivery_mu) {
  if (!delivery_mu) {
    return;
  }
  if (last_ && *delivery_mu > *last_) {
    total_ += *delivery_mu - *last_;
  }
  last_ = delivery_mu;
}

}  // namespace icom
