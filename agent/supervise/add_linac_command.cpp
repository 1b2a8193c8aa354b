#include "agent/supervise/add_linac_command.hpp"

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "agent/forward/status_files.hpp"
#include "agent/listen/listen_program.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/commands.hpp"
#include "agent/supervise/readable.hpp"
#include "agent/supervise/spool_of_another.hpp"
#include "agent/supervise/who_listens.hpp"
#include "common/config/site_file_edit.hpp"
#include "common/os/confirm.hpp"
#include "common/os/path_text.hpp"
#include "common/os/utc_clock.hpp"
#include "common/text/span_text.hpp"

namespace icom::supervise {

namespace {

using Json = nlohmann::ordered_json;

/// The page's and the records' times are the Linac's own: a minute is what a person would notice.
constexpr std::int64_t kClockMayBeOff = 60;
/// A running agent sees a changed file within a second, and a listener connects within five.
constexpr std::chrono::seconds kTakenUpWithin{30};
constexpr std::chrono::milliseconds kStatusPollInterval{100};

constexpr const char* kNothingWritten = "nothing was written";

/// What becomes of the request, as it goes on: for a person line by line, for a script at the end.
class Addition {
 public:
  explicit Addition(const AddLinacOptions& options)
      : options_(options), edit_(config::with_linac(options.site_file, options.linac)) {
    json_["serial"] = options.linac.serial;
    json_["address"] = options.linac.address.text();
    json_["written"] = false;
    json_["spool_of"] = options.spool_of;
    json_["taken_up"] = nullptr;
    json_["warnings"] = Json::array();
    json_["failure"] = "";
    json_["probe"] = nullptr;
  }

  int run() {
    const int code = steps();
    if (options_.json) std::cout << json_.dump(2) << '\n';
    return code;
  }

 private:
  int steps() {
    // Names may be other names of what is there; whether the text is, the edit has looked.
    boost::asio::io_context io(1);
    if (const auto why = why_not_to_add(io, options_.linac, edit_.settings.linacs)) {
      fail(*why + "; " + kNothingWritten);
      return kWrongUsage;
    }
    if (!spool_can_be_taken()) return kFailed;
    if (options_.check && !looks_good()) return kFailed;
    const std::int64_t written_us = os::utc_now_us();
    write();
    json_["written"] = true;
    tell(os::utf8(edit_.file) + ": Linac " + options_.linac.serial + " at " +
         options_.linac.address.text() + " is written");
    return is_taken_up(written_us) ? kDone : kFailed;
  }

  bool spool_can_be_taken() {
    if (options_.spool_of.empty()) return true;
    const auto why = why_spool_stays(os::real_file_system(), edit_.settings, options_.spool_of,
                                     options_.linac.serial);
    return why ? fail(*why + "; " + kNothingWritten) : true;
  }

  /// First the spool: a listener is started as soon as the file has the Linac.
  void write() {
    os::FileSystem& files = os::real_file_system();
    const std::string& serial = options_.linac.serial;
    if (options_.spool_of.empty()) return config::write_edit(edit_, files);
    give_spool(files, edit_.settings, options_.spool_of, serial);
    try {
      config::write_edit(edit_, files);
    } catch (...) {
      give_spool(files, edit_.settings, serial, options_.spool_of);
      throw;
    }
    tell("the spool of Linac " + options_.spool_of + " is Linac " + serial +
         "'s from now on: " + os::utf8(edit_.settings.spool.directory / serial));
  }

