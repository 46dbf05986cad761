#include "tests/support/simulated_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

namespace respawn::test {

namespace {

std::error_code error_of(int number) {
  return {number, std::system_category()};
}

}  // namespace

class SimulatedFile final : public File {
 public:
  SimulatedFile(SimulatedDisk& disk, SimulatedDisk::NodePtr node)
      : disk_(disk), node_(std::move(node)) {}

  std::error_code append_some(std::string_view bytes, std::size_t& written) override {
    written = 0;
    if (std::error_code failed = disk_.begin()) return failed;
    if (disk_.write_error != 0) return error_of(disk_.write_error);
    if (disk_.free_bytes == 0) return error_of(ENOSPC);
    written = static_cast<std::size_t>(
        std::min<std::uint64_t>({bytes.size(), disk_.write_bytes_max, disk_.free_bytes}));
    disk_.free_bytes -= written;
    change({.offset = node_->now.size(), .bytes = std::string(bytes.substr(0, written))});
    return disk_.end();
  }

  std::error_code read(std::uint64_t offset, std::span<char> to, std::size_t& got) override {
    got = 0;
    if (offset >= node_->now.size()) return {};
    got = node_->now.copy(to.data(), to.size(), offset);
    return {};
  }

  std::error_code sync() override {
    if (std::error_code failed = disk_.begin()) return failed;
    if (disk_.on_sync) disk_.on_sync();
    using Fate = SimulatedDisk::Change::Fate;
    const Fate fate = disk_.sync_error == 0 ? Fate::synced : Fate::uncertain;
    for (SimulatedDisk::Change& each : node_->changes)
      if (each.fate == Fate::open) each.fate = fate;
    SimulatedDisk::settle(*node_);
    if (disk_.sync_error != 0) return error_of(disk_.sync_error);
    return disk_.end();
  }

  std::error_code truncate(std::uint64_t bytes) override {
    if (std::error_code failed = disk_.begin()) return failed;
    change({.offset = bytes, .bytes = {}, .truncates = true});
    return disk_.end();
  }

  std::error_code size(std::uint64_t& bytes) override {
    bytes = node_->now.size();
    return {};
  }

 private:
  void change(SimulatedDisk::Change change) {
    SimulatedDisk::apply(change, node_->now);
    node_->changes.push_back(std::move(change));
  }

