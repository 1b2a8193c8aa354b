#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "gateway/cli/commands.hpp"
#include "gateway/cli/record_export.hpp"

namespace icom::cli {

namespace {

struct Given {
  std::filesystem::path config;
  std::int64_t record = 0;
  std::string format;
  std::filesystem::path output;
};

int export_one(const Given& given) {
  const auto format = parse_format(given.format).value();
  const std::filesystem::path store = store_of(given.config);
  if (given.output.empty()) {
    export_record(store, given.record, format, std::cout);
    return end_standard_output();
  }
  std::ofstream file(given.output, std::ios::binary | std::ios::trunc);
  if (!file) {
    throw std::runtime_error("cannot write " + given.output.string());
  }
  try {
    export_record(store, given.record, format, file);
    return end_output(file, given.output.string());
  } catch (...) {
    file.close();
    std::error_code ignored;
    std::filesystem::remove(given.output, ignored);  // half an export is worse than none
    throw;
  }
}

}  // namespace

void add_export(CLI::App& app, Action& asked) {
  auto given = std::make_shared<Given>();
  auto* command = app.add_subcommand("export", "Write out one record");
  add_config_option(*command, given->config);
  command->add_option("RECORD", given->record, "its id, as 'records' lists it")->required();
  command
      ->add_option("--format", given->format,
                   "xz: the raw frames, compressed, as in the archive; csv: a row a frame; jsonl: "
                   "a JSON object a frame")
      ->required()
      ->check(CLI::IsMember({"xz", "csv", "jsonl"}));
  command->add_option("--output", given->output, "where to; the standard output unless given")
      ->type_name("FILE");
  command->callback([given, &asked] { asked = [given] { return export_one(*given); }; });
}

}  // namespace icom::cli
