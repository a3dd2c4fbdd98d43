// Lines for programs.
#include "writers.h"

#include <gtest/gtest.h>

#include <string>

namespace oarlock {
namespace app {
namespace {

TEST(Json, KeepsBytesThatAreNoUtf8AsPythonDoes) {
  EXPECT_EQ(to_json_line({{"file", "caf\xe9.png"}}), "{\"file\":\"caf\\udce9.png\"}\n");
  EXPECT_EQ(to_json_line({{"file", {{"deep", "\xff\xfe"}}}}), "{\"file\":{\"deep\":\"\\udcff\\udcfe\"}}\n");
  EXPECT_EQ(to_json_line({{"a", "\x80\xbf\xc0"}}), "{\"a\":\"\\udc80\\udcbf\\udcc0\"}\n");
}

TEST(Json, LeavesUtf8AsItIs) {
  EXPECT_EQ(to_json_line({{"label", "Käse, \"fein\" 🧀"}}), "{\"label\":\"Käse, \\\"fein\\\" 🧀\"}\n");
  EXPECT_EQ(to_json_line({{"label", nullptr}, {"n", 1}}), "{\"label\":null,\"n\":1}\n");
}

TEST(Csv, QuotesWhatNeedsIt) {
  EXPECT_EQ(to_csv_line({"a", "", "b c"}), "a,,b c\n");
  EXPECT_EQ(to_csv_line({"a,b", "say \"x\"", "two\nlines"}), "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n");
  EXPECT_EQ(to_csv_line({"caf\xe9"}), "caf?\n");
}

TEST(Printable, KeepsCharactersAndReplacesOtherBytes) {
  EXPECT_EQ(printable("größer"), "größer");
  EXPECT_EQ(printable(std::string("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(printable("\xc3"), "?");
  EXPECT_EQ(printable("a\xf0\x9f\xa7z"), "a???z");
}

TEST(Failure, IsAnObjectForProgramsAndNothingElse) {
  EXPECT_EQ(render_failure(Format::kText, "OAR-IO", "it broke"), "");
  EXPECT_EQ(render_failure(Format::kJson, "OAR-IO", "it broke"),
            "{\"ok\":false,\"error\":{\"code\":\"OAR-IO\",\"message\":\"it broke\"}}\n");
}

}  // namespace
}  // namespace app
}  // namespace oarlock
