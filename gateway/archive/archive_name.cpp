#include "gateway/archive/archive_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "common/icom/frame_identity.hpp"
#include "common/text/hex.hpp"

namespace icom::archive {

namespace {

constexpr std::size_t kHashSuffix = 17;  // ~ and 16 hex digits

// The length of the UTF-8 sequence at `at`, or 0 if there is no well-formed one.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) {
    return 1;
  }
  std::size_t length = 0;
  unsigned char lowest_second = 0x80;
  unsigned char highest_second = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    lowest_second = first == 0xE0 ? 0xA0 : 0x80;   // overlong
    highest_second = first == 0xED ? 0x9F : 0xBF;  // surrogates
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    lowest_second = first == 0xF0 ? 0x90 : 0x80;   // overlong
    highest_second = first == 0xF4 ? 0x8F : 0xBF;  // beyond U+10FFFF
  } else {
    return 0;
  }
  if (at + length > text.size() || byte(at + 1) < lowest_second || byte(at + 1) > highest_second) {
    return 0;
  }
  for (std::size_t i = at + 2; i < at + length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) {
      return 0;
    }
  }
  return length;
}

bool is_unsafe(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F ||
         std::string_view("/\\<>:\"|?*").find(c) != std::string_view::npos;
}

// Windows opens a device for these, whatever follows the first dot.
bool is_device_name(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  while (!stem.empty() && stem.back() == ' ') {
    stem.pop_back();
  }
  std::transform(stem.begin(), stem.end(), stem.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  constexpr std::array<std::string_view, 6> kDevices = {"CON", "PRN",    "AUX",
                                                        "NUL", "CONIN$", "CONOUT$"};
  if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) {
    return true;
  }
  return stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) &&
         std::isdigit(static_cast<unsigned char>(stem[3])) != 0;
}

bool is_trimmed(char c) {
  return c == '.' || c == ' ';
}

std::string hash_suffix(std::string_view text) {
  return '~' + text::hex(content_hash(as_bytes(text)));
}

// Cuts at a character's border.
void limit(std::string& name, std::size_t bytes) {
  if (name.size() <= bytes) {
    return;
  }
  while (bytes > 0 && (static_cast<unsigned char>(name[bytes]) & 0xC0U) == 0x80) {
    --bytes;
  }
  name.resize(bytes);
}

// Where in a path component a text will stand: what is only harmful at an edge is left alone
// elsewhere.
struct Placing {
  bool first = true;
  bool last = true;
  std::size_t most_bytes = kMaxNameBytes;
};

// A text that ends like one of our suffixes could take the name of another text, so it counts as
// unsafe.
bool looks_suffixed(std::string_view name) {
  return name.size() >= kHashSuffix && name[name.size() - kHashSuffix] == '~' &&
         std::all_of(name.end() - (kHashSuffix - 1), name.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// `text` itself, or its safe form with the hash appended.
std::string make_safe(std::string_view text, Placing placing) {
  std::string name;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0 || (length == 1 && is_unsafe(text[at]))) {
      name += '_';
      ++at;
    } else {
      name += text.substr(at, length);
      at += length;
    }
  }
  for (std::size_t i = 0; placing.first && i < name.size() && is_trimmed(name[i]); ++i) {
    name[i] = '_';
  }
  for (std::size_t i = name.size(); placing.last && i > 0 && is_trimmed(name[i - 1]); --i) {
    name[i - 1] = '_';
  }
  if (placing.first && is_device_name(name)) {
    name.insert(0, 1, '_');
  }
  if (name == text && name.size() <= placing.most_bytes && !looks_suffixed(name)) {
    return name;
  }
  limit(name, placing.most_bytes - kHashSuffix);
  return name + hash_suffix(text);
}

constexpr std::size_t kMostForId = 80;
constexpr std::size_t kMostForName = kMaxNameBytes - kMostForId - 1;

std::string id_part(std::string_view patient_id) {
  return make_safe(patient_id, {.first = true, .last = false, .most_bytes = kMostForId});
}

std::string name_part(std::string_view patient_name, std::size_t most_bytes) {
  return make_safe(patient_name, {.first = false, .last = true, .most_bytes = most_bytes});
}

/// `whose` tells what the texts alone would not.
std::string folder_with_hash(const std::string& id, std::string_view patient_name,
                             const std::string& whose) {
  return id + '_' + name_part(patient_name, kMostForName - kHashSuffix) + hash_suffix(whose);
}

std::string id_and_name(std::string_view patient_id, std::string_view patient_name) {
  std::string both(patient_id);
  both += '\0';
  both += patient_name;
  return both;
}

}  // namespace

std::string safe_name(std::string_view text) {
  return text.empty() ? "_" + hash_suffix(text) : make_safe(text, {});
}

std::string patient_folder(std::string_view patient_id, std::string_view patient_name) {
  const std::string id = id_part(patient_id);
  if (id.find('_') == std::string::npos) return id + '_' + name_part(patient_name, kMostForName);
  // Where the ID ends does not show: `A_B` and `C` would share a folder with `A` and `B_C`.
  return folder_with_hash(id, patient_name, id_and_name(patient_id, patient_name));
}

std::string patient_folder_of_site(std::string_view patient_id, std::string_view patient_name,
                                   std::string_view site) {
  std::string whose = id_and_name(patient_id, patient_name);
  whose += '\0';
  whose += site;
  return folder_with_hash(id_part(patient_id), patient_name, whose);
}

}  // namespace icom::archive
