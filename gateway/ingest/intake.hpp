// Between the sessions and the sink: how much may be on its way, and who hears what became of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "gateway/ingest/batch_sorting.hpp"
#include "gateway/ingest/entry_sink.hpp"

namespace icom::ingest {

/// What a batch was, without its bytes.
struct BatchTicket {
  std::uint32_t number = 0;  ///< the session's number of the Linac
  std::uint64_t run = 0;
  std::uint64_t seq = 0;
  std::size_t bytes = 0;  ///< that it holds in memory
};

/// A session, as the intake sees it. Both are called from any thread, and must only post.
class IntakeClient {
 public:
  virtual ~IntakeClient() = default;
  /// The sink's answer to a batch.
  virtual void answered(const BatchTicket& batch, bool stored) = 0;
  /// There is room again, after has_room() was false.
  virtual void room() = 0;
};

/// Thread-safe. The sink's answers may come at any time, on the sink's thread, even when the server
/// and its sessions are gone: so every batch on its way shares this, and after close() nobody is
/// called any more.
class Intake : public std::enable_shared_from_this<Intake> {
 public:
  /// `max_bytes`: of batches on their way from all sessions together.
  Intake(EntrySink& sink, std::size_t max_bytes) : sink_(sink), max_bytes_(max_bytes) {}

  /// To be asked before a batch is decoded: what waits for room then waits in its compressed form.
  /// If false, room() is called once there is. (Whoever is told yes may exceed the bound by one
  /// batch.)
  bool has_room(const std::weak_ptr<IntakeClient>& client);
  /// False if the sink takes nothing now; `batch` is then as it was.
  bool submit(SortedBatch& batch, const std::weak_ptr<IntakeClient>& client);
  /// From now on no client is called. Returns when no call is under way.
  void close();

 private:
  void answer(const std::weak_ptr<IntakeClient>& client, const BatchTicket& batch, bool stored);

  EntrySink& sink_;
  const std::size_t max_bytes_;

  std::mutex mutex_;  ///< guards all below, and is held while clients are called
  bool closed_ = false;
  std::size_t bytes_ = 0;
  std::vector<std::weak_ptr<IntakeClient>> waiting_;
};

/// What a batch holds in memory while it is on its way.
std::size_t bytes_held(const store::IncomingBatch& batch);

}  // namespace icom::ingest
