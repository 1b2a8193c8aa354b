// Where the Linacs of a site are, however their addresses are written, for one that never waits.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/supervise/resolved_addresses.hpp"

namespace icom::supervise {

/// Answers are kept for some seconds, and asked for anew then. On one executor.
class LinacPlaces {
 public:
  /// `answered` is called whenever a name has been, from the executor.
  LinacPlaces(boost::asio::any_io_executor executor, std::function<void()> answered);
  ~LinacPlaces();
  LinacPlaces(const LinacPlaces&) = delete;
  LinacPlaces& operator=(const LinacPlaces&) = delete;

  /// What `address`, ADDRESS[:PORT], stands for; one that cannot be told has no hosts. nullopt: it
  /// is a name that is being looked up; that lasts for kResolveWithin at most.
  std::optional<ResolvedAddress> find(const std::string& address);

 private:
  struct State;

  boost::asio::any_io_executor executor_;
  std::shared_ptr<State> state_;  ///< shared with the lookups that go on
};

}  // namespace icom::supervise
