#include "gateway/ingest/desk_session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <string>
#include <utility>

#include "common/asio/deadline.hpp"
#include "common/link/limits.hpp"
#include "common/link/read_message.hpp"

namespace icom::ingest {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::awaitable;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

awaitable<std::string> ask(Desk& desk, RefusalLog& refusals, std::string bytes) {
  link::DeskRequest request;
  link::DeskAnswer answer;
  if (link::read_message(bytes, request)) {
    answer = desk.answer(request);
  } else {
    answer.mutable_refused()->set_code(link::DeskRefused::MALFORMED);
    answer.mutable_refused()->set_text("the request cannot be read");
  }
  if (answer.has_refused()) {
    refusals.note(request.site(), answer.refused(), log::RateLimit::Clock::now());
  }
  co_return answer.SerializeAsString();
}

}  // namespace

awaitable<void> serve_desk(websocket::stream<beast::tcp_stream>& socket, Desk& desk,
                           asio::any_io_executor desk_thread, RefusalLog& refusals,
                           std::chrono::milliseconds deadline) {
  socket.read_message_max(link::kMaxDeskMessageBytes);
  const auto give_up = [&socket] { beast::get_lowest_layer(socket).close(); };
  beast::flat_buffer buffer;
  {
    const Deadline in_time(socket.get_executor(), deadline, give_up);
    const auto [error, size] = co_await socket.async_read(buffer, kAsTuple);
    if (error) co_return;
  }
  const auto bytes = buffer.cdata();
  std::string request(static_cast<const char*>(bytes.data()), bytes.size());
  auto asking =
      asio::co_spawn(desk_thread, ask(desk, refusals, std::move(request)), asio::use_awaitable);
  const std::string answer = co_await std::move(asking);

  const Deadline in_time(socket.get_executor(), deadline, give_up);
  const auto out = asio::buffer(answer);
  const auto [error, size] = co_await socket.async_write(out, kAsTuple);
  if (error) co_return;
  co_await socket.async_close(websocket::close_code::normal, kAsTuple);
}

}  // namespace icom::ingest
