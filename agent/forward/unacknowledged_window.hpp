// What has been sent and is not acknowledged yet: its bound, and what an acknowledgement covers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace icom::forward {

/// The bytes on their way are bounded; a quarter of the bound is shared out among the Linacs as
/// reserves that no other Linac can take, so that a Linac's live frame goes out while another's
/// backlog fills the rest.
///
/// One per session. Not thread-safe. Linacs are named by their number in the session.
class UnacknowledgedWindow {
 public:
  using Clock = std::chrono::steady_clock;

  struct Advance {
    std::uint64_t run = 0;
    std::uint64_t seq = 0;
    std::uint64_t entries = 0;               ///< acknowledged by this one
    std::chrono::milliseconds round_trip{};  ///< of the newest entry that it covers
  };

  /// What an entry counts beside its bytes, so that entries without bytes are bounded too.
  static constexpr std::size_t kEntryCost = 64;

  /// `linacs`: how many share it, at least 1.
  UnacknowledgedWindow(std::size_t most_bytes, std::size_t linacs);

  /// Whether an entry of this size may be sent now. Always true while nothing is on its way.
  [[nodiscard]] bool admits(std::uint32_t linac, std::size_t bytes) const;
  /// Precondition: admits(linac, bytes).
  void sent(std::uint32_t linac, std::uint64_t run, std::uint64_t seq, std::size_t bytes,
            Clock::time_point now);

  /// Whether the gateway can know such a position: that, or a later one of its run, was sent, or
  /// stored() before. Anything else is the gateway's error, and acting on it would delete what it
  /// does not have.
  [[nodiscard]] bool plausible(std::uint32_t linac, std::uint64_t run, std::uint64_t seq) const;
  /// The gateway has had this position from the start, and it is known to be true.
  void stored(std::uint32_t linac, std::uint64_t run, std::uint64_t seq);
  /// Everything of `linac` up to that position is stored; run 0 means the oldest run on its way.
  /// Nothing if that is no news.
  std::optional<Advance> acknowledge(std::uint32_t linac, std::uint64_t run, std::uint64_t seq,
                                     Clock::time_point now);
  /// The gateway will not acknowledge what is on its way of this Linac.
  void forget(std::uint32_t linac);

  [[nodiscard]] bool empty() const { return total_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return total_; }
  [[nodiscard]] std::size_t bytes(std::uint32_t linac) const;
  /// Of these, what was sent later than `time`.
  [[nodiscard]] std::size_t bytes_sent_after(std::uint32_t linac, Clock::time_point time) const;

 private:
  struct Sent {
    std::uint64_t run;
    std::uint64_t seq;
    std::size_t cost;
    Clock::time_point at;
  };
  struct Linac {
    std::deque<Sent> on_the_way;
    std::map<std::uint64_t, std::uint64_t> newest;  ///< by run: the newest sequence number sent
    std::size_t cost = 0;
  };

  [[nodiscard]] std::size_t beyond_reserve(std::size_t cost) const;
  void change_cost(Linac& state, std::size_t cost);

  std::size_t most_;
  std::size_t reserve_;           ///< of each Linac
  std::size_t shared_;            ///< what is nobody's reserve
  std::size_t shared_taken_ = 0;  ///< by Linacs that are beyond their reserve
  std::size_t total_ = 0;
  std::map<std::uint32_t, Linac> linacs_;
};

}  // namespace icom::forward
