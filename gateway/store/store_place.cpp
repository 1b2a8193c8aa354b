#include "gateway/store/store_place.hpp"

#include <unistd.h>

namespace icom::store {

using Found = os::WatchedFile::Found;

namespace {

std::filesystem::path with_wal(std::filesystem::path database) {
  return database += "-wal";
}

}  // namespace

StorePlace::StorePlace(const std::filesystem::path& database)
    : path_(database), wal_path_(with_wal(database)), database_(path_), wal_(wal_path_) {
  if (!database_.valid()) {
    throw std::runtime_error(path_.string() + ", which was just opened, cannot be found any more");
  }
}

PlaceFinding StorePlace::look() const {
  std::error_code error;
  const Found database = database_.look(error);
  if (database == Found::unknown) return {PlaceState::unknown, error};
  if (database == Found::none) {
    return {database_.has_a_name() ? PlaceState::away : PlaceState::removed};
  }
  if (database == Found::another) {
    return {database_.has_a_name() ? PlaceState::replaced : PlaceState::overwritten};
  }
  if (!wal_.valid()) return {};
  switch (wal_.look(error)) {
    case Found::same:
      return {};
    case Found::unknown:
      return {PlaceState::unknown, error};
    case Found::none:
      return {PlaceState::wal_lost};
    case Found::another:
      return {PlaceState::wal_replaced};
  }
  return {};
}

std::filesystem::path StorePlace::set_wal_aside() const {
  const PlaceState state = look().state;
  std::error_code unknown;
  if ((state != PlaceState::replaced && state != PlaceState::overwritten) || !wal_.valid() ||
      wal_.look(unknown) != Found::same) {
    return {};
  }
  std::filesystem::path aside = wal_path_;
  aside += ".of-process-" + std::to_string(::getpid());
  std::filesystem::rename(wal_path_, aside);
  return aside;
}

std::string StorePlace::text(const PlaceFinding& finding) const {
  const std::string file = path_.string();
  const std::string process = std::to_string(::getpid());
  const std::string kept =
      ". Nothing is stored or acknowledged meanwhile: the sites' spools keep it. ";
  const std::string copy =
      "This process, " + process +
      ", has the last copy of it: do not end it before that is copied (docs/storage.md, \"A store "
      "that is taken away\"; ls -l /proc/" +
      process + "/fd shows it)";
  switch (finding.state) {
    case PlaceState::in_place:
      return "the store " + file + " is in its place";
    case PlaceState::unknown:
      return "whether " + file + " is still the store that this gateway has open cannot be told (" +
             finding.error.message() + ")" + kept + "Mend its disk, or the rights of its folders";
    case PlaceState::away:
      return "the store was taken away under this gateway: " + file +
             " is not there any more, and what is open has another name, or its disk is not "
             "mounted" +
             kept +
             "Put the same files back, or mount the disk, and it goes on by itself. To go on from "
             "a "
             "backup, stop icom-gateway first";
    case PlaceState::removed:
      return "the store was REMOVED under this gateway: " + file + " is not there any more" + kept +
             copy;
    case PlaceState::replaced:
      return "another file was put into the place of the store under this gateway: " + file +
             " is not the one that is open, which has another name now" + kept;
    case PlaceState::overwritten:
      return "another file was put into the place of the store under this gateway: " + file +
             " is not the one that is open, and that one was REMOVED" + kept + copy +
             ", then systemctl restart icom-gateway: it goes on with what is there";
    case PlaceState::wal_lost:
      return file + "-wal was removed or renamed under this gateway" + kept;
    case PlaceState::wal_replaced:
      return "another file was put into the place of " + file + "-wal under this gateway" + kept +
             "Stop icom-gateway, remove that file (all that was stored is moved into " + file +
             " by then), and start icom-gateway";
  }
  return {};
}

bool is_for_next_start(PlaceState state) {
  return state == PlaceState::replaced || state == PlaceState::wal_lost;
}

}  // namespace icom::store
