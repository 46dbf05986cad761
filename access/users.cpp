#include "access/users.hpp"

#include "access/rules.hpp"
#include "access/users_file.hpp"
#include "base/check.hpp"

namespace respawn::access {

namespace {

using Words = std::vector<std::string_view>;

User open_default(const CommandCatalog& catalog) {
  User user{std::string(default_user_name), Grounds{catalog}};
  for (const std::string_view rule : {"+@all", "~*", "&*", "on", "nopass"})
    RESPAWN_CHECK(user.apply(rule, Grounds{catalog}) == Fault::none);
  return user;
}

}  // namespace

Users::Users(const CommandCatalog& catalog) : catalog_(&catalog) {
  store(open_default(catalog));
}

UserPtr Users::store(User user) {
  auto stored = std::make_shared<const User>(std::move(user));
  users_.insert_or_assign(stored->name(), stored);
  if (stored->name() == default_user_name) default_ = stored;
  return stored;
}

UserPtr Users::find(std::string_view name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : found->second;
}

Result<UserPtr> Users::set(std::string_view name, std::span<const std::string_view> rules,
                           const Grounds& grounds) {
  const UserPtr known = find(name);
  auto user = changed(known ? *known : User(std::string(name), grounds), rules, grounds);
  if (!user.ok()) return failure(user.error());
  return store(std::move(user).value());
}

void Users::set_default_password(std::string_view password, const Grounds& grounds) {
  const std::string rule = password.empty() ? "nopass" : ">" + std::string(password);
  const Words rules{"resetpass", rule};
  RESPAWN_CHECK(set(default_user_name, rules, grounds).ok());
}

bool Users::remove(std::string_view name) {
  RESPAWN_CHECK(name != default_user_name);
  const auto found = users_.find(name);
  if (found == users_.end()) return false;
  users_.erase(found);
  return true;
}

Status Users::configure(std::span<const std::string> words, const Grounds& grounds) {
  const auto error = [](const std::string& word, std::string_view why) {
    return failure("Error in user declaration '" + word + "': " + std::string(why));
  };
  if (has_blanks(words.front())) return failure("Spaces not allowed in ACL usernames");
  const auto rules = join_selectors(Words(words.begin() + 1, words.end()));
  if (!rules.ok()) return error(rules.error(), "Unmatched parenthesis in acl selector");
  User user(words.front(), grounds);
  for (const std::string& rule : *rules)
    if (const Fault fault = user.apply(rule, grounds); fault != Fault::none)
      return error(rule, describe(fault));
  store(std::move(user));
  return success();
}

Status Users::load(std::string_view text, std::string_view file, const Grounds& grounds) {
  auto users = read_users_file(text, file, grounds);
  if (!users.ok()) return failure(users.error());
  users_.clear();
  store(open_default(*catalog_));
  for (User& user : *users) store(std::move(user));
  return success();
}

std::vector<std::string> Users::lines() const {
  std::vector<std::string> lines;
  for (const auto& [name, user] : users_) lines.push_back("user " + name + " " + user->text());
  return lines;
}

std::string Users::text() const {
  std::string text;
  for (const std::string& line : lines()) text += line + "\n";
  return text;
}

}  // namespace respawn::access
