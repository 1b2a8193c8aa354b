// What the command line asks for.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "tests/simulator/client_session.hpp"
#include "tests/simulator/frame_source.hpp"

namespace icom::simulator {

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any that is free
  StreamOptions stream;
  SessionOptions session;
  double speed = 1;                        ///< seconds of Linac time a second of wall time
  bool wait_for_client = false;            ///< the clock begins with the first client
  std::size_t replay = 0;                  ///< frames of before that a new client gets first
  std::uint64_t frames = 0;                ///< ends after so many; 0: no bound
  double seconds = 0;                      ///< ends after so much wall time; 0: no bound
  bool exit_when_done = false;             ///< ends after the deliveries and a few idle frames
  std::chrono::seconds jump_on_signal{0};  ///< by how much SIGUSR1 sets the clock
  std::chrono::milliseconds not_recorded_after{
      2000};                     ///< a stall so long during a beam loses the treatment's record
  std::filesystem::path ledger;  ///< empty: none
  std::filesystem::path report;  ///< empty: none
};

/// Either options, or the exit code with which the program ends at once: 0 after --help, 2 after
/// wrong usage, which has been explained on stderr.
struct ParsedOptions {
  std::optional<Options> options;
  int exit_code = 0;
};
ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace icom::simulator
