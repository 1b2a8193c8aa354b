// A frame's values under their names. The table and each row's certainty: docs/protocol.md,
// "Values".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/icom/bytes.hpp"
#include "common/icom/item.hpp"

namespace icom {

/// What the archive and the records need of each frame; cheap enough for every frame. Views borrow
/// from the frame.
struct FrameFacts {
  std::optional<std::string_view>
      patient_id;  ///< absent: no patient is selected. May be empty, may hold anything.
  std::optional<std::string_view> patient_name;
  std::optional<std::string_view> field_id;
  std::optional<std::string_view> machine_id;
  std::optional<double> delivery_mu;         ///< cumulative MU; sentinel values are absent
  std::vector<std::string_view> interlocks;  ///< in wire order, without empty ones; mostly none
  bool has_items = false;
  bool items_end_exactly = false;  ///< otherwise some bytes of the frame were not understood
  /// No Patient ID could be read, but the bytes that were not understood hold what looks like one.
  bool patient_unread = false;
};
/// Of the frame's item_stretches().
FrameFacts facts_of(Bytes frame);

/// True when the frame seems to carry a Patient ID, readable or not. A quick search without a walk,
/// for deciding what to give up first; records use facts_of().
bool seems_to_have_patient(Bytes frame);
/// FrameFacts::delivery_mu by the same kind of search: what looks like the item, wherever it
/// stands.
std::optional<double> quick_delivery_mu(Bytes frame);
/// The same for FrameFacts::machine_id. Borrows from the frame.
std::optional<std::string_view> quick_machine_id(Bytes frame);

/// One named row of the table in docs/protocol.md.
struct NamedTag {
  std::string_view name;    ///< as in the table, e.g. "Delivery MU"
  std::string_view key;     ///< snake_case, e.g. "delivery_mu": CSV column and JSON key
  std::string_view unit;    ///< "MU", "deg", "cm", "" for text
  std::uint8_t group_high;  ///< readers in the field match only the high byte of the group
  std::uint16_t element;
  std::string_view vr;
  char part;
  bool repeated;  ///< every occurrence counts (interlocks)
  bool number;
};
/// Every row of the table but leaf and jaw blocks, in the table's order.
const std::vector<NamedTag>& named_tags();
/// The row that an item belongs to, or null for an item that we do not know (or a part that is not
/// the row's).
const NamedTag* name_of(const Item& item);

struct PositionBlock {
  std::string label;  ///< `ASYMX`, `ASYMY`, `MLCX`, or what else came
  char part = 'R';
  std::vector<std::optional<double>>
      centimetres;  ///< in wire order; absent where not a number or a sentinel
};

struct NamedValue {
  const NamedTag* tag = nullptr;
  std::vector<std::string>
      texts;  ///< raw; more than one only for repeated rows or after a sentinel
  std::optional<double>
      number;  ///< for number rows: the first that is a number and not a sentinel (+-32767)
};

struct UnknownItem {
  std::uint16_t group;
  std::uint16_t element;
  std::string vr;
  char part;
  std::string value;
  [[nodiscard]] std::string tag_text() const;  ///< `GGGG,EEEE`
};

/// Everything that a frame says. Owns its data.
struct FrameValues {
  std::vector<NamedValue> named;         ///< in named_tags() order, only those present
  std::vector<PositionBlock> positions;  ///< in wire order
  std::vector<UnknownItem> unknown;      ///< in wire order
  std::size_t bytes_not_understood = 0;  ///< after offset 27, outside items
};
/// Of the frame's item_stretches().
FrameValues values_of(Bytes frame);

/// A number of a DS value; nothing for text that is no number or a sentinel (-32767, 32767: not
/// available).
std::optional<double> parse_number(std::string_view text);

}  // namespace icom
