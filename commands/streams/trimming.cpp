#include "commands/streams/trimming.hpp"

#include <algorithm>

namespace respawn::commands {

namespace {

using keyspace::Stream;

Error syntax_of(std::string_view what) {
  return failure("ERR syntax error, " + std::string(what));
}

/// Words of XADD and XTRIM, one after the other.
class OptionReader {
 public:
  OptionReader(Args args, Trimmer command) : at_(args, 2), args_(args), command_(command) {}

  Status read() {
    const bool adds = command_ == Trimmer::xadd;
    while (!at_.done()) {
      Status status = success();
      if (adds && args_[at_.position()] == "*") break;
      if (at_.take("MAXLEN", 1)) {
        status = max_length();
      } else if (at_.take("MINID", 1)) {
        status = min_id();
      } else if (at_.take("LIMIT", 1)) {
        status = limit();
      } else if (const auto references = to_references(args_[at_.position()])) {
        status = set_references(*references);
      } else if (adds && at_.take("NOMKSTREAM")) {
        options_.make_stream = false;
      } else if (adds && at_.take("IDMP", 2)) {
        status = set_produced(false);
      } else if (adds && at_.take("IDMPAUTO", 1)) {
        status = set_produced(true);
      } else if (adds) {
        auto id = to_wanted_stream_id(args_[at_.position()]);
        if (!id) return failure(id.error());
        options_.id = *id;
        break;
      } else {
        return failure(std::string(errors::syntax));
      }
      if (!status) return status;
    }
    options_.end = at_.position();
    return success();
  }

  Result<StreamOptions> checked(Execution& x) {
    if (limit_.value_or(0) != 0 && !options_.trims)
      return syntax_of("LIMIT cannot be used without specifying a trimming strategy");
    if (command_ == Trimmer::xtrim && !options_.trims)
      return syntax_of("XTRIM must be called with a trimming strategy");
    // Whom Redis tells of it says which ID it got.
    if (options_.produced.at != 0 && options_.id && !x.session().applying)
      return failure("ERR IDMP/IDMPAUTO can be used only with auto-generated IDs");
    // What is replayed has been made exact.
    if (const Status status = x.session().applying ? success() : set_limit(x); !status)
      return failure(status.error());
    return options_;
  }

 private:
  /// Behind MAXLEN or MINID.
  Status how_exactly() {
    if (options_.trims)
      return syntax_of("MAXLEN and MINID options at the same time are not compatible");
    options_.trims = true;
    if (at_.left() < 2) return success();
    options_.trim.whole_blocks = at_.take("~");
    if (!options_.trim.whole_blocks) at_.take("=");
    return success();
  }

  Status max_length() {
    if (Status status = how_exactly(); !status) return status;
    options_.threshold_at = at_.position();
    auto length = to_integer(at_.next());
    if (!length) return failure(length.error());
    if (*length < 0) return failure("ERR The MAXLEN argument must be >= 0.");
    options_.trim.max_length = static_cast<std::size_t>(*length);
    return success();
  }

  Status min_id() {
    if (Status status = how_exactly(); !status) return status;
    options_.threshold_at = at_.position();
    auto id = to_stream_id(at_.next());
    if (!id) return failure(id.error());
    options_.trim.min_id = *id;
    return success();
  }

  Status set_references(References references) {
    if (options_.references_at != 0) return failure(std::string(errors::syntax));
    options_.references = references;
    options_.references_at = at_.position();
    at_.next();
    return success();
  }

  Status set_produced(bool automatic) {
    if (options_.produced.at != 0) return failure("ERR IDMP/IDMPAUTO specified multiple times");
    auto produced = parse_produced(at_, automatic);
    if (!produced) return failure(produced.error());
    options_.produced = *produced;
    return success();
  }

  Status limit() {
    auto entries = to_integer(at_.next());
    if (!entries) return failure(entries.error());
    if (*entries < 0) return failure("ERR The LIMIT argument must be >= 0.");
    limit_ = *entries;
    return success();
  }

