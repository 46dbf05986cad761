// Files of the append log on a disk that does what it is told: encoding, reading, loading.
#include <gtest/gtest.h>

#include "base/numbers.hpp"
#include "persistence/append_log/annotation.hpp"
#include "persistence/append_log/command_reader.hpp"
#include "persistence/append_log/log_loader.hpp"
#include "persistence/append_log/unit_encoder.hpp"
#include "tests/support/simulated_disk.hpp"

namespace respawn::persistence {
namespace {

using test::SimulatedDisk;

void write(SimulatedDisk& disk, const std::string& path, std::string_view bytes) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(disk.open(path, FileSystem::Open::replace, file));
  ASSERT_FALSE(file->append(bytes));
}

TEST(UnitEncoder, SelectsWrapsAndNotesTheTime) {
  Buffer bytes;
  UnitEncoder encoder(bytes);
  const std::vector<std::string> set = {"SET", "k", "v"};
  const std::vector<std::string> del = {"DEL", "k"};
  encoder.note_time(7);
  encoder.begin_unit(1);
  encoder.effect(0, set);
  encoder.end_unit(1);
  encoder.note_time(7);
  encoder.begin_unit(2);
  encoder.effect(0, del);
  encoder.effect(3, del);
  encoder.end_unit(2);
  const std::string set_text = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
  const std::string del_text = "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n";
  EXPECT_EQ(bytes.view(),
            "#TS:7\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n" + set_text + "*1\r\n$5\r\nMULTI\r\n" +
                del_text + "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n" + del_text + "*1\r\n$4\r\nEXEC\r\n");
  bytes.clear();
  encoder.begin_file();
  encoder.effect(3, del);
  EXPECT_EQ(bytes.view(), "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n" + del_text);
}

TEST(UnitEncoder, AnnotatesWhatRedis7DoesNotKnow) {
  Buffer bytes;
  UnitEncoder encoder(bytes);
  const std::vector<std::string> note = {"XIDMPRECORD", "a key", "p%", std::string("\0\xff", 2),
                                         "5-1"};
  encoder.effect(0, note);
  const std::string select = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";
  EXPECT_EQ(bytes.view(), select + "#respawn 0 XIDMPRECORD a%20key p%25 %00%FF 5-1\r\n");
}

/// All commands of a file and how it ends, for short.
std::string read_all(std::string_view bytes) {
  SimulatedDisk disk(1);
  write(disk, "f", bytes);
  std::unique_ptr<File> file;
  EXPECT_FALSE(disk.open("f", FileSystem::Open::read, file));
  CommandReader reader(*file, 0);
  std::string text;
  for (;;) {
    const CommandReader::Read read = reader.next();
    if (read != CommandReader::Read::command) {
      const char* const names[] = {"", "end", "truncated", "malformed", "hole", "failed"};
      return text + names[static_cast<int>(read)] + "@" + std::to_string(reader.offset());
    }
    for (const std::string_view word : reader.words()) text += std::string(word) + " ";
    text += "| ";
  }
}

constexpr std::string_view get_a = "*2\r\n$3\r\nGET\r\n$1\r\na\r\n";  // 20 bytes

TEST(CommandReader, TellsHowAFileEnds) {
  const std::string one(get_a);
  EXPECT_EQ(read_all(""), "end@0");
  EXPECT_EQ(read_all(one + "#TS:12\r\n" + one), "GET a | GET a | end@48");
  EXPECT_EQ(read_all(one + "#TS:12\r\n"), "GET a | end@28");
  for (std::size_t cut = 1; cut < get_a.size(); ++cut)
    EXPECT_EQ(read_all(one + one.substr(0, cut)), "GET a | truncated@20") << cut;
  EXPECT_EQ(read_all(one + "GET a\r\n"), "GET a | malformed@20");
  EXPECT_EQ(read_all("*0\r\n"), "malformed@0");
  EXPECT_EQ(read_all("*1\r\n:1\r\n"), "malformed@0");
  EXPECT_EQ(read_all("*1\r\n$x\r\n"), "malformed@0");
  EXPECT_EQ(read_all("*1\r\n$1\r\nabc\r\n"), "malformed@0");
  EXPECT_EQ(read_all("*99999999999999999999\r\n"), "malformed@0");
  EXPECT_EQ(read_all("*1\r\n$9999999999\r\nabc"), "truncated@0");
}

TEST(CommandReader, RunsWhatIsAnnotated) {
  const std::string one(get_a);
  const std::string note = "#respawn 0 XIDMPRECORD a%20key p%25 x 5-1\r\n";
  const std::string read = "XIDMPRECORD a key p% x 5-1 | ";
  EXPECT_EQ(read_all(note), read + "end@" + std::to_string(note.size()));
  EXPECT_EQ(read_all(one + note + one), "GET a | " + read + "GET a | end@83");
  EXPECT_EQ(read_all(note + note), read + read + "end@86");
  for (std::size_t cut = 1; cut < note.size(); ++cut)
    EXPECT_EQ(read_all(one + note.substr(0, cut)), "GET a | truncated@20") << cut;
  EXPECT_EQ(read_all("#respawn 0 FLUSHALL\r\n"), "malformed@0");
  EXPECT_EQ(read_all("#respawn 0 XCFGSET %2\r\n"), "malformed@0");
  EXPECT_EQ(read_all("#respawn x XCFGSET k\r\n"), "malformed@0");
  EXPECT_EQ(read_all("#respawned\r\n"), "end@12");
}

TEST(CommandReader, PutsLongAnnotationsTogether) {
  Buffer bytes;
  const std::string iid(3000, '\xfe');
  const std::string_view words[] = {"XIDMPRECORD", "k", "p", iid, "5-1"};
  write_annotation(bytes, words);
  const std::string text(bytes.view());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    EXPECT_LE(end - at, 512U);
    at = end;
  }
  const std::string read = "XIDMPRECORD k p " + iid + " 5-1 | ";
  EXPECT_EQ(read_all(text), read + "end@" + std::to_string(text.size()));
  // What was cut off between two lines is not part of what comes next.
  const std::size_t cut = text.find('\n', 1000) + 1;
  EXPECT_EQ(read_all(text.substr(0, cut) + text),
            read + "end@" + std::to_string(cut + text.size()));
  EXPECT_EQ(read_all(text.substr(0, cut) + std::string(get_a) + text),
            "GET a | " + read + "end@" + std::to_string(cut + get_a.size() + text.size()));
}

