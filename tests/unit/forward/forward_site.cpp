#include "tests/unit/forward/forward_site.hpp"

#include <stdlib.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>

namespace icom::forward::testing {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "forward_test.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  return name;
}

asio::awaitable<void> wake_by(spool::SpoolWatch& watch, Forwarder& forwarder) {
  for (;;) {
    co_await watch.wait();
    forwarder.wake();
  }
}

asio::awaitable<void> run_both(Forwarder& forwarder, spool::SpoolWatch& watch) {
  using asio::experimental::awaitable_operators::operator||;
  co_await (forwarder.run() || wake_by(watch, forwarder));
}

}  // namespace

ForwardSite::ForwardSite() : folder_(make_folder()) {
  timings_.session.status = milliseconds(20);
  timings_.session.drain = milliseconds(500);
  timings_.backoff = {milliseconds(1), milliseconds(5)};
  timings_.status_file = milliseconds(5);
}

ForwardSite::~ForwardSite() {
  stop();
  gateway_.stop();
  io_.restart();
  io_.poll();
  std::filesystem::remove_all(folder_);
}

void ForwardSite::add_linac(const std::string& serial) {
  const auto number = static_cast<std::uint32_t>(linacs_.size() + 1);
  linacs_.push_back(
      std::make_unique<LinacStream>(os::real_file_system(), serial, number, folder_ / serial));
  watch_.add(folder_ / serial);
}

void ForwardSite::start_listener(const std::string& serial, spool::SpoolLimits limits) {
  writers_[serial].reset();  // the lock goes first
  writers_[serial] =
      std::make_unique<spool::SpoolWriter>(os::real_file_system(), folder_ / serial, limits);
}

void ForwardSite::write(const std::string& serial, const std::string& text) {
  const spool::Entry entry{.kind = EntryKind::frame, .bytes = as_bytes(text)};
  ASSERT_FALSE(writers_.at(serial)->append(entry));
  written_[serial].push_back(text);
}

void ForwardSite::write_many(const std::string& serial, int count, std::size_t size) {
  for (int i = 0; i < count; ++i) {
    std::string text = serial + " " + std::to_string(written_[serial].size()) + " ";
    text.resize(std::max(size, text.size()), 'x');
    write(serial, text);
  }
}

void ForwardSite::start() {
  ForwardStatus identity;
  identity.site = "nbcc";
  ForwarderSurroundings surroundings;
  surroundings.connect = gateway_.connector();
  surroundings.caller = [this] { return Caller{"nbcc", token_, "test"}; };
  surroundings.listeners = [this] {
    link::Status status;
    for (const auto& linac : linacs_) {
      if (!linac.accepted()) continue;
      auto* one = status.add_linacs();
      one->set_linac(linac.number());
      one->set_frames(written_[linac.serial()].size());
    }
    return status;
  };
  surroundings.publish = [this](const ForwardStatus& status) {
    published_ = status;
    all_published_.push_back(status);
  };
  surroundings.random = [] { return 0.5; };
  forwarder_ = std::make_unique<Forwarder>(io_.get_executor(), linacs_, identity,
                                           std::move(surroundings), timings_);
  running_ = true;
  asio::co_spawn(io_, run_both(*forwarder_, watch_), [this](const std::exception_ptr& failure) {
    running_ = false;
    EXPECT_EQ(failure, nullptr);
  });
}

void ForwardSite::stop() {
  if (!running_) return;
  forwarder_->stop();
  run_until([this] { return !running_; }, "the forwarder ends");
}

bool ForwardSite::run_until(const std::function<bool()>& condition, const char* what) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "not within ten seconds: " << what;
      return false;
    }
    io_.restart();
    io_.run_one_for(milliseconds(50));
  }
  return true;
}

bool ForwardSite::all_arrived() const {
  for (const auto& [serial, texts] : written_) {
    const auto entries = gateway_.stored.find(serial);
    if (entries == gateway_.stored.end() || entries->second.size() != texts.size()) return false;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (entries->second[i].bytes != texts[i]) return false;
    }
  }
  return true;
}

bool ForwardSite::run_until_all_arrived() {
  const bool arrived_all = run_until([this] { return all_arrived(); }, "everything arrives");
  for (const auto& fault : gateway_.faults) ADD_FAILURE() << fault;
  return arrived_all;
}

std::size_t ForwardSite::arrived(const std::string& serial) const {
  const auto entries = gateway_.stored.find(serial);
  return entries == gateway_.stored.end() ? 0 : entries->second.size();
}

std::size_t ForwardSite::segments(const std::string& serial) const {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder_ / serial)) {
    if (file.path().extension() == ".spool") ++count;
  }
  return count;
}

const LinacForwardStatus& ForwardSite::status_of(const std::string& serial) const {
  static const LinacForwardStatus kNone;
  for (const auto& linac : published_.linacs) {
    if (linac.serial == serial) return linac;
  }
  return kNone;
}

}  // namespace icom::forward::testing
