#include "gateway/registration/authorized_keys.hpp"

#include <gmock/gmock.h>

#include "gateway/registration/site_book.hpp"
#include "gateway/registration/used_keys.hpp"
#include "tests/unit/registration/registration_folder.hpp"

namespace icom::registration {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* kLocalOnly =
    "restrict,port-forwarding,command=\"/bin/false\",permitopen=\"127.0.0.1:7600\","
    "permitlisten=\"none.invalid:1\"";

config::ForwardSettings forward(config::ForwardDirection direction, config::Address listen,
                                config::Address target) {
  config::ForwardSettings settings;
  settings.direction = direction;
  settings.listen = std::move(listen);
  settings.target = std::move(target);
  return settings;
}

class AuthorizedKeysTest : public RegistrationFolder {
 protected:
  /// Site nbcc with a key of its own, and the enrolment file that was not used.
  SiteRecord with_key() const {
    const auto file = add("nbcc");
    SiteRecord record = SiteBook(places().registration).find("nbcc").value();
    record.key = SiteKey{key_.public_key, kNow};
    SiteBook(places().registration).save(record);
    return record;
  }
  [[nodiscard]] std::string written() const { return content(places().authorized_keys()); }

  ssh::KeyPair key_ = ssh::make_key_pair("test");
  config::Address ingest_{"127.0.0.1", 7600};
};

TEST_F(AuthorizedKeysTest, KeyMayReachTheIngestAndListenNowhere) {
  EXPECT_EQ(key_options(ingest_, {}), kLocalOnly);
}

TEST_F(AuthorizedKeysTest, EachForwardIsPermittedOnceAsTheAgentWillAskForIt) {
  using config::ForwardDirection;
  const std::string options = key_options(
      ingest_, {forward(ForwardDirection::local, {"127.0.0.1", 4242}, {"dicom.rccc.example", 4242}),
                forward(ForwardDirection::local, {"127.0.0.1", 4243}, {"dicom.rccc.example", 4242}),
                forward(ForwardDirection::local, {"::1", 80}, {"fd00::7", 80}),
                forward(ForwardDirection::remote, {"0.0.0.0", 1433}, {"192.168.17.3", 1433}),
                forward(ForwardDirection::remote, {"::1", 445}, {"192.168.17.4", 445})});
  EXPECT_EQ(options,
            "restrict,port-forwarding,command=\"/bin/false\",permitopen=\"127.0.0.1:7600\","
            "permitopen=\"dicom.rccc.example:4242\",permitopen=\"[fd00::7]:80\","
            "permitlisten=\"0.0.0.0:1433\",permitlisten=\"[::1]:445\"");
}

TEST_F(AuthorizedKeysTest, EnrolmentFilesKeyReachesTheIngestAloneAndExpires) {
  const SiteRecord record = with_key();
  const std::string lines = key_lines(record, "OPTIONS", ingest_, kNow);
  EXPECT_THAT(lines, StartsWith("OPTIONS " + key_.public_key.text() + " icom-site=nbcc\n"));
  EXPECT_THAT(lines,
              EndsWith(std::string(kLocalOnly) + ",expiry-time=\"20231121221320Z\" " +
                       record.enrolment->one_time_key.text() + " icom-site=nbcc icom-enrolment\n"));
  EXPECT_EQ(key_lines(record, "OPTIONS", ingest_, record.enrolment->expires),
            "OPTIONS " + key_.public_key.text() + " icom-site=nbcc\n");
}

TEST_F(AuthorizedKeysTest, UsedFilesKeyStandsInACommentByWhichItIsKnownAgain) {
  SiteRecord record = with_key();
  const std::string fingerprint = record.enrolment->one_time_key.fingerprint();
  write_authorized_keys(places(), kNow);
  EXPECT_THAT(sites_that_used(places().registration, fingerprint), IsEmpty());
  record.enrolment->used = kNow;
  record.enrolment->used_by = key_.public_key;
  SiteBook(places().registration).save(record);
  write_authorized_keys(places(), kNow);
  EXPECT_THAT(lines_with(places().registration, fingerprint), IsEmpty());
  EXPECT_THAT(sites_that_used(places().registration, fingerprint), ElementsAre("nbcc"));
  EXPECT_THAT(sites_that_used(places().registration, key_.public_key.fingerprint()), IsEmpty());
  note_used_key(places().registration, "nbcc");
  note_used_key(places().registration, "nbcc");
  EXPECT_THAT(take_noted_used_keys(places().registration), ElementsAre("nbcc"));
  EXPECT_THAT(take_noted_used_keys(places().registration), IsEmpty());
  write_authorized_keys(places(), record.enrolment->expires);
  EXPECT_THAT(sites_that_used(places().registration, fingerprint), IsEmpty());
}

TEST_F(AuthorizedKeysTest, BothKeysOfARotationAreThere) {
  SiteRecord record = with_key();
  record.enrolment.reset();
  record.next_key = SiteKey{ssh::make_key_pair("next").public_key, kNow};
  EXPECT_EQ(key_lines(record, "O", ingest_, kNow),
            "O " + key_.public_key.text() + " icom-site=nbcc\nO " + record.next_key->key.text() +
                " icom-site=nbcc\n");
}

TEST_F(AuthorizedKeysTest, RevokedSiteHasNoLineButThatOfAnEnrolmentFileMadeSince) {
  SiteRecord record = with_key();
  record.next_key = SiteKey{ssh::make_key_pair("next").public_key, kNow};
  record.revoked = kNow;
  const std::string lines = key_lines(record, "OPTIONS", ingest_, kNow);
  EXPECT_THAT(lines, Not(HasSubstr("OPTIONS")));
  EXPECT_THAT(lines, EndsWith(" icom-site=nbcc icom-enrolment\n"));
  record.enrolment.reset();
  EXPECT_EQ(key_lines(record, "OPTIONS", ingest_, kNow), "");
}

TEST_F(AuthorizedKeysTest, LineIsFoundByItsFingerprintAndNoOtherIs) {
  const SiteRecord record = with_key();
  write_authorized_keys(places(), kNow);
  const std::string fingerprint = key_.public_key.fingerprint();
  EXPECT_THAT(lines_with(places().registration, fingerprint),
              ElementsAre(EndsWith(key_.public_key.text() + " icom-site=nbcc")));
  EXPECT_THAT(lines_with(places().registration, record.enrolment->one_time_key.fingerprint()),
              ElementsAre(EndsWith(" icom-enrolment")));
  for (const std::string& other : {std::string(), std::string("SHA256:"), fingerprint + "x"}) {
    EXPECT_THAT(lines_with(places().registration, other), IsEmpty()) << other;
  }
}

TEST_F(AuthorizedKeysTest, ChangedForwardsChangeTheSitesLine) {
  with_key();
  write_authorized_keys(places(), kNow);
  const std::string yaml = content(places().site_file("nbcc"));
  write("sites/nbcc.yaml",
        config::with(yaml, "forwards: []",
                     "forwards:\n  - name: sql\n    direction: remote\n    listen: 11433\n"
                     "    target: 192.168.17.3:1433\nfan_out:\n  ports: []\n#"));
  write_authorized_keys(places(), kNow);
  EXPECT_THAT(written(), HasSubstr("permitlisten=\"127.0.0.1:11433\" " + key_.public_key.text()));
}

TEST_F(AuthorizedKeysTest, SiteWhoseFileIsBrokenKeepsItsLine) {
  with_key();
  write_authorized_keys(places(), kNow);
  const Places places = this->places();
  const std::string before = content(places.authorized_keys());
  write("sites/nbcc.yaml", "site: nbcc\n\tforwards: ]\n");
  write_authorized_keys(places, kNow);
  EXPECT_EQ(content(places.authorized_keys()), before);
}

TEST_F(AuthorizedKeysTest, SiteWhoseFileIsGoneKeepsTheLineOfAnOpenEnrolmentAlone) {
  const SiteRecord record = with_key();
  const Places places = this->places();
  write_authorized_keys(places, kNow);
  const std::string yaml = content(places.site_file("nbcc"));
  std::filesystem::remove(places.site_file("nbcc"));
  write_authorized_keys(places, kNow);
  EXPECT_THAT(content(places.authorized_keys()), Not(HasSubstr(key_.public_key.text())));
  EXPECT_THAT(content(places.authorized_keys()), HasSubstr(record.enrolment->one_time_key.text()));
  write("sites/nbcc.yaml", yaml);
  write_authorized_keys(places, kNow);
  EXPECT_THAT(content(places.authorized_keys()), HasSubstr(key_.public_key.text()));
}

TEST_F(AuthorizedKeysTest, SiteWhoseRecordIsDamagedKeepsItsLinesAndTheOthersChange) {
  with_key();
  write_authorized_keys(places(), kNow);
  const std::string before = written();
  write("registration/sites/nbcc.json", "{");
  const auto rccc = add("rccc");
  EXPECT_THAT(written(), StartsWith(before));
  EXPECT_THAT(written(), HasSubstr("icom-site=rccc icom-enrolment"));
}

TEST_F(AuthorizedKeysTest, NobodyElseCanReadTheFile) {
  with_key();
  write_authorized_keys(places(), kNow);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(places().authorized_keys()).permissions(),
            perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::filesystem::status(places().registration).permissions(), perms::owner_all);
}

TEST_F(AuthorizedKeysTest, FileThatIsNotThereIsSaid) {
  EXPECT_THROW(lines_with(folder_ / "nowhere", "SHA256:x"), RegistrationError);
}

}  // namespace
}  // namespace icom::registration
