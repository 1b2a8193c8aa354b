#include "gateway/ingest/refusal_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "common/log/printable.hpp"

namespace icom::ingest {

namespace {

/// RefusalLog::Share::of, where it is not one account's.
constexpr std::string_view kNoAccount = "no account";
constexpr std::string_view kOthers = "others";

std::string what_of(const link::Refused& refused) {
  return "refused, " + link::Refused::Code_Name(refused.code());
}

std::string what_of(const link::DeskRefused& refused) {
  return "the desk refused, " + link::DeskRefused::Code_Name(refused.code());
}

/// For the end of a line. By number: to look its name up could take long.
std::string said_of(const Origin& origin) {
  if (!origin.account) return " (its account is not known, and it has proved nothing)";
  const std::string account = " (from account " + std::to_string(*origin.account);
  return account + (origin.is_known ? ", which sites come from; it has proved nothing)"
                                    : ", which has proved nothing)");
}

}  // namespace

void RefusalLog::note(std::string_view site, const Origin* unproved, const link::Refused& refused,
                      Time now) {
  note(site, unproved, what_of(refused), refused.text(), now);
}

void RefusalLog::note(std::string_view site, const Origin* unproved,
                      const link::DeskRefused& refused, Time now) {
  note(site, unproved, what_of(refused), refused.text(), now);
}

void RefusalLog::note_clear_token(std::string_view site, Time now) {
  note(site, nullptr, "token in clear",
       "this site's agent is of a release that sends its token in clear to whatever has the "
       "ingest's port: upgrade it; from then on the gateway takes nothing else",
       now);
}

void RefusalLog::note_coming(std::string_view site, const std::string& what,
                             const std::string& text, Time now) {
  const auto unsaid =
      admit(site, nullptr, what, log::RateLimit(kComings, std::chrono::minutes(1)), now);
  if (!unsaid) return;
  const std::string left_out =
      *unsaid == 0 ? "" : " (" + std::to_string(*unsaid) + " like this not logged)";
  spdlog::info("{}: agent {}{}{}", log::printable(site), what, text, left_out);
}

void RefusalLog::note(std::string_view site, const Origin* origin, const std::string& what,
                      const std::string& text, Time now) {
  const auto unsaid = admit(site, origin, what, log::RateLimit(1, kSameAgain), now);
  if (!unsaid) return;
  const std::string name = site.empty() ? "(no site)" : log::printable(site);
  spdlog::warn("{}: {}: {}{} ({} like this not logged)", name, what, text,
               origin == nullptr ? "" : said_of(*origin), *unsaid);
}

std::optional<std::uint64_t> RefusalLog::admit(std::string_view site, const Origin* origin,
                                               const std::string& what, const log::RateLimit& limit,
                                               Time now) {
  const std::string of = is_registered_(std::string(site)) ? std::string(site) : std::string();
  const std::lock_guard lock(mutex_);
  Share& share = share_of(shares_[{of, what}], origin, limit, now);
  share.last = now;
  return share.limit.admit(now);
}

RefusalLog::Share& RefusalLog::share_of(std::vector<Share>& shares, const Origin* origin,
                                        const log::RateLimit& limit, Time now) {
  Share wanted{"", false, limit, now};
  if (origin != nullptr) {
    wanted.of = origin->account ? std::to_string(*origin->account) : std::string(kNoAccount);
    wanted.is_known = origin->is_known;
  }
  const auto find = [&] {
    return std::ranges::find_if(shares, [&wanted](const Share& one) {
      return one.of == wanted.of && one.is_known == wanted.is_known;
    });
  };
  if (const auto there = find(); there != shares.end()) return *there;
  if (origin != nullptr) {
    const auto is_alike = [&wanted](const Share& one) {
      return !one.of.empty() && one.of != kOthers && one.is_known == wanted.is_known;
    };
    const std::size_t most = wanted.is_known ? kMostKnown : kMostOthers;
    if (static_cast<std::size_t>(std::ranges::count_if(shares, is_alike)) >= most) {
      const auto unused = std::ranges::find_if(
          shares, [&](const Share& one) { return is_alike(one) && one.last + kSameAgain <= now; });
      if (unused != shares.end()) return *unused = std::move(wanted);
      wanted.of = kOthers;
      if (const auto there = find(); there != shares.end()) return *there;
    }
  }
  return shares.emplace_back(std::move(wanted));
}

}  // namespace icom::ingest
