#include "common/link/forked_run.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "common/icom/bytes.hpp"
#include "common/icom/frame_identity.hpp"

namespace icom::link {

std::uint64_t run_after_fork(std::uint64_t run, std::uint64_t stored_seq,
                             std::uint64_t stored_fingerprint) {
  std::array<std::byte, 3 * sizeof(std::uint64_t)> all{};
  store_little_endian(&all[0], run);
  store_little_endian(&all[8], stored_seq);
  store_little_endian(&all[16], stored_fingerprint);
  return std::max<std::uint64_t>(content_hash(all), 1);
}

}  // namespace icom::link
