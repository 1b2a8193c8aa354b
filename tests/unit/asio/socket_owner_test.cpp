#include "common/os/socket_owner.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <charconv>
#include <string_view>

#include "common/os/handle.hpp"
#include "common/os/own_addresses.hpp"
#include "common/os/posix/socket_table.hpp"

namespace icom::os {
namespace {

namespace asio = boost::asio;
using asio::ip::make_address;
using asio::ip::tcp;

/// As a kernel has it: 127.0.0.1:40000 to 127.0.1.1:1706 of account 1007, the other end of that,
/// one that its process has closed, and one with IPv4-mapped addresses.
constexpr const char* kTable =
    R"(  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0101007F:06AA 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1006        0 4217 1 0
   1: 0100007F:9C40 0101007F:06AA 01 00000000:00000000 00:00000000 00000000  1007        0 4242 1 0
   2: 0101007F:06AA 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0
   3: 0100007F:9C41 0101007F:06AA 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0
)";
constexpr const char* kTable6 =
    R"(  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF00000100007F:9C42 0000000000000000FFFF00000101007F:06AA 01 00000000:00000000 00:00000000 00000000  1008        0 4250 1 0
   1: 00000000000000000000000001000000:9C43 00000000000000000000000001000000:06AA 01 00000000:00000000 00:00000000 00000000  1009        0 4251 1 0
)";

const tcp::endpoint kOurs{make_address("127.0.1.1"), 1706};

TEST(SocketTableTest, WhoeverIsConnectedToAnAddressIsSeen) {
  EXPECT_TRUE(is_connected_in(kTable, kOurs));
  EXPECT_TRUE(is_connected_in(kTable6, kOurs)) << "by its IPv6 form";
  EXPECT_TRUE(is_connected_in(kTable6, {make_address("::1"), 1706}));
  EXPECT_FALSE(is_connected_in(kTable, {make_address("127.0.1.1"), 1707}));
  EXPECT_FALSE(is_connected_in(kTable, {make_address("127.0.0.1"), 40001})) << "it is closed";
}

TEST(SocketTableTest, WhoeverIsAboutToConnectIsSeen) {
  constexpr const char* kConnecting =
      "0: 0100007F:9C45 0101007F:06AA 02 0:0 0:0 0 1010 0 4252 1 0\n";
  EXPECT_TRUE(is_connected_in(kConnecting, kOurs));
  EXPECT_THAT(connected_ends_in(kConnecting, kOurs), testing::IsEmpty()) << "it is not yet";
}

TEST(SocketTableTest, TheOwnEndsAreThoseOfTheConnectionsThatStand) {
  const tcp::endpoint first{make_address("127.0.0.1"), 40000};
  EXPECT_THAT(connected_ends_in(kTable, kOurs), testing::ElementsAre(first));
  EXPECT_THAT(connected_ends_in(kTable6, kOurs),
              testing::ElementsAre(tcp::endpoint{make_address("127.0.0.1"), 40002}));
  constexpr const char* kSaidFin = "0: 0100007F:9C40 0101007F:06AA 04 0:0 0:0 0 1007 0 4242 1 0\n";
  EXPECT_THAT(connected_ends_in(kSaidFin, kOurs), testing::IsEmpty());
}

/// Another Linac may have the same one on another link.
TEST(SocketTableTest, OfAnAddressOfALinkNobodyIsSaidToConnect) {
  constexpr const char* kOfALink =
      "0: 000080FE000000000000000001000000:9C44 000080FE000000000000000002000000:06AA 02 0:0 0:0 0 "
      "1010 0 4252 1 0\n";
  constexpr const char* kConnected =
      "0: 000080FE000000000000000001000000:9C44 000080FE000000000000000002000000:06AA 01 0:0 0:0 0 "
      "1010 0 4252 1 0\n";
  const tcp::endpoint linac{make_address("fe80::2%8"), 1706};
  EXPECT_FALSE(is_connected_in(kOfALink, linac));
  EXPECT_TRUE(is_connected_in(kConnected, linac));
  EXPECT_THAT(connected_ends_in(kConnected, linac), testing::IsEmpty());
}

