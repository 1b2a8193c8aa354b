#include "tests/simulator/frame_builder.hpp"

#include "tests/simulator/item_writer.hpp"

namespace icom::simulator {
namespace {

constexpr std::size_t kUsualSize = 8192;
constexpr std::uint32_t kOverrun = 500;  // bytes that are not there
constexpr std::size_t kPaddingItem = 1000;

void write_head(const LinacClock::Stamp& stamp, const MachineState& state, std::size_t opaque_bytes,
                ByteVector& out) {
  append_little_endian(out, std::uint32_t{0});
  append(out, as_bytes("\x04\x04"));
  out.push_back(static_cast<std::byte>(state.state));
  out.push_back(static_cast<std::byte>(state.mode));
  append(out, as_bytes(stamp.text));
  out.push_back(static_cast<std::byte>(stamp.counter));
  for (std::size_t i = 0; i < opaque_bytes; ++i) out.push_back(static_cast<std::byte>(i * 37));
}

void write_patient(const Selection& selection, ItemWriter& items) {
  items.text(0x00100010, "PN", 'P', selection.patient_name);
  items.text(0x00100020, "LO", 'P', selection.patient_id);
  items.text(0x30011001, "LO", 'P', selection.rx_site);
  items.text(0x30011003, "LO", 'P', selection.field_id);
}

void write_beam(std::string_view serial, const MachineState& state, ItemWriter& items) {
  items.text(0x30011006, "LO", 'P', serial);
  for (const char part : {'P', 'S', 'R'}) items.whole(0x30011007, "DS", part, state.segment);
  items.tenths(0x30011009, "DS", 'R', state.total_mu);
  for (const auto& text : state.interlocks) items.text(0x30011016, "LO", 'R', text);
  for (const auto& text : state.previous_interlocks) items.text(0x30011018, "LO", 'R', text);
  // Dose rate stands here on a real machine; its tag is not known, so this one is invented: an item
  // to be kept unread.
  if (state.dose_rate) items.whole(0x30080031, "DS", 'R', *state.dose_rate);
  if (state.sentinels_first) items.tenths(0x30080032, "DS", 'R', kNotAvailable);
  items.tenths(0x30080032, "DS", 'R', state.delivery_mu);
  items.tenths(0x30080033, "DS", 'R', state.backup_mu);
}

void write_machine(std::string_view serial, const MachineState& state, ItemWriter& items) {
  items.text(0x300A00B2, "SH", 'P', serial);
  items.text(0x300A00C6, "CS", 'R', state.radiation);
  items.text(0x300A0114, "SH", 'R', state.energy);
  items.text(0x300A0118, "CS", 'R', state.wedge);
  items.positions("ASYMX", 'R', state.jaws_x);
  items.positions("ASYMY", 'R', state.jaws_y);
  items.positions("MLCX", 'R', state.leaves_run);
  items.positions("MLCX", 'P', state.leaves_prescribed);
  items.positions("MLCX", 'S', state.leaves_set);
  if (state.sentinels_first) items.tenths(0x300A011E, "DS", 'R', kNotAvailable);
  items.tenths(0x300A011E, "DS", 'R', state.gantry);
  items.tenths(0x300A0120, "DS", 'R', state.collimator);
  items.whole(0x300A0122, "DS", 'R', state.table_column);
  items.whole(0x300A0125, "DS", 'R', state.table_isocentric);
  items.tenths(0x300A0128, "DS", 'R', state.table_vertical);
  items.tenths(0x300A0129, "DS", 'R', state.table_longitudinal);
  items.tenths(0x300A012A, "DS", 'R', state.table_lateral);
  if (state.selection) items.text(0x7001000C, "SH", 'R', state.selection->beam_description);
  items.tenths(0x70010038, "SH", 'R', state.beam_timer);
  items.tenths(0x7002000B, "DS", 'R', state.segment_mu);
}

}  // namespace

ByteVector build_frame(const LinacClock::Stamp& stamp, std::string_view serial,
                       const MachineState& state, const FrameShape& shape) {
  ByteVector frame;
  frame.reserve(std::max(kUsualSize, shape.at_least + kPaddingItem + 100));
  write_head(stamp, state, shape.opaque_bytes, frame);
  if (shape.no_items) return frame;
  ItemWriter items(frame);
  if (state.selection) write_patient(*state.selection, items);
  write_beam(serial, state, items);
  write_machine(serial, state, items);
  const std::string padding(kPaddingItem, 'x');
  while (frame.size() < shape.at_least) items.text(0x7FFF0001, "LO", 'R', padding);
  if (shape.overrun) items.overstate_last(kOverrun);
  return frame;
}

void set_length(ByteVector& frame, std::uint32_t length) {
  store_little_endian(frame.data(), length);
}

}  // namespace icom::simulator
