#include "gateway/registration/site_desk.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <tuple>

#include "common/link/desk_signature.hpp"
#include "common/link/limits.hpp"
#include "common/link/read_message.hpp"
#include "common/ssh/private_key.hpp"
#include "gateway/registration/authorized_keys.hpp"
#include "gateway/registration/secrets.hpp"
#include "gateway/registration/site_access.hpp"
#include "tests/unit/ingest/captured_log.hpp"
#include "tests/unit/registration/asked_desk.hpp"
#include "tests/unit/registration/registration_folder.hpp"

namespace icom::registration {
namespace {

using link::DeskRefused;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class SiteDeskTest : public RegistrationFolder {
 protected:
  SiteDeskTest() { file_ = add("nbcc"); }

  /// A key as the site's machine makes it.
  [[nodiscard]] ssh::PrivateKey new_key(const std::string& name) const {
    const auto file = write(name, ssh::make_key_pair("test").private_key);
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    return ssh::PrivateKey::load(file);
  }
  static link::DeskRequest request(const std::string& site) {
    link::DeskRequest request;
    request.set_protocol(link::kDeskProtocol);
    request.set_site(site);
    return request;
  }
  static Asked enrol(const config::EnrolmentFile& file, const ssh::PrivateKey& key) {
    Asked asked{request(file.site), link::secret_of_code(file.code)};
    const std::string text = key.public_key().text();
    const auto signature = key.sign(link::signed_text(file.site, asked.secret.key, text));
    asked.request.mutable_enrol()->set_public_key(text);
    asked.request.mutable_enrol()->set_signature(signature.data(), signature.size());
    return asked;
  }
  static Asked rotate(const std::string& token, const ssh::PrivateKey& key) {
    Asked asked{request("nbcc"), link::secret_of_token(token)};
    const std::string text = key.public_key().text();
    const auto signature = key.sign(link::signed_text("nbcc", token, text));
    asked.request.mutable_rotate()->set_public_key(text);
    asked.request.mutable_rotate()->set_signature(signature.data(), signature.size());
    return asked;
  }
  static Asked finish(const std::string& token, const ssh::PrivateKey& key) {
    Asked asked{request("nbcc"), link::secret_of_token(token)};
    asked.request.mutable_finish_rotation()->set_public_key(key.public_key().text());
    return asked;
  }
  link::DeskAnswer ask(const Asked& asked) {
    return registration::ask(desk_, asked.request, asked.secret);
  }
  DeskRefused refused(const Asked& asked) {
    const auto answer = ask(asked);
    EXPECT_TRUE(answer.has_refused()) << answer.ShortDebugString();
    return answer.refused();
  }
  /// The token that the site has from then on.
  std::string enrolled(const ssh::PrivateKey& key) {
    const auto answer = ask(enrol(file_, key));
    EXPECT_TRUE(answer.has_enrolled()) << answer.ShortDebugString();
    return answer.enrolled().token();
  }
  [[nodiscard]] bool lets_in(const ssh::PrivateKey& key) const {
    return !lines_with(places().registration, key.public_key().fingerprint()).empty();
  }
  [[nodiscard]] std::vector<std::string> tokens() const {
    return read_access(places(), "nbcc").tokens;
  }
  [[nodiscard]] SiteRecord record() const {
    return SiteBook(places().registration).find("nbcc").value();
  }

  /// What the gateway keeps of nbcc. A step of its work replaces one of them as a whole: a gateway
  /// that died in between left some as before and some as after.
  struct Kept {
    std::string token;
    std::string next_token;  ///< empty: none
    std::string record;
    std::string keys;
  };
  [[nodiscard]] Kept kept() const {
    return {content(places().token("nbcc")), content(places().next_token("nbcc")),
            content(folder_ / "registration/sites/nbcc.json"), content(places().authorized_keys())};
  }
  void put_back(const Kept& kept) const {
    put("tokens/nbcc.token", kept.token);
    put("tokens/nbcc.next.token", kept.next_token);
    put("registration/sites/nbcc.json", kept.record);
    put("registration/authorized_keys", kept.keys);
  }
  void put(const std::string& name, const std::string& text) const {
    std::filesystem::remove(folder_ / name);
    if (!text.empty())
      std::filesystem::permissions(write(name, text), std::filesystem::perms(0600));
  }

  std::int64_t now_ = kNow;
  std::vector<std::string> changed_;
  std::vector<std::string> replaced_;
  config::EnrolmentFile file_;
  SiteDesk desk_{
      places(),
      {[this](const std::string& site) { changed_.push_back(site); },
       [this](const std::string& site) { replaced_.push_back(site); }, [this] { return now_; }}};
};

TEST_F(SiteDeskTest, EnrolledSitesKeyAndTokenAreLetInAndItsFileIsHandedOver) {
  const auto key = new_key("key");
  const auto answer = ask(enrol(file_, key));
  ASSERT_TRUE(answer.has_enrolled());
  EXPECT_EQ(answer.enrolled().site_file(), content(places().site_file("nbcc")));
  EXPECT_EQ(answer.gateway_time(), kNow);
  EXPECT_THAT(tokens(), ElementsAre(answer.enrolled().token()));
  EXPECT_TRUE(lets_in(key));
  EXPECT_THAT(changed_, testing::Each("nbcc"));
  EXPECT_THAT(changed_, Not(testing::IsEmpty()));
  EXPECT_EQ(record().enrolment->used, kNow);
}

TEST_F(SiteDeskTest, TokenOfBeforeIsOfNoUseOnceEnrolled) {
  const std::string before = config::read_secret(places().token("nbcc"));
  EXPECT_NE(enrolled(new_key("key")), before);
  EXPECT_THAT(tokens(), Not(testing::Contains(before)));
}

TEST_F(SiteDeskTest, SecondUseByAnotherKeyIsRefusedAndToldWhenItWasUsedFirst) {
  const auto key = new_key("key");
  const std::string token = enrolled(key);
  now_ += 3600;
  const auto thief = new_key("thief");
  const DeskRefused refusal = refused(enrol(file_, thief));
  EXPECT_EQ(refusal.code(), DeskRefused::USED);
  EXPECT_THAT(refusal.text(), HasSubstr("used on 2023-11-14T22:13:20Z"));
  EXPECT_THAT(refusal.text(), HasSubstr(key.public_key().fingerprint()));
  EXPECT_FALSE(lets_in(thief));
  EXPECT_THAT(tokens(), ElementsAre(token));
}

TEST_F(SiteDeskTest, LostAnswerIsGivenAgainToTheSameKeyEvenAfterTheFileExpired) {
  const auto key = new_key("key");
  const std::string token = enrolled(key);
  EXPECT_EQ(enrolled(key), token);
  now_ = file_.expires + 1;
  EXPECT_EQ(enrolled(key), token);
}

TEST_F(SiteDeskTest, SameKeyWithoutItsPrivateHalfGetsNothing) {
  const auto key = new_key("key");
  enrolled(key);
  Asked forged = enrol(file_, new_key("thief"));
  forged.request.mutable_enrol()->set_public_key(key.public_key().text());
  EXPECT_EQ(refused(forged).code(), DeskRefused::MALFORMED);
}

TEST_F(SiteDeskTest, FileIsNoGoodFromItsExpiryOn) {
  now_ = file_.expires;
  const DeskRefused refusal = refused(enrol(file_, new_key("key")));
  EXPECT_EQ(refusal.code(), DeskRefused::EXPIRED);
  EXPECT_THAT(refusal.text(), HasSubstr("2023-11-21T22:13:20Z"));
}

TEST_F(SiteDeskTest, OlderFileAndWrongCodesAreRefused) {
  const auto key = new_key("key");
  const auto newer = add_again("nbcc");
  EXPECT_EQ(refused(enrol(file_, key)).code(), DeskRefused::WRONG_CODE);
  config::EnrolmentFile wrong = newer;
  for (const std::string& code :
       {std::string(), newer.code + "0", newer.code.substr(1), hash_of(newer.code)}) {
    wrong.code = code;
    EXPECT_EQ(refused(enrol(wrong, key)).code(), DeskRefused::WRONG_CODE) << code;
  }
  EXPECT_TRUE(ask(enrol(newer, key)).has_enrolled());
}

TEST_F(SiteDeskTest, FileOfOneSiteDoesNotEnrolAnother) {
  add("rccc");
  config::EnrolmentFile other = file_;
  other.site = "rccc";
  EXPECT_EQ(refused(enrol(other, new_key("key"))).code(), DeskRefused::WRONG_CODE);
  other.site = "nowhere";
  EXPECT_EQ(refused(enrol(other, new_key("key"))).code(), DeskRefused::NO_ENROLMENT);
  other.site = "../nbcc";
  EXPECT_EQ(refused(enrol(other, new_key("key"))).code(), DeskRefused::MALFORMED);
}

TEST_F(SiteDeskTest, MachineThatIsReplacedLosesKeyAndToken) {
  const auto old_key = new_key("old");
  const std::string old_token = enrolled(old_key);
  file_ = add_again("nbcc");
  EXPECT_TRUE(lets_in(old_key));  // until the new file is used
  const auto key = new_key("key");
  const std::string token = enrolled(key);
  EXPECT_FALSE(lets_in(old_key));
  EXPECT_TRUE(lets_in(key));
  EXPECT_THAT(tokens(), ElementsAre(token));
  EXPECT_NE(token, old_token);
}

TEST_F(SiteDeskTest, MachineThatIsReplacedIsCutOffOnceAndNobodyByWhatComesLater) {
  const auto key = new_key("key");
  const std::string token = enrolled(key);
  EXPECT_THAT(replaced_, ElementsAre("nbcc"));
  enrolled(key);  // the answer was lost
  const auto next = new_key("next");
  EXPECT_TRUE(
      ask(finish(ask(rotate(token, next)).rotated().token(), next)).has_rotation_finished());
  EXPECT_THAT(replaced_, ElementsAre("nbcc"));
  file_ = add_again("nbcc");
  EXPECT_THAT(replaced_, ElementsAre("nbcc"));  // until the new file is used
  enrolled(new_key("another"));
  EXPECT_THAT(replaced_, ElementsAre("nbcc", "nbcc"));
}

TEST_F(SiteDeskTest, MachineThatIsReplacedIsCutOffAlsoWhereTheGatewayFailedBetween) {
  enrolled(new_key("old"));
  file_ = add_again("nbcc");
  replaced_.clear();
  const auto key = new_key("key");
  const auto token = places().token("nbcc");
  std::filesystem::rename(token, folder_ / "aside");
  std::filesystem::create_directories(token / "in-the-way");  // the new one cannot be put there
  EXPECT_EQ(refused(enrol(file_, key)).code(), DeskRefused::FAILED);
  std::filesystem::remove_all(token);
  std::filesystem::rename(folder_ / "aside", token);
  enrolled(key);
  EXPECT_THAT(replaced_, ElementsAre("nbcc"));
}

/// One thread answers all sites: a pipe would keep it for ever.
TEST_F(SiteDeskTest, ASitesFileThatIsNoFileIsNotWaitedFor) {
  const auto file = places().site_file("nbcc");
  std::filesystem::rename(file, folder_ / "aside");
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  const auto key = new_key("key");
  EXPECT_EQ(refused(enrol(file_, key)).code(), DeskRefused::FAILED);
  std::filesystem::rename(folder_ / "aside", file);
  enrolled(key);
}

TEST_F(SiteDeskTest, RevokedSitesRotationIsRefusedWhateverIsLeftOfItsTokensAndKeys) {
  const std::string token = enrolled(new_key("old"));
  const auto key = new_key("key");
  const std::string next = ask(rotate(token, key)).rotated().token();
  SiteRecord record = this->record();
  record.revoked = kNow;
  SiteBook(places().registration).save(record);
  const Kept before = kept();
  for (const auto& asked :
       {rotate(token, new_key("later")), rotate(next, new_key("later")), finish(next, key)}) {
    const DeskRefused refusal = refused(asked);
    EXPECT_EQ(refusal.code(), DeskRefused::NO_ENROLMENT);
    EXPECT_THAT(refusal.text(), HasSubstr("revoked on 2023-11-14T22:13:20Z"));
  }
  EXPECT_EQ(kept().record, before.record);
  EXPECT_EQ(kept().next_token, before.next_token);
}

TEST_F(SiteDeskTest, RequestsThatAreNoneAreRefused) {
  Asked asked = enrol(file_, new_key("key"));
  asked.request.set_protocol(1);
  EXPECT_EQ(refused(asked).code(), DeskRefused::PROTOCOL_VERSION);
  EXPECT_THAT(refused(asked).text(), HasSubstr("upgrade the agent"));
  const link::DeskSecret code = link::secret_of_code(file_.code);
  EXPECT_EQ(refused({request("nbcc"), code}).code(), DeskRefused::MALFORMED);
  EXPECT_EQ(refused({request("nbcc"), {}}).code(), DeskRefused::MALFORMED);
}

TEST_F(SiteDeskTest, WhatIsAskedMustGoWithTheSecretThatWasProved) {
  const auto key = new_key("key");
  const std::string token = enrolled(key);
  file_ = add_again("nbcc");
  Asked enrol_by_token = enrol(file_, new_key("another"));
  enrol_by_token.secret = link::secret_of_token(token);
  EXPECT_EQ(refused(enrol_by_token).code(), DeskRefused::MALFORMED);
  Asked rotate_by_code = rotate(token, new_key("next"));
  rotate_by_code.secret = link::secret_of_code(file_.code);
  EXPECT_EQ(refused(rotate_by_code).code(), DeskRefused::MALFORMED);
}

TEST_F(SiteDeskTest, SecretThatBecomesVoidBetweenItsProofAndTheRequestOpensNothing) {
  const Asked by_file = enrol(file_, new_key("key"));
  EXPECT_NE(add_again("nbcc").code, file_.code);
  EXPECT_EQ(desk_.answer(by_file.request, by_file.secret).refused().code(),
            DeskRefused::WRONG_CODE);
  const Asked by_token = rotate("a token that was rotated away", new_key("next"));
  EXPECT_EQ(desk_.answer(by_token.request, by_token.secret).refused().code(),
            DeskRefused::WRONG_TOKEN);
}

TEST_F(SiteDeskTest, FileThatWasUsedOpensNothingAnyMoreNotEvenTheTunnel) {
  const auto one_time = ssh::PrivateKey::load([this] {
    const auto file = write("one_time", file_.private_key);
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    return file;
  }());
  EXPECT_TRUE(lets_in(one_time));
  const auto key = new_key("key");
  enrolled(key);
  EXPECT_FALSE(lets_in(one_time));
  EXPECT_TRUE(lets_in(key)) << "by which a lost answer is asked for again";
}

TEST_F(SiteDeskTest, DamagedRecordIsTheGatewaysFaultAndSaidInItsLog) {
  write("registration/sites/nbcc.json", "{");
  EXPECT_EQ(refused(enrol(file_, new_key("key"))).code(), DeskRefused::FAILED);
}

TEST_F(SiteDeskTest, SiteFileThatCannotBeLoadedDoesNotUseTheEnrolmentFileUp) {
  const auto key = new_key("key");
  const std::string yaml = content(places().site_file("nbcc"));
  const Kept before = kept();
  write("sites/nbcc.yaml", "site: nbcc\n");
  EXPECT_EQ(refused(enrol(file_, key)).code(), DeskRefused::FAILED);
  write("sites/nbcc.yaml", yaml);
  EXPECT_EQ(kept().record, before.record);
  EXPECT_EQ(kept().token, before.token);
  EXPECT_FALSE(lets_in(key));
  enrolled(new_key("another"));
}

TEST_F(SiteDeskTest, CommentInLatin1LeavesTheAnswerReadable) {
  const std::string yaml = content(places().site_file("nbcc")) + "# Bestrahlungsger\xe4t\n";
  write("sites/nbcc.yaml", yaml);
  link::DeskAnswer read;
  ASSERT_TRUE(link::read_message(ask(enrol(file_, new_key("key"))).SerializeAsString(), read,
                                 link::kMaxUnprovedParts));
  EXPECT_EQ(read.enrolled().site_file(), yaml);
}

TEST_F(SiteDeskTest, BothPairsAreLetInUntilTheRotationIsFinished) {
  const auto old_key = new_key("old");
  const std::string old_token = enrolled(old_key);
  const auto key = new_key("key");
  const auto answer = ask(rotate(old_token, key));
  ASSERT_TRUE(answer.has_rotated()) << answer.ShortDebugString();
  const std::string token = answer.rotated().token();
  EXPECT_THAT(tokens(), ElementsAre(old_token, token));
  EXPECT_TRUE(lets_in(old_key) && lets_in(key));

  EXPECT_TRUE(ask(finish(token, key)).has_rotation_finished());
  EXPECT_THAT(tokens(), ElementsAre(token));
  EXPECT_TRUE(!lets_in(old_key) && lets_in(key));
  EXPECT_TRUE(ask(finish(token, key)).has_rotation_finished());  // its answer may have been lost
  EXPECT_EQ(refused(finish(old_token, key)).code(), DeskRefused::WRONG_TOKEN);
}

TEST_F(SiteDeskTest, RotationThatIsBegunAgainForgetsTheOneBefore) {
  const auto old_key = new_key("old");
  const std::string old_token = enrolled(old_key);
  const auto lost = new_key("lost");
  const std::string lost_token = ask(rotate(old_token, lost)).rotated().token();
  const auto key = new_key("key");
  const std::string token = ask(rotate(old_token, key)).rotated().token();
  EXPECT_THAT(tokens(), ElementsAre(old_token, token));
  EXPECT_TRUE(lets_in(old_key) && lets_in(key) && !lets_in(lost));
  EXPECT_EQ(refused(finish(lost_token, lost)).code(), DeskRefused::WRONG_TOKEN);
  EXPECT_EQ(refused(finish(token, lost)).code(), DeskRefused::MALFORMED);
}

TEST_F(SiteDeskTest, SiteThatUsesTheNewPairUnfinishedKeepsItWhenItRotatesOnce) {
  const auto first = new_key("first");
  const std::string first_token = enrolled(first);
  const auto second = new_key("second");
  const std::string second_token = ask(rotate(first_token, second)).rotated().token();
  const auto third = new_key("third");  // by the second token: the site died before it could finish
  const std::string third_token = ask(rotate(second_token, third)).rotated().token();
  EXPECT_TRUE(!lets_in(first) && lets_in(second) && lets_in(third));
  EXPECT_THAT(tokens(), ElementsAre(second_token, third_token));
}

TEST_F(SiteDeskTest, ASiteThatRotatesAgainAndAgainFillsNoLogAndHidesNoEnrolment) {
  const ingest::CapturedLog log;
  const auto key = new_key("key");
  const std::string token = enrolled(key);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(ask(rotate(token, key)).has_rotated());
  std::ignore = enrolled(key);
  const std::string text = log.text();
  EXPECT_THAT(text, HasSubstr("nbcc: enrolled again with key " + key.public_key().fingerprint()));
  EXPECT_EQ(std::ranges::count(text, '\n'), DeskLog::kDoneAtOnce + 2);
}

TEST_F(SiteDeskTest, RotationNeedsTheSitesOwnToken) {
  const auto key = new_key("key");
  const std::string token = enrolled(key);
  add("rccc");
  const std::string other = config::read_secret(places().token("rccc"));
  for (const std::string& wrong : {std::string(), other, token + "x", file_.code}) {
    EXPECT_EQ(refused(rotate(wrong, new_key("next"))).code(), DeskRefused::WRONG_TOKEN);
  }
  Asked forged = rotate(token, new_key("thief"));
  forged.request.mutable_rotate()->set_public_key(key.public_key().text());
  EXPECT_EQ(refused(forged).code(), DeskRefused::MALFORMED);
}

TEST_F(SiteDeskTest, EnrolmentRepeatedDuringARotationLeavesBothTokensAsTheyAre) {
  const auto key = new_key("key");
  const std::string token = enrolled(key);
  const std::string next = ask(rotate(token, new_key("next"))).rotated().token();
  EXPECT_EQ(enrolled(key), token);
  EXPECT_THAT(tokens(), ElementsAre(token, next));
}

TEST_F(SiteDeskTest, EnrolmentOfAKeyThatWasRotatedAwayIsUsed) {
  const auto first = new_key("first");
  const std::string token = enrolled(first);
  const auto second = new_key("second");
  const std::string next = ask(rotate(token, second)).rotated().token();
  ask(finish(next, second));
  EXPECT_EQ(refused(enrol(file_, first)).code(), DeskRefused::USED);
  EXPECT_FALSE(lets_in(first));
}

TEST_F(SiteDeskTest, GatewayThatDiesAtAnyStepOfAnEnrolmentEnrolsTheSameKeyWhenAskedAgain) {
  const auto key = new_key("key");
  const Kept before = kept();
  const std::string token = enrolled(key) + "\n";
  const Kept after = kept();
  const std::vector<Kept> states{
      {before.token, token, before.record, before.keys},
      {before.token, token, after.record, before.keys},
      {token, "", after.record, before.keys},
      after,
  };
  for (const Kept& state : states) {
    SCOPED_TRACE(&state - states.data());
    put_back(state);
    const std::string given = enrolled(key);
    EXPECT_TRUE(lets_in(key));
    EXPECT_THAT(tokens(), ElementsAre(given));
  }
}

TEST_F(SiteDeskTest, GatewayThatDiesAtAnyStepOfARotationLetsTheOldPairInAndRotatesWhenAskedAgain) {
  const auto old_key = new_key("old");
  const std::string old_token = enrolled(old_key);
  const auto key = new_key("key");
  const Kept before = kept();
  ask(rotate(old_token, key));
  const Kept after = kept();
  const std::vector<Kept> states{
      {before.token, after.next_token, before.record, before.keys},
      {before.token, after.next_token, after.record, before.keys},
      after,
  };
  for (const Kept& state : states) {
    SCOPED_TRACE(&state - states.data());
    put_back(state);
    EXPECT_TRUE(lets_in(old_key));
    EXPECT_THAT(tokens(), testing::Contains(old_token));
    const std::string token = ask(rotate(old_token, key)).rotated().token();
    EXPECT_TRUE(lets_in(old_key) && lets_in(key));
    EXPECT_THAT(tokens(), ElementsAre(old_token, token));
  }
}

TEST_F(SiteDeskTest, GatewayThatDiesAtAnyStepOfAFinishLetsTheNewPairInWhateverTheSiteDoesNext) {
  const auto old_key = new_key("old");
  const std::string old_token = enrolled(old_key);
  const auto key = new_key("key");
  const std::string token = ask(rotate(old_token, key)).rotated().token();
  const Kept before = kept();
  ask(finish(token, key));
  const Kept after = kept();
  const std::vector<Kept> states{
      before,
      {before.token, before.next_token, after.record, before.keys},
      {after.token, "", after.record, before.keys},
      after,
  };
  const auto later_key = new_key("later");
  for (const Kept& state : states) {
    SCOPED_TRACE(&state - states.data());
    put_back(state);
    EXPECT_TRUE(lets_in(key));
    EXPECT_THAT(tokens(), testing::Contains(token));
    EXPECT_TRUE(ask(finish(token, key)).has_rotation_finished());
    EXPECT_TRUE(lets_in(key) && !lets_in(old_key));
    EXPECT_THAT(tokens(), ElementsAre(token));

    put_back(state);
    const std::string later_token = ask(rotate(token, later_key)).rotated().token();
    EXPECT_TRUE(lets_in(key) && lets_in(later_key) && !lets_in(old_key));
    EXPECT_THAT(tokens(), ElementsAre(token, later_token));
  }
}

TEST_F(SiteDeskTest, ADeskThatIsStoppedWaitsForNobody) {
  const auto held = SiteBook(places().registration).lock();
  desk_.stop();
  EXPECT_EQ(refused(enrol(file_, new_key("late"))).code(), DeskRefused::FAILED);
}

TEST_F(SiteDeskTest, ADeskGivesUpWhereSomebodyKeepsTheRegistration) {
  auto held = SiteBook(places().registration).lock();  // as a command that hangs
  auto answer = std::async(std::launch::async, [this, asked = enrol(file_, new_key("key"))] {
    return refused(asked).code();
  });
  EXPECT_EQ(answer.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  held.reset();
  EXPECT_EQ(answer.get(), DeskRefused::FAILED);
}

TEST_F(SiteDeskTest, WhoeverWaitsForTheRegistrationEndsOnceAskedTo) {
  const SiteBook book(places().registration);
  auto held = book.lock();
  auto waiting = std::async(std::launch::async, [&book] {
    std::ignore = book.lock(std::chrono::hours(1), [] { return true; });
  });
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  held.reset();
  EXPECT_THROW(waiting.get(), RegistrationError);
}

}  // namespace
}  // namespace icom::registration
