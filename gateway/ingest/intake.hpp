// Between the sessions and the sink: how much may be on its way, and who hears what became of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
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
  /// It is worth while to begin() again, after that gave nothing.
  virtual void room() = 0;
};

/// Thread-safe. The sink's answers may come at any time, on the sink's thread, even when the server
/// and its sessions are gone: so every batch on its way shares this, and after close() nobody is
/// called any more.
class Intake : public std::enable_shared_from_this<Intake> {
 public:
  /// The right to decode a batch of a site, given back by its end.
  class Turn {
   public:
    Turn(std::shared_ptr<Intake> intake, std::string site)
        : intake_(std::move(intake)), site_(std::move(site)) {}
    ~Turn() {
      if (intake_) intake_->end(site_);
    }
    Turn(Turn&&) = default;
    Turn& operator=(Turn&&) = delete;
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    std::shared_ptr<Intake> intake_;
    std::string site_;
  };

  /// `max_bytes`: of batches on their way from all sessions together. A site has half of it at
  /// most. A sixteenth it has even where the others have all, as long as these sixteenths together
  /// take no more than another quarter.
  Intake(EntrySink& sink, std::size_t max_bytes) : sink_(sink), max_bytes_(max_bytes) {}

  /// To be asked before a batch is decoded: what waits for room then waits in its compressed form,
  /// and one batch of a site is decoded at a time, so that a site's many sessions leave the other
  /// threads to the other sites. If it returns nullopt, room() is called once it is worth while to
  /// ask again. (A caller that gets a turn may exceed the bound by one batch.)
  std::optional<Turn> begin(const std::string& site, const std::weak_ptr<IntakeClient>& client);
  /// False if the sink takes nothing now; `batch` is then as it was.
  bool submit(const std::string& site, SortedBatch& batch,
              const std::weak_ptr<IntakeClient>& client);
  /// From now on no client is called. Returns when no call is under way.
  void close();

 private:
  using Clients = std::vector<std::weak_ptr<IntakeClient>>;
  struct Share {
    std::size_t bytes = 0;
    bool decoding = false;
    Clients waiting;
    std::uint64_t since = 0;  ///< the first of these began to wait: a count of those who did
  };
  void end(const std::string& site);
  void answer(const std::string& site, const std::weak_ptr<IntakeClient>& client,
              const BatchTicket& batch, bool stored);
  [[nodiscard]] bool has_room(const Share& share) const;
  void wake_where_there_is_room();
  void wake(Share& share);

  EntrySink& sink_;
  const std::size_t max_bytes_;

  std::mutex mutex_;  ///< guards all below, and is held while clients are called
  bool closed_ = false;
  std::size_t bytes_ = 0;
  std::uint64_t waits_ = 0;                  ///< how often a site began to wait
  std::map<std::uint64_t, Share*> waiting_;  ///< by `since`: sites of which a session waits
  std::map<std::string, Share> shares_;      ///< by site; of sites that may send, so not many
};

/// What a batch holds in memory while it is on its way.
std::size_t bytes_held(const store::IncomingBatch& batch);

}  // namespace icom::ingest
