#include "gateway/pymedphys/config_toml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "common/config/site_file_edit.hpp"
#include "gateway/cli/pymedphys_config.hpp"
#include "tests/unit/config/settings_folder.hpp"

namespace icom::pymedphys {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

const PyMedPhysSettings kOurs{{{"rccc", {{"2619", "192.168.100.200"}, {"2694", "192.168.100.201"}}},
                               {"sash", {{"9002", "192.168.40.10"}}}},
                              ArchiveFolders{"/srv/iCom", "/srv/iCom/patients", "/srv/iCom/live"}};

/// All that kOurs has.
const std::string kAll = R"([[site]]
name = "rccc"

[site.export-directories]
icom = "/srv/iCom"
icom_live = "/srv/iCom/live"

[[site.linac]]
name = "2619"
ip = "192.168.100.200"

[[site.linac]]
name = "2694"
ip = "192.168.100.201"

[[site]]
name = "sash"

[site.export-directories]
icom = "/srv/iCom"
icom_live = "/srv/iCom/live"

[[site.linac]]
name = "9002"
ip = "192.168.40.10"

[icom]
patient_directories = ["/srv/iCom/patients"]
)";

const std::string kSash = R"(
[[site]]
name = "sash"

[site.export-directories]
icom = "/srv/iCom"
icom_live = "/srv/iCom/live"

[[site.linac]]
name = "9002"
ip = "192.168.40.10"
)";

const std::string kIcomTable = R"(
[icom]
patient_directories = ["/srv/iCom/patients"]
)";

struct Shape {
  const char* name;
  std::string before;
  std::string after;
};

std::vector<Shape> shapes() {
  return {
      {"nothing", "", kAll},
      {"all of it", kAll, kAll},
      {"other things only", "# mine\ntitle = 'x' # y\n[trf_logfiles]\nroot_directory = 'S:\\trf'\n",
       "# mine\ntitle = 'x' # y\n[trf_logfiles]\nroot_directory = 'S:\\trf'\n\n" + kAll},
      {"a site as PyMedPhys documents it",
       R"(# Sites
[[site]]   # the hosting one
    name = 'rccc'   # Riverina

    [site.export-directories]   # old ones
        monaco = '\\monaco\dicom'
        icom_live = '\\nas\iCOM\live'   # until March

    [[site.linac]]
        name = "2619"   # the old one
        energies = [6, 10]
        ip = "10.0.0.1"
        samba_ip = "10.0.0.2"

    # not ours
    [[site.linac]]
        name = "1234"
        ip = "10.0.0.3"

[[site]]
name = "elsewhere"

[icom]   # search here
patient_directories = [
    'S:\old',   # until 2024
    'S:\new'   # since then
]

[trf_logfiles]
root_directory = 'S:\trf'
)",
       R"(# Sites
[[site]]   # the hosting one
    name = 'rccc'   # Riverina

    [site.export-directories]   # old ones
        monaco = '\\monaco\dicom'
        icom_live = "/srv/iCom/live"   # until March
        icom = "/srv/iCom"

    [[site.linac]]
        name = "2619"   # the old one
        energies = [6, 10]
        ip = "192.168.100.200"
        samba_ip = "10.0.0.2"

    # not ours
    [[site.linac]]
        name = "1234"
        ip = "10.0.0.3"

    [[site.linac]]
        name = "2694"
        ip = "192.168.100.201"

[[site]]
name = "elsewhere"

[[site]]
name = "sash"

[site.export-directories]
icom = "/srv/iCom"
icom_live = "/srv/iCom/live"

[[site.linac]]
name = "9002"
ip = "192.168.40.10"

[icom]   # search here
patient_directories = [
    'S:\old',   # until 2024
    'S:\new',   # since then
    "/srv/iCom/patients"
]

[trf_logfiles]
root_directory = 'S:\trf'
)"},
      {"a site with its name only", "[[site]]\nname = \"rccc\"\n[other]\nx = 1\n",
       R"([[site]]
name = "rccc"

[site.export-directories]
icom = "/srv/iCom"
icom_live = "/srv/iCom/live"

[[site.linac]]
name = "2619"
ip = "192.168.100.200"

[[site.linac]]
name = "2694"
ip = "192.168.100.201"
)" + kSash +
           "[other]\nx = 1\n" + kIcomTable},
      {"dotted keys",
       R"([[site]]
name = "rccc"
export-directories.monaco = "m"
linac = [ { name = "2619", energies = [6] },   # old
          { name = "2694", ip = "10.0.0.1" },   # new
]
)" + kSash +
           "[icom]\npatient_directories = []\n",
       R"([[site]]
