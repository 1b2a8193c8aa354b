#include "common/control/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <exception>
#include <utility>

#include "common/control/channel.hpp"

namespace icom::control {

namespace asio = boost::asio;
using asio::awaitable;
using Kind = Reply::Kind;

namespace {

/// `line` as what follows `word`; nullopt if it begins otherwise.
std::optional<std::string> after_word(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) return std::nullopt;
  line.remove_prefix(word.size());
  if (line.empty()) return std::string();
  if (line.front() != ' ') return std::nullopt;
  return std::string(line.substr(1));
}

Reply reply_of(std::string line, std::string_view expected) {
  if (auto text = after_word(line, expected)) return {Kind::answered, *std::move(text)};
  if (auto why = after_word(line, kError)) return {Kind::refused, *std::move(why)};
  return {Kind::refused, "an answer that is not understood"};
}

}  // namespace

std::string Reply::why() const {
  switch (kind) {
    case Kind::answered:
      break;
    case Kind::refused:
      return text;
    case Kind::not_there:
      return "it does not answer on its control channel";
    case Kind::not_allowed:
      return "this account may not ask it; use the account that it runs as, or root";
    case Kind::silent:
      return "it has not answered in time; if it hangs it is replaced within seconds";
  }
  return {};
}

awaitable<Reply> ask(std::filesystem::path socket, std::string request, std::string_view expected,
                     std::chrono::milliseconds within) {
  Channel channel(co_await asio::this_coro::executor);
  if (const auto error = connect_channel(channel, socket)) {
    if (error == boost::system::errc::permission_denied) co_return Reply{Kind::not_allowed};
    const bool full = error == boost::system::errc::resource_unavailable_try_again;
    co_return Reply{full ? Kind::silent : Kind::not_there};
  }
  const auto since = std::chrono::steady_clock::now();
  std::string line;
  const bool said = co_await write_line(channel, std::move(request), within);
  const bool heard = said && co_await read_line(channel, line, within, kMaxStatus);
  if (heard) co_return reply_of(std::move(line), expected);
  const bool late = std::chrono::steady_clock::now() - since >= within;
  co_return Reply{late ? Kind::silent : Kind::not_there};
}

Reply ask_and_wait(const std::filesystem::path& socket, const std::string& request,
                   std::string_view expected, std::chrono::milliseconds within) {
  asio::io_context io(1);
  Reply reply;
  std::exception_ptr failure;
  asio::co_spawn(io, ask(socket, request, expected, within),
                 [&](std::exception_ptr thrown, Reply got) {
                   failure = std::move(thrown);
                   reply = std::move(got);
                 });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return reply;
}

std::optional<std::int64_t> process_in(const Reply& reply) {
  if (!reply.answered()) return std::nullopt;
  std::int64_t process = 0;
  const char* const end = reply.text.data() + reply.text.size();
  const auto [last, error] = std::from_chars(reply.text.data(), end, process);
  if (error != std::errc() || last != end) return std::nullopt;
  return process;
}

}  // namespace icom::control
