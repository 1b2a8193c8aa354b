#include "common/icom/length_convention.hpp"

namespace icom {

bool LengthConvention::observe(std::uint32_t length_field, std::size_t size) {
  const auto constant = static_cast<std::int64_t>(size) - std::int64_t{length_field};
  if (learnt_ == constant) {
    disagreeing_ = 0;
    candidate_.reset();
    return false;
  }
  bool dropped = false;
  if (learnt_ && ++disagreeing_ >= kPatience) {
    learnt_.reset();
    disagreeing_ = 0;
    dropped = true;
  }
  if (!candidate_ || candidate_->constant != constant) {
    candidate_ = {constant, length_field};
  } else if (!candidate_->first_field) {
    candidate_->first_field = length_field;
  } else if (!learnt_ && candidate_->first_field != length_field) {
    learnt_ = constant;
    candidate_.reset();
  }
  return dropped;
}

void LengthConvention::adopt(std::int64_t constant, bool learnt) {
  *this = {};
  if (learnt) {
    learnt_ = constant;
  } else {
    candidate_ = {constant, std::nullopt};
  }
}

void LengthConvention::doubt() {
  if (learnt_) {
    candidate_ = {*learnt_, std::nullopt, true};
  } else if (candidate_) {
    candidate_->first_field.reset();
  }
  learnt_.reset();
  disagreeing_ = 0;
}

std::optional<std::int64_t> LengthConvention::predict(std::uint32_t length_field) const {
  if (!learnt_) {
    return std::nullopt;
  }
  return *learnt_ + std::int64_t{length_field};
}

}  // namespace icom
