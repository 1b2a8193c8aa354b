#include "tests/simulator/length_field.hpp"

#include <charconv>

namespace icom::simulator {
namespace {

constexpr std::uint32_t kConstant = 8051;
constexpr std::size_t kHeadSize = 27;

// Small and huge ones, so that a believing reader waits for ever, cuts a frame in two, or walks
// past the end.
std::uint32_t nonsense(Random& random) {
  return static_cast<std::uint32_t>(random.next() >> static_cast<unsigned>(random.between(32, 60)));
}

}  // namespace

std::optional<LengthField> LengthField::parse(std::string_view text) {
  LengthField field;
  constexpr std::string_view kLie = "lie-every-";
  if (text == "whole") {
    field.convention_ = Convention::whole;
  } else if (text == "minus4") {
    field.convention_ = Convention::minus4;
  } else if (text == "items") {
    field.convention_ = Convention::items;
  } else if (text == "constant") {
    field.convention_ = Convention::constant;
  } else if (text == "random") {
    field.convention_ = Convention::random;
  } else if (text.starts_with(kLie)) {
    field.convention_ = Convention::lie_every;
    const auto number = text.substr(kLie.size());
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), field.lie_every_);
    if (error != std::errc{} || end != number.data() + number.size() || field.lie_every_ == 0)
      return std::nullopt;
  } else {
    return std::nullopt;
  }
  return field;
}

std::uint32_t LengthField::value(std::uint64_t frame, std::size_t frame_size,
                                 Random& random) const {
  const auto whole = static_cast<std::uint32_t>(frame_size);
  switch (convention_) {
    case Convention::whole:
      return whole;
    case Convention::minus4:
      return whole - 4;
    case Convention::items:
      return whole - static_cast<std::uint32_t>(kHeadSize);
    case Convention::constant:
      return kConstant;
    case Convention::random:
      return nonsense(random);
    case Convention::lie_every:
      return frame % lie_every_ == 0 ? nonsense(random) : whole;
  }
  return whole;
}

}  // namespace icom::simulator
