#include "agent/forward/sealed_pipe.hpp"

#include <optional>

#include "agent/forward/link_failure.hpp"

namespace icom::forward {

using boost::asio::awaitable;

awaitable<std::string> SealedPipe::read() {
  std::string sealed = co_await pipe_.read();
  const std::optional<std::string_view> message = checker_.open(sealed);
  if (!message) {
    pipe_.abort();
    throw LinkFailure(
        FailureKind::not_the_gateway,
        "a message does not bear the gateway's seal: something on the hosting "
        "machine has changed, repeated or left out what the gateway sends; nothing of "
        "it was believed");
  }
  sealed.resize(message->size());
  co_return sealed;
}

awaitable<void> SealedPipe::write(std::string_view message) {
  const std::string sealed = sealer_.seal(message);
  co_await pipe_.write(sealed);
}

awaitable<void> SealedPipe::close(std::chrono::milliseconds deadline) {
  return pipe_.close(deadline);
}

}  // namespace icom::forward