TEST(CommandReader, SeesWhereSomethingWasNeverWritten) {
  const std::string one(get_a);
  for (std::size_t cut = 0; cut < get_a.size(); ++cut)
    EXPECT_EQ(read_all(one + one.substr(0, cut) + std::string(20 - cut, '\0') + one),
              "GET a | hole@20")
        << cut;
}

TEST(CommandReader, ReadsWhatIsLargerThanItsPieces) {
  const std::string large(3 * CommandReader::read_bytes + 17, 'x');
  const std::string text =
      "*2\r\n$3\r\nGET\r\n$" + std::to_string(large.size()) + "\r\n" + large + "\r\n";
  const std::string read = read_all(text + text);
  EXPECT_EQ(read, "GET " + large + " | GET " + large + " | end@" + std::to_string(2 * text.size()));
}

class LoaderTest : public testing::Test, private LogReceiver {
 protected:
  LoaderTest() { EXPECT_FALSE(disk.make_directory("log")); }

  void incremental(std::string_view bytes) {
    const std::string& name = manifest.add_incremental("a.aof").name;
    write(disk, "log/" + name, bytes);
  }

  std::string load(bool truncated_is_fine = true) {
    taken.clear();
    said.clear();
    auto loaded = load_log(directory, manifest, truncated_is_fine, *this);
    if (loaded) return taken + std::to_string(loaded->bytes);
    said += loaded.error() + "\n";
    return "failed";
  }

  SimulatedDisk disk{1};
  LogDirectory directory{disk, "log", "a.aof"};
  LogManifest manifest;
  std::string taken;
  std::string said;

 private:
  bool apply(std::span<const std::string_view> words) override {
    for (const std::string_view word : words) taken += std::string(word) + " ";
    taken += "| ";
    return words[0] != "NONSENSE";
  }

