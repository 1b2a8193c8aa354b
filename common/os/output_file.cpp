#include "common/os/output_file.hpp"

#include <stdexcept>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include "common/os/file_error.hpp"
#include "common/os/file_owner.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/path_text.hpp"
#include "common/os/random.hpp"
#include "common/text/hex.hpp"

namespace icom::os {

namespace {

constexpr std::size_t kBufferBytes = 65536;

std::filesystem::path name_beside(const std::filesystem::path& path) {
  return folder_of(path) / (".icom-" + text::hex(random_u64()) + ".tmp");
}

}  // namespace

void require_file_or_nothing(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) return;
  const std::string name = utf8(path);
  if (std::filesystem::is_symlink(status)) {
    throw std::runtime_error(name +
                             " is a symbolic link, and nothing is written through one: give the "
                             "name of the file itself");
  }
  if (std::filesystem::is_directory(status)) {
    throw std::runtime_error(name + " is a folder: give the name of a file");
  }
  throw std::runtime_error(name +
                           " is a device, a pipe or a socket: give the name of a file, or write to "
                           "the standard output");
}

class OutputFile::Buffer final : public std::streambuf {
 public:
  explicit Buffer(File& file) : file_(file), room_(kBufferBytes) { empty(); }
  [[nodiscard]] std::error_code error() const { return error_; }

 protected:
  int_type overflow(int_type next) override {
    if (!write()) return traits_type::eof();
    if (!traits_type::eq_int_type(next, traits_type::eof())) {
      sputc(traits_type::to_char_type(next));
    }
    return traits_type::not_eof(next);
  }
  int sync() override { return write() ? 0 : -1; }

 private:
  void empty() { setp(room_.data(), room_.data() + room_.size()); }
  bool write() {
    const std::span full(pbase(), static_cast<std::size_t>(pptr() - pbase()));
    const Bytes bytes = std::as_bytes(full);
    std::size_t written = 0;
    if (!error_ && !bytes.empty()) error_ = file_.append({&bytes, 1}, written);
    empty();
    return !error_;
  }

  File& file_;
  std::vector<char> room_;
  std::error_code error_;
};

OutputFile::OutputFile(FileSystem& files, std::filesystem::path path)
    : files_(files), path_(std::move(path)), beside_(name_beside(path_)) {
  require_file_or_nothing(path_);
  if (const auto error = files_.create(beside_, file_)) fail(error);
  keep_to_own_group(*file_);
  buffer_ = std::make_unique<Buffer>(*file_);
  stream_ = std::make_unique<std::ostream>(buffer_.get());
}

OutputFile::~OutputFile() {
  if (!finished_ && file_) files_.remove(beside_);
}

std::error_code OutputFile::copy_rights(const std::filesystem::path& from) {
  return files_.copy_rights(from, *file_);
}

std::ostream& OutputFile::stream() {
  return *stream_;
}

void OutputFile::finish() {
  stream_->flush();
  std::error_code error = buffer_->error();
  if (!error && !*stream_) error = std::make_error_code(std::errc::io_error);
  if (!error) error = file_->sync_data();
  if (!error) error = files_.rename(beside_, path_);
  if (error) fail(error);
  finished_ = true;
  error = files_.sync_directory(folder_of(path_));
  // Some shares cannot: the file is there, and a power cut that takes it back shows.
  if (error && !means_folders_cannot_be_synced(error)) fail(error);
}

void OutputFile::fail(std::error_code error) const {
  throw std::runtime_error("cannot write " + utf8(path_) + ": " + error.message());
}

}  // namespace icom::os
