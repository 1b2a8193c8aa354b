#include "gateway/archive/archive_name.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace icom::archive {
namespace {

using namespace std::string_literals;

TEST(ArchiveNameTest, OrdinaryNamesStayAsTheyAre) {
  EXPECT_EQ(patient_folder("100234", "BANKSIA, Rose"), "100234_BANKSIA, Rose");
  EXPECT_EQ(patient_folder("100777", "O'CONNOR, Pat"), "100777_O'CONNOR, Pat");
  EXPECT_EQ(patient_folder("1234567890", "SMITH-JONES, A. B"), "1234567890_SMITH-JONES, A. B");
  EXPECT_EQ(patient_folder("WLutz", "QA, Daily"), "WLutz_QA, Daily");
  EXPECT_EQ(patient_folder("7", "M\xC3\x9CLLER, J\xC3\xB6rg"), "7_M\xC3\x9CLLER, J\xC3\xB6rg");
  EXPECT_EQ(patient_folder("7", ""), "7_");
  EXPECT_EQ(safe_name("192.168.17.40"), "192.168.17.40");
}

// Texts that would leave the folder, stand for a device, or that some file system cannot hold.
std::vector<std::string> hostile_texts() {
  std::vector<std::string> texts{"",
                                 ".",
                                 "..",
                                 "...",
                                 "../x",
                                 "..\\x",
                                 "/etc/x",
                                 "a/b",
                                 "a\\b",
                                 "C:x",
                                 "x.",
                                 "x ",
                                 " x",
                                 ".x",
                                 "CON",
                                 "con",
                                 "nul.txt",
                                 "COM1",
                                 "LPT9.x",
                                 "AUX ",
                                 "CONIN$",
                                 "a\0b"s,
                                 "\xFF\xFE",
                                 "M\xDCLLER",
                                 "\xC0\xAF",
                                 "\xED\xA0\x80",
                                 "a\nb",
                                 "a\x7F"
                                 "b",
                                 std::string(300, 'x'),
                                 std::string(150, '/')};
  for (const char c : "<>:\"|?*"s) {
    texts.push_back("a"s + c);
  }
  std::string umlauts;
  for (int i = 0; i < 150; ++i) {
    umlauts += "\xC3\xBC";
  }
  texts.push_back(umlauts);
  return texts;
}

void expect_safe(const std::string& name) {
  ASSERT_FALSE(name.empty());
  EXPECT_LE(name.size(), kMaxNameBytes);
  EXPECT_EQ(name.find_first_of("/\\<>:\"|?*\n\x7F\0"s), std::string::npos) << name;
  EXPECT_NE(name.front(), '.') << name;
  EXPECT_NE(name.front(), ' ') << name;
  EXPECT_NE(name.back(), '.') << name;
  EXPECT_NE(name.back(), ' ') << name;
  for (const char* device : {"CON", "con", "NUL", "COM1", "LPT9", "AUX"}) {
    EXPECT_NE(name.substr(0, name.find('.')), device);
  }
}

TEST(ArchiveNameTest, NoTextChoosesAPath) {
  for (const std::string& text : hostile_texts()) {
    expect_safe(safe_name(text));
    expect_safe(patient_folder(text, text));
    expect_safe(patient_folder("1", text));
    expect_safe(patient_folder(text, "NAME"));
  }
}

TEST(ArchiveNameTest, EveryByteIsSafeAnywhere) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string c(1, static_cast<char>(byte));
    for (const std::string& text : {c, c + "x", "x" + c, "x" + c + "y"}) {
      expect_safe(safe_name(text));
      EXPECT_EQ(safe_name(text), safe_name(text));
    }
  }
}

TEST(ArchiveNameTest, DifferentTextsKeepDifferentNames) {
  std::set<std::string> names;
  std::vector<std::string> texts = hostile_texts();
  texts.insert(texts.end(), {"_", "__", "a_b", "_x", "x_", "ok"});
  for (const std::string& text : texts) {
    EXPECT_TRUE(names.insert(safe_name(text)).second) << text;
  }
  // Not even a text that looks like what another one was made into.
  for (const std::string& name : std::set<std::string>(names)) {
    if (name != "_" && name != "__" && name != "a_b" && name != "_x" && name != "x_" &&
        name != "ok") {
      EXPECT_TRUE(names.insert(safe_name(name)).second) << name;
    }
  }
}

TEST(ArchiveNameTest, DifferentPatientsHaveDifferentFoldersWhereverAnUnderscoreStands) {
  EXPECT_EQ(patient_folder("A", "B_C"), "A_B_C");
  EXPECT_NE(patient_folder("A_B", "C"), "A_B_C");
  EXPECT_TRUE(patient_folder("A_B", "C").starts_with("A_B_C~"));
  std::vector<std::string> parts{"A", "B", "A_B", "B_C", "A_", "_B", "_", "A/B", "", "A_B_C"};
  for (const char* id : {"A_B", "A/B", "A_"}) {
    parts.push_back(patient_folder(id, "C"));  // what another one was made into
    parts.push_back(patient_folder(id, "C").substr(2));
  }
  std::set<std::string> folders;
  for (const std::string& id : parts) {
    for (const std::string& name : parts) {
      EXPECT_TRUE(folders.insert(patient_folder(id, name)).second) << id << " + " << name;
      EXPECT_LE(patient_folder(id, name).size(), kMaxNameBytes);
    }
  }
  EXPECT_LE(patient_folder(std::string(300, '_'), std::string(300, 'x')).size(), kMaxNameBytes);
}

TEST(ArchiveNameTest, ASitesOwnFolderOfAPatientIsThatOfNoOther) {
  std::set<std::string> folders;
  std::vector<std::string> names{"C", "B_C"};
  names.push_back(patient_folder_of_site("A", "C", "nbcc").substr(2));  // made to look like one
  for (const char* id : {"A", "A_B"}) {
    for (const std::string& name : names) {
      EXPECT_TRUE(folders.insert(patient_folder(id, name)).second) << id << " + " << name;
      for (const char* site : {"nbcc", "sash"}) {
        const std::string folder = patient_folder_of_site(id, name, site);
        EXPECT_TRUE(folders.insert(folder).second) << folder;
        EXPECT_TRUE(folder.starts_with(std::string(id) + "_")) << folder;
        expect_safe(folder);
      }
    }
  }
}

TEST(ArchiveNameTest, TheIdStaysFindableWhateverTheNameIs) {
  for (const std::string& text : hostile_texts()) {
    EXPECT_TRUE(patient_folder("100234", text).starts_with("100234_")) << text;
    EXPECT_TRUE(patient_folder_of_site("100234", text, "nbcc").starts_with("100234_")) << text;
  }
}

}  // namespace
}  // namespace icom::archive
