// icom-gateway: start here for the program at the hosting site. docs/storage.md, docs/protocol.md.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>

#include "common/config/config_error.hpp"
#include "common/config/gateway_settings.hpp"
#include "gateway/cli/gap_listing.hpp"
#include "gateway/cli/ledger_listing.hpp"
#include "gateway/cli/linac_time_text.hpp"
#include "gateway/cli/record_export.hpp"
#include "gateway/cli/record_listing.hpp"
#include "gateway/serve/check.hpp"
#include "gateway/serve/serve.hpp"

namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

constexpr const char* kDescription =
    "Receives the iCom streams of all sites' Linacs, keeps every frame, finds the treatment "
    "records in them and archives those for PyMedPhys.\n"
    "\n"
    "The commands that read (records, export, ledger, gaps) work while 'serve' runs. Times are of "
    "the "
    "Linac's own clock.";
constexpr const char* kFooter =
    "Exit codes: 0 done, 1 failed, 2 wrong usage or settings. Errors go to stderr and name no "
    "patient.\n"
    "'icom-gateway COMMAND --help' tells more about a command.";

struct Options {
  std::filesystem::path config = "/etc/icom/gateway.yaml";
  std::string site;
  std::string linac;
  std::string patient;
  std::string since;
  bool all = false;
  bool json = false;
  bool frames = false;
  std::int64_t record = 0;
  std::string format;
  std::filesystem::path output;
};

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<std::int64_t> given_time(const std::string& text) {
  return text.empty() ? std::nullopt : icom::cli::parse_linac_time(text);
}

std::string check_time(const std::string& text) {
  return icom::cli::parse_linac_time(text) ? std::string()
                                           : "'" + text +
                                                 "' is no time: 2026-03-02, 2026-03-02T08:00 or "
                                                 "2026-03-02T08:00:06 is expected";
}

std::filesystem::path store_of(const Options& options) {
  return icom::config::load_gateway(options.config).store;
}

int end_output(std::ostream& out, const std::string& name) {
  out.flush();
  if (!out) {
    throw std::runtime_error("cannot write to " + name + ": the disk may be full");
  }
  return kDone;
}

int records(const Options& options) {
  const icom::store::RecordFilter filter{.site = given(options.site),
                                         .serial = given(options.linac),
                                         .patient_id = given(options.patient),
                                         .since = given_time(options.since),
                                         .with_undelivered = options.all};
  icom::cli::list_records(store_of(options), filter, options.json, std::cout);
  return end_output(std::cout, "the standard output");
}

int ledger(const Options& options) {
  const icom::cli::LedgerFilter filter{.serial = given(options.linac),
                                       .since = given_time(options.since)};
  if (options.frames) {
    icom::cli::list_frames(store_of(options), filter, std::cout);
  } else {
    icom::cli::list_ledger(store_of(options), filter, options.json, std::cout);
  }
  return end_output(std::cout, "the standard output");
}

int gaps(const Options& options) {
  const icom::cli::LedgerFilter filter{.serial = given(options.linac),
                                       .since = given_time(options.since)};
  icom::cli::list_gaps(store_of(options), filter, options.json, std::cout);
  return end_output(std::cout, "the standard output");
}

int export_one(const Options& options) {
  const auto format = icom::cli::parse_format(options.format).value();
  const std::filesystem::path store = store_of(options);
  if (options.output.empty()) {
    icom::cli::export_record(store, options.record, format, std::cout);
    return end_output(std::cout, "the standard output");
  }
  std::ofstream file(options.output, std::ios::binary | std::ios::trunc);
  if (!file) {
    throw std::runtime_error("cannot write " + options.output.string());
  }
  try {
    icom::cli::export_record(store, options.record, format, file);
    return end_output(file, options.output.string());
  } catch (...) {
    file.close();
    std::error_code ignored;
    std::filesystem::remove(options.output, ignored);  // half an export is worse than none
    throw;
  }
}

CLI::App* add_command(CLI::App& app, Options& options, const char* name, const char* what) {
  CLI::App* command = app.add_subcommand(name, what);
  command->add_option("--config", options.config, "the gateway's settings")
      ->type_name("FILE")
      ->capture_default_str();
  return command;
}

void add_since(CLI::App* command, Options& options, const char* what) {
  command->add_option("--since", options.since, what)
      ->type_name("TIME")
      ->check(CLI::Validator(check_time, ""));
}

void add_records(CLI::App& app, Options& options) {
  CLI::App* command = add_command(
      app, options, "records",
      "List treatment records, those with delivered monitor units, by site, Linac and time");
  command->add_option("--site", options.site, "only of this site")->type_name("SITE");
  command->add_option("--linac", options.linac, "only of the Linac with this serial number")
      ->type_name("SERIAL");
  command->add_option("--patient", options.patient, "only with exactly this Patient ID")
      ->type_name("ID");
  add_since(command, options, "only those that begin at this time or later");
  command->add_flag("--all", options.all, "also those without delivered monitor units");
  command->add_flag("--json", options.json, "one JSON object a line instead of a table");
}

void add_export(CLI::App& app, Options& options) {
  CLI::App* command = add_command(app, options, "export", "Write out one record");
  command->add_option("RECORD", options.record, "its id, as 'records' lists it")->required();
  command
      ->add_option("--format", options.format,
                   "xz: the raw frames, compressed, as in the archive; csv: a row a frame; jsonl: "
                   "a JSON object a frame")
      ->required()
      ->check(CLI::IsMember({"xz", "csv", "jsonl"}));
  command->add_option("--output", options.output, "where to; the standard output unless given")
      ->type_name("FILE");
}

void add_ledger(CLI::App& app, Options& options) {
  CLI::App* command =
      add_command(app, options, "ledger",
                  "The audit of each Linac: frames received, stored, duplicates, conflicts, gaps");
  command->add_option("--linac", options.linac, "only of the Linac with this serial number")
      ->type_name("SERIAL");
  add_since(command, options, "counts from the hour of this time on");
  command->add_flag("--json", options.json, "one JSON object a line instead of a table");
  command
      ->add_flag("--frames", options.frames,
                 "every stored frame, checked against its hash: time, counter, hash, with tabs")
      ->excludes("--json");
}

void add_gaps(CLI::App& app, Options& options) {
  CLI::App* command = add_command(
      app, options, "gaps",
      "List the places where frames are missing, or may be, and what agents said of them");
  command->add_option("--linac", options.linac, "only of the Linac with this serial number")
      ->type_name("SERIAL");
  add_since(command, options, "only those that end at this time or later");
  command->add_flag("--json", options.json, "one JSON object a line instead of a table");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(kDescription, "icom-gateway");
  app.footer(kFooter);
  app.set_version_flag("--version", "icom-gateway " ICOM_VERSION);
  app.require_subcommand(1);
  add_command(app, options, "serve", "Run the gateway until SIGTERM or SIGINT");
  add_command(app, options, "check",
              "Check every setting, file, key and directory without starting");
  add_records(app, options);
  add_export(app, options);
  add_ledger(app, options);
  add_gaps(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  }

  std::ios::sync_with_stdio(false);
  try {
    if (app.got_subcommand("serve")) return icom::serve::run_serve(options.config);
    if (app.got_subcommand("check")) return icom::serve::run_check(options.config);
    if (app.got_subcommand("records")) return records(options);
    if (app.got_subcommand("export")) return export_one(options);
    if (app.got_subcommand("gaps")) return gaps(options);
    return ledger(options);
  } catch (const icom::config::ConfigError& error) {
    std::cerr << error.what() << '\n';
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::cerr << "icom-gateway: " << error.what() << '\n';
    return kFailed;
  }
}