  Result<std::uint64_t> load_rdb(File&, const std::string& name) override {
    taken += "rdb of " + name + " | ";
    return std::uint64_t{9};
  }

  void say(bool, const std::string& text) override { said += text + "\n"; }

  void progress(std::uint64_t) override {}
};

const std::string multi = "*1\r\n$5\r\nMULTI\r\n";
const std::string exec = "*1\r\n$4\r\nEXEC\r\n";

TEST_F(LoaderTest, ReadsBaseAndIncrementalFilesInTheirOrder) {
  write(disk, "log/" + manifest.replace_base("a.aof", BaseFormat::rdb, 0).name,
        "REDIS0010" + std::string(get_a));
  incremental(get_a);
  incremental(multi + std::string(get_a) + std::string(get_a) + exec);
  EXPECT_EQ(load(), "rdb of a.aof.1.base.rdb | GET a | GET a | GET a | GET a | 118");
  EXPECT_NE(said.find("DB loaded from incr file a.aof.2.incr.aof"), std::string::npos);
}

TEST_F(LoaderTest, CutsTheLastFileBehindWhatIsWhole) {
  incremental(get_a);
  incremental(std::string(get_a) + multi + std::string(get_a));
  EXPECT_EQ(load(false), "failed");
  EXPECT_NE(said.find("Unexpected end of file reading the append only file a.aof.2.incr.aof. You "
                      "can: 1) Make a backup"),
            std::string::npos)
      << said;
  EXPECT_EQ(disk.content("log/a.aof.2.incr.aof").size(), 55U);
  EXPECT_EQ(load(), "GET a | GET a | 40");
  EXPECT_NE(said.find("!!! Truncating the AOF a.aof.2.incr.aof at offset 20 !!!"),
            std::string::npos);
  EXPECT_EQ(disk.content("log/a.aof.2.incr.aof"), get_a);
}

TEST_F(LoaderTest, CutsWhatAPowerFailureLeftOut) {
  incremental(std::string(get_a) + std::string(30, '\0') + std::string(get_a));
  EXPECT_EQ(load(false), "failed");
  EXPECT_EQ(load(), "GET a | 20");
}

TEST_F(LoaderTest, RefusesWhatIsNotTheLastFilesEnd) {
  incremental(get_a.substr(0, 7));
  incremental(get_a);
  EXPECT_EQ(load(), "failed");
  EXPECT_EQ(said, "Fatal error: the truncated file is not the last file\n");
  EXPECT_EQ(disk.content("log/a.aof.1.incr.aof").size(), 7U);
}

TEST_F(LoaderTest, SaysWhatIsWrongInRedissWords) {
  incremental("nothing");
  EXPECT_EQ(load(), "failed");
  EXPECT_EQ(said,
            "Bad file format reading the append only file a.aof.1.incr.aof: make a backup of your "
            "AOF file, then use ./redis-check-aof --fix <filename.manifest>\n");
  write(disk, "log/a.aof.1.incr.aof", "*1\r\n$8\r\nNONSENSE\r\n");
  EXPECT_EQ(load(), "failed");
  EXPECT_EQ(said, "Unknown command 'NONSENSE' reading the append only file a.aof.1.incr.aof\n");
  EXPECT_FALSE(disk.remove("log/a.aof.1.incr.aof"));
  EXPECT_EQ(load(), "failed");
  EXPECT_EQ(said,
            "The append log file a.aof.1.incr.aof doesn't exist: No such file or directory\n");
}

TEST_F(LoaderTest, ALogOfOneFileMovesIntoTheDirectory) {
  write(disk, "a.aof", get_a);
  ASSERT_TRUE(directory.adopt_old_file(manifest).ok());
  EXPECT_EQ(manifest.text(), "file a.aof seq 1 type b\n");
  EXPECT_EQ(disk.content("log/a.aof.manifest"), manifest.text());
  EXPECT_FALSE(disk.exists("a.aof"));
  EXPECT_EQ(load(), "GET a | 20");
}

}  // namespace
}  // namespace respawn::persistence