  bool looks_good() {
    const auto& linac = options_.linac.address;
    boost::asio::io_context io(1);
    if (const auto why = why_not_to_connect(io, linac, edit_.settings.spool.directory)) {
      return fail(*why +
                  ": a look would be a second client. One that was taken out leaves once no beam "
                  "is on: try again then (icom-agent status); " +
                  kNothingWritten);
    }
    if (const auto why = why_it_is_taken(io, linac)) return fail(*why + "; " + kNothingWritten);
    std::cerr << "note: looking at " << options_.linac.address.text() << " for "
              << std::chrono::duration<double>(options_.look).count()
              << " s. The Linac has one more client for that time, beside a listener that another "
                 "machine may have connected to it (PyMedPhys', say)\n";
    const ProbeReport report =
        probe(options_.linac.address, options_.look, edit_.settings.timezone);
    json_["probe"] = Json::parse(to_json(report, options_.linac.address));
    const std::string text = to_text(report, options_.linac.address);
    if (!report.good()) {
      return fail(text + kNothingWritten +
                  std::string("; to write it all the same, as for a Linac that is switched off: "
                              "--without-check"));
    }
    if (!options_.json) std::cout << text << std::flush;
    const LinacDoubts doubts = doubts_about(report, options_.linac);
    for (const std::string& doubt : doubts.others) warn(doubt);
    if (!doubts.identity) return true;
    warn(*doubts.identity);
    if (options_.yes || os::confirmed("Write it all the same?")) return true;
    return fail(kNothingWritten + std::string("; if it is the right one: --yes"));
  }

  bool is_taken_up(std::int64_t written_us) {
    const std::filesystem::path spools = edit_.settings.spool.directory;
    if (const auto why = why_site_cannot_be_told(spools)) {
      return fail("written; whether it is taken up cannot be told: " + *why);
    }
    if (!find_running_agent(os::real_file_system(), spools)) {
      tell("no icom-agent run works in " + os::utf8(spools) +
           ": it listens to the Linac from its next start on");
      return true;
    }
    const std::filesystem::path spool = spools / options_.linac.serial;
    json_["taken_up"] = false;
    const auto deadline = std::chrono::steady_clock::now() + kTakenUpWithin;
    std::string failure = "no listener has been started for it: look at icom-agent run's log";
    while (std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(kStatusPollInterval);
      const auto status = forward::read_listener_status(spool);
      if (!status || status->written_us < written_us) continue;  // of an earlier listener
      if (status->stream.connected) {
        json_["taken_up"] = true;
        tell("icom-agent run has taken it up: its listener is connected");
        return true;
      }
      failure = "its listener has no connection yet (" +
                (status->stream.last_failure.empty() ? "connecting" : status->stream.last_failure) +
                ") and goes on trying: icom-agent status";
    }
    std::error_code unknown;
    if (std::filesystem::exists(spool / listen::kDrainedFile, unknown)) {
      failure = "its listener was asked to leave earlier: icom-agent resume --linac " +
                options_.linac.serial;
    }
    return fail("written, but not taken up within " + std::to_string(kTakenUpWithin.count()) +
                " s: " + failure);
  }

  void tell(const std::string& line) const {
    if (!options_.json) std::cout << line << '\n' << std::flush;
  }
  void warn(const std::string& text) {
    json_["warnings"].push_back(text);
    std::cerr << "warning: " << text << '\n';
  }
  bool fail(const std::string& text) {
    json_["failure"] = text;
    std::cerr << text << '\n';
    return false;
  }

  const AddLinacOptions& options_;
  const config::SiteFileEdit edit_;
  Json json_;
};

}  // namespace

LinacDoubts doubts_about(const ProbeReport& report, const config::LinacSettings& linac) {
  LinacDoubts doubts;
  if (!report.machine_id) {
    doubts.others.push_back("its frames carry no machine ID: whether it is Linac " + linac.serial +
                            " cannot be seen");
  } else if (*report.machine_id != linac.serial) {
    doubts.identity = "it calls itself " + *report.machine_id + ", not " + linac.serial +
                      ": is it another machine's address?";
  }
  const std::int64_t ahead = report.clock_ahead_seconds.value_or(0);
  if (std::abs(ahead) > kClockMayBeOff) {
    doubts.others.push_back(
        "its clock is " + text::seconds_and_span_text(std::abs(ahead)) + " " +
        (ahead > 0 ? "ahead of" : "behind") + " this machine's in " + report.timezone +
        ": records carry the Linac's time; have one of the two set, or correct timezone");
  }
  return doubts;
}

int add_linac(const AddLinacOptions& options) {
  return Addition(options).run();
}

}  // namespace icom::supervise
