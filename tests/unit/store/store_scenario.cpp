#include "tests/unit/store/store_scenario.hpp"

#include <spdlog/spdlog.h>

#include "tests/unit/store/store_dump.hpp"

namespace icom::test {

using store::IncomingBatch;
using store::LinacId;
using store::Store;

ScenarioFixture::ScenarioFixture() {
  spdlog::set_level(spdlog::level::off);  // each fault is logged, as it should be
}

std::unique_ptr<Store> ScenarioFixture::open() {
  // Time stands still, so that a batch is one transaction however slow the machine is.
  const Store::Options options{.clock = [] { return std::chrono::steady_clock::time_point(); }};
  return std::make_unique<Store>(folder(), options, nullptr);
}

std::size_t ScenarioFixture::send(Store& store, const Scenario& scenario, std::size_t from) {
  const LinacId linac = linac_of(store);
  std::size_t next = from;
  while (next < scenario.batches.size() && commit(store, scenario.batches[next](linac))) ++next;
  return next - from;
}

std::size_t ScenarioFixture::expect_state(const Scenario& scenario, std::size_t state,
                                          bool or_next) {
  const std::string dump = dump_store(database());
  if (or_next && state + 1 < scenario.states.size() && dump == scenario.states[state + 1]) {
    return state + 1;
  }
  EXPECT_EQ(dump == scenario.states[state], true)
      << "state " << state << ": " << first_difference(dump, scenario.states[state]);
  return state;
}

Scenario ScenarioFixture::with_states(Scenario scenario) {
  vfs_.set_fault(std::nullopt);
  vfs_.load(scenario.disk);
  const auto store = open();
  const LinacId linac = linac_of(*store);
  scenario.states.push_back(dump_store(database()));
  for (const auto& batch : scenario.batches) {
    EXPECT_TRUE(commit(*store, batch(linac)));
    scenario.states.push_back(dump_store(database()));
  }
  return scenario;
}

Scenario ScenarioFixture::first_start() {
  Scenario scenario;
  scenario.batches = {
      [](LinacId linac) { return Feed(linac, 1).connected().frames(messages(0, 3)).batch(); },
      [](LinacId linac) { return Feed(linac, 1).from_seq(5).frames(messages(3, 6)).batch(); },
  };
  return with_states(std::move(scenario));
}

Scenario ScenarioFixture::busy_hour() {
  constexpr std::uint64_t kRun = 1;
  constexpr std::uint64_t kReplay = 2;
  constexpr std::uint64_t kLateReplay = 3;
  const Patient patient;
  Scenario scenario;
  {
    vfs_.set_fault(std::nullopt);
    vfs_.load({});
    const auto store = open();
    const LinacId linac = linac_of(*store);
    EXPECT_TRUE(commit(*store, Feed(linac, kRun).frames(messages(0, 250)).batch()));
  }
  scenario.disk = vfs_.save();
  scenario.batches = {
      [=](LinacId linac) {
        return Feed(linac, kRun).from_seq(251).frames(messages(250, 254, patient)).batch();
      },
      [=](LinacId linac) {  // the chunk is full with frame 255
        return Feed(linac, kRun).from_seq(255).frames(messages(254, 259, patient)).batch();
      },
      [=](LinacId linac) {  // three frames are missing, then the patient is closed
        return Feed(linac, kRun)
            .from_seq(260)
            .frames(messages(262, 264, patient) + messages(264, 266))
            .event(EntryKind::junk, ByteVector(10))
            .batch();
      },
      [=](LinacId linac) {  // one that was there, and the three
        return Feed(linac, kReplay).connected().frames(messages(258, 262, patient)).batch();
      },
      [=](LinacId linac) {
        return Feed(linac, kRun)
            .from_seq(265)
            .event(EntryKind::hole, encode_hole({4, 0, "bound"}))
            .frames(messages(270, 272))
            .batch();
      },
      [=](LinacId linac) {  // a replay that begins in that hole
        return Feed(linac, kLateReplay).received_at(900).frames(messages(267, 269)).batch();
      },
      [=](LinacId linac) {  // and comes to what is stored
        return Feed(linac, kLateReplay)
            .from_seq(3)
            .received_at(901)
            .frames(messages(269, 274))
            .batch();
      },
  };
  return with_states(std::move(scenario));
}

}  // namespace icom::test
