// A spool as it is after so many frames without a gateway: the backlog of backlog_figures.py.
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>

#include "agent/spool/spool_writer.hpp"
#include "common/cli/program.hpp"
#include "common/icom/values.hpp"
#include "tests/bench/sample_day.hpp"

namespace {

void write_backlog(const std::filesystem::path& directory, std::uint64_t frames) {
  icom::spool::SpoolWriter writer(icom::os::real_file_system(), directory,
                                  {.max_bytes = std::uint64_t{1} << 40U});
  icom::ByteVector bytes;
  for (std::uint64_t n = 0; n < frames; ++n) {
    bytes.clear();
    icom::test::append_frame_of_day(bytes, n);
    icom::spool::Entry entry;
    entry.received_us = icom::test::received_in_day(n);
    entry.has_patient = icom::seems_to_have_patient(bytes);
    entry.bytes = bytes;
    if (const auto error = writer.append(entry)) throw std::system_error(error, "the spool");
  }
  if (const auto error = writer.sync()) throw std::system_error(error, "the spool");
}

}  // namespace

int main(int argc, char** argv) {
  const icom::cli::Program app("Writes a Linac's spool full of frames, as fast as it goes.",
                               "spool-backlog");
  std::filesystem::path directory;
  std::uint64_t frames = 0;
  app.add_option("--spool", directory, "the Linac's folder").required();
  app.add_option("--frames", frames, "how many").required();
  if (const auto code = app.parse_or_tell(argc, argv)) return *code;
  try {
    write_backlog(directory, frames);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