  SimulatedDisk& disk_;
  SimulatedDisk::NodePtr node_;
};

// ---- Operations ----

std::error_code SimulatedDisk::begin() {
  if (off_) return error_of(EIO);
  ++operations_;
  if (operations_ == end_at_ && on_own_thread() && random_.below(2) == 0) throw WorkerEnd{};
  if (operations_ != cut_at_ || random_.below(2) == 0) return {};
  return cut();
}

std::error_code SimulatedDisk::end() {
  if (operations_ == end_at_ && on_own_thread()) throw WorkerEnd{};
  return operations_ == cut_at_ ? cut() : std::error_code();
}

std::error_code SimulatedDisk::cut() {
  off_ = true;
  if (on_own_thread()) throw PowerCut{};
  return error_of(EIO);
}

std::error_code SimulatedDisk::open(const std::string& path, Open how,
                                    std::unique_ptr<File>& file) {
  const auto found = names_.find(path);
  if (off_) return error_of(EIO);
  if (open_error != 0) return error_of(open_error);
  if (how == Open::read) {
    if (found == names_.end()) return error_of(ENOENT);
    file = std::make_unique<SimulatedFile>(*this, found->second);
    return {};
  }
  const std::string directory = directory_of(path);
  if (directory != "." && !directories_.contains(directory)) return error_of(ENOENT);
  if (std::error_code failed = begin()) return failed;
  NodePtr node;
  if (found == names_.end()) {
    node = std::make_shared<Node>();
    apply({.from = "", .to = path, .node = node});
  } else {
    node = found->second;
  }
  file = std::make_unique<SimulatedFile>(*this, node);
  if (std::error_code failed = end()) return failed;
  if (how == Open::replace && !node->now.empty()) return file->truncate(0);
  return {};
}

std::error_code SimulatedDisk::rename(const std::string& from, const std::string& to) {
  if (std::error_code failed = begin()) return failed;
  if (rename_error != 0) return error_of(rename_error);
  const auto found = names_.find(from);
  if (found == names_.end()) return error_of(ENOENT);
  apply({.from = from, .to = to, .node = found->second});
  return end();
}

std::error_code SimulatedDisk::remove(const std::string& path) {
  if (std::error_code failed = begin()) return failed;
  const auto found = names_.find(path);
  if (found == names_.end()) return error_of(ENOENT);
  apply({.from = path, .to = "", .node = found->second});
  return end();
}

std::error_code SimulatedDisk::make_directory(const std::string& path) {
  if (directories_.contains(path)) return {};
  if (std::error_code failed = begin()) return failed;
  apply({.from = "", .to = path, .node = nullptr, .is_directory = true});
  return end();
}

std::error_code SimulatedDisk::sync_directory(const std::string& path) {
  if (std::error_code failed = begin()) return failed;
  if (directory_sync_error != 0) return error_of(directory_sync_error);
  if (path != "." && !directories_.contains(path)) return error_of(ENOENT);
  std::erase_if(name_changes_, [&](const NameChange& change) {
    const std::string& name = change.to.empty() ? change.from : change.to;
    if (directory_of(name) != path) return false;
    apply(change, settled_names_, settled_directories_);
    return true;
  });
  return end();
}

std::error_code SimulatedDisk::list(const std::string& path, std::vector<std::string>& names) {
  names.clear();
  for (const auto& [name, node] : names_)
    if (directory_of(name) == path) names.push_back(name.substr(name.rfind('/') + 1));
  return {};
}

bool SimulatedDisk::exists(const std::string& path) {
  return names_.contains(path) || directories_.contains(path);
}

std::string SimulatedDisk::content(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? std::string() : found->second->now;
}

// ---- What is and what will have been ----

void SimulatedDisk::apply(NameChange change) {
  apply(change, names_, directories_);
  name_changes_.push_back(std::move(change));
}

void SimulatedDisk::apply(const NameChange& change, Names& names,
                          std::map<std::string, bool>& directories) {
  if (change.is_directory) {
    directories[change.to] = true;
    return;
  }
  const auto source = names.find(change.from);
  if (source != names.end() && source->second == change.node) names.erase(source);
  if (!change.to.empty()) names[change.to] = change.node;
}

void SimulatedDisk::apply(const Change& change, std::string& content) {
  if (change.truncates) {
    content.resize(change.offset);
    return;
  }
  const std::size_t end = change.offset + change.bytes.size();
  if (content.size() < end) content.resize(end);
  content.replace(change.offset, change.bytes.size(), change.bytes);
}

/// What is certain from the beginning on becomes part of what is on the medium.
void SimulatedDisk::settle(Node& node) {
  const auto open = std::find_if(node.changes.begin(), node.changes.end(), [](const Change& each) {
    return each.fate != Change::Fate::synced;
  });
  std::for_each(node.changes.begin(), open, [&](const Change& each) { apply(each, node.settled); });
  node.changes.erase(node.changes.begin(), open);
}

void SimulatedDisk::lose(Node& node) {
  for (Change& each : node.changes) {
    const std::uint64_t dice = each.fate == Change::Fate::synced ? 0 : random_.below(3);
    if (dice == 1) continue;
    if (dice == 2) each.bytes.resize(random_.below(each.bytes.size() + 1));
    if (dice != 2 || !each.truncates) apply(each, node.settled);
  }
  node.changes.clear();
  node.now = node.settled;
}

void SimulatedDisk::restart() {
  for (const NameChange& change : name_changes_)
    if (random_.below(2) == 0) apply(change, settled_names_, settled_directories_);
  name_changes_.clear();
  directories_ = settled_directories_;
  std::erase_if(settled_names_, [&](const auto& pair) {
    const std::string directory = directory_of(pair.first);
    return directory != "." && !directories_.contains(directory);
  });
  // New nodes: whoever still has a file open does not write to what is there now.
  std::map<const Node*, NodePtr> fresh;
  for (auto& [name, node] : settled_names_) {
    NodePtr& copy = fresh[node.get()];
    if (!copy) {
      copy = std::make_shared<Node>(*node);
      lose(*copy);
    }
    node = copy;
  }
  names_ = settled_names_;
  off_ = false;
  cut_at_ = 0;
  end_at_ = 0;
}

}  // namespace respawn::test
