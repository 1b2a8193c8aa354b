#include "agent/listen/listener.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "agent/listen/entry_queue.hpp"
#include "agent/listen/folder_watch.hpp"
#include "agent/listen/linac_connection.hpp"
#include "agent/listen/spool_thread.hpp"
#include "agent/listen/status_board.hpp"
#include "agent/listen/stream_intake.hpp"
#include "agent/listen/sync_thread.hpp"
#include "common/os/path_text.hpp"
#include "common/os/process.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::listen {

/// In the order of the way of a frame, from its end: what is declared later goes first.
struct Listener::Parts {
  Parts(boost::asio::io_context& context, os::FileSystem& file_system, ListenerSettings given,
        std::function<void()> when_ended, Remains before, FolderLooked when_looked)
      : io(context),
        files(file_system),
        settings(std::move(given)),
        ended(std::move(when_ended)),
        looked(std::move(when_looked)),
        folder(settings.spool / settings.serial),
        folder_watch(folder),
        writer(before.writer
                   ? std::move(before.writer)
                   : std::make_unique<spool::SpoolWriter>(files, folder, settings.limits)),
        sync(*writer, settings.timings.sync),
        intake(queue, board, os::utc_now_us, settings.timings),
        spool(queue, *writer, sync, settings.timings, [this] { return write_status(); }),
        connection(io, settings.linac, settings.timings, intake, settings.keeper) {
    for (auto& entry : before.entries) queue.push(std::move(entry));
    intake.expect_machine(settings.serial);
  }

  std::vector<QueuedEntry> close_spool();
  [[nodiscard]] ListenerStatus status() const;
  bool write_status();
  [[nodiscard]] GivenUp given_up() const {
    return {.queue = given_up_by(queue.counts()), .spool = given_up_by(writer->counts())};
  }

  boost::asio::io_context& io;
  os::FileSystem& files;
  const ListenerSettings settings;
  const std::function<void()> ended;
  const FolderLooked looked;
  const std::filesystem::path folder;
  FolderWatch folder_watch;
  const std::int64_t started_us = os::utc_now_us();
  bool status_fails = false;  ///< belongs to the spool thread
  /// Before start() there is no telling whether it has a connection, nor whether there will be one:
  /// somebody else may keep both spool and connection.
  std::atomic<bool> started{false};
  EntryQueue queue;
  StatusBoard board;
  std::unique_ptr<spool::SpoolWriter> writer;
  SyncThread sync;
  StreamIntake intake;
  SpoolThread spool;
  LinacConnection connection;
};

Listener::Listener(boost::asio::io_context& io, os::FileSystem& files, ListenerSettings settings,
                   std::function<void()> ended, Remains before, FolderLooked looked)
    : parts_(std::make_unique<Parts>(io, files, std::move(settings), std::move(ended),
                                     std::move(before), std::move(looked))) {}

Listener::~Listener() {
  finish();
}

std::vector<QueuedEntry> Listener::Parts::close_spool() {
  queue.close();
  spool.join();
  return spool.take_left();
}

Remains Listener::close_spool() {
  Remains remains{.writer = nullptr, .entries = parts_->close_spool()};
  parts_->sync.stop();
  remains.given_up = parts_->given_up();
  if (!remains.entries.empty()) {
    remains.given_up.spool = {};
    remains.writer = std::move(parts_->writer);
  }
  parts_.reset();
  return remains;
}

Lost Listener::finish() {
  if (!parts_) return {};
  const auto left = parts_->close_spool();
  Lost lost;
  lost.given_up = parts_->given_up();
  lost.folder = parts_->folder_watch.is_lost();
  for (const auto& entry : left) {
    if (entry.kind == EntryKind::hole) {
      const Hole told = decode_hole(entry.bytes);
      lost.frames += told.frames;
      lost.frames_with_patient += told.frames_with_patient;
    } else if (entry.kind == EntryKind::frame) {
      ++lost.frames;
      lost.frames_with_patient += entry.has_patient ? 1 : 0;
    } else {
      ++lost.others;
    }
  }
  if (lost.frames > 0) {
    lost.told = !parts_->writer->append_hole({.frames = lost.frames,
                                              .frames_with_patient = lost.frames_with_patient,
                                              .reason = parts_->spool.refused_for()},
                                             left.front().received_us);
    parts_->sync.note_appended();
  }
  parts_->sync.stop();
  parts_.reset();
  return lost;
}

void Listener::stop() {
  parts_->connection.stop();
}

void Listener::start(Handover held) {
  spdlog::info("listening to {}, spool {}, run {:016x}", parts_->settings.linac.text(),
               os::utf8(parts_->folder), parts_->writer->run());
  parts_->intake.remember(held);
  if (held.connection.valid()) {
    if (held.reader_died) {
      parts_->intake.inherit();
    } else {
      parts_->intake.resume(held);
    }
    parts_->connection.adopt(std::move(held.connection), held.ipv6);
  }
  for (auto& late : held.late) {
    const auto number = parts_->connection.adopt_late(std::move(late.connection));
    parts_->intake.adopt_late(number, late.state);
    if (number == 0) parts_->intake.late_over(number);
  }
  parts_->started = true;
  boost::asio::co_spawn(parts_->io, parts_->connection.run(),
                        [ended = parts_->ended](std::exception_ptr failure) {
                          // Nothing that the network does throws: this is a defect of ours, and
                          // ends the process.
                          if (failure) std::rethrow_exception(failure);
                          ended();
                        });
}

void Listener::let_go() {
  parts_->connection.let_go();
}

Handover Listener::release() {
  Handover handover;
  handover.connection = parts_->connection.release(handover.ipv6);
  for (auto& [number, late] : parts_->connection.release_late()) {
    handover.late.push_back({std::move(late), parts_->intake.late_state(number)});
  }
  handover.linac = parts_->settings.linac.text();
  parts_->intake.note_memory(handover);
  if (handover.connection.valid()) {
    parts_->intake.tell_connection();
    parts_->intake.note_unfinished(handover);
  }
  return handover;
}

std::string Listener::refusal() const {
  return parts_->spool.refusal();
}

const BeamWatch& Listener::beam() const {
  return parts_->intake.beam();
}

ListenerStatus Listener::status() const {
  return parts_->status();
}

ListenerStatus Listener::Parts::status() const {
  return {.pid = os::process_id(),
          .version = ICOM_VERSION,
          .serial = settings.serial,
          .address = settings.linac.text(),
          .started_us = started_us,
          .written_us = os::utc_now_us(),
          .stream = board.read(),
          .queue = queue.counts(),
          .spool_run = writer->run(),
          .spool = writer->counts(),
          .failed_syncs = sync.failed(),
          .folders_made_anew = folder_watch.made_anew(),
          .folder_made_anew_us = folder_watch.made_anew_us()};
}

bool Listener::Parts::write_status() {
  if (!started) return false;
  const auto state = folder_watch.look(*writer);
  if (looked) looked(state);
  if (state == spool::FolderState::taken) return true;  // the status there is the other listener's
  const auto text = to_json(status());
  const auto error = os::write_atomically(files, folder / kListenerStatusFile, as_bytes(text),
                                          os::Durability::process_crash);
  if (error && !std::exchange(status_fails, true)) {
    spdlog::warn("{} cannot be written: {}", kListenerStatusFile, error.message());
  }
  if (!error) status_fails = false;
  return true;
}

}  // namespace icom::listen
