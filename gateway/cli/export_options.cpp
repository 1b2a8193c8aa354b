#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>

#include "common/os/folder_of.hpp"
#include "common/os/output_file.hpp"
#include "common/os/users.hpp"
#include "gateway/cli/answer.hpp"
#include "gateway/cli/commands.hpp"

namespace icom::cli {

namespace {

struct ExportGiven {
  std::filesystem::path config;
  std::int64_t record = 0;
  std::string format;
  std::filesystem::path output;
};

/// What people write for the standard output where a program wants a file.
bool means_standard_output(const std::filesystem::path& output) {
  return output.empty() || output == "-" || output == "/dev/stdout";
}

int export_one(const ExportGiven& given) {
  const readers::ReaderRequest request{
      .question = readers::Question::export_record, .record = given.record, .format = given.format};
  if (means_standard_output(given.output)) {
    return print_answer(given.config, request);
  }
  // What is read may be root's alone; the file is made for whoever has the folder.
  const auto folder = os::folder_of(given.output);
  std::optional<os::OutputFile> file;
  os::as_owner_of(folder, [&] { file.emplace(os::real_file_system(), given.output); });
  if (!answer_for(given.config, request, file->stream(), std::cerr)) return kFailed;
  os::as_owner_of(folder, [&] { file->finish(); });
  return kDone;
}

}  // namespace

void add_export(const Command& app, Action& asked) {
  auto given = std::make_shared<ExportGiven>();
  const auto command = app.add_subcommand("export", "Write out one record");
  add_config_option(command, given->config);
  command.add_option("RECORD", given->record, "its id, as 'records' lists it").required();
  command
      .add_option("--format", given->format,
                  "xz: the raw frames, compressed, as in the archive; csv: a row a frame; jsonl: "
                  "a JSON object a frame")
      .required()
      .one_of({"xz", "csv", "jsonl"});
  command
      .add_option("--output", given->output,
                  "where to; the standard output unless given, or if it is -")
      .type_name("FILE");
  command.callback([given, &asked] { asked = [given] { return export_one(*given); }; });
}

}  // namespace icom::cli
