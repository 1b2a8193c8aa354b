#include "tests/unit/listen/control_talk.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/listen/passed_bytes.hpp"
#include "common/control/channel.hpp"
#include "common/control/protocol.hpp"
#include "tests/unit/listen/fake_linac.hpp"

namespace icom::listen {

namespace asio = boost::asio;

struct ControlTalk::State {
  asio::io_context io{1};
  control::Channel stream{io};

  bool run(asio::awaitable<bool> step) {
    bool result = false;
    asio::co_spawn(io, std::move(step),
                   [&](const std::exception_ptr&, bool done) { result = done; });
    io.restart();
    io.run();
    return result;
  }
};

ControlTalk::ControlTalk(const std::filesystem::path& folder) : state_(std::make_unique<State>()) {
  const bool answered = eventually([&] {
    state_->stream = control::Channel(state_->io);
    return !control::connect_channel(state_->stream, folder / control::kListenerSocket);
  });
  EXPECT_TRUE(answered) << "no listener answers in " << folder;
}

ControlTalk::~ControlTalk() = default;

bool ControlTalk::say(const std::string& line) {
  return state_->run(control::write_all(state_->stream, as_bytes(line + "\n"), kTestDeadline));
}

std::optional<std::string> ControlTalk::hear() {
  std::string line;
  if (!state_->run(control::read_line(state_->stream, line, kTestDeadline, control::kMaxStatus)))
    return std::nullopt;
  return line;
}

bool ControlTalk::take(std::size_t bytes, ByteVector& got, os::Connection& connection) {
  got.resize(bytes);
  std::vector<os::Connection> descriptors;
  const bool taken = state_->run(read_all_with(state_->stream, got, descriptors, kTestDeadline));
  for (auto& descriptor : descriptors) {
    if (descriptor.valid() && !connection.valid()) connection = std::move(descriptor);
  }
  return taken;
}

std::optional<Handover> ControlTalk::take() {
  ByteVector head;
  os::Connection connection;
  if (!take(kHandoverHeadSize, head, connection)) return std::nullopt;
  const auto sizes = decode_handover_head(head);
  if (!sizes) return std::nullopt;
  ByteVector rest(sizes->text + sizes->unfinished);
  if (!state_->run(control::read_all(state_->stream, rest, kTestDeadline))) return std::nullopt;
  auto handover = decode_handover_text(as_text(Bytes(rest).first(sizes->text)));
  if (!handover) return std::nullopt;
  handover->connection = std::move(connection);
  handover->unfinished.assign(rest.begin() + sizes->text, rest.end());
  return handover;
}

void ControlTalk::hang_up() {
  boost::system::error_code ignored;
  state_->stream.close(ignored);
}

}  // namespace icom::listen
