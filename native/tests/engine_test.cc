// Loading engines. A process can hold one engine only, so every test works in a child of this process, which never
// loads any.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "oarlock.h"
#include "temporary_folder.h"

extern "C" const char* oarlock_version_from_c(void);

namespace {

using oarlock::testing::TemporaryFolder;

// What body returns in a child process; "died" with the wait status when the child does not live to say.
std::string in_child(const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string answer = body();
    const bool written = ::write(ends[1], answer.data(), answer.size()) == static_cast<ssize_t>(answer.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::string answer;
  char buffer[512];
  for (ssize_t count; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    answer.append(buffer, static_cast<size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? answer : "died: " + std::to_string(status);
}

// "OAR-OK 2.12", or the status and the last error.
std::string load(const std::string& path, oar_engine** out = nullptr) {
  oar_engine* engine = nullptr;
  const oar_status status = oar_engine_load(path.c_str(), &engine);
  if (out != nullptr) *out = engine;
  return std::string(oar_status_code(status)) + " " +
         (status == OAR_OK ? oar_engine_version(engine) : oar_last_error());
}

::testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not contain '" << part << "'";
}

TEST(Header, IsOfTheSameVersionInC) { EXPECT_STREQ(oarlock_version_from_c(), oar_version()); }

TEST(Engine, LoadsEitherLibrary) {
  EXPECT_EQ(in_child([] { return load(OARLOCK_FAKE_FULL); }), "OAR-OK 2.12");
  EXPECT_EQ(in_child([] { return load(OARLOCK_FAKE_LIGHT); }), "OAR-OK 2.12");
}

TEST(Engine, TheSameFileIsTheSameEngineWhateverThePath) {
  const TemporaryFolder folder;
  ASSERT_EQ(::symlink(OARLOCK_FAKE_FULL, (folder / "link.so").c_str()), 0);
  ASSERT_EQ(::link(OARLOCK_FAKE_FULL, (folder / "hard.so").c_str()) == 0 || errno == EXDEV, true);
  EXPECT_EQ(in_child([&] {
              oar_engine *first = nullptr, *second = nullptr;
              load(OARLOCK_FAKE_FULL, &first);
              load(folder / "link.so", &second);
              return std::string(first == second && first != nullptr ? oar_engine_path(second) : "differ");
            }),
            OARLOCK_FAKE_FULL);
}

TEST(Engine, AnotherFileIsAConflict) {
  const std::string answer = in_child([] {
    load(OARLOCK_FAKE_FULL);
    return load(OARLOCK_FAKE_LIGHT);
  });
  EXPECT_TRUE(contains(answer, std::string("OAR-ENGINE-CONFLICT ") + OARLOCK_FAKE_LIGHT + ": cannot be loaded"));
  EXPECT_TRUE(contains(answer, OARLOCK_FAKE_FULL));
}

TEST(Engine, ACopyOfTheFileIsAConflictToo) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(OARLOCK_FAKE_FULL, folder / "copy.so");
  EXPECT_TRUE(contains(in_child([&] {
                         load(OARLOCK_FAKE_FULL);
                         return load(folder / "copy.so");
                       }),
                       "OAR-ENGINE-CONFLICT"));
}

TEST(Engine, OneThatSomebodyElseHasLoadedIsAConflict) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(OARLOCK_FAKE_FULL, folder / "copy.so");
  const std::string answer = in_child([&] {
    if (::dlopen((folder / "copy.so").c_str(), RTLD_LAZY | RTLD_LOCAL) == nullptr) return std::string(::dlerror());
    return load(OARLOCK_FAKE_FULL);
  });
  EXPECT_TRUE(contains(answer, "OAR-ENGINE-CONFLICT"));
  EXPECT_TRUE(contains(answer, folder / "copy.so"));
}

TEST(Engine, OtherFilesAreRefusedAndLeaveTheProcessFree) {
  const TemporaryFolder folder;
  const std::string text = folder.write("text.so", std::string("no library"));
  Dl_info info;
  ASSERT_NE(::dladdr(reinterpret_cast<const void*>(&oar_version), &info), 0);
  const std::string core = std::filesystem::canonical(info.dli_fname);
  EXPECT_TRUE(contains(in_child([&] { return load(folder / "none.so"); }), "OAR-NOT-FOUND"));
  EXPECT_TRUE(contains(in_child([&] { return load(text); }), "OAR-ENGINE-UNAVAILABLE"));
  EXPECT_TRUE(
      contains(in_child([&] { return load(core); }),
               "is a shared library called liboarlock.so, expected liblite_pybind.so (lite.so of the paddlelite "
               "wheel) or libpaddle_light_api_shared.so"));
  EXPECT_EQ(in_child([&] {
              load(text);
              load(core);
              return load(OARLOCK_FAKE_FULL);
            }),
            "OAR-OK 2.12");
}

TEST(Engine, ATruncatedLibraryIsRefused) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(OARLOCK_FAKE_FULL, folder / "short.so");
  std::filesystem::resize_file(folder / "short.so", 8192);  // Headers and no more.
  EXPECT_TRUE(contains(in_child([&] { return load(folder / "short.so"); }), "is truncated"));
}

