#include "gateway/store/junk_pack.hpp"

#include <utility>
#include <vector>

#include "gateway/store/varint.hpp"

namespace icom::store {

namespace {

constexpr std::uint64_t kJunkVersion = 1;

}  // namespace

void JunkPack::add(const JunkRun& junk) {
  append_varint(heads_, junk.run ^ before_.run);
  append_signed(heads_, static_cast<std::int64_t>(junk.seq - before_.seq));
  append_signed(heads_, static_cast<std::int64_t>(static_cast<std::uint64_t>(junk.received_us) -
                                                  static_cast<std::uint64_t>(before_.received_us)));
  append_varint(heads_, junk.bytes.size());
  append(bytes_, junk.bytes);
  before_ = {junk.run, junk.seq, junk.received_us, {}};
  ++runs_;
}

ByteVector JunkPack::finish() {
  ByteVector packed;
  packed.reserve(heads_.size() + bytes_.size() + sizeof(std::uint64_t) * 2);
  append_varint(packed, kJunkVersion);
  append_varint(packed, static_cast<std::uint64_t>(runs_));
  append(packed, heads_);
  append(packed, bytes_);
  *this = {};
  return packed;
}

void unpack_junk(Bytes packed, const std::function<void(const JunkRun&)>& visit) {
  VarintReader reader(packed);
  if (reader.next() != kJunkVersion) throw CorruptData("junk of another version");
  const std::uint64_t runs = reader.next();
  if (runs > packed.size()) throw CorruptData("more runs of junk than bytes");
  struct JunkHead {
    JunkRun junk;
    std::uint64_t size = 0;
  };
  std::vector<JunkHead> heads;
  JunkRun before;
  for (std::uint64_t i = 0; i < runs; ++i) {
    before.run ^= reader.next();
    before.seq += static_cast<std::uint64_t>(reader.next_signed());
    before.received_us =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(before.received_us) +
                                  static_cast<std::uint64_t>(reader.next_signed()));
    heads.push_back({before, reader.next()});
  }
  for (JunkHead& head : heads) {
    head.junk.bytes = reader.take(head.size);
    visit(head.junk);
  }
  if (!reader.at_end()) throw CorruptData("bytes behind the last run of junk");
}

}  // namespace icom::store
