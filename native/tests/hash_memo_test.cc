#include "hash_memo.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "failures.h"
#include "oarlock.h"
#include "sample_bundle.h"
#include "status.h"

namespace {

using oarlock::ByteSource;
using oarlock::FileIdentity;
using oarlock::HashMemo;
using oarlock::testing::SampleBundle;
using oarlock::testing::TemporaryFolder;

FileIdentity identity(uint64_t inode) { return {1, inode, 3, {4, 5}, {6, 7}}; }

std::string hash(char digit) { return std::string(64, digit); }

TEST(HashMemo, KnowsWhatItWasTold) {
  const TemporaryFolder folder;
  HashMemo(folder.path()).remember(identity(1), hash('a'));
  const HashMemo memo(folder.path());
  EXPECT_TRUE(memo.knows(identity(1), hash('a')));
  EXPECT_FALSE(memo.knows(identity(1), hash('b')));
}

TEST(HashMemo, EveryPartOfTheIdentityCounts) {
  const TemporaryFolder folder;
  const HashMemo memo(folder.path());
  memo.remember(identity(1), hash('a'));
  const auto knows = [&](auto change) {
    FileIdentity file = identity(1);
    change(file);
    return memo.knows(file, hash('a'));
  };
  EXPECT_TRUE(knows([](FileIdentity&) {}));
  EXPECT_FALSE(knows([](FileIdentity& file) { ++file.device; }));
  EXPECT_FALSE(knows([](FileIdentity& file) { ++file.inode; }));
  EXPECT_FALSE(knows([](FileIdentity& file) { ++file.size; }));
  EXPECT_FALSE(knows([](FileIdentity& file) { ++file.content_changed.tv_sec; }));
  EXPECT_FALSE(knows([](FileIdentity& file) { ++file.content_changed.tv_nsec; }));
  EXPECT_FALSE(knows([](FileIdentity& file) { ++file.changed.tv_sec; }));
  EXPECT_FALSE(knows([](FileIdentity& file) { ++file.changed.tv_nsec; }));
}

TEST(HashMemo, HasAnUpperSizeAndForgetsTheOldest) {
  const TemporaryFolder folder;
  const HashMemo memo(folder.path());
  constexpr uint64_t kMany = 10000, kRecent = 256;
  for (uint64_t i = 0; i < kMany; ++i) memo.remember(identity(i), hash('a'));
  EXPECT_EQ(std::filesystem::file_size(folder / "verified"), 128 * 1024U);
  uint64_t known = 0, known_recent = 0;
  for (uint64_t i = 0; i < kMany; ++i) {
    if (!memo.knows(identity(i), hash('a'))) continue;
    ++known;
    known_recent += i >= kMany - kRecent ? 1 : 0;
  }
  EXPECT_EQ(known, 2048U);  // Full.
  EXPECT_EQ(known_recent, kRecent);
}

TEST(HashMemo, RemembersOnce) {
  const TemporaryFolder folder;
  const HashMemo memo(folder.path());
  memo.remember(identity(1), hash('a'));
  const std::string before = ByteSource::open_file(folder / "verified").identity().text();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  memo.remember(identity(1), hash('a'));
  EXPECT_EQ(ByteSource::open_file(folder / "verified").identity().text(), before);
}

TEST(HashMemo, MakesItsFolderForItsUserOnly) {
  const TemporaryFolder folder;
  HashMemo(folder / "oarlock").remember(identity(1), hash('a'));
  EXPECT_TRUE(HashMemo(folder / "oarlock").knows(identity(1), hash('a')));
  struct stat status;
  ASSERT_EQ(::stat((folder / "oarlock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat((folder / "oarlock/verified").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(HashMemo, IsSilentlyAbsent) {
  const TemporaryFolder folder;
  const std::string file = folder.write("file", std::string("x"));
  ASSERT_EQ(::mkdir((folder / "taken").c_str(), 0700), 0);
  ASSERT_EQ(::mkdir((folder / "taken/verified").c_str(), 0700), 0);
  for (const std::string& path : {std::string(), file, folder / "no/folder", folder / "taken", std::string("/proc")}) {
    const HashMemo memo(path);
    memo.remember(identity(1), hash('a'));
    EXPECT_FALSE(memo.knows(identity(1), hash('a'))) << path;
  }
}

TEST(HashMemo, MayBeReadOnly) {
  const TemporaryFolder folder;
  HashMemo(folder.path()).remember(identity(1), hash('a'));
  ASSERT_EQ(::chmod((folder / "verified").c_str(), 0400), 0);
  const HashMemo memo(folder.path());
  EXPECT_TRUE(memo.knows(identity(1), hash('a')));
}

TEST(HashMemo, DoesNotBelieveWhatOthersCouldHaveWritten) {
  const TemporaryFolder folder;
  HashMemo(folder.path()).remember(identity(1), hash('a'));
  for (const mode_t mode : {0620, 0602}) {
    ASSERT_EQ(::chmod((folder / "verified").c_str(), mode), 0);
    EXPECT_FALSE(HashMemo(folder.path()).knows(identity(1), hash('a')));
  }
  ASSERT_EQ(::chmod((folder / "verified").c_str(), 0600), 0);
  EXPECT_TRUE(HashMemo(folder.path()).knows(identity(1), hash('a')));
  ASSERT_EQ(::rename((folder / "verified").c_str(), (folder / "other").c_str()), 0);
  ASSERT_EQ(::symlink("other", (folder / "verified").c_str()), 0);
  EXPECT_FALSE(HashMemo(folder.path()).knows(identity(1), hash('a')));
  ASSERT_EQ(::unlink((folder / "verified").c_str()), 0);
  ASSERT_EQ(::mkfifo((folder / "verified").c_str(), 0600), 0);
  EXPECT_FALSE(HashMemo(folder.path()).knows(identity(1), hash('a')));
  if (::geteuid() == 0) {  // Nobody else may give files away.
    ASSERT_EQ(::unlink((folder / "verified").c_str()), 0);
    ASSERT_EQ(::rename((folder / "other").c_str(), (folder / "verified").c_str()), 0);
    ASSERT_EQ(::chown((folder / "verified").c_str(), 12345, 12345), 0);
    EXPECT_FALSE(HashMemo(folder.path()).knows(identity(1), hash('a')));
  }
}

TEST(HashMemo, DamageCostsNoMoreThanAHash) {
  const TemporaryFolder folder;
  HashMemo(folder.path()).remember(identity(1), hash('a'));
  std::filesystem::resize_file(folder / "verified", 100);
  HashMemo(folder.path()).remember(identity(2), hash('b'));
  EXPECT_TRUE(HashMemo(folder.path()).knows(identity(2), hash('b')));
  folder.write("verified", std::string(200000, '\xff'));
  EXPECT_FALSE(HashMemo(folder.path()).knows(identity(2), hash('b')));
  HashMemo(folder.path()).remember(identity(2), hash('b'));
  EXPECT_TRUE(HashMemo(folder.path()).knows(identity(2), hash('b')));
}

TEST(HashMemo, HasManyWriters) {
  const TemporaryFolder folder;
  constexpr uint64_t kProcesses = 4, kFiles = 60;
  for (uint64_t process = 0; process < kProcesses; ++process) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child != 0) continue;
    const HashMemo memo(folder.path());
    for (int round = 0; round < 20; ++round) {
      for (uint64_t i = 0; i < kFiles; ++i) memo.remember(identity(process * kFiles + i), hash('a'));
    }
    ::_exit(0);
  }
  for (uint64_t process = 0; process < kProcesses; ++process) ::wait(nullptr);
  const HashMemo memo(folder.path());
  uint64_t known = 0;
  for (uint64_t i = 0; i < kProcesses * kFiles; ++i) known += memo.knows(identity(i), hash('a')) ? 1 : 0;
  // Of two that write the same place at once, one may lose.
  EXPECT_GT(known, kProcesses * kFiles / 2);
  EXPECT_FALSE(memo.knows(identity(kProcesses * kFiles), hash('a')));
}

TEST(FileIdentities, AreSettledSomeTimeAfterTheLastChange) {
  const TemporaryFolder folder;
  const std::string path = folder.write("file", std::string("x"));
  EXPECT_FALSE(ByteSource::open_file(path).identity().is_settled());
  FileIdentity file = identity(1);
  const std::time_t now = std::time(nullptr);
  EXPECT_TRUE(file.is_settled());
  file.changed.tv_sec = now;
  EXPECT_FALSE(file.is_settled());
  file.changed.tv_sec = now - 10;
  EXPECT_TRUE(file.is_settled());
  file.content_changed.tv_sec = now;
  EXPECT_FALSE(file.is_settled());
  file.content_changed.tv_sec = now + 1000;
  EXPECT_TRUE(file.is_settled());
}

// A bundle whose x86-fp32.nb was hashed long enough after it was written.
struct HashedBundle {
  SampleBundle sample{"model"};
  std::string path = sample.write();
  std::string cache = sample.folder / "cache";

  oar_status ask() const {
    oar_bundle_options options = {};
    options.struct_size = sizeof options;
    options.cache = cache.c_str();
    oar_bundle* bundle = nullptr;
    const oar_status opened = oar_bundle_open(path.c_str(), &options, &bundle);
    if (opened != OAR_OK) return opened;
    const char* file = nullptr;
    const oar_status status = oar_bundle_file(bundle, "x86-fp32.nb", &file);
    oar_bundle_close(bundle);
    return status;
  }

  FileIdentity model() const { return ByteSource::open_file(path + "/x86-fp32.nb").identity(); }

  std::string hash_of(const char* name) const {
    for (const auto& variant : sample.manifest["variants"]) {
      if (variant["file"] == name) return variant["sha256"];
    }
    return "";
  }
};

TEST(BundleMemo, AKnownFileIsNotHashedAgain) {
  const HashedBundle bundle;
  bundle.sample.folder.write("s.oar/x86-fp32.nb", std::string("Model"));
  ASSERT_EQ(bundle.ask(), OAR_HASH_MISMATCH);
  // Only who does not hash the file can take it for the recorded one now.
  HashMemo(bundle.cache).remember(bundle.model(), bundle.hash_of("x86-fp32.nb"));
  EXPECT_EQ(bundle.ask(), OAR_OK) << oar_last_error();
}

TEST(BundleMemo, AHashedFileIsRememberedOnceItIsSettled) {
  const HashedBundle bundle;
  const std::string hash = bundle.hash_of("x86-fp32.nb");
  ASSERT_EQ(bundle.ask(), OAR_OK) << oar_last_error();
  EXPECT_FALSE(HashMemo(bundle.cache).knows(bundle.model(), hash));
  while (!bundle.model().is_settled()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  ASSERT_EQ(bundle.ask(), OAR_OK) << oar_last_error();
  EXPECT_TRUE(HashMemo(bundle.cache).knows(bundle.model(), hash));

  // Edited in place, with its old time put back: a hash is due, and wrong.
  const auto time = std::filesystem::last_write_time(bundle.path + "/x86-fp32.nb");
  bundle.sample.folder.write("s.oar/x86-fp32.nb", std::string("Model"));
  std::filesystem::last_write_time(bundle.path + "/x86-fp32.nb", time);
  EXPECT_EQ(bundle.ask(), OAR_HASH_MISMATCH);
}

TEST(BundleMemo, OptionsAreChecked) {
  const HashedBundle bundle;
  oar_bundle_options options = {};
  oar_bundle* opened = nullptr;
  EXPECT_EQ(oar_bundle_open(bundle.path.c_str(), &options, &opened), OAR_INVALID_ARGUMENT);
  EXPECT_NE(std::string(oar_last_error()).find("oar_bundle_options.struct_size is 0"), std::string::npos);
  options.struct_size = sizeof options;
  EXPECT_EQ(oar_bundle_open(bundle.path.c_str(), &options, &opened), OAR_OK) << oar_last_error();
  oar_bundle_close(opened);
}

}  // namespace
