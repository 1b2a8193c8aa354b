#include "common/ssh/channel.hpp"

#include "common/ssh/channel_state.hpp"
#include "common/ssh/channel_websocket.hpp"
#include "common/ssh/engine.hpp"

namespace icom::ssh {

Channel::Channel(std::shared_ptr<Engine> engine, std::shared_ptr<ChannelState> state)
    : engine_(std::move(engine)), state_(std::move(state)) {}

Channel::~Channel() {
  close();
}

Channel& Channel::operator=(Channel&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
    engine_ = std::move(other.engine_);
  }
  return *this;
}

Channel::executor_type Channel::get_executor() const noexcept {
  return state_->executor();
}

void Channel::cancel() {
  state_->cancel();
}
void Channel::shutdown_send() {
  state_->shutdown_send();
}

void Channel::close() {
  if (state_) state_->close();
}

bool Channel::is_open() const {
  return state_ && state_->is_open();
}

void beast_close_socket(Channel& channel) {
  channel.close();
}

void teardown(boost::beast::role_type /*role*/, Channel& channel,
              boost::system::error_code& error) {
  channel.close();
  error = {};
}

}  // namespace icom::ssh
