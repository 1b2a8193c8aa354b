#include "common/config/site_file_edit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const LinacSettings kNew{"0815", {"192.168.17.43", 1706}};

/// What stands around the list of Linacs.
const std::string kHead = R"(# A comment in front.
site: nbcc
timezone: Australia/Sydney   # where the clocks are

)";
const std::string kTail = R"(
tunnel:   # to rccc
  host: 'physics.rccc.example'
  user: icom
  key: nbcc_ed25519
  known_hosts: known_hosts
  gateway: 127.0.0.1:7600
  token_file: nbcc.token
spool: {directory: /var/lib/icom/spool}   # on its own disk
# A comment behind.
)";

/// A way to write the list, and how it is to look with the new Linac.
struct Shape {
  const char* name;
  const char* list;
  const char* with_new;
  bool gives_back = true;  ///< removing the new one gives back the same bytes
};

const Shape kShapes[] = {
    {"block",
     R"(linacs:
  - serial: "4299"
    address: 192.168.17.40
  - serial: "9183"
    address: 192.168.17.42
)",
     R"(linacs:
  - serial: "4299"
    address: 192.168.17.40
  - serial: "9183"
    address: 192.168.17.42
  - serial: "0815"
    address: 192.168.17.43
)"},
    {"comments everywhere",
     R"(# above
linacs:   # the machines
  # the old one
  - serial: "4299"   # since 2014
    # its NSS
    address: 192.168.17.40   # port 1706 unless given
    # 4299: to be replaced
  # the new one
  - serial: 9183
    address: 192.168.17.42
    # of 9183 as well
  # of the list
# of the file
)",
     R"(# above
linacs:   # the machines
  # the old one
  - serial: "4299"   # since 2014
    # its NSS
    address: 192.168.17.40   # port 1706 unless given
    # 4299: to be replaced
  # the new one
  - serial: 9183
    address: 192.168.17.42
    # of 9183 as well
  - serial: "0815"
    address: 192.168.17.43
  # of the list
# of the file
)"},
    {"not indented",
     R"(linacs:
- serial: '4299'
  address: "192.168.17.40"
)",
     R"(linacs:
- serial: '4299'
  address: "192.168.17.40"
