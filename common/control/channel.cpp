#include "common/control/channel.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "common/asio/as_tuple.hpp"

namespace icom::control {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;

Deadline close_after(Channel& channel, milliseconds within) {
  return {channel.get_executor(), within, [&channel] {
            boost::system::error_code ignored;
            channel.close(ignored);
          }};
}

awaitable<bool> read_line(Channel& channel, std::string& line, milliseconds within,
                          std::size_t most) {
  const auto deadline = close_after(channel, within);
  line.clear();
  // Byte by byte: what follows the line belongs to whoever reads next.
  for (char next = 0; line.size() <= most; line.push_back(next)) {
    const auto [error, size] = co_await asio::async_read(channel, asio::buffer(&next, 1), kAsTuple);
    if (error) co_return false;
    if (next == '\n') co_return true;
  }
  co_return false;
}

awaitable<bool> read_all(Channel& channel, std::span<std::byte> bytes, milliseconds within) {
  const auto deadline = close_after(channel, within);
  const auto [error, size] =
      co_await asio::async_read(channel, asio::buffer(bytes.data(), bytes.size()), kAsTuple);
  co_return !error;
}

awaitable<bool> write_all(Channel& channel, Bytes bytes, milliseconds within) {
  const auto deadline = close_after(channel, within);
  const auto [error, size] =
      co_await asio::async_write(channel, asio::buffer(bytes.data(), bytes.size()), kAsTuple);
  co_return !error;
}

awaitable<bool> write_line(Channel& channel, std::string line, milliseconds within) {
  line += '\n';
  co_return co_await write_all(channel, as_bytes(line), within);
}

}  // namespace icom::control
