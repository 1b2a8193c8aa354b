#include "gateway/archive/processor_share.hpp"

namespace icom::archive {

ProcessorShare::Time ProcessorShare::rest(Time used, Time now) {
  const Time ahead = parts_ * (used - used_before_) - (now - begun_);
  if (ahead < Time(0)) {
    used_before_ = used;
    begun_ = now;
  }
  return ahead < kShortest ? Time(0) : ahead;
}

}  // namespace icom::archive