- serial: "0815"
  address: 192.168.17.43
)"},
    {"far indented",
     R"(linacs:
      -   address: 192.168.17.40:1707
          serial: "4299"
)",
     R"(linacs:
      -   address: 192.168.17.40:1707
          serial: "4299"
      -   serial: "0815"
          address: 192.168.17.43
)"},
    {"apart",
     R"(linacs:

  - serial: "4299"
    address: 192.168.17.40

  - serial: "9183"
    address: 192.168.17.42

)",
     R"(linacs:

  - serial: "4299"
    address: 192.168.17.40

  - serial: "9183"
    address: 192.168.17.42

  - serial: "0815"
    address: 192.168.17.43

)"},
    {"a dash on a line of its own",
     R"(linacs:
  -   # the first
    # it
    serial: "4299"
    address: 192.168.17.40
)",
     R"(linacs:
  -   # the first
    # it
    serial: "4299"
    address: 192.168.17.40
  - serial: "0815"
    address: 192.168.17.43
)"},
    {"keys in quotes",
     R"("linacs" :
  - "serial": "4299"
    'address': 192.168.17.40
)",
     R"("linacs" :
  - "serial": "4299"
    'address': 192.168.17.40
  - serial: "0815"
    address: 192.168.17.43
)"},
    {"an anchor",
     R"(linacs:
  - &first
    serial: "4299"
    address: 192.168.17.40
)",
     R"(linacs:
  - &first
    serial: "4299"
    address: 192.168.17.40
  - serial: "0815"
    address: 192.168.17.43
)"},
    {"maps in braces",
     R"(linacs:
  - {serial: "4299", address: 192.168.17.40}
  - { serial: "9183", address: 192.168.17.42 }   # {not} [this]
)",
     R"(linacs:
  - {serial: "4299", address: 192.168.17.40}
  - { serial: "9183", address: 192.168.17.42 }   # {not} [this]
  - { serial: "0815", address: 192.168.17.43 }
)"},
    {"maps in braces over lines",
     R"(linacs:
  - {serial: "4299",   # }
     address: '192.168.17.40'
    }
)",
     R"(linacs:
  - {serial: "4299",   # }
     address: '192.168.17.40'
    }
  - {serial: "0815", address: 192.168.17.43}
)"},
    {"empty",
     R"(linacs: []
)",
     R"(linacs:
  - serial: "0815"
    address: 192.168.17.43
)"},
    {"empty with comments",
     R"(linacs: []   # none yet
  # here they go
)",
     R"(linacs:   # none yet
  - serial: "0815"
    address: 192.168.17.43
  # here they go
)"},
    {"empty on the next line",
     R"(linacs:
  [ ]
)",
     R"(linacs:
  - serial: "0815"
    address: 192.168.17.43
)",
     false},
    {"in brackets",
     R"(linacs: [{serial: "4299", address: 192.168.17.40}]   # one
)",
     R"(linacs: [{serial: "4299", address: 192.168.17.40}, {serial: "0815", address: 192.168.17.43}]   # one
)"},
    {"in brackets with a comma behind",
     R"(linacs: [ {serial: "4299", address: 192.168.17.40}, ]
)",
     R"(linacs: [ {serial: "4299", address: 192.168.17.40}, {serial: "0815", address: 192.168.17.43}, ]
)"},
    {"as JSON",
     R"(linacs: [{"serial": "4299", "address": "192.168.17.40"}]
)",
     R"(linacs: [{"serial": "4299", "address": "192.168.17.40"}, {serial: "0815", address: 192.168.17.43}]
)"},
    {"in brackets over lines",
     R"(linacs: [
    {serial: "4299", address: 192.168.17.40},   # the old one
    {serial: "9183", address: 192.168.17.42}   # the new one, [see] {there}
  ]
)",
     R"(linacs: [
    {serial: "4299", address: 192.168.17.40},   # the old one
    {serial: "9183", address: 192.168.17.42},   # the new one, [see] {there}
    {serial: "0815", address: 192.168.17.43}
  ]
)"},
    {"in brackets over lines with a comma behind",
     R"(linacs: [
    {serial: "4299", address: 192.168.17.40},   # the old one
  ]
)",
     R"(linacs: [
    {serial: "4299", address: 192.168.17.40},   # the old one
    {serial: "0815", address: 192.168.17.43},
  ]
)"},
    {"in brackets that close behind the last",
     R"(linacs: [{serial: "4299", address: 192.168.17.40},
         {serial: "9183", address: 192.168.17.42}]
)",
     R"(linacs: [{serial: "4299", address: 192.168.17.40},
         {serial: "9183", address: 192.168.17.42},
         {serial: "0815", address: 192.168.17.43}]
)"},
    {"letters of other alphabets",
     R"(linacs:   # Räume Ä und Ö: 线性加速器
  - serial: "4299"   # die älteste
    address: 192.168.17.40
)",
     R"(linacs:   # Räume Ä und Ö: 线性加速器
  - serial: "4299"   # die älteste
    address: 192.168.17.40
  - serial: "0815"
    address: 192.168.17.43
)"},
};

std::string with_crlf(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? "\r\n" : std::string(1, c);
  return result;
}

class SiteFileEditTest : public SettingsFolder {
 protected:
  std::filesystem::path write_site(const std::string& text) const {
    return write("nbcc.yaml", text);
  }
  static std::string content(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  /// Adds the new Linac, compares, removes it again, compares.
  void there_and_back(const std::string& before, const std::string& after, bool gives_back) const {
    const auto file = write_site(before);
    const SiteFileEdit added = with_linac(file, kNew);
    EXPECT_EQ(added.after, after);
    EXPECT_EQ(added.settings.linacs.back(), kNew);
    EXPECT_EQ(content(file), before) << "nothing is written yet";
    write_edit(added, os::real_file_system());
    EXPECT_EQ(load_site(file), added.settings);
    const SiteFileEdit removed = without_linac(file, kNew.serial);
    if (gives_back) {
      EXPECT_EQ(removed.after, before);
    }
  }
};

TEST_F(SiteFileEditTest, AddsALinacToAListOfAnyShapeAndRemovingItGivesBackTheBytes) {
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(shape.name);
    there_and_back(kHead + shape.list + kTail, kHead + shape.with_new + kTail, shape.gives_back);
  }
}

TEST_F(SiteFileEditTest, KeepsWindowsLineEndings) {
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(shape.name);
    there_and_back(with_crlf(kHead + shape.list + kTail), with_crlf(kHead + shape.with_new + kTail),
                   shape.gives_back);
  }
}

TEST_F(SiteFileEditTest, KeepsAByteOrderMark) {
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(shape.name);
    const std::string mark = "\xEF\xBB\xBF";
    there_and_back(mark + kHead + shape.list + kTail, mark + kHead + shape.with_new + kTail,
                   shape.gives_back);
  }
}

TEST_F(SiteFileEditTest, ChangesAListThatIsTheLastOfTheFile) {
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(shape.name);
    there_and_back(kHead + kTail + shape.list, kHead + kTail + shape.with_new, shape.gives_back);
  }
}

