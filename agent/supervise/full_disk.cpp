#include "agent/supervise/full_disk.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <system_error>

#include "agent/listen/control_protocol.hpp"
#include "agent/listen/control_socket.hpp"
#include "common/os/path_text.hpp"

namespace icom::supervise {

namespace control = listen::control;

namespace {

/// A few status files.
constexpr std::uintmax_t kRoomForStatus = 64 * 1024;
constexpr std::chrono::milliseconds kListenerSaysWithin{500};

boost::asio::awaitable<void> ask(listen::ControlStream& stream, std::string& line) {
  const std::string request = std::string(control::kAlive) + "\n";
  if (!co_await listen::write_all(stream, as_bytes(request), kListenerSaysWithin)) co_return;
  if (!co_await listen::read_line(stream, line, kListenerSaysWithin)) line.clear();
}

}  // namespace

std::string why_no_room(const std::filesystem::path& spool_directory) {
  std::error_code unknown;
  const auto space = std::filesystem::space(spool_directory, unknown);
  if (unknown || space.available >= kRoomForStatus) return {};
  return "the disk of " + os::utf8(spool_directory) + " is full (" +
         std::to_string(space.available) + " bytes are left)";
}

std::string why_spool_refuses(const std::filesystem::path& linac_folder) {
  boost::asio::io_context io(1);
  listen::ControlStream stream(io);
  if (listen::connect_control(stream, linac_folder)) return {};
  std::string line;
  boost::asio::co_spawn(io, ask(stream, line), boost::asio::detached);
  io.run();
  const std::string alive = std::string(control::kAlive) + " ";
  return line.starts_with(alive) ? line.substr(alive.size()) : std::string();
}

}  // namespace icom::supervise
