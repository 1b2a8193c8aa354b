#include "tests/simulator/phases.hpp"

#include <algorithm>

namespace icom::simulator {
namespace {

constexpr int kReadyFrames = 4;
constexpr int kApproachFrames = 5;
constexpr int kInterruptedFrames = 10;
constexpr int kTerminatedFrames = 4;
constexpr int kLastTerminatedFrames = 12;

class Sequence {
 public:
  Sequence(const Visit& visit, std::vector<Phase>& out) : visit_(visit), out_(out) {}

  void beam(std::size_t index) {
    beam_ = index;
    const Beam& beam = visit_.beams[index];
    add(Phase::Kind::set_up,
        index == 0 ? visit_.setup_frames : std::max(1, visit_.setup_frames / 3), 1, 0);
    if (visit_.set_up_only) return;
    add(Phase::Kind::ready, kReadyFrames, 1, 0);
    if (beam.technique == Technique::vmat) {
      irradiate(1, 0, beam.frames);
    } else {
      for (int segment = 1; segment <= beam.segments; ++segment) {
        const int from = beam.segment_starts_at(segment);
        add(Phase::Kind::approach, kApproachFrames, segment, from);
        irradiate(segment, from, beam.segment_starts_at(segment + 1));
      }
    }
    const bool last = index + 1 == visit_.beams.size();
    add(Phase::Kind::terminated, last ? kLastTerminatedFrames : kTerminatedFrames, beam.segments,
        beam.frames);
  }

 private:
  void irradiate(int segment, int from, int to) {
    const auto stop = visit_.beams[beam_].interrupted_at;
    if (stop && *stop > from && *stop < to) {
      add(Phase::Kind::irradiate, *stop - from, segment, from);
      add(Phase::Kind::interrupted, kInterruptedFrames, segment, *stop);
      from = *stop;
    }
    add(Phase::Kind::irradiate, to - from, segment, from);
  }

  void add(Phase::Kind kind, int frames, int segment, int progress) {
    out_.push_back({kind, frames, beam_, segment, progress});
  }

  const Visit& visit_;
  std::vector<Phase>& out_;
  std::size_t beam_ = 0;
};

}  // namespace

std::vector<Phase> phases_of(const Visit& visit) {
  std::vector<Phase> phases;
  Sequence sequence(visit, phases);
  // Whoever is only set up does not get past the first beam.
  const std::size_t beams = visit.set_up_only ? 1 : visit.beams.size();
  for (std::size_t i = 0; i < beams; ++i) sequence.beam(i);
  return phases;
}

}  // namespace icom::simulator
