// icom-listen: reads one Linac's stream into its spool. It does nothing else, so that nothing else
// can end it.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include "agent/listen/goodbye.hpp"
#include "agent/listen/listen_program.hpp"
#include "common/cli/program.hpp"
#include "common/log/log.hpp"
#include "common/os/crash_farewell.hpp"
#include "common/os/process.hpp"

namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

constexpr std::uint64_t kLeastMaxBytes = 16ULL << 20U;
/// From SIGTERM to the end, whatever the disk does.
constexpr std::chrono::seconds kStopWithin{2};

struct Options {
  icom::listen::ListenerSettings settings;
  spdlog::level::level_enum level = spdlog::level::info;
  bool take_over = false;
};

bool is_serial(const std::string& text) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-';
  };
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), allowed);
}

/// Throws UsageError. Ends the process where only help or the version was asked for.
Options parse(int argc, char** argv) {
  Options options;
  std::string linac;
  std::string level;
  const icom::cli::Program app(
      "Reads one Linac's iCom stream into its spool; icom-forward sends it on.", "icom-listen");
  app.version(ICOM_VERSION);
  app.add_option("--linac", linac, "the Linac, ADDRESS[:PORT]; port 1706 unless given").required();
  app.add_option("--serial", options.settings.serial, "its serial number; names its folder")
      .required();
  app.add_option("--spool", options.settings.spool,
                 "the site's spool directory; DIR/SERIAL is made in it")
      .required();
  app.add_option("--max-bytes", options.settings.limits.max_bytes,
                 "of the Linac's spool; beyond it the oldest frames without a patient go first")
      .capture_default_str()
      .within(kLeastMaxBytes, std::uint64_t{1} << 50U);
  app.add_flag("--take-over", options.take_over,
               "take the connection over from the listener that runs, which then ends; the Linac "
               "notices nothing. Where none runs: as without");
  icom::os::NativeSocket keeper = icom::os::kNoSocket;
  app.add_option("--keeper", keeper,
                 "given by icom-agent run alone: the number of an open descriptor, a socket to "
                 "whoever holds a copy of the Linac's connection, so that it outlives a crash of "
                 "this program and the next one goes on with it")
      .type_name("DESCRIPTOR");
  app.add_option("--log-level", level, icom::log::level_names()).default_str("info");
  if (!app.parse(argc, argv)) std::exit(kDone);

  const auto address = icom::config::parse_address(linac, icom::config::kIcomPort);
  if (!address) {
    throw icom::cli::UsageError("--linac", icom::config::no_linac_address_text(linac));
  }
  options.settings.linac = *address;
  options.settings.keeper = icom::listen::KeeperLink(keeper);
  if (!is_serial(options.settings.serial)) {
    throw icom::cli::UsageError("--serial", "1 to 32 letters, digits, '_' or '-' are expected");
  }
  if (!level.empty()) {
    const auto parsed = icom::log::parse_level(level);
    if (!parsed) {
      throw icom::cli::UsageError("--log-level", "one of " + icom::log::level_names());
    }
    options.level = *parsed;
  }
  return options;
}

void say_end(const icom::listen::Lost& lost) {
  if (lost.frames + lost.others > 0) {
    spdlog::error(
        "ended; LOST: {} frames, {} of them with a patient, and {} other entries, which the spool "
        "did not take; {}{}",
        lost.frames, lost.frames_with_patient, lost.others,
        lost.told ? "a hole in the spool tells the gateway how many" : "nothing else tells of them",
        lost.given_up.none() ? "" : "; GIVEN UP before that: " + text_of(lost.given_up));
  } else if (lost.folder) {
    spdlog::error(
        "ended; LOST: the spool's folder was removed and could not be made anew: what it held, and "
        "what was received since");
  } else if (lost.given_up.none()) {
    spdlog::info("ended; everything received is in the spool");
  } else {
    spdlog::error("ended; everything received is in the spool but for what was GIVEN UP: {}",
                  text_of(lost.given_up));
  }
}

void listen(const Options& options) {
  boost::asio::io_context io(1);
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  std::exception_ptr failure;
  icom::listen::ListenProgram program(io, icom::os::real_file_system(), options.settings,
                                      [&](std::exception_ptr why) {
                                        failure = std::move(why);
                                        icom::os::end_process_within(kStopWithin);
                                        io.stop();
                                      });
  const auto stop = [&program] {
    icom::os::end_process_within(kStopWithin);
    program.stop();
  };
  signals.async_wait([&stop](boost::system::error_code error, int number) {
    if (error) return;
    spdlog::info("signal {}: closing the connection to the Linac", number);
    stop();
  });
  program.when_asked_to_stop(stop);
  if (options.take_over) {
    program.take_over();
  } else {
    program.start();
  }
  io.run();
  const auto lost = program.finish();
  if (failure) std::rethrow_exception(failure);
  say_end(lost);
}

}  // namespace

int main(int argc, char** argv) {
  icom::os::ignore_pipe_and_hangup();
  icom::os::prepare_crash_farewell(icom::listen::kGoodbye);
  Options options;
  try {
    options = parse(argc, argv);
  } catch (const icom::cli::UsageError& error) {
    std::cerr << "icom-listen: " << error.what() << "\nicom-listen --help tells more.\n";
    return kWrongUsage;
  }
  try {
    icom::log::init("icom-listen[" + options.settings.serial + "]", options.level,
                    icom::log::Delivery::detached);
    listen(options);
    spdlog::shutdown();
    return kDone;
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    spdlog::shutdown();
    return kFailed;
  }
}
