#include "sha256.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "file_hash.h"
#include "temporary_folder.h"

namespace {

using oarlock::ByteSource;
using oarlock::Sha256;

std::string hash(const std::string& text) {
  Sha256 sha;
  sha.update(text.data(), text.size());
  return sha.finish();
}

// FIPS 180-4 and NIST's examples.
TEST(Sha256, GivesThePublishedHashes) {
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  for (size_t first = 0; first <= text.size(); ++first) {
    Sha256 sha;
    sha.update(text.data(), first);
    sha.update(text.data() + first, text.size() - first);
    ASSERT_EQ(sha.finish(), hash(text)) << first;
  }
}

TEST(Sha256, HardwareAndPortableAgree) {
  const auto hardware = oarlock::sha256::compress_hardware();
  if (hardware == nullptr) GTEST_SKIP() << "this processor has no SHA-256 instructions";
  std::vector<unsigned char> blocks(64 * 9);
  for (size_t i = 0; i < blocks.size(); ++i) blocks[i] = static_cast<unsigned char>(i * i >> 3);
  for (size_t count = 0; count <= 9; ++count) {
    uint32_t one[8] = {1, 2, 3, 4, 5, 6, 7, 0xffffffff}, other[8];
    std::memcpy(other, one, sizeof one);
    hardware(one, blocks.data(), count);
    oarlock::sha256::compress_portable(other, blocks.data(), count);
    EXPECT_EQ(std::memcmp(one, other, sizeof one), 0) << count;
  }
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const oarlock::testing::TemporaryFolder folder;
  const std::string content(700001, 'q');  // Several pieces and a rest.
  const std::string path = folder.write("file", content);
  EXPECT_EQ(oarlock::sha256_hex(ByteSource::open_file(path)), hash(content));
  EXPECT_EQ(oarlock::sha256_hex(ByteSource::open_file(folder.write("empty", std::string()))), hash(""));
}

}  // namespace
