#include "gateway/serve/ingest_port_check.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>

#include "gateway/ingest/upgrade.hpp"

namespace icom::serve {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds kAnswerTime{3};

/// True if what listens there says that it is icom-gateway's ingest.
bool gateway_answers(const tcp::endpoint& endpoint) {
  asio::io_context io;
  beast::tcp_stream stream(io);
  beast::flat_buffer buffer;
  http::request<http::empty_body> request{http::verb::get, "/", 11};
  http::response<http::string_body> response;
  stream.expires_after(kAnswerTime);
  stream.async_connect(endpoint, [&](boost::system::error_code connect_error) {
    if (connect_error) return;
    http::async_write(stream, request, [&](boost::system::error_code write_error, std::size_t) {
      if (write_error) return;
      http::async_read(stream, buffer, response, [](boost::system::error_code, std::size_t) {});
    });
  });
  io.run();
  return response.body() == ingest::kNotAnAgent;
}

}  // namespace

IngestPortState check_ingest_port(const config::Address& address) {
  asio::io_context io;
  boost::system::error_code error;
  tcp::resolver resolver(io);
  const auto found =
      resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return {false, "is no address of this machine (" + error.message() + "): correct `ingest`"};
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1, error);
  if (!error) return {true, "can be listened on"};
  if (error == asio::error::address_in_use && gateway_answers(endpoint)) {
    return {true, "an icom-gateway listens there now"};
  }
  return {false, "cannot be listened on (" + error.message() +
                     "): stop what listens there, or change `ingest`"};
}

}  // namespace icom::serve
