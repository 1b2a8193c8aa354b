// The agent's forwarder and the gateway's ingest and store, with a connection between them that
// breaks at every byte of a session, in both directions: each entry is stored once, in order, and
// leaves the spool only when it is.
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/forward/forwarder.hpp"
#include "agent/forward/websocket_pipe.hpp"
#include "agent/spool/spool_reader.hpp"
#include "agent/spool/spool_writer.hpp"
#include "gateway/ingest/ingest_server.hpp"
#include "gateway/serve/store_sink.hpp"
#include "tests/unit/broken_link/cutting_proxy.hpp"
#include "tests/unit/os/faulting_file_system.hpp"
#include "tests/unit/store/faulting_vfs.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using std::chrono::milliseconds;
using test::CuttingProxy;
using test::Direction;

const std::filesystem::path kSpool = "/spool/4299";
const std::string kToken = "the token of nbcc, thirty-two ..";
constexpr std::uint64_t kFrames = 5;

/// Short, so that a session has few bytes.
ByteVector short_frame(std::uint64_t number) {
  test::FrameSpec spec;
  spec.counter = static_cast<std::uint8_t>(number);
  spec.items = {{0x300A, 0x011E, "DS", 'R', std::to_string(number)}};
  return test::build_frame(spec);
}

/// A gateway with one Linac, fresh but for its store.
class Gateway {
 public:
  Gateway(store::Store& store, const std::string& serial)
      : linac_(store.linac("nbcc", serial)),
        registry_({{"nbcc", ingest::Credentials(kToken), {{serial, linac_}}}}),
        sink_(store),
        server_(options(), registry_, sink_, board_) {
    server_.start();
  }
  ~Gateway() { server_.stop(milliseconds(0)); }

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] store::LinacId linac() const { return linac_; }

 private:
  static ingest::IngestServer::Options options() {
    ingest::IngestServer::Options options;
    options.threads = 1;
    return options;
  }
  store::LinacId linac_;
  ingest::SiteRegistry registry_;
  serve::StoreSink sink_;
  ingest::LinkStatusBoard board_;
  ingest::IngestServer server_;
};

awaitable<std::unique_ptr<forward::MessagePipe>> connect(tcp::endpoint endpoint) {
  tcp::socket socket(co_await asio::this_coro::executor);
  const auto [error] = co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
  if (error) throw forward::LinkFailure(forward::FailureKind::network, error.message());
  socket.set_option(tcp::no_delay(true));
  auto pipe = co_await forward::WebSocketPipe<tcp::socket>::open(std::move(socket), "gateway", {});
  co_return pipe;
}

class BrokenLink : public testing::TestWithParam<Direction> {
 protected:
  BrokenLink() { spdlog::set_level(spdlog::level::off); }  // each break is logged, as it should be

  /// One session that is cut, and what it takes to send everything all the same. False if it ended
  /// before so many bytes.
  bool everything_arrives(std::uint64_t bytes) {
    const std::string serial = std::to_string(bytes);
    Gateway gateway(store_, serial);
    asio::io_context io;
    CuttingProxy proxy(io, gateway.port(), {GetParam(), bytes});
    os::FaultingFileSystem files;
    // A segment for each frame, so that each leaves the spool by itself.
    spool::SpoolWriter listener(files, kSpool, {.segment_bytes = 64});
    forward::LinacStreams linacs;
    linacs.push_back(std::make_unique<forward::LinacStream>(files, serial, 1, kSpool));

    forward::ForwarderSurroundings surroundings;
    surroundings.connect = [&] {
      expect_spooled_or_stored(files, gateway.linac(), listener.run());
      return connect(proxy.endpoint());
    };
    surroundings.caller = [] { return forward::Caller{"nbcc", kToken, "test"}; };
    surroundings.listeners = [] { return link::Status(); };
    surroundings.publish = [](const forward::ForwardStatus&) {};
    surroundings.random = [] { return 0.0; };
    forward::ForwarderTimings timings;
    timings.session.status = std::chrono::hours(1);
    forward::Forwarder forwarder(io.get_executor(), linacs, {}, std::move(surroundings), timings);
    bool running = true;
    asio::co_spawn(io, forwarder.run(), [&](const std::exception_ptr& failure) {
      EXPECT_EQ(failure, nullptr);
      running = false;
      proxy.stop();
    });

    const auto run_until = [&](const std::function<bool()>& condition) {
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
          ADD_FAILURE() << "nothing goes on";
          return;
        }
        io.run_one_for(milliseconds(1));
      }
    };
    std::vector<ByteVector> written;
    for (const std::uint64_t upto : {std::uint64_t{2}, std::uint64_t{3}, kFrames}) {
      while (written.size() < upto) {
        written.push_back(short_frame(written.size() + 1));
        EXPECT_FALSE(listener.append({.kind = EntryKind::frame, .bytes = written.back()}));
      }
      forwarder.wake();
      run_until([&] { return store_.stored_position(gateway.linac(), listener.run()) == upto; });
    }
    forwarder.stop();
    run_until([&] { return !running; });
    io.run_for(std::chrono::seconds(5));

    EXPECT_TRUE(test::same_frames(test::stored_frames(folder_.path(), gateway.linac()), written));
    const auto counts = store::StoreReader(folder_.path()).ledger(serial, {}).at(0).counts;
    EXPECT_EQ(counts.received, static_cast<std::int64_t>(kFrames)) << "none was taken twice";
    return proxy.has_cut();
  }

  /// What the spool has lost since, the store has.
  void expect_spooled_or_stored(os::FaultingFileSystem& files, store::LinacId linac,
                                std::uint64_t run) {
    const std::uint64_t stored = store_.stored_position(linac, run);
    spool::SpoolReader reader(files, kSpool);
    const auto oldest = reader.next();
    if (oldest && oldest->kind != EntryKind::hole) {
      EXPECT_LE(oldest->seq, stored + 1);
    } else if (oldest) {
      EXPECT_LE(oldest->seq, stored) << "what is missing in the spool";
    }
  }

  test::TemporaryFolder folder_;
  test::FaultingVfs vfs_;  // many commits: not on the machine's disk
  store::Store store_{folder_.path(), {}, nullptr};
};

TEST_P(BrokenLink, AtWhicheverByteItBreaksEachEntryIsStoredOnceAndLeavesTheSpoolOnlyThen) {
  std::uint64_t bytes = 0;
  for (; !HasFailure(); ++bytes) {
    SCOPED_TRACE(bytes);
    if (!everything_arrives(bytes)) break;
  }
  RecordProperty("bytes", std::to_string(bytes));
  EXPECT_GT(bytes, 200U);
}

INSTANTIATE_TEST_SUITE_P(Directions, BrokenLink,
                         testing::Values(Direction::to_gateway, Direction::to_agent),
                         [](const auto& one) {
                           return one.param == Direction::to_gateway ? "ToGateway" : "ToAgent";
                         });

}  // namespace
}  // namespace icom
