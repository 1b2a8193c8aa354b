#include "tests/simulator/options.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "common/cli/program.hpp"

namespace icom::simulator {
namespace {

constexpr int kWrongUsage = 2;
constexpr std::int64_t kMostJump = 366LL * 24 * 3600;  // seconds: a year

// The texts that CLI11 does not turn into values itself. Each throws cli::UsageError, which
// names the option.

std::chrono::local_seconds start_time(const std::string& text) {
  const auto start = parse_linac_time(text);
  if (!start)
    throw cli::UsageError("--start", "'" + text + "' is no time; expected YYYY-MM-DD HH:MM:SS");
  return *start;
}

LengthField length_field(const std::string& text) {
  const auto field = LengthField::parse(text);
  if (!field) {
    throw cli::UsageError(
        "--length",
        "'" + text + "' is none of whole, minus4, items, constant, random, lie-every-N");
  }
  return *field;
}

// `NUMBER:REST`
std::pair<std::uint64_t, std::string> frame_and_rest(const char* option, const std::string& text) {
  const auto colon = text.find(':');
  std::uint64_t frame = 0;
  const char* const end = text.data() + std::min(colon, text.size());
  const auto parsed = std::from_chars(text.data(), end, frame);
  if (colon == std::string::npos || parsed.ec != std::errc{} || parsed.ptr != end || frame == 0) {
    throw cli::UsageError(option,
                          "'" + text + "' does not start with a frame's number and a colon");
  }
  return {frame, text.substr(colon + 1)};
}

ClockJump clock_jump(const std::string& text) {
  const auto [frame, rest] = frame_and_rest("--clock-jump-at", text);
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), seconds);
  if (parsed.ec != std::errc{} || parsed.ptr != rest.data() + rest.size() || seconds < -kMostJump ||
      seconds > kMostJump) {
    throw cli::UsageError(
        "--clock-jump-at",
        "'" + rest + "' is no number of seconds up to a year; expected N:SECONDS");
  }
  return {frame, std::chrono::seconds(seconds)};
}

std::pair<Fault, std::uint64_t> fault_at(const std::string& text) {
  const auto [frame, rest] = frame_and_rest("--at", text);
  const auto fault = fault_named(rest);
  if (!fault)
    throw cli::UsageError(
        "--at", "'" + rest + "' is no fault; expected N:FAULT, FAULT as in --FAULT-every");
  return {*fault, frame};
}

std::string every_help(Fault fault) {
  switch (fault) {
    case Fault::duplicate:
      return "the frame is sent twice in a row";
    case Fault::conflict:
      return "a second frame with the same time and counter, other bytes";
    case Fault::skip:
      return "the frame is made but not sent: a gap in the counter";
    case Fault::junk:
      return "junk after the frame";
    case Fault::fragment:
      return "only the frame's first part is sent, then the next frame";
    case Fault::pause:
      return "after the frame nothing comes for --pause-ms of Linac time";
    case Fault::close:
      return "after the frame every connection is closed by FIN";
    case Fault::reset:
      return "after the frame every connection is reset";
    case Fault::truncate:
      return "in the middle of the frame every connection is closed by FIN";
    case Fault::no_items:
      return "a frame without items";
    case Fault::overrun:
      return "the frame's last item claims more bytes than there are";
    case Fault::big:
      return "a frame of 64 kB";
  }
  return "";
}

/// Texts as given, before they are turned into values.
struct RawTexts {
  std::string start = "2026-03-02 08:00:00";
  std::string length = "whole";
  std::vector<std::string> clock_jumps;
  std::vector<std::string> faults_at;
  std::array<std::uint64_t, kFaults> every{};
  std::int64_t pause_ms = 3000;
  std::int64_t jump_on_signal = 0;
  std::int64_t not_recorded_after_ms = 2000;
  int beam_frames = 0;
  int beams = 0;
  std::string technique;
};