TEST(Engine, AnotherLayoutIsRefused) {
  const std::string answer = in_child([] {
    ::setenv("OARLOCK_FAKE_CONFIG_BYTES", "600", 1);
    return load(OARLOCK_FAKE_FULL);
  });
  EXPECT_TRUE(contains(answer, "OAR-ENGINE-UNAVAILABLE"));
  EXPECT_TRUE(contains(answer, "fits none of the versions of Paddle Lite that Oarlock knows here"));
  EXPECT_TRUE(contains(answer, "(2.12: its ConfigBase has 600 bytes, expected "));
}

TEST(Engine, ARefusalThatCanPassIsNotForEver) {
  EXPECT_EQ(in_child([] {
              ::setenv("OARLOCK_FAKE_FAILURE", "fake_throw_create", 1);
              load(OARLOCK_FAKE_FULL);
              ::unsetenv("OARLOCK_FAKE_FAILURE");
              return load(OARLOCK_FAKE_FULL);
            }),
            "OAR-OK 2.12");
}

TEST(Engine, ARefusedLibraryStillKeepsOthersOut) {
  EXPECT_TRUE(contains(in_child([] {
                         ::setenv("OARLOCK_FAKE_VERSION", "v2.11", 1);
                         load(OARLOCK_FAKE_FULL);
                         return load(OARLOCK_FAKE_LIGHT);
                       }),
                       "OAR-ENGINE-CONFLICT"));
}

TEST(Engine, TellsItsVersion) {
  const auto version = [](const char* reported) {
    return in_child([=] {
      ::setenv("OARLOCK_FAKE_VERSION", reported, 1);
      return load(OARLOCK_FAKE_FULL);
    });
  };
  EXPECT_EQ(version("2.12"), "OAR-OK 2.12");
  EXPECT_EQ(version("3d329c954c"), "OAR-OK 2.12+3d329c954c");
  EXPECT_EQ(version(""), "OAR-OK 2.12");
  EXPECT_TRUE(contains(version("v2.11"), "OAR-ENGINE-UNAVAILABLE"));
  EXPECT_TRUE(contains(version("v2.11"), "is Paddle Lite 2.11, but laid out as 2.12"));
}

#if defined(__x86_64__) && !defined(_LIBCPP_VERSION)
TEST(Engine, EachVersionGetsThePluginOfItsLayout) {
  const std::pair<const char*, std::pair<const char*, const char*>> kVersions[] = {{"2.10", {"v2.10", "2.10"}},
                                                                                   {"2.11", {"v2.11", "2.11"}},
                                                                                   {"2.14", {"v2.13-rc", "2.13rc0"}},
                                                                                   {"2.14", {"v2.14-rc", "2.14rc0"}}};
  for (const auto& [layout, texts] : kVersions) {
    const std::string path = OARLOCK_FAKE_FOLDER "/liboarlock_fake_full_" + std::string(layout) + ".so";
    EXPECT_EQ(in_child([&, reported = texts.first] {
                ::setenv("OARLOCK_FAKE_VERSION", reported, 1);
                return load(path);
              }),
              "OAR-OK " + std::string(texts.second));
  }
}

TEST(Engine, AVersionWithTheLayoutOfAnotherIsRefused) {
  EXPECT_TRUE(contains(in_child([] {
                         ::setenv("OARLOCK_FAKE_VERSION", "v2.12", 1);
                         return load(OARLOCK_FAKE_FOLDER "/liboarlock_fake_full_2.14.so");
                       }),
                       "is Paddle Lite 2.12, but laid out as 2.14rc0 or 2.13rc0"));
}
#endif

TEST(Engine, OneThatOpensNoModelIsRefused) {
  EXPECT_TRUE(contains(in_child([] {
                         ::setenv("OARLOCK_FAKE_FAILURE", "fake_throw_create", 1);
                         return load(OARLOCK_FAKE_FULL);
                       }),
                       "OAR-ENGINE-UNAVAILABLE"));
}

TEST(Engine, OneThatWouldDieForWantOfMklIsRefused) {
  EXPECT_TRUE(contains(in_child([] { return load(OARLOCK_FAKE_MKL); }), "OAR-ENGINE-UNAVAILABLE"));
  EXPECT_TRUE(
      contains(in_child([] { return load(OARLOCK_FAKE_MKL); }), "needs libmklml_intel.so, which does not load"));
}

TEST(Engine, MklIsNotLoadedWithoutACurrentFolder) {
  EXPECT_TRUE(contains(in_child([] {
                         {
                           const TemporaryFolder folder;
                           if (::chdir(folder.path().c_str()) != 0) return std::string("no chdir");
                         }
                         return load(OARLOCK_FAKE_MKL);
                       }),
                       "needs a current folder, and that of this process cannot be told"));
}

TEST(Engine, ManyThreadsGetTheSame) {
  EXPECT_EQ(in_child([] {
              std::vector<oar_engine*> engines(8, nullptr);
              std::vector<std::thread> threads;
              for (oar_engine*& engine : engines) threads.emplace_back([&engine] { load(OARLOCK_FAKE_FULL, &engine); });
              for (std::thread& thread : threads) thread.join();
              for (oar_engine* engine : engines) {
                if (engine == nullptr || engine != engines[0]) return std::string("differ");
              }
              return std::string("same");
            }),
            "same");
}

TEST(Engine, RefusesNull) {
  EXPECT_EQ(oar_engine_load(nullptr, nullptr), OAR_INVALID_ARGUMENT);
  oar_engine* engine = nullptr;
  EXPECT_EQ(oar_engine_load(nullptr, &engine), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_engine_path(nullptr), "");
  EXPECT_STREQ(oar_engine_version(nullptr), "");
}

}  // namespace
