#include "tests/simulator/frame_source.hpp"

#include <utility>

#include "common/icom/frame_identity.hpp"

namespace icom::simulator {
namespace {

constexpr std::uint64_t kFaultSubject = 0xFA017;
constexpr std::size_t kBigFrame = 65'536;
constexpr std::uint64_t kQuietAround = 3;  // frames before and after one at which the clock is set

std::shared_ptr<Payload> with_hash(ByteVector bytes) {
  auto payload = std::make_shared<Payload>();
  payload->bytes = std::move(bytes);
  payload->hash = content_hash(payload->bytes);
  return payload;
}

}  // namespace

FrameSource::FrameSource(const StreamOptions& options)
    : options_(options),
      clock_(options.start, options.day.hz, options.first_counter),
      day_(options.day),
      beam_(options.day.hz),
      random_(options.day.seed, kFaultSubject) {}

Tick FrameSource::next() {
  Tick tick;
  tick.frame = ++frame_;
  const auto due = [&](Fault fault) { return options_.faults.due(fault, tick.frame); };

  clock_.jump(options_.faults.jump_before(tick.frame));
  set_clock_if_quiet();
  const LinacClock::Stamp stamp = clock_.tick();
  const MachineState& state = day_.next();
  beam_.see(state);
  tick.whole = make_frame(stamp, state);

  if (due(Fault::skip)) {
    tick.skipped = tick.whole;
  } else if (due(Fault::fragment) || due(Fault::truncate)) {
    add_first_part(tick, tick.whole);
  } else {
    add_whole(tick, MessageKind::frame, tick.whole);
    if (due(Fault::duplicate)) add_whole(tick, MessageKind::duplicate, tick.whole);
    if (due(Fault::conflict)) {
      MachineState other = state;
      // In the head, so that a frame without items differs too.
      other.state = state.state == LinacState::preparatory ? LinacState::confirm_settings
                                                           : LinacState::preparatory;
      add_whole(tick, MessageKind::conflict, make_frame(stamp, other));
    }
  }
  if (due(Fault::junk)) add_whole(tick, MessageKind::junk, make_junk());
  if (due(Fault::close) || due(Fault::truncate)) tick.then = Tick::Then::close;
  if (due(Fault::reset)) tick.then = Tick::Then::reset;
  if (due(Fault::pause)) {
    tick.pause = options_.pause;
    clock_.pass(options_.pause);
  }
  return tick;
}

void FrameSource::set_clock_if_quiet() {
  if (clock_set_by_ == std::chrono::seconds{0}) return;
  const auto first = frame_ > kQuietAround ? frame_ - kQuietAround : 1;
  for (auto frame = first; frame <= frame_ + kQuietAround; ++frame) {
    for (std::size_t fault = 0; fault < kFaults; ++fault) {
      if (options_.faults.due(static_cast<Fault>(fault), frame)) return;
    }
  }
  clock_.jump(clock_set_by_);
  clock_set_.push_back({frame_, std::exchange(clock_set_by_, std::chrono::seconds{0})});
}

std::shared_ptr<const Payload> FrameSource::make_frame(const LinacClock::Stamp& stamp,
                                                       const MachineState& state) {
  FrameShape shape;
  shape.opaque_bytes = options_.opaque_bytes;
  shape.no_items = options_.faults.due(Fault::no_items, frame_);
  shape.overrun = options_.faults.due(Fault::overrun, frame_);
  shape.at_least = options_.faults.due(Fault::big, frame_) ? kBigFrame : 0;
  ByteVector bytes = build_frame(stamp, options_.serial, state, shape);
  set_length(bytes, options_.length.value(frame_, bytes.size(), random_));
  auto payload = with_hash(std::move(bytes));
  payload->linac_time = stamp.text;
  payload->counter = stamp.counter;
  payload->has_patient = state.selection.has_value() && !shape.no_items;
  return payload;
}

std::shared_ptr<const Payload> FrameSource::make_junk() {
  ByteVector bytes(options_.junk_bytes);
  for (auto& byte : bytes) {
    const auto drawn = static_cast<unsigned char>(random_.next());
    // Without a hyphen, junk never looks like a date, so what is junk and what is a frame stays
    // certain.
    byte = static_cast<std::byte>(drawn == '-' ? '~' : drawn);
  }
  return with_hash(std::move(bytes));
}

void FrameSource::add_whole(Tick& tick, MessageKind kind, std::shared_ptr<const Payload> payload) {
  const std::size_t size = payload->bytes.size();
  tick.messages.push_back({kind, std::move(payload), size});
}

void FrameSource::add_first_part(Tick& tick, const std::shared_ptr<const Payload>& payload) {
  const int size = random_.between(1, static_cast<int>(payload->bytes.size()) - 1);
  tick.messages.push_back({MessageKind::partial, payload, static_cast<std::size_t>(size)});
}

}  // namespace icom::simulator