TEST_F(SiteFileEditTest, ChangesAFileWithoutALineEndingAtItsEnd) {
  for (const std::string ending : {"\n", "\r\n"}) {
    for (const Shape& shape : kShapes) {
      SCOPED_TRACE(shape.name);
      std::string before = kHead + kTail + shape.list;
      std::string after = kHead + kTail + shape.with_new;
      before.pop_back();
      after.pop_back();
      if (before.ends_with('\n')) continue;  // a blank line, which has one
      if (ending == "\r\n") {
        before = with_crlf(before);
        after = with_crlf(after);
      }
      there_and_back(before, after, shape.gives_back);
    }
  }
}

TEST_F(SiteFileEditTest, RemovesEachLinacOfAnyShapeAndNothingElse) {
  for (const Shape& shape : kShapes) {
    const auto file = write_site(kHead + shape.with_new + kTail);
    for (const LinacSettings& linac : load_site(file).linacs) {
      SCOPED_TRACE(std::string(shape.name) + ' ' + linac.serial);
      const SiteFileEdit removed = without_linac(file, linac.serial);
      EXPECT_TRUE(removed.after.starts_with(kHead));
      EXPECT_TRUE(removed.after.ends_with(kTail));
      EXPECT_LT(removed.after.size(), removed.before.size());
    }
  }
}

TEST_F(SiteFileEditTest, RemovesALinacWithTheCommentsOnAndInItsLines) {
  const auto file = write_site(kHead + kShapes[1].list + kTail);
  EXPECT_EQ(without_linac(file, "4299").after, kHead + R"(# above
linacs:   # the machines
  # the old one
  # the new one
  - serial: 9183
    address: 192.168.17.42
    # of 9183 as well
  # of the list
# of the file
)" + kTail);
}

TEST_F(SiteFileEditTest, TheLastOneLeavesAnEmptyList) {
  const auto file =
      write_site(kHead + "linacs:   # ours\n  - serial: \"4299\"\n    address: a.b\n" + kTail);
  EXPECT_EQ(without_linac(file, "4299").after, kHead + "linacs: []   # ours\n" + kTail);
}

TEST_F(SiteFileEditTest, WritesEveryKindOfAddressSoThatItIsReadBack) {
  const Address addresses[] = {
      {"192.168.17.43", 1706}, {"192.168.17.43", 1}, {"linac-3.hospital.example", 1706},
      {"fd00::17", 1706},      {"fd00::17", 65535},  {"10", 1706},
  };
  for (const Shape& shape : kShapes) {
    for (const Address& address : addresses) {
      if (!parse_address(address.text(), 0)) continue;
      SCOPED_TRACE(std::string(shape.name) + ' ' + address.text());
      const auto file = write_site(kHead + shape.list + kTail);
      EXPECT_EQ(with_linac(file, {"n", address}).settings.linacs.back().address, address);
    }
  }
}

TEST_F(SiteFileEditTest, RefusesWhatTheSettingsWouldRefuse) {
  const auto file = write_site(kSite);
  const auto refusal = [](const auto& change) {
    try {
      change();
    } catch (const std::invalid_argument& refused) {
      return std::string(refused.what());
    }
    return std::string("not refused");
  };
  EXPECT_THAT(refusal([&] {
                with_linac(file, {"9183", {"192.168.17.43", 1706}});
              }),
              AllOf(HasSubstr("nbcc.yaml:6: "), HasSubstr("9183 already, at 192.168.17.42:1707")));
  EXPECT_THAT(refusal([&] {
                with_linac(file, {"0815", {"192.168.17.40", 1706}});
              }),
              AllOf(HasSubstr("nbcc.yaml:4: "), HasSubstr("that of Linac 4299")));
  EXPECT_THAT(refusal([&] {
                with_linac(file, {"08 15", {"192.168.17.43", 1706}});
              }),
              HasSubstr("letters, digits"));
  EXPECT_THAT(refusal([&] { without_linac(file, "0815"); }),
              EndsWith("there is no Linac 0815; there are: 4299, 9183"));
}

TEST_F(SiteFileEditTest, RefusesOneMoreThanASiteMayHave) {
  std::string list = "linacs:\n";
  for (std::size_t i = 0; i < kMaxLinacsPerSite; ++i) {
    list += "  - {serial: s" + std::to_string(i) + ", address: h" + std::to_string(i) + "}\n";
  }
  const auto file = write_site(kHead + list + kTail);
  EXPECT_THROW(with_linac(file, kNew), std::invalid_argument);
}

TEST_F(SiteFileEditTest, AFileThatIsWrongIsSaidToBeAndStaysAsItIs) {
  const std::string broken = with(kSite, "port: 38471", "port: 99999");
  const auto file = write_site(broken);
  EXPECT_THROW(with_linac(file, kNew), ConfigError);
  EXPECT_THROW(without_linac(file, "4299"), ConfigError);
  EXPECT_EQ(content(file), broken);
}