  /// Without LIMIT no more than 100 blocks go at once.
  Status set_limit(Execution& x) {
    constexpr std::int64_t blocks = 100;
    constexpr std::int64_t usual = 10'000;
    constexpr std::int64_t most = 1'000'000;
    if (limit_) {
      if (!options_.trim.whole_blocks)
        return syntax_of("LIMIT cannot be used without the special ~ option");
      options_.trim.limit = static_cast<std::size_t>(*limit_);
    } else if (options_.trim.whole_blocks) {
      const std::int64_t block = std::min(x.config().stream_node_max_entries, most);
      options_.trim.limit =
          static_cast<std::size_t>(block <= 0 ? usual : std::min(blocks * block, most));
    }
    return success();
  }

  ArgCursor at_;
  Args args_;
  Trimmer command_;
  StreamOptions options_;
  std::optional<std::int64_t> limit_;
};

}  // namespace

Result<StreamOptions> parse_stream_options(Execution& x, Args args, Trimmer command) {
  OptionReader reader(args, command);
  if (Status status = reader.read(); !status) return failure(status.error());
  return reader.checked(x);
}

namespace {

/// Takes out, of the entries that may go, those that no group refers to.
std::size_t trim_acknowledged(Execution& x, Stream& stream, const StreamOptions& options,
                              DeletionRecord& record) {
  std::vector<keyspace::StreamId> going;
  std::size_t left = stream.count_trimmed(options.trim);
  for (auto walk = stream.walk({}, keyspace::last_stream_id); left > 0; walk.next(), --left)
    if (!stream.is_referenced(walk.id())) going.push_back(walk.id());
  for (const keyspace::StreamId& id : going) {
    stream.erase(id, stream_limits(x));
    stream.max_deleted_id = std::max(stream.max_deleted_id, id);
    record.deleted(id);
  }
  return going.size();
}

/// What is about to be trimmed is pending nowhere any more.
void drop_trimmed_references(Stream& stream, const StreamOptions& options, DeletionRecord& record) {
  std::size_t left = stream.count_trimmed(options.trim);
  for (auto walk = stream.walk({}, keyspace::last_stream_id); left > 0; walk.next(), --left)
    stream.drop_references(walk.id(), [&](const keyspace::StreamGroup& group) {
      record.acknowledged(group.name(), walk.id());
    });
}

}  // namespace

std::size_t trim_stream(Execution& x, std::string_view key, Stream& stream,
                        const StreamOptions& options, DeletionRecord& record) {
  std::size_t gone = 0;
  if (options.references == References::acknowledged) {
    gone = trim_acknowledged(x, stream, options, record);
  } else {
    if (options.references == References::drop) drop_trimmed_references(stream, options, record);
    gone = stream.trim(options.trim, x.store().databases.garbage());
  }
  if (gone > 0) x.happened(key, stream_event, "xtrim");
  return gone;
}

bool is_rewritten(const StreamOptions& options) {
  return options.references_at != 0 || options.produced.at != 0 ||
         (options.trims && options.trim.whole_blocks);
}

namespace {

void erase_words(std::vector<std::string>& words, std::size_t at, std::size_t count) {
  const auto first = words.begin() + static_cast<std::ptrdiff_t>(at);
  words.erase(first, first + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

void make_exact(std::vector<std::string>& words, const Stream& stream,
                const StreamOptions& options) {
  if (options.references == References::acknowledged) {
    // What went is told by itself: it need not have been in front.
    return erase_words(words, 2, options.end - 2);
  }
  if (options.trims) {
    const keyspace::StreamId first =
        stream.length() > 0 ? stream.first_entry() : keyspace::last_stream_id;
    words[options.threshold_at] =
        options.trim.min_id ? StreamIdText(first).text() : std::to_string(stream.length());
    if (options.trim.whole_blocks) words[options.threshold_at - 1] = "=";
  }
  const std::size_t references = options.references_at != 0 ? 1 : 0;
  const ProducedOption& produced = options.produced;
  // What is further behind goes first.
  if (produced.at < options.references_at) erase_words(words, options.references_at, references);
  erase_words(words, produced.at, produced.words);
  if (produced.at > options.references_at) erase_words(words, options.references_at, references);
}

}  // namespace respawn::commands
