#include "agent/listen/newcomer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "agent/listen/listener_requests.hpp"
#include "agent/listen/passed_bytes.hpp"
#include "common/control/protocol.hpp"

namespace icom::listen {

namespace asio = boost::asio;
using asio::awaitable;

Newcomer::Newcomer(os::FileSystem& files, std::filesystem::path folder)
    : files_(files), folder_(std::move(folder)) {}

std::optional<Handover> Newcomer::ask() {
  if (control::connect_channel(channel_, folder_ / control::kListenerSocket)) return std::nullopt;
  Handover handover;
  if (!run(receive(handover))) {
    throw std::runtime_error("the listener that has the connection does not hand it over" +
                             (declined_.empty() ? std::string() : ": " + declined_));
  }
  return handover;
}

bool Newcomer::confirm() {
  if (run(get_ready())) return true;
  std::unique_ptr<os::File> held;
  return !files_.lock(folder_ / kHandoverLock, held);
}

bool Newcomer::run(awaitable<bool> conversation) {
  bool went_well = false;
  std::exception_ptr failure;
  asio::co_spawn(io_, std::move(conversation), [&](std::exception_ptr thrown, bool result) {
    failure = std::move(thrown);
    went_well = result;
  });
  io_.restart();
  io_.run();
  if (failure) std::rethrow_exception(failure);
  return went_well;
}

awaitable<bool> Newcomer::receive(Handover& handover) {
  bool going_well = co_await control::write_line(channel_, std::string(kTakeOver), control::kStep);
  if (!going_well) co_return false;

  ByteVector head(kHandoverHeadSize);
  std::vector<os::Connection> descriptors;
  going_well = co_await read_all_with(channel_, head, descriptors, control::kStep);
  if (!going_well) co_return false;
  const auto sizes = decode_handover_head(head);
  if (!sizes) {
    declined_ = co_await why_declined(head);
    co_return false;
  }

  ByteVector rest(sizes->text + sizes->unfinished);
  going_well = co_await control::read_all(channel_, rest, control::kStep);
  if (!going_well) co_return false;
  auto decoded = decode_handover_text(as_text(Bytes(rest).first(sizes->text)));
  if (!decoded) co_return false;
  handover = std::move(*decoded);
  handover.connection = std::move(descriptors.front());
  handover.late.resize(descriptors.size() - 1);
  for (std::size_t i = 0; i < handover.late.size(); ++i) {
    handover.late[i].connection = std::move(descriptors[i + 1]);
  }
  std::erase_if(handover.late, [](const auto& late) { return !late.connection.valid(); });
  handover.unfinished.assign(rest.begin() + sizes->text, rest.end());
  co_return true;
}

/// Empty: what has come is neither a handover nor `error WHY`.
awaitable<std::string> Newcomer::why_declined(Bytes head) {
  const std::string error = std::string(control::kError) + " ";
  const std::string_view begin = as_text(head);
  std::string rest;
  if (!begin.starts_with(error) || !co_await control::read_line(channel_, rest, control::kStep)) {
    co_return std::string();
  }
  co_return std::string(begin.substr(error.size())) + rest;
}

awaitable<bool> Newcomer::get_ready() {
  const bool said = co_await control::write_line(channel_, std::string(kReady), control::kStep);
  if (!said) co_return false;
  std::string answer;
  const bool answered = co_await control::read_line(channel_, answer, control::kStep);
  co_return answered&& answer == kGo;
}

}  // namespace icom::listen
