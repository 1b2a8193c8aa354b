#include "common/ssh/listener_state.hpp"

#include <utility>

#include "common/ssh/channel_state.hpp"
#include "common/ssh/engine.hpp"
#include "common/ssh/library.hpp"

namespace icom::ssh {

ListenerState::ListenerState(Engine& engine, _LIBSSH2_LISTENER* listener, std::uint16_t port)
    : engine_(&engine), listener_(listener), port_(port), changed_(engine.executor()) {}

ListenerState::~ListenerState() = default;

std::shared_ptr<ChannelState> ListenerState::take() {
  if (waiting_.empty()) return nullptr;
  auto channel = std::move(waiting_.front());
  waiting_.pop_front();
  return channel;
}

void ListenerState::close() {
  if (closing_) return;
  closing_ = true;
  for (const auto& channel : std::exchange(waiting_, {})) channel->close();
  changed_.notify();
  if (listener_ != nullptr) engine_->drive();
}

void ListenerState::session_ended() {
  engine_ = nullptr;
  listener_ = nullptr;
  waiting_.clear();
  changed_.notify();
}

int ListenerState::service() {
  if (listener_ == nullptr) return 0;
  if (const int code = accept_all(); code != 0) return code;
  if (!closing_) return 0;
  // Nothing is queued in libssh2 any more, so this does not wait for the end of channels that
  // nobody has seen.
  const int code = libssh2_channel_forward_cancel(listener_);
  if (code == LIBSSH2_ERROR_EAGAIN) return 0;
  listener_ = nullptr;
  engine_ = nullptr;
  return code;
}

int ListenerState::accept_all() {
  while (closing_ || waiting_.size() < kMaxWaiting) {
    LIBSSH2_CHANNEL* const accepted = libssh2_channel_forward_accept(listener_);
    if (accepted == nullptr) {
      const int code = libssh2_session_last_errno(engine_->session());
      return code == LIBSSH2_ERROR_EAGAIN ? 0 : code;
    }
    auto channel = engine_->adopt(accepted);
    if (closing_) {
      channel->close();
    } else {
      waiting_.push_back(std::move(channel));
      changed_.notify();
    }
  }
  return 0;
}

}  // namespace icom::ssh
