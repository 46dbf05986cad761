#include "persistence/append_log/unit_encoder.hpp"

#include <string_view>
#include <vector>

#include "base/numbers.hpp"
#include "persistence/append_log/annotation.hpp"
#include "protocol/reply_writer.hpp"
#include "protocol/request_writer.hpp"

namespace respawn::persistence {

void UnitEncoder::begin_transaction() {
  protocol::write_request(*to_, {"MULTI"});
}

void UnitEncoder::end_transaction() {
  protocol::write_request(*to_, {"EXEC"});
}

void UnitEncoder::select(int db) {
  db_ = db;
  protocol::write_request(*to_, {"SELECT", format_int(db)});
}

void UnitEncoder::effect(int db, std::span<const std::string> words) {
  if (db != db_) select(db);
  if (is_annotated(words.front())) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    return write_annotation(*to_, views);
  }
  // A request is what a reply of bulks would be.
  protocol::ReplyWriter writer(*to_, protocol::RespVersion::resp2);
  writer.array(words.size());
  for (const std::string& word : words) writer.bulk(word);
}

void UnitEncoder::note_time(std::int64_t wall_s) {
  if (wall_s <= noted_s_) return;
  noted_s_ = wall_s;
  to_->append(time_annotation(wall_s));
}

}  // namespace respawn::persistence