TEST(SocketTableTest, TheAccountIsThatOfTheVisitorsEnd) {
  EXPECT_EQ(connected_in(kTable, {make_address("127.0.0.1"), 40000}, kOurs), SocketOwner{1007U});
  EXPECT_EQ(connected_in(kTable6, {make_address("127.0.0.1"), 40002}, kOurs), SocketOwner{1008U});
  const tcp::endpoint v6{make_address("::1"), 1706};
  EXPECT_EQ(connected_in(kTable6, {make_address("::1"), 40003}, v6), SocketOwner{1009U});
}

TEST(SocketTableTest, AnAddressOfALinkIsFoundWhicheverLinkIsNamed) {
  constexpr const char* kOfALink =
      "0: 000080FE000000000000000001000000:9C44 000080FE000000000000000002000000:06AA 01 0:0 0:0 0 "
      "1010 0 4252 1 0\n";
  EXPECT_EQ(
      connected_in(kOfALink, {make_address("fe80::1%7"), 40004}, {make_address("fe80::2%8"), 1706}),
      SocketOwner{1010U});
}

TEST(SocketTableTest, AClosedSocketIsNobodysAndNotRoots) {
  EXPECT_EQ(connected_in(kTable, {make_address("127.0.0.1"), 40001}, kOurs), SocketOwner{});
}

TEST(SocketTableTest, WhatIsInNoTableIsElsewhere) {
  for (const char* table :
       {kTable, kTable6, "", "\n\n", "no table", "1: 0:0 0:0 01 a b c 7 8 9\n"}) {
    EXPECT_EQ(connected_in(table, {make_address("192.0.2.1"), 40000}, kOurs), std::nullopt);
  }
}

TEST(SocketTableTest, TheListenersAccountIsThatOfItsOwnEndpointAlone) {
  EXPECT_EQ(listening_in(kTable, kOurs), 1006U);
  EXPECT_EQ(listening_in(kTable, {make_address("127.0.1.1"), 1707}), std::nullopt);
  EXPECT_EQ(listening_in(kTable, {make_address("127.0.0.1"), 40000}), std::nullopt);
}

TEST(OwnAddressesTest, LoopbackIsOfThisMachineInWhateverForm) {
  for (const char* own : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"}) {
    EXPECT_TRUE(is_of_this_machine(make_address(own))) << own;
  }
}

