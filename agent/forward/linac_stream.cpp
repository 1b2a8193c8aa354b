#include "agent/forward/linac_stream.hpp"

#include <spdlog/spdlog.h>

#include <memory>
#include <utility>

#include "agent/spool/spool_writer.hpp"
#include "common/log/printable.hpp"

namespace icom::forward {

LinacStream::LinacStream(os::FileSystem& files, std::string serial, std::uint32_t number,
                         std::filesystem::path spool_directory)
    : files_(files),
      serial_(std::move(serial)),
      number_(number),
      directory_(std::move(spool_directory)),
      reader_(files, directory_) {
  status_.serial = serial_;
}

link::SpoolState LinacStream::announce() {
  link::SpoolState state;
  state.set_serial(serial_);
  state.set_linac(number_);
  state.set_address(address_);
  for (const std::uint64_t run : reader_.runs()) state.add_runs(run);
  return state;
}

void LinacStream::welcome(const link::LinacWelcome& answer) {
  status_.accepted = answer.accepted();
  status_.reason = answer.accepted() ? "" : log::printable(answer.reason(), log::kSentence);
  if (!answer.accepted()) return;

  stored_.clear();  // the gateway's word counts, not our memory of it
  for (const auto& position : answer.stored()) stored_[position.run()] = position.seq();
  // Trims what was stored in a session whose last acknowledgements never reached us. A run that is
  // stored in part was begun after all older ones had been stored: entries travel in the spool's
  // order.
  for (const std::uint64_t run : reader_.runs()) {
    const auto position = stored_.find(run);
    if (position != stored_.end() && position->second > 0) release(run, position->second);
  }
  rewind();
}

void LinacStream::session_ended() {
  rewind();
}

void LinacStream::rewind() {
  waiting_.reset();
  reader_.rewind([stored = stored_](std::uint64_t run) {
    const auto position = stored.find(run);
    return position == stored.end() ? 0 : position->second;
  });
}

const spool::Entry* LinacStream::waiting() {
  if (!status_.accepted) return nullptr;
  if (!waiting_) waiting_ = reader_.next();
  if (waiting_) return &*waiting_;
  if (!status_.registered) clear_spool_of_a_removed_one();
  return nullptr;
}

void LinacStream::taken() {
  waiting_.reset();
  ++status_.entries_sent;
}

void LinacStream::acknowledged(const UnacknowledgedWindow::Advance& advance) {
  stored_[advance.run] = advance.seq;
  status_.acked_run = advance.run;
  status_.acked_seq = advance.seq;
  status_.entries_acked += advance.entries;
  status_.round_trip_ms = advance.round_trip.count();
  release(advance.run, advance.seq);
}

void LinacStream::release(std::uint64_t run, std::uint64_t seq) {
  reader_.release(run, seq);
  tell_what_was_set_aside();
}

/// A listener would go on in the last segment: it is kept for as long as the site has the Linac.
void LinacStream::clear_spool_of_a_removed_one() {
  std::unique_ptr<os::File> nobody_writes;
  if (stored_.empty() || files_.lock(directory_ / spool::kLockFile, nobody_writes)) return;
  for (const auto& [run, seq] : stored_) reader_.release_rest(run, seq);
  tell_what_was_set_aside();
}

void LinacStream::tell_what_was_set_aside() {
  for (const auto& file : reader_.take_set_aside()) {
    spdlog::error(
        "Linac {}: a spool segment is damaged; what can be read of it is stored at the gateway, "
        "and all goes on. It is kept as {}: have this machine's disk and memory checked, then "
        "delete the file",
        serial_, file.string());
  }
}

std::uint64_t LinacStream::unsent_bytes() const {
  return reader_.backlog_bytes();
}

LinacForwardStatus LinacStream::status(std::uint64_t bytes_on_the_way) const {
  LinacForwardStatus status = status_;
  const auto counts = reader_.counts();
  status.backlog_bytes = reader_.backlog_bytes() + bytes_on_the_way;
  status.corrupt_entries = counts.corrupt_entries;
  status.holes = counts.holes;
  const auto damaged = reader_.damaged();
  status.damaged_segments = damaged.files;
  status.damaged_bytes = damaged.bytes;
  status.damaged_newest = damaged.newest.string();
  return status;
}

}  // namespace icom::forward
