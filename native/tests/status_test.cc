#include "status.h"

#include <gtest/gtest.h>

#include <cctype>
#include <new>
#include <set>
#include <string>
#include <thread>

namespace {

using oarlock::fail;
using oarlock::guard;

constexpr int kLastStatus = OAR_NO_GOLDEN;

TEST(StatusTable, GivesEveryStatusACodeAndASentenceOfItsOwn) {
  std::set<std::string> codes;
  std::set<std::string> messages;
  for (int status = 0; status <= kLastStatus; ++status) {
    const std::string code = oar_status_code(static_cast<oar_status>(status));
    const std::string message = oar_status_message(static_cast<oar_status>(status));
    EXPECT_EQ(code.rfind("OAR-", 0), 0U) << code;
    EXPECT_TRUE(std::isupper(static_cast<unsigned char>(message.front()))) << message;
    EXPECT_EQ(message.back(), '.') << message;
    codes.insert(code);
    messages.insert(message);
  }
  EXPECT_EQ(codes.size(), static_cast<size_t>(kLastStatus) + 1);
  EXPECT_EQ(messages.size(), static_cast<size_t>(kLastStatus) + 1);
}

TEST(StatusTable, SpellsCodesLikeTheEnum) {
  EXPECT_STREQ(oar_status_code(OAR_OK), "OAR-OK");
  EXPECT_STREQ(oar_status_code(OAR_WRONG_TARGET), "OAR-WRONG-TARGET");
  EXPECT_STREQ(oar_status_code(OAR_NOT_A_CLASSIFIER), "OAR-NOT-A-CLASSIFIER");
  EXPECT_STREQ(oar_status_code(OAR_INTERNAL), "OAR-INTERNAL");
}

TEST(StatusTable, TakesUnknownNumbersForInternal) {
  // As a program written in another language would pass them: 31 is the largest value that the enum's bits can hold.
  EXPECT_STREQ(oar_status_code(static_cast<oar_status>(kLastStatus + 1)), "OAR-INTERNAL");
  EXPECT_STREQ(oar_status_message(static_cast<oar_status>(31)), oar_status_message(OAR_INTERNAL));
}

TEST(Guard, ReturnsOkAndKeepsTheLastErrorOnSuccess) {
  ASSERT_EQ(guard([] { fail(OAR_IO, "first"); }), OAR_IO);
  EXPECT_EQ(guard([] {}), OAR_OK);
  EXPECT_STREQ(oar_last_error(), "first");
}

TEST(Guard, TurnsExceptionsIntoStatuses) {
  EXPECT_EQ(guard([] { fail(OAR_BAD_IMAGE, "width is ", 0, ", expected ", 1.5); }), OAR_BAD_IMAGE);
  EXPECT_STREQ(oar_last_error(), "width is 0, expected 1.5");
  EXPECT_EQ(guard([] { throw std::bad_alloc(); }), OAR_OUT_OF_MEMORY);
  EXPECT_STREQ(oar_last_error(), "not enough memory");
  EXPECT_EQ(guard([] { throw std::out_of_range("beyond"); }), OAR_INTERNAL);
  EXPECT_STREQ(oar_last_error(), "beyond");
  EXPECT_EQ(guard([] { throw 7; }), OAR_INTERNAL);
  EXPECT_STREQ(oar_last_error(), "an exception of unknown type");
}

TEST(LastError, BelongsToTheThread) {
  ASSERT_EQ(guard([] { fail(OAR_IO, "of the main thread"); }), OAR_IO);
  std::string before;
  std::string after;
  std::thread other([&] {
    before = oar_last_error();
    guard([] { fail(OAR_IO, "of the other thread"); });
    after = oar_last_error();
  });
  other.join();
  EXPECT_EQ(before, "");
  EXPECT_EQ(after, "of the other thread");
  EXPECT_STREQ(oar_last_error(), "of the main thread");
}

TEST(Text, IgnoresTheLocaleOfTheHostProgram) {
  struct Grouping : std::numpunct<char> {
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
    char do_decimal_point() const override { return ','; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Grouping));
  const std::string text = oarlock::text(1000000, " and ", 0.5);
  std::locale::global(before);
  EXPECT_EQ(text, "1000000 and 0.5");
}

TEST(Required, NamesTheParameterThatIsNull) {
  const int value = 3;
  EXPECT_EQ(&oarlock::required(&value, "value"), &value);
  const int* const null = nullptr;
  EXPECT_EQ(guard([&] { oarlock::required(null, "image"); }), OAR_INVALID_ARGUMENT);
  EXPECT_STREQ(oar_last_error(), "argument 'image' is NULL");
}

TEST(CheckStructSize, NamesStructFoundAndExpected) {
  EXPECT_EQ(guard([] { oarlock::check_struct_size(40, 40, "oar_image"); }), OAR_OK);
  EXPECT_EQ(guard([] { oarlock::check_struct_size(0, 40, "oar_image"); }), OAR_INVALID_ARGUMENT);
  EXPECT_NE(std::string(oar_last_error()).find("oar_image.struct_size is 0, expected 40"), std::string::npos);
}

TEST(Version, IsThatOfTheHeader) { EXPECT_STREQ(oar_version(), OARLOCK_VERSION); }

}  // namespace
