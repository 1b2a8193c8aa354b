#include "agent/forward/linac_stream.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/spool/spool_writer.hpp"
#include "common/log/printable.hpp"
#include "common/os/path_text.hpp"

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

  ToldPositions told;
  for (const auto& position : answer.stored()) told[position.run()] = position;
  // The gateway's word counts, not our memory of it.
  const auto before = std::exchange(known_, {});
  const auto runs = reader_.runs();
  for (const std::uint64_t run : runs) known_[run] = known_run(reader_, run, told);
  tell_of_forks(before);
  // Trims what was stored in a session whose last acknowledgements never reached us. A run that is
  // stored in part was begun after all older ones had been stored: entries travel in the spool's
  // order.
  for (const std::uint64_t run : runs) {
    const KnownRun& known = known_[run];
    if (known.confirmed) release(run, known.stored);
  }
  rewind();
}

std::map<std::uint64_t, std::uint64_t> LinacStream::confirmed() const {
  std::map<std::uint64_t, std::uint64_t> positions;
  for (const auto& [run, known] : known_) {
    if (known.confirmed) positions[known.run] = known.stored;
  }
  return positions;
}

void LinacStream::tell_of_forks(const std::map<std::uint64_t, KnownRun>& before) const {
  for (const auto& [run, known] : known_) {
    const auto last = before.find(run);
    if (!known.set_back || (last != before.end() && last->second.run == known.run)) continue;
    spdlog::warn(
        "Linac {}: the gateway has stored other entries than this spool holds: this machine was "
        "set back to an earlier state, or its power was cut. Nothing is removed for that; what the "
        "spool holds is sent again, and the gateway leaves out the frames that it has",
        serial_);
  }
}

void LinacStream::session_ended() {
  rewind();
}

void LinacStream::rewind() {
  waiting_.reset();
  reader_.rewind([known = known_](std::uint64_t run) {
    const auto found = known.find(run);
    return found == known.end() ? 0 : found->second.stored;
  });
}

const spool::Entry* LinacStream::waiting() {
  if (!status_.accepted) return nullptr;
  if (waiting_) return &*waiting_;
  waiting_ = reader_.next();
  note_unreadable();
  if (waiting_) {
    const auto known = known_.find(waiting_->run);
    if (known != known_.end()) waiting_->run = known->second.run;
    return &*waiting_;
  }
  if (!status_.registered) clear_spool_of_a_removed_one();
  return nullptr;
}

void LinacStream::taken() {
  waiting_.reset();
  ++status_.entries_sent;
}

void LinacStream::acknowledged(const UnacknowledgedWindow::Advance& advance) {
  // Of a run that began during the session nothing is known yet: it is named as in the spool.
  auto known =
      std::ranges::find_if(known_, [&](const auto& one) { return one.second.run == advance.run; });
  if (known == known_.end()) known = known_.emplace(advance.run, KnownRun{}).first;
  const std::uint64_t run = known->first;
  known->second = {.run = advance.run, .stored = advance.seq, .confirmed = true};
  status_.acked_run = run;
  status_.acked_seq = advance.seq;
  status_.entries_acked += advance.entries;
  status_.round_trip_ms = advance.round_trip.count();
  release(run, advance.seq);
}

void LinacStream::release(std::uint64_t run, std::uint64_t seq) {
  reader_.release(run, seq);
  tell_what_was_set_aside();
}

/// A listener would go on in the last segment: it is kept for as long as the site has the Linac.
void LinacStream::clear_spool_of_a_removed_one() {
  std::unique_ptr<os::File> nobody_writes;
  if (known_.empty() || files_.lock(directory_ / spool::kLockFile, nobody_writes)) return;
  for (const auto& [run, known] : known_) {
    if (known.confirmed) reader_.release_rest(run, known.stored);
  }
  tell_what_was_set_aside();
}

void LinacStream::tell_what_was_set_aside() {
  for (const auto& file : reader_.take_set_aside()) {
    spdlog::error(
        "Linac {}: a spool segment is damaged; what can be read of it is stored at the gateway, "
        "and all goes on. It is kept as {}: have this machine's disk and memory checked, then "
        "delete the file",
        serial_, os::utf8(file));
  }
}

void LinacStream::note_unreadable() {
  if (reader_.unreadable() == status_.unreadable) return;
  status_.unreadable = reader_.unreadable();
  if (status_.unreadable.empty()) {
    spdlog::info("Linac {}: its spool can be read again", serial_);
  } else {
    spdlog::error(
        "Linac {}: its spool cannot be read ({}), so nothing of it is sent; it keeps everything. "
        "Give this account the right to, or look at the disk",
        serial_, status_.unreadable);
  }
}

std::uint64_t LinacStream::unsent_bytes() const {
  return reader_.backlog_bytes();
}

LinacForwardStatus LinacStream::status(const BytesOnTheWay& on_the_way) const {
  LinacForwardStatus status = status_;
  const auto counts = reader_.counts();
  status.backlog_bytes = reader_.backlog_bytes() + on_the_way.all;
  status.just_sent_bytes = on_the_way.just_sent;
  status.corrupt_entries = counts.corrupt_entries;
  status.holes = counts.holes;
  const auto damaged = reader_.damaged();
  status.damaged_segments = damaged.files;
  status.damaged_bytes = damaged.bytes;
  status.damaged_newest = os::utf8(damaged.newest);
  return status;
}

}  // namespace icom::forward