TEST(OwnAddressesTest, AnAddressThatNoInterfaceHasIsElsewhere) {
  for (const char* other : {"192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "fe80::1:2:3:4%1"}) {
    EXPECT_FALSE(is_of_this_machine(make_address(other))) << other;
  }
}

TEST(OwnAddressesTest, TheAddressThatThisMachineSendsFromIsItsOwn) {
  asio::io_context io;
  asio::ip::udp::socket socket(io);
  boost::system::error_code error;
  // Nothing is sent: the kernel chooses the address.
  socket.connect({make_address("192.0.2.1"), 9}, error);
  if (error) GTEST_SKIP() << "there is no network here beside loopback";
  const auto own = socket.local_endpoint().address();
  EXPECT_TRUE(is_of_this_machine(own)) << own;
  EXPECT_TRUE(is_of_this_machine(asio::ip::make_address_v6(asio::ip::v4_mapped, own.to_v4())));
}

/// How often this thread has called read().
std::optional<int> reads_of_this_thread() {
  const FileHandle file(::open("/proc/thread-self/io", O_RDONLY | O_CLOEXEC));
  std::array<char, 1'024> text{};
  const auto size = file.valid() ? ::read(file.get(), text.data(), text.size()) : -1;
  if (size <= 0) return std::nullopt;
  constexpr std::string_view kName = "syscr: ";
  const std::string_view all(text.data(), static_cast<std::size_t>(size));
  const std::size_t at = all.find(kName);
  int reads = 0;
  if (at == std::string_view::npos) return std::nullopt;
  std::from_chars(all.data() + at + kName.size(), all.data() + all.size(), reads);
  return reads;
}

/// While it lives this process can open nothing more.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

/// A connection over loopback within this process.
class PeerOwnerTest : public testing::Test {
 protected:
  /// What the next connect() connects to is reached through this interface alone, which any account
  /// may say. False if it may not here.
  bool bind_client_to(std::string_view interface) {
    client_.open(tcp::v4());
    return ::setsockopt(client_.native_handle(), SOL_SOCKET, SO_BINDTODEVICE, interface.data(),
                        static_cast<socklen_t>(interface.size())) == 0;
  }
  void connect(const tcp::endpoint& listen, const asio::ip::address& reached_at) {
    acceptor_.open(listen.protocol());
    if (listen.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(false));
    acceptor_.bind(listen);
    acceptor_.listen();
    client_.connect({reached_at, acceptor_.local_endpoint().port()});
    server_ = acceptor_.accept();
  }
  std::optional<SocketOwner> owner() {
    return peer_owner(server_.remote_endpoint(), server_.local_endpoint());
  }

  asio::io_context io_;
  tcp::acceptor acceptor_{io_};
  tcp::socket client_{io_};
  tcp::socket server_{io_};
};

TEST_F(PeerOwnerTest, APeerOfThisMachineIsItsAccounts) {
  connect({make_address("127.0.0.1"), 0}, make_address("127.0.0.1"));
  EXPECT_EQ(owner(), SocketOwner{own_user()});
  EXPECT_EQ(listener_user(acceptor_.local_endpoint()), own_user());
}

TEST_F(PeerOwnerTest, APeerThatReachesADualStackPortByIPv4IsItsAccounts) {
  connect({make_address("::"), 0}, make_address("127.0.0.1"));
  EXPECT_EQ(owner(), SocketOwner{own_user()});
}

TEST_F(PeerOwnerTest, APeerThatIsGoneIsNobodys) {
  connect({make_address("127.0.0.1"), 0}, make_address("127.0.0.1"));
  const tcp::endpoint theirs = server_.remote_endpoint();
  const tcp::endpoint ours = server_.local_endpoint();
  client_.close();
  EXPECT_EQ(peer_owner(theirs, ours), SocketOwner{});
}

TEST_F(PeerOwnerTest, APeerThatIsBoundToAnInterfaceIsItsAccounts) {
  if (!bind_client_to("lo")) GTEST_SKIP() << "this kernel lets root alone name an interface";
  connect({make_address("127.0.0.1"), 0}, make_address("127.0.0.1"));
  EXPECT_EQ(owner(), SocketOwner{own_user()});
}

TEST_F(PeerOwnerTest, APeerThatIsBoundToAnInterfaceAndReachesADualStackPortIsItsAccounts) {
  if (!bind_client_to("lo")) GTEST_SKIP() << "this kernel lets root alone name an interface";
  connect({make_address("::"), 0}, make_address("127.0.0.1"));
  EXPECT_EQ(owner(), SocketOwner{own_user()});
}

TEST_F(PeerOwnerTest, AnAddressOfThisMachineOfWhichNoConnectionIsKnownIsNotElsewhere) {
  connect({make_address("127.0.0.1"), 0}, make_address("127.0.0.1"));
  EXPECT_EQ(peer_owner({make_address("127.0.0.9"), 1}, server_.local_endpoint()), SocketOwner{});
}

TEST_F(PeerOwnerTest, WhereNothingCanBeAskedNobodyIsTakenForOneElsewhere) {
  connect({make_address("127.0.0.1"), 0}, make_address("127.0.0.1"));
  const tcp::endpoint ours = server_.local_endpoint();
  const NoDescriptors none;
  EXPECT_EQ(owner(), SocketOwner{});
  EXPECT_EQ(peer_owner({make_address("192.0.2.1"), 40000}, ours), SocketOwner{});
}

/// These have a line for each socket of the machine.
TEST_F(PeerOwnerTest, TheTablesAreNotReadForAConnectionThatIsGone) {
  connect({make_address("127.0.0.1"), 0}, make_address("127.0.0.1"));
  const tcp::endpoint ours = server_.local_endpoint();
  owner();
  const auto before = reads_of_this_thread();
  if (!before) GTEST_SKIP() << "this kernel does not count what a thread reads";
  peer_owner({make_address("127.0.0.1"), 1}, ours);
  peer_owner({make_address("192.0.2.1"), 40000}, ours);
  EXPECT_EQ(reads_of_this_thread(), *before + 1) << "beside what counts them";
}

TEST_F(PeerOwnerTest, APeerElsewhereIsNotTakenForWhatListensHere) {
  connect({make_address("0.0.0.0"), 0}, make_address("127.0.0.1"));
  const tcp::endpoint elsewhere{make_address("192.0.2.1"), acceptor_.local_endpoint().port()};
  EXPECT_EQ(peer_owner(elsewhere, server_.local_endpoint()), std::nullopt);
}

}  // namespace
}  // namespace icom::os
