#include "common/ssh/listener.hpp"

#include <string>
#include <utility>

#include "common/ssh/engine.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/listener_state.hpp"

namespace icom::ssh {

Listener::Listener(std::shared_ptr<Engine> engine, std::shared_ptr<ListenerState> state)
    : engine_(std::move(engine)), state_(std::move(state)) {}

Listener::~Listener() {
  if (state_) state_->close();
}

boost::asio::awaitable<Channel> Listener::accept() {
  // Copies: close() may come, and this object go, while we wait.
  const auto engine = engine_;
  const auto state = state_;
  for (;;) {
    if (auto channel = state->take()) co_return Channel(engine, std::move(channel));
    if (engine->failure()) throw Error(*engine->failure());
    if (!state->is_open()) {
      throw Error(Category::closed, engine->server() + ": the listener at port " +
                                        std::to_string(state->port()) + " was closed");
    }
    co_await state->changed().wait();
  }
}

std::uint16_t Listener::port() const {
  return state_->port();
}

void Listener::close() {
  state_->close();
}

}  // namespace icom::ssh
