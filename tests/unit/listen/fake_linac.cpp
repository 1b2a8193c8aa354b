#include "tests/unit/listen/fake_linac.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>
#include <thread>

#include "tests/unit/icom/frame_builder.hpp"

namespace icom::listen {

namespace asio = boost::asio;
using asio::ip::tcp;

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kTestDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

FakeLinac::FakeLinac() : acceptor_(io_), client_(io_), other_(io_) {
  take_again();
  port_ = acceptor_.local_endpoint().port();
}

config::Address FakeLinac::address() const {
  return {.host = "127.0.0.1", .port = port_};
}

void FakeLinac::take_again() {
  acceptor_.open(tcp::v4());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind({asio::ip::address_v4::loopback(), port_});
  acceptor_.listen();
}

void FakeLinac::refuse() {
  acceptor_.close();
}

void FakeLinac::accept() {
  bool done = false;
  boost::system::error_code error;
  client_ = tcp::socket(io_);
  acceptor_.async_accept(client_, [&](boost::system::error_code outcome) {
    error = outcome;
    done = true;
  });
  run(done);
  ASSERT_FALSE(error) << "the listener did not connect: " << error.message();
}

void FakeLinac::send(Bytes bytes) {
  bool done = false;
  boost::system::error_code error;
  asio::async_write(client_, asio::buffer(bytes.data(), bytes.size()),
                    [&](boost::system::error_code outcome, std::size_t) {
                      error = outcome;
                      done = true;
                    });
  run(done);
  ASSERT_FALSE(error) << "the listener does not read: " << error.message();
}

void FakeLinac::send_urgent(std::byte byte) {
  ASSERT_EQ(::send(client_.native_handle(), &byte, 1, MSG_OOB), 1);
}

void FakeLinac::send_unless_closed(Bytes bytes) {
  client_.non_blocking(true);
  boost::system::error_code error;
  client_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
}

void FakeLinac::send_in_pieces(Bytes bytes, std::size_t piece) {
  client_.set_option(tcp::no_delay(true));
  while (!bytes.empty()) {
    const auto size = std::min(piece, bytes.size());
    ASSERT_NO_FATAL_FAILURE(send(bytes.first(size)));
    bytes = bytes.subspan(size);
  }
}

void FakeLinac::close() {
  boost::system::error_code ignored;
  client_.shutdown(tcp::socket::shutdown_send, ignored);
  client_.close(ignored);
}

void FakeLinac::stop_answering() {
  sock_filter drop{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &drop};
  ASSERT_EQ(
      ::setsockopt(client_.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program),
      0);
}

void FakeLinac::answer_again() {
  const int unused = 0;
  ASSERT_EQ(
      ::setsockopt(client_.native_handle(), SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused),
      0);
}

std::string FakeLinac::wait_for_end() {
  std::string data;
  std::array<char, 1024> buffer;
  for (;;) {
    bool done = false;
    boost::system::error_code error;
    client_.async_read_some(asio::buffer(buffer),
                            [&](boost::system::error_code outcome, std::size_t count) {
                              error = outcome;
                              if (count > 0) data = "data ";
                              done = true;
                            });
    run(done);
    if (error == asio::error::operation_aborted) return data + "timeout";
    if (error == asio::error::eof) return data + "fin";
    if (error) return data + "reset";
  }
}

void FakeLinac::run(const bool& done) {
  const auto deadline = std::chrono::steady_clock::now() + kTestDeadline;
  io_.restart();
  while (!done && std::chrono::steady_clock::now() < deadline) io_.run_one_until(deadline);
  if (done) return;
  // The handler refers to the caller's variables: it has to run before they go.
  boost::system::error_code ignored;
  client_.close(ignored);
  acceptor_.cancel(ignored);
  io_.restart();
  io_.run();
}

ByteVector linac_frame(unsigned number, bool has_patient) {
  test::FrameSpec spec;
  spec.time = test::time_after(number / 4);
  spec.counter = static_cast<std::uint8_t>(number);
  spec.items =
      test::typical_items(has_patient ? std::optional(test::Patient{}) : std::nullopt, number, 8);
  return test::build_frame(spec);
}

ByteVector linac_frames(unsigned first, unsigned last, bool has_patient) {
  ByteVector bytes;
  for (unsigned number = first; number <= last; ++number) {
    append(bytes, linac_frame(number, has_patient));
  }
  return bytes;
}

}  // namespace icom::listen
