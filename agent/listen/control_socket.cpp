#include "agent/listen/control_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "agent/listen/descriptor_passing.hpp"
#include "common/asio/as_tuple.hpp"
#include "common/asio/deadline.hpp"

namespace icom::listen {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;

namespace {

/// Ends what waits on the stream once the time has passed.
Deadline close_after(ControlStream& stream, milliseconds within) {
  return {stream.get_executor(), within, [&stream] {
            boost::system::error_code ignored;
            stream.close(ignored);
          }};
}

}  // namespace

awaitable<bool> read_line(ControlStream& stream, std::string& line, milliseconds within) {
  const auto deadline = close_after(stream, within);
  line.clear();
  // Byte by byte: what follows the line belongs to whoever reads next.
  for (char next = 0; line.size() <= kMaxControlLine; line.push_back(next)) {
    const auto [error, size] = co_await asio::async_read(stream, asio::buffer(&next, 1), kAsTuple);
    if (error) co_return false;
    if (next == '\n') co_return true;
  }
  co_return false;
}

awaitable<bool> read_all(ControlStream& stream, std::span<std::byte> bytes, milliseconds within) {
  const auto deadline = close_after(stream, within);
  const auto [error, size] =
      co_await asio::async_read(stream, asio::buffer(bytes.data(), bytes.size()), kAsTuple);
  co_return !error;
}

awaitable<bool> write_all(ControlStream& stream, Bytes bytes, milliseconds within) {
  const auto deadline = close_after(stream, within);
  const auto [error, size] =
      co_await asio::async_write(stream, asio::buffer(bytes.data(), bytes.size()), kAsTuple);
  co_return !error;
}

awaitable<bool> read_all_with(ControlStream& stream, std::span<std::byte> bytes,
                              std::vector<os::Connection>& descriptors, milliseconds within) {
  const auto deadline = close_after(stream, within);
  descriptors.clear();
  for (std::byte& byte : bytes) {
    const auto [error] = co_await stream.async_wait(ControlStream::wait_read, kAsTuple);
    if (error) co_return false;
    os::Connection descriptor;
    if (!receive_descriptor(stream.native_handle(), byte, descriptor)) co_return false;
    descriptors.push_back(std::move(descriptor));
  }
  co_return true;
}

awaitable<bool> write_all_with(ControlStream& stream, Bytes bytes,
                               std::span<const os::NativeSocket> descriptors, milliseconds within) {
  {
    const auto deadline = close_after(stream, within);
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      const auto [error] = co_await stream.async_wait(ControlStream::wait_write, kAsTuple);
      if (error) co_return false;
      if (!send_descriptor(stream.native_handle(), bytes[i], descriptors[i])) co_return false;
    }
  }
  co_return co_await write_all(stream, bytes.subspan(descriptors.size()), within);
}

}  // namespace icom::listen
