#include "agent/supervise/linac_places.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <map>
#include <utility>

namespace icom::supervise {

namespace asio = boost::asio;

namespace {

using PlacesClock = std::chrono::steady_clock;

/// Twice the time of a lookup: where two names are compared, the answer for the one is not too old
/// when that for the other comes.
constexpr auto kAnswerLives = 2 * kResolveWithin;

}  // namespace

struct LinacPlaces::State {
  struct Name {
    bool asked = false;  ///< it is being looked up
    std::optional<ResolvedAddress> answer;
    PlacesClock::time_point answered_at;
  };

  std::function<void()> answered;  ///< empty: nobody wants to know any more
  std::map<std::string, Name> names;

  static asio::awaitable<void> look_up(std::shared_ptr<State> state, std::string name,
                                       asio::any_io_executor executor, config::Address address) {
    auto resolved = co_await resolve_address(std::move(executor), std::move(address));
    state->names[name] = {
        .asked = false, .answer = std::move(resolved), .answered_at = PlacesClock::now()};
    if (state->answered) state->answered();
  }
};

LinacPlaces::LinacPlaces(asio::any_io_executor executor, std::function<void()> answered)
    : executor_(std::move(executor)), state_(std::make_shared<State>()) {
  state_->answered = std::move(answered);
}

LinacPlaces::~LinacPlaces() {
  state_->answered = nullptr;
}

std::optional<ResolvedAddress> LinacPlaces::find(const std::string& address) {
  const auto parsed = config::parse_address(address, config::kIcomPort);
  if (!parsed) return ResolvedAddress{.hosts = {}, .port = 0, .failure = "it is no address"};
  if (auto known = resolved_without_asking(*parsed)) return known;
  auto& name = state_->names[address];
  if (name.answer && PlacesClock::now() - name.answered_at < kAnswerLives) return name.answer;
  name.answer.reset();
  if (!std::exchange(name.asked, true)) {
    asio::co_spawn(executor_, State::look_up(state_, address, executor_, *parsed), asio::detached);
  }
  return std::nullopt;
}

}  // namespace icom::supervise
