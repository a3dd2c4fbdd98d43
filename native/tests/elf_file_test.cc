#include "elf_file.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "failures.h"
#include "temporary_folder.h"

namespace {

using oarlock::read_soname;
using oarlock::testing::fails;
using oarlock::testing::TemporaryFolder;

// The C library's own file.
std::string a_library() {
  Dl_info info;
  if (dladdr(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"), &info) == 0) return "";
  return info.dli_fname;
}

std::string content_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

TEST(ElfFile, TellsTheSoname) { EXPECT_EQ(read_soname(a_library()), "libc.so.6"); }

TEST(ElfFile, RefusesOtherFiles) {
  const TemporaryFolder folder;
  EXPECT_TRUE(fails(OAR_ENGINE_UNAVAILABLE, "is no shared library (ELF)",
                    [&] { read_soname(folder.write("text", std::string("#!/bin/sh\n"))); }));
  EXPECT_TRUE(fails(OAR_ENGINE_UNAVAILABLE, "is no shared library (ELF)",
                    [&] { read_soname(folder.write("empty", std::string())); }));
  EXPECT_TRUE(fails(OAR_NOT_FOUND, "no such file", [&] { read_soname(folder / "none"); }));
}

TEST(ElfFile, RefusesOtherProcessors) {
  const TemporaryFolder folder;
  std::string content = content_of(a_library());
  content[18] = static_cast<char>(243);  // e_machine: RISC-V
  content[19] = 0;
  EXPECT_TRUE(fails(OAR_ENGINE_UNAVAILABLE, "is a library for machine number 243",
                    [&] { read_soname(folder.write("other", content)); }));
}

TEST(ElfFile, RefusesTruncatedOnes) {
  const TemporaryFolder folder;
  const std::string content = content_of(a_library());
  for (const size_t size : {size_t{17}, size_t{40}, size_t{100}, size_t{8192}}) {
    EXPECT_TRUE(fails(OAR_ENGINE_UNAVAILABLE, "is truncated", [&] {
      read_soname(folder.write("short", content.substr(0, size)));
    })) << size;
  }
}

}  // namespace