name = "rccc"
export-directories.monaco = "m"
export-directories.icom = "/srv/iCom"
export-directories.icom_live = "/srv/iCom/live"
linac = [ { name = "2619", energies = [6], ip = "192.168.100.200" },   # old
          { name = "2694", ip = "192.168.100.201" },   # new
]
)" + kSash +
           "[icom]\npatient_directories = [\"/srv/iCom/patients\"]\n"},
      {"tables in braces",
       R"(site = [{ name = "rccc" }, { name = "sash", export-directories = {} }]
icom = { patient_directories = ["x"] }
)",
       R"(site = [{ name = "rccc", export-directories = { icom = "/srv/iCom", icom_live = "/srv/iCom/live" }, linac = [{ name = "2619", ip = "192.168.100.200" }, { name = "2694", ip = "192.168.100.201" }] }, { name = "sash", export-directories = { icom = "/srv/iCom", icom_live = "/srv/iCom/live" }, linac = [{ name = "9002", ip = "192.168.40.10" }] }]
icom = { patient_directories = ["x", "/srv/iCom/patients"] }
)"},
      {"letters of other alphabets",
       "[[site]]\nname = \"rccc\" # Ä\nlinac = [{ name = \"ü\", ip = \"é\" }, { name = \"2619\" "
       "}]\n"
       "export-directories = { icom = 'ß', icom_live = '/srv/iCom/live', x = 'ö' }\n" +
           kSash + kIcomTable,
       "[[site]]\nname = \"rccc\" # Ä\nlinac = [{ name = \"ü\", ip = \"é\" }, { name = \"2619\", "
       "ip = "
       "\"192.168.100.200\" }, { name = \"2694\", ip = \"192.168.100.201\" }]\n"
       "export-directories = { icom = \"/srv/iCom\", icom_live = '/srv/iCom/live', x = "
       "'ö' }\n" +
           kSash + kIcomTable},
      {"a value over lines",
       "[[site]]\nname = \"rccc\"\nnote = \"\"\"\n[[site]]\nname = 'sash'\n\"\"\"\n" + kSash +
           kIcomTable,
       "[[site]]\nname = \"rccc\"\nnote = \"\"\"\n[[site]]\nname = 'sash'\n\"\"\"\n\n"
       "[site.export-directories]\nicom = \"/srv/iCom\"\nicom_live = "
       "\"/srv/iCom/live\"\n\n[[site.linac]]\nname = \"2619\"\nip = \"192.168.100.200\"\n\n"
       "[[site.linac]]\nname = \"2694\"\nip = \"192.168.100.201\"\n" +
           kSash + kIcomTable},
  };
}

std::string with_crlf(const std::string& text) {
  return std::regex_replace(text, std::regex("\n"), "\r\n");
}

TEST(ConfigTomlTest, PutsOurPartIntoAFileOfAnyShapeAndLeavesTheRest) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    EXPECT_EQ(with_ours(shape.before, kOurs, "config.toml"), shape.after);
  }
}

/// As every site that PyMedPhys serves has it: a share, its `icom` above `patients`.
TEST(ConfigTomlTest, WhatIsRightAlreadyStaysByteForByte) {
  const std::string right = R"([[site]]
name = "nbcc"

    [site.export-directories]
    icom = '\\server\DataExchange\iCom'
    icom_live = '\\server\DataExchange\iCom\live'

    [[site.linac]]
    name = "4299"
    ip = '192.168.17.40'

[icom]
patient_directories = ['\\server\DataExchange\iCom\patients']
)";
  const std::string root = R"(\\server\DataExchange\iCom)";
  const PyMedPhysSettings ours{{{"nbcc", {{"4299", "192.168.17.40"}}}},
                               ArchiveFolders{root, root + R"(\patients)", root + R"(\live)"}};
  EXPECT_EQ(with_ours(right, ours, "config.toml"), right);
}

TEST(ConfigTomlTest, IsContentWithWhatItHasWritten) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    EXPECT_EQ(with_ours(shape.after, kOurs, "config.toml"), shape.after);
  }
}