TEST_F(SiteFileEditTest, WhatItDoesNotUnderstandIsLeftToAPerson) {
  const char* lists[] = {
      "linacs: !!seq [{serial: a, address: h}]\n",
      "linacs: &all\n  - serial: a\n    address: h\n",
      "linacs:\n  - serial: a\n    address: |-\n      host\n",
      "linacs:\n  - serial: a\n    address: \"ho\\\n      st\"\n",
      "linacs:\n  - ? serial\n    : a\n    ? address\n    :\n      h\n  -\n\n    {serial: b, "
      "address: "
      "g}\n",
  };
  for (const char* list : lists) {
    SCOPED_TRACE(list);
    const std::string text = kHead + list + kTail;
    const auto file = write_site(text);
    try {
      const SiteFileEdit edit = with_linac(file, kNew);
      // Understood after all: then nothing but a new entry may have been added.
      EXPECT_EQ(without_linac(write_site(edit.after), kNew.serial).after, text);
    } catch (const EditByHand& declined) {
      EXPECT_THAT(declined.what(), AllOf(HasSubstr("nbcc.yaml"), HasSubstr("edit by hand: "),
                                         HasSubstr("\"0815\""), HasSubstr("192.168.17.43")));
    }
  }
}

TEST_F(SiteFileEditTest, ALinacThatSomethingElseNamesIsNotRemoved) {
  const auto file = write_site(kSite + "fan_out: {ports: [{serial: \"4299\", listen: 5001}]}\n");
  try {
    without_linac(file, "4299");
    FAIL() << "removed";
  } catch (const EditByHand& declined) {
    EXPECT_THAT(declined.what(), HasSubstr("take that out of fan_out.ports first"));
  }
}

TEST_F(SiteFileEditTest, WhatSomebodyElseHasSavedMeanwhileIsNotOverwritten) {
  const auto file = write_site(kSite);
  const SiteFileEdit edit = with_linac(file, kNew);
  const std::string saved = kSite + "# and this\n";
  write_site(saved);
  EXPECT_THROW(write_edit(edit, os::real_file_system()), std::runtime_error);
  EXPECT_EQ(content(file), saved);
}

TEST_F(SiteFileEditTest, TwoCommandsDoNotWriteAtOnce) {
  const auto file = write_site(kSite);
  const SiteFileEdit edit = with_linac(file, kNew);
  std::unique_ptr<os::File> other;
  ASSERT_FALSE(os::real_file_system().lock(folder_ / ".nbcc.yaml.lock", other));
  EXPECT_THROW(write_edit(edit, os::real_file_system()), std::runtime_error);
  EXPECT_EQ(content(file), kSite);
  other.reset();
  write_edit(edit, os::real_file_system());
  EXPECT_EQ(content(file), edit.after);
}

/// With each the comment of the other would have gone, or have stood behind the wrong Linac.
TEST_F(SiteFileEditTest, ACommentThatWouldGoWithAnotherLinacIsAReasonToEditByHand) {
  const std::string head = kSite.substr(0, kSite.find("linacs:"));
  const std::string tail = kSite.substr(kSite.find("tunnel:"));
  const auto file =
      write_site(head +
                 "linacs: [{serial: \"4299\", address: 192.168.17.40},   # bunker 1\n"
                 "         {serial: \"9183\", address: 192.168.17.42}]   # bunker 2\n" +
                 tail);
  EXPECT_THROW(without_linac(file, "9183"), EditByHand);
  const auto edit = without_linac(file, "4299");
  EXPECT_EQ(edit.after.find("bunker 1"), std::string::npos);
  EXPECT_NE(edit.after.find("# bunker 2"), std::string::npos);
}

TEST_F(SiteFileEditTest, TheFileKeepsItsOwnerAndItsMode) {
  const auto file = write_site(kSite);
  ASSERT_EQ(chmod(file.c_str(), 0604), 0);
  const bool other_owner = geteuid() == 0 && chown(file.c_str(), 1234, 4321) == 0;
  write_edit(with_linac(file, kNew), os::real_file_system());
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0604U);
  if (other_owner) {
    EXPECT_EQ(status.st_uid, 1234U);
    EXPECT_EQ(status.st_gid, 4321U);
  }
}

TEST_F(SiteFileEditTest, ALinkToTheFileStaysOne) {
  const auto file = write("real/nbcc.yaml", kSite);
  const auto link = folder_ / "nbcc.yaml";
  std::filesystem::create_symlink(file, link);
  write_edit(with_linac(link, kNew), os::real_file_system());
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(load_site(file).linacs.back(), kNew);
}

}  // namespace
}  // namespace icom::config
