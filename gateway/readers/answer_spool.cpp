#include "gateway/readers/answer_spool.hpp"

#include <array>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "common/os/unnamed_file.hpp"

namespace icom::readers {

void AnswerSpool::add(Bytes content) {
  bytes_ += content.size();
  if (bytes_ > kMostInAll) {
    throw std::runtime_error("the answer has more than " + std::to_string(kMostInAll >> 30U) +
                             " GiB: ask for less at once");
  }
  waiting_ += as_text(content);
  if (waiting_.size() > kMostInMemory) move_to_file();
}

void AnswerSpool::move_to_file() {
  std::error_code error;
  if (!file_) error = os::make_unnamed_file(folder_, file_);
  const std::array<Bytes, 1> parts{as_bytes(waiting_)};
  std::size_t written = 0;
  if (!error) error = file_->append(parts, written);
  if (error) {
    throw std::runtime_error("cannot keep the answer in " + folder_.string() + " (" +
                             error.message() +
                             "): ask for less at once, or set TMPDIR to a folder with more room");
  }
  waiting_.clear();
}

void AnswerSpool::print(std::ostream& out) {
  std::vector<std::byte> buffer(file_ ? std::size_t{64} << 10U : 0);
  for (std::uint64_t at = 0; file_ && out;) {
    std::size_t got = 0;
    if (const auto error = file_->read_at(at, buffer, got)) {
      throw std::runtime_error("cannot read the answer back from " + folder_.string() + ": " +
                               error.message());
    }
    if (got == 0) break;
    out << as_text(Bytes(buffer).first(got));
    at += got;
  }
  out << waiting_;
}

}  // namespace icom::readers