TEST(ConfigTomlTest, KeepsWindowsLineEndings) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    if (shape.before.empty() || shape.before.find("\"\"\"") != std::string::npos) continue;
    EXPECT_EQ(with_ours(with_crlf(shape.before), kOurs, "config.toml"), with_crlf(shape.after));
  }
}

TEST(ConfigTomlTest, ChangesAFileWithoutALineEndingAtItsEnd) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    if (shape.before.empty()) continue;
    std::string before = shape.before;
    before.pop_back();
    const std::string after = with_ours(before, kOurs, "config.toml");
    EXPECT_TRUE(after == shape.after || after + '\n' == shape.after) << after;
  }
}

TEST(ConfigTomlTest, WithoutAnArchiveNoFolderIsWrittenAndNoneRemoved) {
  PyMedPhysSettings ours = kOurs;
  ours.folders.reset();
  EXPECT_EQ(with_ours(kAll, ours, "config.toml"), kAll);
  EXPECT_EQ(with_ours("", ours, "config.toml").find("icom"), std::string::npos);
}

TEST(ConfigTomlTest, AWindowsFolderIsReadBackAsItIs) {
  for (const std::string folder :
       {R"(S:\Physics\iCom)", R"(\\nas\Physics\iCom's)", R"(C:\a "b")"}) {
    PyMedPhysSettings ours = kOurs;
    ours.folders = ArchiveFolders{folder, folder + "\\patients"};
    const std::string once = with_ours("", ours, "config.toml");
    EXPECT_EQ(with_ours(once, ours, "config.toml"), once);
    EXPECT_NE(once.find("patient_directories"), std::string::npos);
  }
}

TEST(ConfigTomlTest, BrokenTomlIsSaidWithItsLine) {
  const std::pair<std::string, const char*> broken[] = {
      {"a = 1\nb = \n", "config.toml:2"},  {"[[site]]\nname = 'rccc\n", "config.toml:2"},
      {"a = 1\na = 2\n", "config.toml:2"}, {"[site\n", "config.toml:1"},
      {"x = [1,\n2", "config.toml:2"},
  };
  for (const auto& [text, where] : broken) {
    SCOPED_TRACE(text);
    try {
      with_ours(text, kOurs, "config.toml");
      FAIL() << "read";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr(where), HasSubstr("nothing was changed")));
    }
  }
}

TEST(ConfigTomlTest, WhatItDoesNotUnderstandIsLeftToAPerson) {
  for (const std::string text : {
           "site = 5\n",
           "[site]\nname = 'rccc'\n",
           "site = [{ name = 'elsewhere' }]\n",  // which a [[site]] cannot follow
           "[[site]]\nname = 'rccc'\nlinac = 5\n",
           "[[site]]\nname = 'rccc'\nexport-directories = 5\n",
           "icom = 5\n",
           "[icom]\npatient_directories = 'one'\n",
       }) {
    SCOPED_TRACE(text);
    EXPECT_THROW(with_ours(text, kOurs, "config.toml"), config::EditByHand);
  }
}

class PyMedPhysConfigTest : public config::SettingsFolder {
 protected:
  bool run(const cli::PyMedPhysConfigOptions& options) {
    out_.str("");
    return cli::write_pymedphys_config(kOurs, options, out_);
  }
  static std::string content(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().extension() != ".lock") found.push_back(entry.path().filename().string());
    }
    std::ranges::sort(found);
    return found;
  }
  std::ostringstream out_;
};

TEST_F(PyMedPhysConfigTest, ADryRunShowsTheDifferenceAndWritesNothing) {
  const auto file = write("config.toml", "# mine\n");
  EXPECT_TRUE(run({.file = file, .dry_run = true}));
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("+++ "), HasSubstr(" # mine\n"), HasSubstr("+[[site]]")));
  EXPECT_EQ(content(file), "# mine\n");
  EXPECT_EQ(names(), std::vector<std::string>{"config.toml"});
}

