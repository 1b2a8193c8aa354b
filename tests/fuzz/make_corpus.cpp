// Makes the files that each fuzzer begins with, corpus/<fuzzer>/seed-*: streams of the simulated
// Linac, and what the project's own writers make of them. The same every time.
//
//     make-fuzz-corpus FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "agent/spool/entry_header.hpp"
#include "agent/spool/segment_files.hpp"
#include "common/config/enrolment_file.hpp"
#include "common/icom/delta_codec.hpp"
#include "common/link/batch_codec.hpp"
#include "common/link/desk.pb.h"
#include "common/link/limits.hpp"
#include "common/link/link.pb.h"
#include "tests/simulator/frame_source.hpp"
#include "tests/unit/config/example_site.hpp"
#include "tests/unit/icom/frame_builder.hpp"

namespace icom::fuzz {
namespace {

std::filesystem::path corpus;

void write(std::string_view fuzzer, std::string_view name, Bytes bytes) {
  const auto folder = corpus / fuzzer;
  std::filesystem::create_directories(folder);
  std::ofstream file(folder / ("seed-" + std::string(name)), std::ios::binary);
  file.write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
}

void append_chunk(ByteVector& to, Bytes bytes) {
  append_little_endian(to, static_cast<std::uint16_t>(bytes.size()));
  append(to, bytes);
}

void append_byte(ByteVector& to, unsigned value) {
  to.push_back(static_cast<std::byte>(value));
}

/// A frame of a small machine, so that a file holds several.
ByteVector small_frame(unsigned tick, bool patient, std::int64_t convention = 0,
                       unsigned leaves = 2) {
  test::FrameSpec spec;
  spec.time = test::time_after(tick / 4);
  spec.counter = static_cast<std::uint8_t>(tick);
  spec.convention = convention;
  spec.items =
      test::typical_items(patient ? std::optional(test::Patient{}) : std::nullopt, tick, leaves);
  if (patient && tick % 2 == 1) spec.items.push_back({0x3001, 0x1016, "LO", 'R', "Door"});
  return test::build_frame(spec);
}

/// What a fuzzer of the framer takes in front of a stream.
ByteVector cuts(std::uint32_t seed, unsigned repeat = 0) {
  ByteVector head;
  append_little_endian(head, seed);
  append_byte(head, repeat);
  return head;
}

void make_streams() {
  for (const auto& [name, convention] :
       {std::pair("whole", 0), std::pair("minus4", 4), std::pair("items", 27)}) {
    ByteVector stream = cuts(static_cast<std::uint32_t>(convention));
    for (unsigned tick = 6; tick < 12; ++tick) {
      append(stream, small_frame(tick, tick > 8, convention, 1));
    }
    write("framer", name, stream);
  }
  ByteVector repeated = cuts(3, 255);
  append(repeated, Bytes(small_frame(1, true, 0, 1)).subspan(27));  // items only: no frame ends
  write("framer", "long", repeated);

  simulator::StreamOptions options;
  options.faults.every(simulator::Fault::junk, 2);
  options.faults.every(simulator::Fault::fragment, 3);
  options.junk_bytes = 30;
  simulator::FrameSource source(options);
  ByteVector faulty = cuts(4);
  for (int tick = 0; tick < 3; ++tick) {
    for (const auto& message : source.next().messages) {
      // The beginning is enough: the rest is leaves.
      const std::size_t size = std::min<std::size_t>(message.size, 600);
      append(faulty, Bytes(message.payload->bytes).first(size));
    }
  }
  write("framer", "faulty", faulty);
}

void make_frames() {
  write("items", "idle", small_frame(5, false));
  write("items", "patient", small_frame(5, true));
  test::FrameSpec spec;
  spec.items = {{0x3008, 0x0032, "DS", 'R', "-32767"},
                {0x3008, 0x0032, "DS", 'R', "83.2"},
                {0x300A, 0x011E, "DS", 'R', "32767"},
                {0x3001, 0x1016, "LO", 'R', ""}};
  write("items", "not-available", test::build_frame(spec));
  simulator::FrameSource source({});
  write("items", "simulated", source.next().whole->bytes);
}

void make_deltas() {
  DeltaEncoder encoder;
  ByteVector frames;
  ByteVector codes;
  for (unsigned tick = 5; tick < 9; ++tick) {
    const ByteVector frame = small_frame(tick, tick > 6);
    append_byte(frames, 0);
    append_chunk(frames, frame);
    ByteVector code;
    encoder.encode(frame, code);
    append_chunk(codes, code);
  }
  // The last one again, with another minute.
  append_byte(frames, 1);
  append_little_endian(frames, std::uint16_t{22});
  append_byte(frames, 1);
  append_chunk(frames, as_bytes("3"));
  write("delta_round_trip", "visit", frames);
  write("delta_decoder", "visit", codes);
}

std::string compressed_batch(link::BatchEncoder& encoder, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seq = first; seq <= last; ++seq) {
    const ByteVector frame = small_frame(static_cast<unsigned>(seq), seq > 2);
    encoder.add({.linac = static_cast<std::uint32_t>(1 + seq % 2),
                 .run = 77,
                 .seq = seq,
                 .received_us = 1'772'438'400'000'000,
                 .bytes = frame});
  }
  return encoder.finish();
}

link::Batch plain_batch() {
  link::Batch batch;
  DeltaEncoder encoder;
  for (unsigned tick = 1; tick <= 3; ++tick) {
    ByteVector code;
    encoder.encode(small_frame(tick, true), code);
    link::Entry& entry = *batch.add_entries();
    entry.set_linac(1);
    entry.set_run(tick == 1 ? 77 : 0);
    entry.set_received_us(250'000);
    entry.set_code(code.data(), code.size());
  }
  link::Entry& hole = *batch.add_entries();
  hole.set_linac(1);
  hole.set_kind(static_cast<std::uint32_t>(EntryKind::hole));
  const ByteVector bytes = encode_hole({3, 1, "bound"});
  hole.set_code(bytes.data(), bytes.size());
  return batch;
}

void make_batches() {
  link::BatchEncoder encoder;
  ByteVector decoded;
  append_byte(decoded, 1);
  append_chunk(decoded, as_bytes(compressed_batch(encoder, 1, 4)));
  append_byte(decoded, 1);
  append_chunk(decoded, as_bytes(compressed_batch(encoder, 5, 6)));
  append_byte(decoded, 0);
  append_chunk(decoded, as_bytes(plain_batch().SerializeAsString()));
  write("batch_decoder", "compressed", decoded);
  ByteVector plain;
  append_byte(plain, 0);
  append_chunk(plain, as_bytes(plain_batch().SerializeAsString()));
  write("batch_decoder", "plain", plain);

  ByteVector steps;
  for (unsigned tick = 1; tick <= 4; ++tick) {
    append_byte(steps, tick % 2);
    append_chunk(steps, small_frame(tick, true));
  }
  append_byte(steps, 255);
  append_byte(steps, 0x81);  // the frame before, with another head
  append_chunk(steps, Bytes(small_frame(9, true)).first(27));
  append_byte(steps, 0x64);  // junk of another run
  append_little_endian(steps, std::uint16_t{5});
  append_little_endian(steps, std::uint64_t{2});
  append_little_endian(steps, std::uint64_t{1'772'438'400'000'000});
  append_chunk(steps, as_bytes("junk"));
  write("batches", "visit", steps);
}

void append_message(ByteVector& to, const google::protobuf::Message& message) {
  append_chunk(to, as_bytes(message.SerializeAsString()));
}

void make_messages_to_gateway() {
  ByteVector clear;
  ByteVector session;
  link::ToGateway message;
  // Its nonce and its proof are put right by the fuzzer.
  message.mutable_hello()->set_protocol(link::kLinkProtocol);
  message.mutable_hello()->set_site("nbcc");
  append_message(session, message);
  message.mutable_proof()->set_mac("right");
  append_message(session, message);
  link::Hello hello;
  hello.set_protocol(link::kClearTokenProtocol);
  hello.set_site("nbcc");
  hello.set_token("a-token-of-nbcc-0123456789");
  hello.set_agent_version("0.1.0");
  for (std::uint32_t number = 1; number <= 3; ++number) {
    link::SpoolState& spool = *hello.add_spools();
    spool.set_serial(number == 1 ? "4299" : number == 2 ? "9183" : "1111");
    spool.set_linac(number);
    spool.add_runs(77);
  }
  *message.mutable_announcement()->mutable_spools() = hello.spools();
  append_message(session, message);
  *message.mutable_hello() = hello;
  append_message(clear, message);
  link::LinacStatus& status = *message.mutable_status()->add_linacs();
  status.set_linac(1);
  status.set_connected(true);
  status.set_frames(42);
  append_message(session, message);
  link::BatchEncoder encoder;
  message.mutable_frames()->set_compressed(compressed_batch(encoder, 1, 4));
  append_message(session, message);
  append_message(clear, message);
  message.mutable_frames()->set_compressed(compressed_batch(encoder, 5, 6));
  append_message(session, message);
  append_message(clear, message);
  write("link_at_gateway", "session", session);
  write("link_at_gateway", "clear-token", clear);

  ByteVector refused;
  hello.set_site("sash");
  *message.mutable_hello() = hello;
  append_message(refused, message);
  write("link_at_gateway", "refused", refused);
}

void make_messages_to_agent() {
  ByteVector session;
  link::ToAgent message;
  link::Welcome& welcome = *message.mutable_welcome();
  welcome.set_protocol(link::kLinkProtocol);
  welcome.set_gateway_version("0.1.0");
  welcome.set_max_unacknowledged_bytes(4096);
  link::LinacWelcome& first = *welcome.add_linacs();
  first.set_linac(1);
  first.set_accepted(true);
  link::Position& stored = *first.add_stored();
  stored.set_run(1);
  stored.set_seq(4);
  link::LinacWelcome& second = *welcome.add_linacs();
  second.set_linac(2);
  second.set_reason("not registered");
  append_message(session, message);
  for (const auto& [run, seq] : {std::pair(1, 5), std::pair(1, 6), std::pair(2, 4)}) {
    link::LinacPosition& position = *message.mutable_ack()->add_positions();
    position.set_linac(1);
    position.set_run(static_cast<std::uint64_t>(run));
    position.set_seq(static_cast<std::uint64_t>(seq));
    append_message(session, message);
    message.Clear();
  }
  link::LinacWelcome& change = *message.mutable_registration()->mutable_linac();
  change.set_linac(2);
  change.set_accepted(true);
  append_message(session, message);
  message.mutable_refused()->set_code(link::Refused::SHUTTING_DOWN);
  message.mutable_refused()->set_text("the gateway is shutting down");
  append_message(session, message);
  write("link_at_agent", "session", session);

  ByteVector refused;
  message.mutable_refused()->set_code(link::Refused::PROTOCOL_VERSION);
  message.mutable_refused()->set_protocol(2);
  append_message(refused, message);
  write("link_at_agent", "refused", refused);
}

ByteVector segment(std::uint64_t run, std::uint64_t number, std::uint64_t first,
                   std::uint64_t last) {
  ByteVector bytes;
  append(bytes, spool::encode_segment_header({run, number, first}));
  for (std::uint64_t seq = first; seq <= last; ++seq) {
    const ByteVector frame = small_frame(static_cast<unsigned>(seq), seq > 2, 0, 1);
    const spool::Entry entry{.kind = seq == 1 ? EntryKind::connected : EntryKind::frame,
                             .run = run,
                             .seq = seq,
                             .received_us = 1'772'438'400'250'000,
                             .has_patient = seq > 2,
                             .bytes = seq == 1 ? Bytes() : frame};
    append(bytes, spool::encode_entry_header(entry));
    append(bytes, entry.bytes);
  }
  return bytes;
}

void make_spools() {
  ByteVector intact;
  append_byte(intact, 0);
  append_byte(intact, 3);
  append_chunk(intact, segment(0x1122334455667788, 1, 1, 3));
  append_chunk(intact, segment(0x1122334455667788, 2, 4, 5));
  append_chunk(intact, segment(0x8877665544332211, 3, 1, 2));
  write("spool_reader", "intact", intact);
  ByteVector given_up = segment(0x1122334455667788, 4, 1, 1);
  const ByteVector told = encode_hole({3, 0, "bound"});
  append(given_up, spool::encode_entry_header({.kind = EntryKind::hole,
                                               .run = 0x1122334455667788,
                                               .seq = 5,
                                               .received_us = 1'772'438'400'250'000,
                                               .has_patient = false,
                                               .bytes = told}));
  append(given_up, told);
  ByteVector with_hole;
  append_byte(with_hole, 0);
  append_byte(with_hole, 2);
  append_chunk(with_hole, given_up);
  append_chunk(with_hole, segment(0x1122334455667788, 5, 6, 7));
  write("spool_reader", "given-up", with_hole);
  ByteVector damaged = intact;
  damaged[0] = std::byte{2};
  damaged[300] ^= std::byte{1};
  damaged.resize(damaged.size() - 10);
  write("spool_reader", "damaged", damaged);
  intact[0] = std::byte{1};
  write("spool_reader", "made-right", intact);
}

constexpr std::string_view kWrongSite = R"(site: &name nbcc
site: *name
linacs: {serial: 1, address: 192.168.17.400}
tunel:
  port: 0
spool: [1, 2]
)";

constexpr std::string_view kGateway = R"(sites: sites
tokens: /etc/icom/tokens
ingest: 127.0.0.1:7600
store: /var/lib/icom/store
archive:
  directory: /srv/physics/iCom
  live: true
http: 127.0.0.1:8080)";

void make_settings() {
  write("site_settings", "right", as_bytes(config::kSite));
  write("site_settings", "wrong", as_bytes(kWrongSite));
  const auto with = [](std::string text, std::string_view what, std::string_view by) {
    return text.replace(text.find(what), what.size(), by);
  };
  write("site_settings", "same-address",
        as_bytes(with(config::kSite, "192.168.17.42:1707", "192.168.17.40")));
  write("site_settings", "same-serial", as_bytes(with(config::kSite, "9183", "4299")));
  const std::string parting = "\n%%%\n";
  const std::string other = with(config::kSite, "nbcc", "rccc");
  write("gateway_settings", "right", as_bytes(std::string(kGateway) + parting + config::kSite));
  write("gateway_settings", "same-serials",
        as_bytes(std::string(kGateway) + parting + config::kSite + parting + other));
}

/// Its keys are not ones: what is behind them is not read by what reads the file.
void make_enrolments() {
  config::EnrolmentFile file;
  file.site = "nbcc";
  file.timezone = "Australia/Sydney";
  file.expires = 1'700'000'000;
  file.host = "physics.example";
  file.port = 38471;
  file.user = "icom";
  file.host_keys = {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA"};
  file.gateway = {"127.0.0.1", 7600};
  file.code = std::string(64, 'c');
  file.private_key =
      "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
  const auto without_checksum = [](const std::string& text) {
    return text.substr(0, text.rfind("checksum: "));
  };
  const std::string right = without_checksum(config::to_text(file));
  write("enrolment_file", "right", as_bytes(right));
  file.code = std::string(40, 'd');
  file.port = 0;
  write("enrolment_file", "wrong", as_bytes(without_checksum(config::to_text(file))));
  std::string newer = right;
  newer.replace(newer.find("enrolment: 1"), 12, "enrolment: 2");
  write("enrolment_file", "newer", as_bytes(newer));
}

/// With help (desk.cpp) as the flags say.
void append_request(ByteVector& to, unsigned help, const link::DeskRequest& request) {
  append_byte(to, help);
  append_chunk(to, as_bytes(request.SerializeAsString()));
}

void make_desk() {
  constexpr unsigned kSecret = 1;
  constexpr unsigned kKey = 2;
  constexpr unsigned kOther = 4;
  constexpr unsigned kNext = 8;
  constexpr unsigned kLate = 16;
  link::DeskRequest enrol;
  enrol.set_protocol(link::kDeskProtocol);
  enrol.set_site("nbcc");
  enrol.set_agent_version("0.1.0");
  link::DeskRequest rotate = enrol;
  link::DeskRequest finish = enrol;
  enrol.mutable_enrol();
  rotate.mutable_rotate();
  finish.mutable_finish_rotation();

  ByteVector all;
  append_request(all, kSecret | kKey, enrol);
  append_request(all, kSecret | kKey, enrol);
  append_request(all, kSecret | kKey | kOther, rotate);
  append_request(all, kSecret | kKey | kOther | kNext, finish);
  append_request(all, kSecret | kKey | kOther, enrol);
  write("desk", "all", all);

  ByteVector refused;
  append_request(refused, kSecret | kKey | kLate, enrol);
  append_request(refused, kKey, enrol);
  append_request(refused, kSecret, rotate);
  enrol.set_site("../rccc");
  append_request(refused, kSecret | kKey, enrol);
  write("desk", "refused", refused);

  ByteVector twice;
  append_request(twice, kSecret | kKey, rotate);
  append_request(twice, kSecret | kKey | kOther | kNext, rotate);
  append_request(twice, kSecret | kKey | kOther, finish);
  write("desk", "twice", twice);
}

}  // namespace
}  // namespace icom::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make-fuzz-corpus FOLDER\n", stderr);
    return 2;
  }
  icom::fuzz::corpus = argv[1];
  icom::fuzz::make_streams();
  icom::fuzz::make_frames();
  icom::fuzz::make_deltas();
  icom::fuzz::make_batches();
  icom::fuzz::make_messages_to_gateway();
  icom::fuzz::make_messages_to_agent();
  icom::fuzz::make_spools();
  icom::fuzz::make_settings();
  icom::fuzz::make_enrolments();
  icom::fuzz::make_desk();
  return 0;
}
