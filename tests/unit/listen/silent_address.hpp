// Where connecting never ends.
#pragma once

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

namespace icom::listen {

/// Whoever connects there gets no answer at all.
class SilentAddress {
 public:
  SilentAddress(boost::asio::io_context& io, const std::string& address, std::uint16_t port)
      : acceptor_(io, {boost::asio::ip::make_address(address), port}) {
    sock_filter drop{BPF_RET | BPF_K, 0, 0, 0};
    const sock_fprog program{1, &drop};
    EXPECT_EQ(::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program,
                           sizeof program),
              0);
  }

 private:
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace icom::listen
