// The connections of a forward that share its rate.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>

#include "agent/forward/pace.hpp"
#include "common/asio/bell.hpp"

namespace icom::forward {

/// Who wants to pass bytes on stands in line, and the first one goes once the rate has them. Nobody
/// takes anything before its turn: one that leaves the line costs those behind it nothing.
///
/// One executor. Outlives who stands in it.
class PacedLine {
 public:
  /// Of one who comes again and again.
  class Place {
   public:
    explicit Place(const boost::asio::any_io_executor& executor) : bell_(executor) {}
    /// Leaves the line, or does not wait in it from now on.
    void leave() {
      left_ = true;
      bell_.ring();
    }

   private:
    friend class PacedLine;
    Bell bell_;
    bool left_ = false;
  };

  /// Bytes a second; none: as fast as can be. Counts at once for who waits, too.
  void set_rate(std::optional<std::uint64_t> rate);

  [[nodiscard]] bool is_limited() const { return pace_.has_value(); }
  /// How many of `bytes` may be passed on in one turn, so that the flow is even.
  [[nodiscard]] std::size_t portion(std::size_t bytes) const;
  /// Ends when `bytes` may be passed on, or `place` has left.
  boost::asio::awaitable<void> wait_for_turn(Place& place, std::size_t bytes);
  /// They had their turn, and were not passed on after all.
  void give_back(std::size_t bytes);

 private:
  void ring_first();

  std::optional<Pace> pace_;
  std::list<Place*> line_;
};

}  // namespace icom::forward
