#include "agent/listen/passed_bytes.hpp"

#include <utility>

#include "agent/listen/descriptor_passing.hpp"
#include "common/asio/as_tuple.hpp"

namespace icom::listen {

using boost::asio::awaitable;
using control::Channel;
using std::chrono::milliseconds;

awaitable<bool> read_all_with(Channel& channel, std::span<std::byte> bytes,
                              std::vector<os::Connection>& descriptors, milliseconds within) {
  const auto deadline = control::close_after(channel, within);
  descriptors.clear();
  for (std::byte& byte : bytes) {
    const auto [error] = co_await channel.async_wait(Channel::wait_read, kAsTuple);
    if (error) co_return false;
    os::Connection descriptor;
    if (!receive_descriptor(channel.native_handle(), byte, descriptor)) co_return false;
    descriptors.push_back(std::move(descriptor));
  }
  co_return true;
}

awaitable<bool> write_all_with(Channel& channel, Bytes bytes,
                               std::span<const os::NativeSocket> descriptors, milliseconds within) {
  {
    const auto deadline = control::close_after(channel, within);
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      const auto [error] = co_await channel.async_wait(Channel::wait_write, kAsTuple);
      if (error) co_return false;
      if (!send_descriptor(channel.native_handle(), bytes[i], descriptors[i])) co_return false;
    }
  }
  co_return co_await control::write_all(channel, bytes.subspan(descriptors.size()), within);
}

}  // namespace icom::listen
