#include "common/link/batch_checksum.hpp"

#include <xxhash.h>

#include <array>
#include <new>

namespace icom::link {

void BatchChecksum::Free::operator()(XXH3_state_s* state) const {
  XXH3_freeState(state);
}

BatchChecksum::BatchChecksum() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_64bits_reset(state_.get());
}

void BatchChecksum::add(const LinkEntry& entry) {
  std::array<std::byte, 40> head{};
  store_little_endian(&head[0], entry.linac);
  store_little_endian(&head[4], static_cast<std::uint32_t>(entry.kind));
  store_little_endian(&head[8], entry.run);
  store_little_endian(&head[16], entry.seq);
  store_little_endian(&head[24], static_cast<std::uint64_t>(entry.received_us));
  store_little_endian(&head[32], static_cast<std::uint64_t>(entry.bytes.size()));
  XXH3_64bits_update(state_.get(), head.data(), head.size());
  XXH3_64bits_update(state_.get(), entry.bytes.data(), entry.bytes.size());
}

std::uint64_t BatchChecksum::finish() {
  const std::uint64_t checksum = XXH3_64bits_digest(state_.get());
  XXH3_64bits_reset(state_.get());
  return checksum;
}

}  // namespace icom::link
