#include "gateway/registration/site_record.hpp"

#include <gtest/gtest.h>

#include "common/ssh/key_pair.hpp"

namespace icom::registration {
namespace {

ssh::PublicKey some_key() {
  return ssh::make_key_pair("test").public_key;
}

TEST(SiteRecordTest, AnyRecordIsReadBackAsItWas) {
  SiteRecord record;
  record.site = "nbcc";
  EXPECT_EQ(record_from_json(to_json(record)), record);
  record.enrolment = Enrolment{"00ff", some_key(), 1'700'000'000, 1'700'604'800, {}, {}};
  EXPECT_EQ(record_from_json(to_json(record)), record);
  record.enrolment->used = 1'700'000'100;
  record.enrolment->used_by = some_key();
  record.key = SiteKey{*record.enrolment->used_by, 1'700'000'100};
  record.next_key = SiteKey{some_key(), 1'700'000'200};
  record.revoked = 1'700'000'300;
  EXPECT_EQ(record_from_json(to_json(record)), record);
}

TEST(SiteRecordTest, TextThatIsNoRecordIsNone) {
  SiteRecord record;
  record.site = "nbcc";
  record.key = SiteKey{some_key(), 1'700'000'100};
  const std::string whole = to_json(record);
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    EXPECT_EQ(record_from_json(whole.substr(0, size)), std::nullopt) << size;
  }
  for (const char* text : {"[]", "{}", R"({"site": 1})", R"({"site": "nbcc", "key": "ssh-rsa"})",
                           R"({"site": "nbcc", "revoked": "yesterday"})"}) {
    EXPECT_EQ(record_from_json(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace icom::registration
