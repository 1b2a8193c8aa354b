#include "tests/simulator/patients.hpp"

#include <string_view>

namespace icom::simulator {
namespace {

constexpr std::string_view kFamilyNames[] = {
    "BANKSIA",    "O'CONNOR",  "SMITH-JONES", "WATTLE",    "VAN DER BERG", "D'ANGELO",
    "MCALLISTER", "ST. CLAIR", "NGUYEN",      "GREVILLEA", "LE-ROUX",      "KURRAJONG"};
constexpr std::string_view kGivenNames[] = {"Rose", "Pat",  "Anne-Marie", "John P.", "Siobhan",
                                            "Wei",  "Omar", "Mary Jane",  "T.",      "Lee"};

}  // namespace

Patient make_patient(Random& random, int ordinal) {
  Patient patient;
  patient.name =
      std::string(random.pick(kFamilyNames)) + ", " + std::string(random.pick(kGivenNames));
  const bool ten_characters = random.one_in(8);
  // The ordinal in the last digits keeps two patients of a day apart whatever was drawn.
  const std::string digits = std::to_string(100 + random.between(0, 899)) +
                             std::to_string(1000 + ordinal % 9000).substr(1);
  patient.id = ten_characters ? "MRN-" + digits : digits;
  return patient;
}

Patient make_pseudo_patient(Random& random) {
  static constexpr std::string_view kPseudo[][2] = {
      {"QA, Daily", "QA"}, {"QA, Daily", "WLutz"}, {"Deliver Quick Beam", "Deliver"}};
  const auto& pseudo = random.pick(kPseudo);
  return {std::string(pseudo[0]), std::string(pseudo[1])};
}

Patient make_hostile_patient(int ordinal) {
  using namespace std::string_literals;
  const std::string mark = std::to_string(ordinal);
  switch (ordinal % kHostilePatients) {
    case 0:
      return {"../../../../tmp/escaped", "../" + mark};
    case 1:
      return {"SLASH/BACK\\SLASH, A/B", "1/2/" + mark};
    case 2:
      return {"NUL\0WITHIN, Zero"s, "4\0"s + mark};
    case 3:
      return {"M\xC3\x9CLLER, Zo\xC3\xAB", "\xC3\x84" + mark};  // UTF-8
    case 4:
      return {"M\xDCLLER, Zo\xEB", "\xC4" + mark};  // Latin-1, no valid UTF-8
    case 5:
      return {std::string(300, 'N'), mark + std::string(300, '9')};
    case 6:
      return {"TEN, Characters", "10CHARS" + std::to_string(100 + ordinal % 900)};
    case 7:
      return {"..", ".."};
    case 8:
      return {"", mark};
    case 9:
      return {"LINE\r\nBREAK\tTAB, \x1B[31mRed", "*?[" + mark};
    case 10:
      return {"2026-03-02, 08:00:00", "2026-03-0208:00:00"};  // looks like a frame's date
    default:
      return {"/etc/passwd", "/absolute/" + mark};
  }
}

}  // namespace icom::simulator
