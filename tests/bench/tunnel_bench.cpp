// One stream in bulk through our SSH session and through `ssh -L`, in turn, against the same sshd.
// Prints a line a round, then medians and ratios.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/cli/program.hpp"
#include "common/ssh/session.hpp"
#include "tests/unit/os/free_port.hpp"
#include "tests/unit/ssh/sshd_fixture.hpp"

namespace {

namespace net = boost::asio;
using net::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kWriteBytes = std::size_t{32} << 10U;
constexpr std::chrono::seconds kPatience(30);

/// Accepts one connection after the other on a thread of its own, and tells when each has ended and
/// what it brought.
class Sink {
 public:
  struct End {
    Clock::time_point at;
    std::size_t bytes = 0;
  };

  Sink() : acceptor_(io_, {net::ip::address_v4::loopback(), 0}) {}

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  std::future<End> take_one() {
    return std::async(std::launch::async, [this] {
      tcp::socket socket = acceptor_.accept();
      std::vector<char> buffer(std::size_t{1} << 20U);
      End end;
      boost::system::error_code error;
      while (!error) end.bytes += socket.read_some(net::buffer(buffer), error);
      end.at = Clock::now();
      return end;
    });
  }

 private:
  net::io_context io_;
  tcp::acceptor acceptor_;
};

template <typename Stream>
net::awaitable<void> write_all(Stream& stream, std::size_t total) {
  const std::vector<char> bytes(kWriteBytes, 'x');
  for (std::size_t written = 0; written < total; written += bytes.size()) {
    co_await net::async_write(stream, net::buffer(bytes), net::use_awaitable);
  }
}

/// Seconds until the far end has all of `total`, by what `send` does on an io_context of its own.
double seconds_for(Sink& sink, std::size_t total, const std::function<net::awaitable<void>()>& send,
                   net::io_context& io, const Clock::time_point& begun) {
  std::future<Sink::End> end = sink.take_one();
  std::exception_ptr thrown;
  net::co_spawn(io, send(), [&](const std::exception_ptr& e) { thrown = e; });
  io.restart();
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  const Sink::End arrived = end.get();
  if (arrived.bytes != total) throw std::runtime_error("bytes were lost");
  return std::chrono::duration<double>(arrived.at - begun).count();
}

double through_our_session(const icom::ssh::Sshd& sshd, Sink& sink, std::size_t total) {
  net::io_context io;
  Clock::time_point begun;
  const auto send = [&]() -> net::awaitable<void> {
    const auto session = co_await icom::ssh::Session::connect(sshd.settings(), kPatience);
    auto channel = co_await session->open_channel("127.0.0.1", sink.port(), kPatience);
    begun = Clock::now();
    co_await write_all(channel, total);
    co_await session->close(kPatience);
  };
  return seconds_for(sink, total, send, io, begun);
}

/// An `ssh -N -L` from its start until it takes connections.
class SshForward {
 public:
  SshForward(const icom::ssh::Sshd& sshd, std::uint16_t from, std::uint16_t to,
             const std::vector<std::string>& options)
      : program_(arguments(sshd, from, to, options)), port_(from) {
    net::io_context io;
    tcp::socket probe(io);
    boost::system::error_code error = net::error::not_connected;
    for (const auto until = Clock::now() + kPatience; error && Clock::now() < until;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      probe = tcp::socket(io);
      probe.connect({net::ip::address_v4::loopback(), from}, error);
    }
    if (error) throw std::runtime_error("ssh -L does not listen");
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  static std::vector<std::string> arguments(const icom::ssh::Sshd& sshd, std::uint16_t from,
                                            std::uint16_t to,
                                            const std::vector<std::string>& options) {
    const icom::ssh::Settings settings = sshd.settings();
    const std::string loopback = "127.0.0.1:";
    std::vector<std::string> all{
        "ssh", "-N",
        "-F",  "none",
        "-o",  "ExitOnForwardFailure=yes",
        "-o",  "UserKnownHostsFile=" + settings.known_hosts.string(),
        "-i",  settings.key.string(),
        "-p",  std::to_string(settings.port),
        "-L",  loopback + std::to_string(from) + ":" + loopback + std::to_string(to)};
    all.insert(all.end(), options.begin(), options.end());
    all.push_back(settings.user + "@" + settings.host);
    return all;
  }

  icom::ssh::Program program_;
  std::uint16_t port_;
};

double through_ssh(const icom::ssh::Sshd& sshd, Sink& sink, std::size_t total,
                   const std::vector<std::string>& options) {
  // The probe that waits for ssh reaches the sink as a connection of its own.
  std::future<Sink::End> probe = sink.take_one();
  const SshForward forward(sshd, icom::free_port(), sink.port(), options);
  probe.get();
  net::io_context io;
  Clock::time_point begun;
  const auto send = [&]() -> net::awaitable<void> {
    tcp::socket socket(io);
    const tcp::endpoint target(net::ip::address_v4::loopback(), forward.port());
    co_await socket.async_connect(target, net::use_awaitable);
    begun = Clock::now();
    co_await write_all(socket, total);
  };
  return seconds_for(sink, total, send, io, begun);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

int main(int argc, char** argv) {
  const icom::cli::Program app("Bulk throughput of one stream: icom_ssh beside ssh -L",
                               "tunnel-bench");
  std::size_t rounds = 7;
  std::size_t megabytes = 256;
  app.add_option("--rounds", rounds, "rounds of each").within(1, 1000);
  app.add_option("--megabytes", megabytes, "sent in a round").within(1, 100'000);
  if (const auto code = app.parse_or_tell(argc, argv)) return *code;

  try {
    const icom::ssh::Sshd sshd;
    Sink sink;
    const std::size_t total = megabytes << 20U;
    const std::vector<std::pair<std::string, std::function<double()>>> sides{
        {"icom_ssh, aes256-ctr", [&] { return through_our_session(sshd, sink, total); }},
        {"ssh -L, aes256-ctr",
         [&] {
           return through_ssh(sshd, sink, total, {"-c", "aes256-ctr", "-m", "hmac-sha2-256"});
         }},
        {"ssh -L, its default", [&] { return through_ssh(sshd, sink, total, {}); }}};
    std::map<std::string, std::vector<double>> rates;
    for (std::size_t round = 0; round < rounds; ++round) {
      for (const auto& [name, measure] : sides) {
        const double rate = static_cast<double>(total) / 1e6 / measure();
        rates[name].push_back(rate);
        std::printf("round %zu  %-22s %8.1f MB/s\n", round + 1, name.c_str(), rate);
      }
    }
    const double ours = median(rates[sides.front().first]);
    for (const auto& [name, measure] : sides) {
      const double theirs = median(rates[name]);
      std::printf("median   %-22s %8.1f MB/s   icom_ssh is %.2f times that\n", name.c_str(), theirs,
                  ours / theirs);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tunnel-bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
