#include "tests/simulator/ledger.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include "common/icom/frame_identity.hpp"
#include "common/text/hex.hpp"

namespace icom::simulator {
namespace {

std::int64_t wall_microseconds(WallTime when) {
  return std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count();
}

// Time, counter, hash, size and patient: the columns that say which bytes they were.
std::string identity_columns(const Payload& payload, std::size_t size, std::uint64_t hash) {
  const bool junk = payload.linac_time.empty();
  return (junk ? "-" : payload.linac_time) + '\t' + (junk ? "-" : std::to_string(payload.counter)) +
         '\t' + text::hex(hash) + '\t' + std::to_string(size) + '\t' +
         (payload.has_patient ? '1' : '0');
}

}  // namespace

Ledger::Ledger(const std::filesystem::path& file, std::string_view serial)
    : out_(file, std::ios::binary) {
  if (!out_)
    throw std::system_error(errno, std::generic_category(),
                            "cannot write the ledger " + file.string());
  out_ << "# linac-simulator ledger 1, serial " << serial << "\n"
       << "# client\twall_us\tlinac_time\tcounter\txxh3_64\tsize\tpatient\tkind\n";
  flush();
}

void Ledger::connected(int client, WallTime when) {
  if (out_.is_open()) out_ << "# connected\t" << client << '\t' << wall_microseconds(when) << '\n';
}

void Ledger::sent(int client, WallTime when, const Message& message) {
  const Bytes bytes = Bytes(message.payload->bytes).first(message.size);
  const bool whole = message.size == message.payload->bytes.size();
  line(client, when, message, message.kind, bytes,
       whole ? message.payload->hash : content_hash(bytes));
}

void Ledger::cut_short(int client, WallTime when, const Message& message, std::size_t size) {
  const Bytes bytes = Bytes(message.payload->bytes).first(size);
  line(client, when, message, MessageKind::partial, bytes, content_hash(bytes));
}

void Ledger::disconnected(int client, WallTime when, std::string_view how,
                          std::size_t unacknowledged) {
  if (!out_.is_open()) return;
  out_ << "# disconnected\t" << client << '\t' << wall_microseconds(when) << '\t' << how << '\t'
       << unacknowledged << '\n';
}

void Ledger::skipped(const Payload& frame) {
  if (out_.is_open())
    out_ << "# skipped\t" << identity_columns(frame, frame.bytes.size(), frame.hash) << '\n';
}

void Ledger::flush() {
  if (out_.is_open() && !out_.flush()) good_ = false;
}

void Ledger::line(int client, WallTime when, const Message& message, MessageKind kind, Bytes bytes,
                  std::uint64_t hash) {
  if (!out_.is_open()) return;
  out_ << client << '\t' << wall_microseconds(when) << '\t'
       << identity_columns(*message.payload, bytes.size(), hash) << '\t' << name_of(kind) << '\n';
}

}  // namespace icom::simulator
