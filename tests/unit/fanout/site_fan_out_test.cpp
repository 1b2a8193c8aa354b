// What a listener writes to its spool, at a client's end.
#include "agent/fanout/site_fan_out.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/spool/spool_writer.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/icom/late_connection.hpp"
#include "tests/unit/fanout/fan_out_fixture.hpp"
#include "tests/unit/os/free_port.hpp"

namespace icom::fanout {
namespace {

class SiteFanOutTest : public testing::Test {
 protected:
  SiteFanOutTest() {
    std::string name = (std::filesystem::temp_directory_path() / "icom-fan-out-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    site_.spool.directory = folder_;
    site_.fan_out.ports = {{"4299", {"127.0.0.1", port_}}};
    begin_run();
    fan_out_.emplace(
        io_.get_executor(), os::real_file_system(), FanOutStatus{}, [](const FanOutStatus&) {},
        Limits{.goodbye = std::chrono::milliseconds(20)});
    fan_out_->apply(site_);
    boost::asio::co_spawn(io_, fan_out_->run(),
                          [this](const std::exception_ptr&) { over_ = true; });
  }
  ~SiteFanOutTest() override {
    fan_out_->stop();
    run_until([this] { return over_; });
    std::filesystem::remove_all(folder_);
  }
  SiteFanOutTest(const SiteFanOutTest&) = delete;
  SiteFanOutTest& operator=(const SiteFanOutTest&) = delete;

  /// Of a Linac that counts seconds.
  static std::string frame(unsigned second, const std::string& patient) {
    return std::string(8, '\0') + linac_time_text(1'700'000'000 + second) + char(second) + patient;
  }
  /// A new listener.
  void begin_run() {
    writer_.reset();
    writer_ = std::make_unique<spool::SpoolWriter>(os::real_file_system(), folder_ / "4299",
                                                   spool::SpoolLimits{});
  }
  void write(EntryKind kind, std::string_view bytes) {
    spool::Entry entry;
    entry.kind = kind;
    entry.bytes = as_bytes(bytes);
    EXPECT_FALSE(writer_->append(entry));
  }
  /// As the listener writes them. Returns the bytes.
  std::string frames(unsigned first, unsigned last, const std::string& patient) {
    std::string all;
    for (unsigned second = first; second <= last; ++second) {
      write(EntryKind::frame, frame(second, patient));
      all += frame(second, patient);
    }
    return all;
  }
  void connected(std::string_view mark = {}) { write(EntryKind::connected, mark); }
  void disconnected(std::string_view why) { write(EntryKind::disconnected, why); }

  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "not within ten seconds";
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(10));
    }
  }
  /// One that has got its first bytes: they are left out of what it has received.
  std::unique_ptr<TestClient> connect() {
    std::unique_ptr<TestClient> client;
    run_until([&] {
      try {
        client = std::make_unique<TestClient>(io_, port_);
      } catch (const boost::system::system_error&) {
        return false;  // not listened on yet
      }
      return true;
    });
    const std::string hello = frame(0, "hello");
    run_until([&] {
      write(EntryKind::frame, hello);
      return !client->received.empty();
    });
    write(EntryKind::frame, frame(1, "begin"));
    run_until([&] { return client->received.ends_with("begin"); });
    client->received.clear();
    return client;
  }

  boost::asio::io_context io_{1};
  std::uint16_t port_ = free_port();
  std::filesystem::path folder_;
  config::SiteSettings site_;
  std::unique_ptr<spool::SpoolWriter> writer_;
  std::optional<SiteFanOut> fan_out_;
  bool over_ = false;
};

TEST_F(SiteFanOutTest, LateFramesOfOtherPatientsDoNotComeIntoTheOneThatIsLive) {
  const auto client = connect();
  connected();
  std::string expected = frames(2, 9, "P1");
  disconnected("half-open");
  connected();
  expected += frames(30, 35, "P3");
  disconnected("late bytes of a connection that was given up follow");
  connected(kLateConnection);
  frames(9, 15, "P1");
  frames(16, 17, "");
  write(EntryKind::junk, "late, of no frame");
  frames(18, 25, "P2");
  disconnected("it was given up before; its late bytes end");
  connected();
  frames(35, 35, "P3");  // the last one once more
  expected += frames(36, 40, "P3");
  run_until([&] { return client->received.ends_with(frame(40, "P3")); });
  EXPECT_EQ(client->received, expected);
}

TEST_F(SiteFanOutTest, AListenerThatDiesAmongLateFramesIsFollowedByALiveOne) {
  const auto client = connect();
  connected();
  std::string expected = frames(30, 31, "P3");
  disconnected("late bytes of a connection that was given up follow");
  connected(kLateConnection);
  frames(9, 11, "P1");
  begin_run();
  expected += frames(32, 33, "P3");
  run_until([&] { return client->received.ends_with(frame(33, "P3")); });
  EXPECT_EQ(client->received, expected);
}

}  // namespace
}  // namespace icom::fanout