TEST_F(PyMedPhysConfigTest, AWrittenFileHasABackupBesideItAndKeepsItsMode) {
  const auto file = write("config.toml", "# mine\n");
  ASSERT_EQ(chmod(file.c_str(), 0604), 0);
  EXPECT_TRUE(run({.file = file, .yes = true}));
  EXPECT_EQ(content(file), "# mine\n\n" + kAll);
  ASSERT_EQ(names().size(), 2U);
  const auto backup = folder_ / names()[1];
  EXPECT_THAT(backup.filename().string(), MatchesRegex("config\\.toml\\.[0-9]{8}-[0-9]{6}"));
  EXPECT_EQ(content(backup), "# mine\n");
  for (const auto& one : {file, backup}) {
    struct stat status {};
    ASSERT_EQ(stat(one.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0604U);
  }

  EXPECT_TRUE(run({.file = file, .yes = true}));
  EXPECT_THAT(out_.str(), HasSubstr("says all of it already"));
  EXPECT_EQ(names().size(), 2U) << "nothing was to be written";
}

TEST_F(PyMedPhysConfigTest, TwoBackupsOfOneSecondAreTwo) {
  const auto file = write("config.toml", "");
  for (int i = 0; i < 3; ++i) {
    write("config.toml", "");
    EXPECT_TRUE(run({.file = file, .yes = true}));
  }
  EXPECT_EQ(names().size(), 4U);
}

TEST_F(PyMedPhysConfigTest, AFileThatIsNotThereIsMade) {
  EXPECT_TRUE(run({.file = folder_ / "config.toml", .yes = true}));
  EXPECT_EQ(content(folder_ / "config.toml"), kAll);
  EXPECT_THAT(out_.str(), HasSubstr("--- /dev/null"));
  EXPECT_EQ(names(), std::vector<std::string>{"config.toml"});
}

TEST_F(PyMedPhysConfigTest, BrokenTomlStaysAsItIs) {
  const auto file = write("config.toml", "a = \n");
  EXPECT_THROW(run({.file = file, .yes = true}), std::invalid_argument);
  EXPECT_EQ(content(file), "a = \n");
  EXPECT_EQ(names(), std::vector<std::string>{"config.toml"});
}

TEST_F(PyMedPhysConfigTest, SettingsGiveEachSiteItsLinacsAndTheArchivesFolders) {
  write("sites/nbcc.yaml", config::kSite);
  const std::string gateway =
      "sites: sites\ntokens: tokens\ningest: 127.0.0.1:7600\nstore: store\n";
  const auto with_archive =
      config::load_gateway(write("gateway.yaml", gateway + "archive:\n  directory: /srv/iCom\n"));
  const std::vector<SiteEntry> sites{
      {"nbcc", {{"4299", "192.168.17.40"}, {"9183", "192.168.17.42"}}}};
  EXPECT_EQ(pymedphys_settings(with_archive, {}),
            (PyMedPhysSettings{
                sites, ArchiveFolders{"/srv/iCom", "/srv/iCom/patients", "/srv/iCom/live"}}));
  EXPECT_EQ(pymedphys_settings(with_archive, R"(S:\iCom)"),
            (PyMedPhysSettings{
                sites, ArchiveFolders{R"(S:\iCom)", R"(S:\iCom\patients)", R"(S:\iCom\live)"}}));
  const auto per_site = pymedphys_settings(
      config::load_gateway(write("gateway.yaml", gateway + "archive:\n  directory: /srv/iCom\n"
                                                           "  per_site: true\n")),
      R"(S:\iCom)");
  EXPECT_EQ(per_site.folders, std::nullopt);
  EXPECT_EQ(
      per_site.sites.at(0).folders,
      (ArchiveFolders{R"(S:\iCom\nbcc)", R"(S:\iCom\nbcc\patients)", R"(S:\iCom\nbcc\live)"}));
  EXPECT_EQ(pymedphys_settings(config::load_gateway(write("gateway.yaml", gateway)), "/x"),
            (PyMedPhysSettings{sites, std::nullopt}));
}

TEST_F(PyMedPhysConfigTest,
       SitesWithATreeOfTheirOwnHaveTheirOwnFoldersAndPatientsAreLookedForInAll) {
  PyMedPhysSettings ours;
  for (const std::string site : {"nbcc", "sash"}) {
    const std::string root = "/srv/" + site;
    ours.sites.push_back({site, {}, ArchiveFolders{root, root + "/patients", root + "/live"}});
  }
  EXPECT_EQ(with_ours("", ours, "config.toml"), R"([[site]]
name = "nbcc"

[site.export-directories]
icom = "/srv/nbcc"
icom_live = "/srv/nbcc/live"

[[site]]
name = "sash"

[site.export-directories]
icom = "/srv/sash"
icom_live = "/srv/sash/live"

[icom]
patient_directories = ["/srv/nbcc/patients", "/srv/sash/patients"]
)");
}

}  // namespace
}  // namespace icom::pymedphys
