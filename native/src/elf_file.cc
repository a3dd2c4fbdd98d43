#include "elf_file.h"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <vector>

#include "byte_source.h"
#include "cpu.h"
#include "status.h"

namespace oarlock {
namespace {

#if defined(__x86_64__)
constexpr int kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr int kMachine = EM_AARCH64;
#elif defined(__arm__)
constexpr int kMachine = EM_ARM;
#else
constexpr int kMachine = EM_NONE;
#endif
constexpr int kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr size_t kLongestSoname = 255;

std::string machine_name(int machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "32-bit x86";
    case EM_AARCH64:
      return "64-bit ARM";
    case EM_ARM:
      return "32-bit ARM";
    default:
      return text("machine number ", machine);
  }
}

template <class T>
T read_struct(const ByteSource& file, uint64_t offset) {
  if (offset > file.size() || sizeof(T) > file.size() - offset) {
    fail(OAR_ENGINE_UNAVAILABLE, file.name(), ": is truncated: ", file.size(), " bytes, but its headers go on at ",
         offset, "; get the library again");
  }
  T value;
  file.read(offset, &value, sizeof value);
  return value;
}

ElfW(Ehdr) read_header(const ByteSource& file) {
  unsigned char ident[EI_NIDENT] = {};
  if (file.size() >= sizeof ident) file.read(0, ident, sizeof ident);
  if (std::memcmp(ident, ELFMAG, SELFMAG) != 0) {
    fail(OAR_ENGINE_UNAVAILABLE, file.name(), ": is no shared library (ELF), expected Paddle Lite's library");
  }
  // The machine number has the same place in both classes.
  const auto machine = read_struct<uint16_t>(file, offsetof(ElfW(Ehdr), e_machine));
  if (machine != kMachine || ident[EI_CLASS] != kClass || ident[EI_DATA] != ELFDATA2LSB) {
    fail(OAR_ENGINE_UNAVAILABLE, file.name(), ": is a library for ", machine_name(machine), "; this process is ",
         cpu_name(), ": give it the Paddle Lite library made for that");
  }
  const auto header = read_struct<ElfW(Ehdr)>(file, 0);
  if (header.e_type != ET_DYN || header.e_phentsize != sizeof(ElfW(Phdr))) {
    fail(OAR_ENGINE_UNAVAILABLE, file.name(), ": is an ELF file but no shared library");
  }
  return header;
}

// Where in the file the byte of virtual address `address` lies; 0 when in no segment.
uint64_t file_offset(const std::vector<ElfW(Phdr)>& segments, uint64_t address) {
  for (const auto& segment : segments) {
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz) {
      return segment.p_offset + (address - segment.p_vaddr);
    }
  }
  return 0;
}

}  // namespace

std::string read_soname(const std::string& path) {
  const ByteSource file = ByteSource::open_file(path);
  const auto header = read_header(file);
  std::vector<ElfW(Phdr)> segments;
  const ElfW(Phdr)* dynamic = nullptr;
  for (size_t i = 0; i < header.e_phnum; ++i) {
    segments.push_back(read_struct<ElfW(Phdr)>(file, header.e_phoff + i * sizeof(ElfW(Phdr))));
    const auto& segment = segments.back();
    if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) continue;
    if (segment.p_offset > file.size() || segment.p_filesz > file.size() - segment.p_offset) {
      fail(OAR_ENGINE_UNAVAILABLE, path, ": is truncated: ", file.size(), " bytes, but a segment of ", segment.p_filesz,
           " bytes begins at ", segment.p_offset, "; get the library again");
    }
  }
  for (const auto& segment : segments) {
    if (segment.p_type == PT_DYNAMIC) dynamic = &segment;
  }
  if (dynamic == nullptr) return "";
  uint64_t strings = 0, soname = 0;
  for (size_t i = 0; i < dynamic->p_filesz / sizeof(ElfW(Dyn)); ++i) {
    const auto entry = read_struct<ElfW(Dyn)>(file, dynamic->p_offset + i * sizeof(ElfW(Dyn)));
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_STRTAB) strings = file_offset(segments, entry.d_un.d_ptr);
    if (entry.d_tag == DT_SONAME) soname = entry.d_un.d_val;
  }
  if (strings == 0 || soname == 0 || soname >= file.size() - strings) return "";
  char name[kLongestSoname + 1] = {};
  const uint64_t begin = strings + soname;
  file.read(begin, name, std::min<uint64_t>(kLongestSoname, file.size() - begin));
  return name;
}

}  // namespace oarlock
