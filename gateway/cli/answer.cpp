#include "gateway/cli/answer.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

#include "common/config/config_error.hpp"
#include "common/config/gateway_settings.hpp"
#include "common/log/log.hpp"
#include "common/os/child_program.hpp"
#include "common/os/file_owner.hpp"
#include "common/os/local_socket.hpp"
#include "common/os/process.hpp"
#include "common/os/utc_clock.hpp"
#include "gateway/cli/clock_listing.hpp"
#include "gateway/cli/gap_listing.hpp"
#include "gateway/cli/known_names.hpp"
#include "gateway/cli/ledger_listing.hpp"
#include "gateway/cli/record_export.hpp"
#include "gateway/cli/record_listing.hpp"
#include "gateway/cli/site_listing.hpp"
#include "gateway/readers/answer_stream.hpp"
#include "gateway/readers/ask_gateway.hpp"
#include "gateway/serve/known_stores.hpp"
#include "gateway/store/store_files.hpp"

namespace icom::cli {

namespace fs = std::filesystem;
using readers::Question;
using readers::ReaderRequest;

namespace {

constexpr int kTryLater = 1;
constexpr int kWrongRequest = 2;
/// All records of years, or the frames of the longest one, compressed.
constexpr std::uint64_t kMostMemory = std::uint64_t{2} << 30U;

void answer_export(const ReaderRequest& request, const Sources& sources, std::ostream& out) {
  const auto format = parse_format(request.format);
  if (!format) throw std::invalid_argument("'" + request.format + "' is no format");
  ExportedRecord record(sources, request.record);
  export_record(record, *format, out);
}

struct AtSocket {
  fs::path path;
};

/// One whose disk is not mounted is neither empty nor new. Whoever may not read whether there was
/// one is told by the store's reader.
void require_store(const fs::path& config, const config::GatewaySettings& settings) {
  if (os::is_closed_to_us(serve::known_stores_file(settings))) return;
  if (const std::string lost = serve::lost_store_now(config, settings); !lost.empty()) {
    throw std::runtime_error(lost);
  }
}

/// Where to read, or where to ask instead.
std::variant<Sources, AtSocket> source_of(const fs::path& config) {
  try {
    const config::GatewaySettings settings = config::load_gateway_alone(config);
    if (!os::is_closed_to_us(store::database_file(settings.store))) {
      require_store(config, settings);
      return Sources{settings.store, settings.sites_folder, settings.registration};
    }
    return AtSocket{settings.readers_socket.value_or(config::kUsualReadersSocket)};
  } catch (const config::ConfigError&) {
    // Another gateway's settings would have to be read to know where that one is.
    if (config != config::kUsualGatewaySettings || !os::is_closed_to_us(config)) throw;
    return AtSocket{config::kUsualReadersSocket};
  }
}

/// nullopt if nothing of the kind comes in time.
std::optional<ReaderRequest> read_request(os::LocalStream& reader) {
  const auto until = std::chrono::steady_clock::now() + readers::kQuestionTime;
  std::string text;
  std::array<std::byte, readers::kMostRequestBytes> piece{};
  while (text.find('\n') == std::string::npos && text.size() < readers::kMostRequestBytes) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const std::size_t got = reader.read_some(piece, left);
    if (got == 0) return std::nullopt;
    text += as_text(Bytes(piece).first(got));
  }
  return readers::parse_request(std::string_view(text).substr(0, text.find('\n')));
}

void answer_one(os::LocalStream& reader, readers::AnswerSender& to, const Sources& sources) {
  const auto request = read_request(reader);
  if (!request) {
    return to.refuse("the gateway does not know this question: it is of another version",
                     kWrongRequest);
  }
  os::end_process_within(readers::kAnswerTime);
  spdlog::info("reader: account {} asks for {}", reader.peer().name, readers::described(*request));
  // Those that are answered now end within kAnswerTime: then it starts over.
  if (store::wal_is_held_up(sources.store, readers::kAnswerTime)) {
    return to.refuse(
        "the gateway's store has had readers for too long without a pause: try again later",
        kTryLater);
  }
  to.send(readers::Piece::begun, {});
  readers::send_answer(to, [&](std::ostream& out, std::ostream& problems) {
    return answer(*request, sources, out, problems);
  });
}

}  // namespace

bool answer(const ReaderRequest& request, const Sources& sources, std::ostream& out,
            std::ostream& problems) {
  require_known(request, sources);
  const LedgerFilter of_linac{
      .serial = request.linac, .since = request.since, .until = request.until};
  switch (request.question) {
    case Question::records:
      list_records(sources,
                   {.site = request.site,
                    .serial = request.linac,
                    .patient_id = request.patient,
                    .since = request.since,
                    .until = request.until,
                    .with_undelivered = request.with_undelivered},
                   request.json, out);
      return true;
    case Question::export_record:
      answer_export(request, sources, out);
      return true;
    case Question::ledger:
      list_ledger(sources.store, of_linac, request.json, out);
      return true;
    case Question::frames:
      return list_frames(sources.store, of_linac, out, problems);
    case Question::gaps:
      list_gaps(sources, of_linac, request.json, out);
      return true;
    case Question::clocks:
      list_clocks(sources, {.site = request.site, .serial = request.linac}, request.json, out);
      return true;
    case Question::sites:
      list_sites(sources, os::utc_now_us(), request.json, out);
      return true;
  }
  return true;
}

bool answer_for(const fs::path& config, const ReaderRequest& request, std::ostream& out,
                std::ostream& problems) {
  const auto source = source_of(config);
  if (const auto* const socket = std::get_if<AtSocket>(&source)) {
    return readers::ask_gateway(socket->path, request, out, problems);
  }
  return answer(request, std::get<Sources>(source), out, problems);
}

int answer_reader(const Sources& sources) {
  // It is not only waited for: what comes with it may hold up whoever reads it.
  os::end_process_within(2 * readers::kQuestionTime);
  os::may_be_ended_for_memory();
  os::lower_priority_of_this_thread();
  os::limit_own_memory(kMostMemory);
  log::init("icom-gateway", spdlog::level::info);
  os::LocalStream reader{os::Connection(STDIN_FILENO)};
  readers::AnswerSender to(reader);
  try {
    answer_one(reader, to, sources);
  } catch (const std::system_error& error) {
    // One that has seen enough has gone: that is no fault.
    const bool is_slow = error.code() == std::errc::timed_out;
    if (!to.has_lost_reader() && !is_slow) throw;
    if (is_slow) {
      spdlog::info("reader: account {} {}", reader.peer().name,
                   to.has_lost_reader() ? "does not take its answer" : "asks nothing");
    }
  }
  return 0;
}

}  // namespace icom::cli
