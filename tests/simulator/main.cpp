#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>

#include "tests/simulator/options.hpp"
#include "tests/simulator/simulator.hpp"

namespace {

// Below the 2 s within which whoever asks us to end may expect it.
constexpr std::chrono::milliseconds kSignalEndAtMost{1500};
constexpr int kFailed = 1;

int run(const icom::simulator::Options& options) {
  std::signal(SIGPIPE, SIG_IGN);  // whoever read our output may be gone
  boost::asio::io_context io;
  icom::simulator::Simulator simulator(io, options, std::cout);
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code cancelled, int) {
    if (!cancelled) simulator.stop(kSignalEndAtMost);
  });
  boost::asio::signal_set clock_signal(io, SIGUSR1);
  std::function<void()> wait_for_clock_signal = [&] {
    clock_signal.async_wait([&](boost::system::error_code cancelled, int) {
      if (cancelled) return;
      simulator.set_clock();
      wait_for_clock_signal();
    });
  };
  wait_for_clock_signal();
  simulator.on_finished([&] {
    signals.cancel();
    clock_signal.cancel();
  });
  simulator.start();
  io.run();
  return simulator.files_complete() ? 0 : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = icom::simulator::parse_options(argc, argv);
  if (!parsed.options) return parsed.exit_code;
  try {
    return run(*parsed.options);
  } catch (const std::exception& error) {
    std::cerr << "linac-simulator: " << error.what() << '\n';
    return kFailed;
  }
}
