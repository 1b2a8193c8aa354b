// What somebody gets who writes a site's file at seven in the morning.
#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "common/config/site_settings.hpp"
#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Mistake {
  std::string name;
  std::string what;
  std::string by;
  int line;
  std::string read;      ///< its beginning
  std::string expected;  ///< a part of it
};
void PrintTo(const Mistake& mistake, std::ostream* to) {
  *to << mistake.name;
}

class TiredMistake : public SettingsFolder, public testing::WithParamInterface<Mistake> {};

TEST_P(TiredMistake, IsToldWithTheLineWhereItIsAndWhatWasMeant) {
  const Mistake& mistake = GetParam();
  const auto file = write("nbcc.yaml", with(kSite, mistake.what, mistake.by));
  const ConfigError refused = error_of([&] { load_site(file); });
  EXPECT_EQ(refused.first().line, mistake.line);
  EXPECT_THAT(refused.first().read, StartsWith(mistake.read));
  EXPECT_THAT(refused.first().expected, HasSubstr(mistake.expected));
}

const std::string kAddress = "    address: 192.168.17.40\n";

INSTANTIATE_TEST_SUITE_P(
    Yaml, TiredMistake,
    testing::Values(Mistake{"TabBeforeAKey", "  user: icom", "\tuser: icom", 11, "user: icom",
                            "there is a tab"},
                    Mistake{"TabBehindSpaces", kAddress, "  \taddress: 192.168.17.40\n", 5,
                            "address:", "there is a tab"},
                    Mistake{"TabBeforeADash", "  - serial: \"9183\"", "\t- serial: \"9183\"", 6,
                            "- serial", "there is a tab"},
                    Mistake{"NoBreakSpaces", kAddress,
                            "\xC2\xA0\xC2\xA0\xC2\xA0\xC2\xA0"
                            "address: 1.2.3.4\n",
                            5, "?", "no-break spaces"},
                    Mistake{"TooFewSpaces", kAddress, "   address: 192.168.17.40\n", 5,
                            "address:", "behind 3 spaces, the one on line 4 behind 4 spaces"},
                    Mistake{"TooManySpaces", kAddress, "     address: 192.168.17.40\n", 5,
                            "address:", "behind 5 spaces, the one on line 4 behind 4 spaces"},
                    Mistake{"EntryFurtherLeft", "  - serial: \"9183\"", " - serial: \"9183\"", 6,
                            "- serial", "behind 3 spaces, the one on line 5 behind 4 spaces"},
                    Mistake{"EntryFurtherRight", "  - serial: \"9183\"", "   - serial: \"9183\"", 6,
                            "- serial", "behind 5 spaces, the one on line 5 behind 4 spaces"},
                    Mistake{"FirstKeyNotIndented", "  host:", "host:", 10, "port: 38471",
                            "behind 2 spaces, the one on line 9 behind 0 spaces"},
                    Mistake{"CommentsDoNotCount", kAddress,
                            "# its address\n\n   address: 1.2.3.4\n", 7,
                            "address:", "behind 3 spaces, the one on line 4"},
                    Mistake{"NoSpaceBehindTheColon", "port: 38471", "port:38471", 10, "port:38471",
                            "a space behind the colon: port: ..."},
                    Mistake{"NoColon", "port: 38471", "port 38471", 10, "port 38471",
                            "a colon behind the key: port: ..."},
                    Mistake{"NoSpaceBehindTheDash", "  - serial: \"9183\"", "  -serial: \"9183\"",
                            6, "-serial", "a space behind the dash: - serial"},
                    Mistake{"NoDash", "  - serial: \"9183\"", "    serial: \"9183\"", 6, "",
                            "it stands on line 4 too; a dash may be missing before it"},
                    Mistake{"NoClosingQuote", "\"9183\"", "\"9183", 6,
                            "9183 address: 192.168.17.42", "a closing quote may be missing"},
                    Mistake{"TypographicQuotes", "\"9183\"",
                            "\xE2\x80\x9C"
                            "9183\xE2\x80\x9D",
                            6, "???9183", "typographic quotes"},
                    Mistake{"NoClosingBracket", "linacs:\n", "linacs: [\n", 3, "linacs: [",
                            "a closing ] for the [ on this line"},
                    Mistake{"NoClosingBracketBehindAValue", "  gateway: 127.0.0.1:7600",
                            "  gateway: [127.0.0.1:7600", 14, "gateway: [",
                            "a closing ] for the [ on this line"},
                    Mistake{"NoClosingBraceInAnEntry", "  - serial: \"4299\"\n",
                            "  - {serial: \"4299\",\n", 4, "- {serial",
                            "a closing } for the { on this line"},
                    Mistake{"NoClosingBracketAtTheEnd", "forwards: []", "forwards: [", 19,
                            "forwards: [", "a closing ] for the [ on this line"},
                    Mistake{"PlaceInsteadOfZone", "Australia/Sydney", "Sydney", 2, "Sydney",
                            "did you mean Australia/Sydney?"},
                    Mistake{"MisspeltZone", "Australia/Sydney", "Australia/Sidney", 2,
                            "Australia/Sidney", "did you mean Australia/Sydney?"},
                    Mistake{"ZoneInSmallLetters", "Australia/Sydney", "america/new york", 2,
                            "america/new york", "did you mean America/New_York?"},
                    Mistake{"ZoneThatIsNoPlace", "Australia/Sydney", "AEDT+11", 2, "AEDT+11",
                            "such as Australia/Sydney"}),
    [](const auto& test) { return test.param.name; });

class WrittenWithoutQuotes : public SettingsFolder,
                             public testing::WithParamInterface<const char*> {};

// Other readers of YAML make numbers of these: 2739, 4299, 4299, 298, 1, true.
TEST_P(WrittenWithoutQuotes, ASerialIsReadAsItIsWritten) {
  const auto file = write("nbcc.yaml", with(kSite, "\"4299\"", GetParam()));
  EXPECT_EQ(load_site(file).linacs[0].serial, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Serial, WrittenWithoutQuotes,
                         testing::Values("05263", "4_299", "4299", "0x12A", "1e0", "yes", "0o17",
                                         "007"));

TEST_F(SettingsFolder, WindowsLineEndingsAndAByteOrderMarkAreNoMistake) {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : kSite) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(load_site(write("nbcc.yaml", text)).linacs.size(), 2U);
}

}  // namespace
}  // namespace icom::config