void add_stream_options(const cli::Command& app, Options& options, RawTexts& raw) {
  DayOptions& day = options.stream.day;
  app.add_option("--serial", options.stream.serial, "Machine ID").required();
  app.add_option("--seed", day.seed, "which day of treatments, and which faults' bytes");
  app.add_option("--start", raw.start, "Linac time of the first frame, YYYY-MM-DD HH:MM:SS")
      .capture_default_str();
  app.add_option("--first-counter", options.stream.first_counter,
                 "counter of the first frame, 0 to 255");
  app.add_option("--hz", day.hz, "frames in a second of Linac time").within(1, LinacClock::kMaxHz);
  app.add_option("--speed", options.speed, "seconds of Linac time in a second of wall time")
      .within(0.01, 100'000.0);
  app.add_option("--deliveries", day.deliveries, "visits with MU, then idle for good; 0: no bound");
  app.add_option("--idle", day.idle_frames, "frames with no patient between visits")
      .within(0, 1'000'000);
  app.add_option("--beam-frames", raw.beam_frames,
                 "frames of beam-on per beam; drawn by seed if not given")
      .within(1, 100'000);
  app.add_option("--beams", raw.beams, "beams per visit; drawn by seed if not given").within(1, 50);
  app.add_option("--technique", raw.technique,
                 "of every beam: vmat or step-and-shoot; drawn by seed if not given")
      .one_of({"vmat", "step-and-shoot"});
  app.add_flag("--hostile-names", day.hostile_names,
               "names and IDs with separators, .., NUL, UTF-8, Latin-1, 300 characters");
  app.add_option("--opaque-bytes", options.stream.opaque_bytes,
                 "bytes of unknown meaning before the first item")
      .within(0, 64);
}

void add_fault_options(const cli::Command& app, Options& options, RawTexts& raw) {
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    app.add_option("--" + std::string(name_of(fault)) + "-every", raw.every[i],
                   "every Nth frame: " + every_help(fault))
        .group("Faults");
  }
  app.add_option("--at", raw.faults_at,
                 "N:FAULT: that fault in frame N, e.g. 37:reset; may be repeated")
      .one_value_each()
      .group("Faults");
  app.add_option("--junk-bytes", options.stream.junk_bytes, "bytes of a run of junk")
      .within(1, 10'000'000)
      .group("Faults");
  app.add_option("--pause-ms", raw.pause_ms, "length of a pause, Linac time")
      .within(1, 86'400'000)
      .group("Faults");
  app.add_option("--clock-jump-at", raw.clock_jumps,
                 "N:SECONDS: from frame N on the clock is so much later; may be repeated")
      .one_value_each()
      .group("Faults");
  app.add_option("--jump-on-signal", raw.jump_on_signal,
                 "SECONDS: at SIGUSR1 the clock is set so much later, or earlier with a minus")
      .within(-kMostJump, kMostJump)
      .group("Faults");
  app.add_option("--length", raw.length,
                 "length field: whole, minus4, items, constant, random or lie-every-N")
      .group("Faults");
}

void add_connection_options(const cli::Command& app, Options& options, RawTexts& raw) {
  app.add_option("--port", options.port, "TCP port; 0: any that is free").required();
  app.add_option("--address", options.address, "address to listen on")
      .check([](const std::string& text) {
        boost::system::error_code error;
        boost::asio::ip::make_address(text, error);
        return error ? "'" + text + "' is no IP address" : std::string();
      });
  app.add_flag("--wait-for-client", options.wait_for_client,
               "the clock begins with the first client");
  app.add_option("--replay", options.replay, "frames of before that a new client gets first")
      .within(0, 100'000);
  app.add_option("--piece", options.session.piece, "send in pieces of that many bytes");
  app.add_option("--backlog", options.session.backlog_bound,
                 "bytes that may wait for a client before it is dropped");
  app.add_option("--send-buffer", options.session.send_buffer, "bytes of the kernel's send buffer")
      .within(4096, 64 * 1024 * 1024);
  app.add_option("--not-recorded-after", raw.not_recorded_after_ms,
                 "ms without reading during a beam after which the treatment is not recorded");
  app.add_option("--ledger", options.ledger, "file: one line a frame sent");
  app.add_option("--report", options.report, "file: how the clients behaved, JSON");
  app.add_option("--frames", options.frames, "end after so many frames");
  app.add_option("--seconds", options.seconds, "end after so much wall time");
  app.add_flag("--exit-when-done", options.exit_when_done,
               "end after --deliveries and a few idle frames");
}

void apply(const RawTexts& raw, Options& options) {
  options.stream.start = start_time(raw.start);
  options.stream.length = length_field(raw.length);
  options.stream.pause = std::chrono::milliseconds(raw.pause_ms);
  options.not_recorded_after = std::chrono::milliseconds(raw.not_recorded_after_ms);
  options.jump_on_signal = std::chrono::seconds(raw.jump_on_signal);
  if (raw.beam_frames > 0) options.stream.day.beam_frames = raw.beam_frames;
  if (raw.beams > 0) options.stream.day.beams = raw.beams;
  if (!raw.technique.empty()) {
    options.stream.day.technique =
        raw.technique == "vmat" ? Technique::vmat : Technique::step_and_shoot;
  }
  for (std::size_t i = 0; i < kFaults; ++i)
    options.stream.faults.every(static_cast<Fault>(i), raw.every[i]);
  for (const auto& text : raw.faults_at) {
    const auto [fault, frame] = fault_at(text);
    options.stream.faults.at(fault, frame);
  }
  for (const auto& text : raw.clock_jumps) options.stream.faults.jump(clock_jump(text));
  if (options.exit_when_done && options.stream.day.deliveries == 0) {
    throw cli::UsageError("--exit-when-done", "needs --deliveries K, otherwise the day never ends");
  }
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  const cli::Program app(
      "A simulated Linac: streams iCom Vx frames of invented days of treatment. See "
      "docs/simulator.md.",
      "linac-simulator");
  Options options;
  RawTexts raw;
  add_connection_options(app, options, raw);
  add_stream_options(app, options, raw);
  add_fault_options(app, options, raw);
  try {
    if (!app.parse(argc, argv)) return {std::nullopt, 0};
    apply(raw, options);
  } catch (const cli::UsageError& error) {
    app.tell(error);
    return {std::nullopt, kWrongUsage};
  }
  return {std::move(options), 0};
}

}  // namespace icom::simulator
