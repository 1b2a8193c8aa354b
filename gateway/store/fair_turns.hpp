// Whose batch the writer takes next. docs/storage.md, "Turns".
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/store/store.hpp"

namespace icom::store {

using WorkTime = std::chrono::nanoseconds;

/// A batch on its way through the writer; one that costs much takes several transactions.
struct QueuedBatch {
  IncomingBatch batch;
  std::size_t site = 0;     ///< a number of the FairTurns' own
  std::size_t applied = 0;  ///< entries, those of the transaction under way included
  std::size_t stored = 0;   ///< entries that are committed
  bool in_transaction = false;

  [[nodiscard]] bool all_applied() const { return applied == batch.entries.size(); }
  [[nodiscard]] bool all_stored() const { return stored == batch.entries.size(); }
};

/// One lane per Linac, in the order of submission; the lanes of a site share the site's turns. The
/// site that has used the least time is next, and in it the Linac that has used the least: who
/// costs much waits for itself. Who had nothing to do saves up no time. Not thread-safe.
class FairTurns {
 public:
  /// What a Linac may use at a time, if its work can be cut.
  static constexpr WorkTime kLinacTurn = std::chrono::milliseconds(10);
  /// A site that has more to do may go on until it has used this much. Rows of its Linacs stand
  /// side by side in the tables, so what is taken together is written together: with 1,000 Linacs
  /// two thirds of the pages that one batch of each site in turn would write.
  static constexpr WorkTime kSiteTurn = std::chrono::milliseconds(10);

  enum class Prefer {
    least_used,  ///< the site that has used the least time
    same_site,   ///< the one that was next last, if it waits and has not used its kSiteTurn
  };

  /// The Linac's site; a Linac without one counts as a site of its own.
  void set_site(LinacId linac, const std::string& site);

  void push(std::unique_ptr<QueuedBatch> batch);
  [[nodiscard]] bool empty() const { return order_.empty(); }
  /// The first batch of the lane whose turn it is, null if there is none. It stays in its lane.
  QueuedBatch* next(Prefer prefer = Prefer::least_used);
  /// The first batch of the Linac's lane, null if there is none. It stays in its lane.
  QueuedBatch* first_of(LinacId linac);
  /// Takes the first batch out of the Linac's lane. Precondition: there is one.
  std::unique_ptr<QueuedBatch> pop(LinacId linac);
  /// The Linac's work has taken this long.
  void charge(LinacId linac, WorkTime time);

 private:
  struct Lane {
    LinacId linac = 0;
    std::size_t site = 0;
    WorkTime used{0};
    std::deque<std::unique_ptr<QueuedBatch>> batches;
  };
  struct Site {
    WorkTime used{0};
    WorkTime reached{0};         // `used` of the lane that was next last
    std::vector<Lane*> waiting;  // lanes with a batch, by their Linacs' numbers
  };
  Lane& lane_of(LinacId linac);

  std::unordered_map<LinacId, Lane> lanes_;  // which stay where they are
  std::vector<Site> sites_;
  std::set<std::pair<WorkTime, std::size_t>> order_;  // of sites with a batch: `used`, and which
  std::map<std::string, std::size_t> site_numbers_;
  WorkTime reached_{0};    // the least `used` there was when a site was next last
  std::size_t site_ = 0;   // that was next last
  WorkTime site_ends_{0};  // its kSiteTurn, once it has used this much
};

}  // namespace icom::store
