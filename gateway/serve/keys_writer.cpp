#include "gateway/serve/keys_writer.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <utility>

#include "gateway/registration/authorized_keys.hpp"
#include "gateway/registration/site_book.hpp"

namespace icom::serve {

namespace {

constexpr std::chrono::seconds kLockPatience{10};
constexpr std::chrono::seconds kTryAgain{1};

}  // namespace

KeysWriter::KeysWriter(registration::Places places, std::function<std::int64_t()> now)
    : places_(std::move(places)),
      now_(std::move(now)),
      complaints_(1, std::chrono::minutes(1)),
      thread_([this] { run(); }) {}

void KeysWriter::request() {
  const std::lock_guard lock(mutex_);
  requested_ = true;
  changed_.notify_one();
}

void KeysWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void KeysWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || requested_; });
    if (stopping_) return;
    requested_ = false;
    lock.unlock();
    const bool written = write();
    lock.lock();
    if (!written) {
      changed_.wait_for(lock, kTryAgain, [this] { return stopping_.load(); });
      requested_ = true;
    }
  }
}

/// False if it has to be tried again.
bool KeysWriter::write() {
  std::error_code error;
  if (!std::filesystem::exists(places_.registration, error)) return !error;
  try {
    const auto held = registration::SiteBook(places_.registration).lock(kLockPatience, [this] {
      return stopping_.load();
    });
    registration::write_authorized_keys(places_, now_());
    return true;
  } catch (const std::exception& failure) {
    if (stopping_) return false;
    if (complaints_.admit(std::chrono::steady_clock::now())) {
      spdlog::error("{}; until this is mended sshd does not learn of changed sites (tried again)",
                    failure.what());
    }
    return false;
  }
}

}  // namespace icom::serve
