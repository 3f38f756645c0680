#include "cluster/bus_message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cluster/parcel_codec.hpp"
#include "support/buffer.hpp"

namespace microframe::cluster {
namespace {

using namespace std::string_literals;
using Texts = std::vector<std::string_view>;

hub::Parcel some_parcel() {
  hub::Parcel parcel;
  parcel.id = 0xFFFFFFFFFFFFFFFF;
  parcel.kind = hub::Parcel::Kind::binary;
  parcel.shedding = {base::Shedding::Rule::superseded, 0xFFFFFFFFFFFFFFFF};
  parcel.hidden_from = {"alice", ""};
  parcel.hidden_session = "session";
  parcel.content = "{\"a\": 1}";
  return parcel;
}

void expect_same(const hub::Parcel& one, const hub::Parcel& other) {
  EXPECT_EQ(one.id, other.id);
  EXPECT_EQ(one.kind, other.kind);
  EXPECT_EQ(one.shedding.rule, other.shedding.rule);
  EXPECT_EQ(one.shedding.stream, other.shedding.stream);
  EXPECT_EQ(one.hidden_from, other.hidden_from);
  EXPECT_EQ(one.hidden_session, other.hidden_session);
  EXPECT_EQ(one.content, other.content);
}

hub::UserRecord some_record() {
  hub::UserRecord record;
  record.present = 1;
  record.receiving = 300;
  record.rooms.resize(2);
  record.rooms[0].room = "lobby";
  record.rooms[1].room = "who";
  record.rooms[1].devices = {{"17", boost::json::object()}, {"18", {{"away", true}}}};
  return record;
}

// A message with one item of each kind that has fields.
std::string a_message() {
  BusWriter writer("node", 0x1122334455667788);
  writer.add(ItemKind::for_everyone, write_body(ForEveryone{"/ws", some_parcel()}));
  writer.add(ItemKind::in_room, write_body(InRoom{"/ws", "lobby", some_parcel()}));
  writer.add(ItemKind::for_users, write_body(ForUsers{"/ws", {"bob", "carol"}, some_parcel()}));
  writer.add(ItemKind::join_user, write_body(UserAndText{"/ws", "bob", "lobby"}));
  writer.add(ItemKind::changes, write_body(Records{7, {{"/ws", "bob", some_record()}}}));
  writer.add(ItemKind::beat, write_number(128));
  writer.add(ItemKind::goodbye, {});
  return writer.take(42);
}

TEST(BusMessages, AreReadAsTheyWereWritten) {
  const std::string bytes = a_message();
  BusReader reader(bytes);
  ASSERT_TRUE(reader.header());
  EXPECT_EQ(reader.header()->node, "node");
  EXPECT_EQ(reader.header()->incarnation, 0x1122334455667788u);
  EXPECT_EQ(reader.header()->sequence, 42u);

  const auto everyone = read_for_everyone(reader.next()->body);
  ASSERT_TRUE(everyone);
  EXPECT_EQ(everyone->endpoint, "/ws");
  expect_same(everyone->parcel, some_parcel());
  const auto in_room = read_in_room(reader.next()->body);
  ASSERT_TRUE(in_room);
  EXPECT_EQ(in_room->room, "lobby");
  expect_same(in_room->parcel, some_parcel());
  const auto for_users = read_for_users(reader.next()->body);
  ASSERT_TRUE(for_users);
  EXPECT_EQ(for_users->users, (Texts{"bob", "carol"}));
  expect_same(for_users->parcel, some_parcel());
  const auto joining = read_user_and_text(reader.next()->body);
  ASSERT_TRUE(joining);
  EXPECT_EQ(joining->user, "bob");
  EXPECT_EQ(joining->text, "lobby");
  const auto changes = read_records(reader.next()->body);
  ASSERT_TRUE(changes && changes->records.size() == 1);
  EXPECT_EQ(changes->number, 7u);
  const hub::UserRecord& record = changes->records[0].record;
  EXPECT_EQ(record.present, 1u);
  EXPECT_EQ(record.receiving, 300u);
  ASSERT_EQ(record.rooms.size(), 2u);
  EXPECT_EQ(record.rooms[0].room, "lobby");
  EXPECT_TRUE(record.rooms[0].devices.empty());
  ASSERT_EQ(record.rooms[1].devices.size(), 2u);
  EXPECT_EQ(record.rooms[1].devices[1].id, "18");
  EXPECT_EQ(record.rooms[1].devices[1].meta, Json({{"away", true}}));
  EXPECT_EQ(read_number(reader.next()->body), 128u);
  EXPECT_EQ(reader.next()->kind, static_cast<std::uint8_t>(ItemKind::goodbye));
  EXPECT_FALSE(reader.next());
}

TEST(BusMessages, HaveTheseBytes) {
  BusWriter writer("n1", 2);
  writer.add(ItemKind::join_user, write_body(UserAndText{"/w", "u", "r"}));
  EXPECT_EQ(writer.take(3),
            "\x01\x13\x03\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x02n1"
            "\x04\x07\x02/w\x01u\x01r"s);
  hub::Parcel parcel;
  parcel.shedding.stream = 300;
  parcel.hidden_from = {"u"};
  parcel.content = "hi";
  EXPECT_EQ(write_entry(parcel), "\x01\0\0\xAC\x02\0\x01\x01u\x02hi\0"s);
}

TEST(BusMessages, OfAnotherFormatAreSkipped) {
  std::string bytes = a_message();
  bytes[0] = 2;
  BusReader reader(bytes);
  EXPECT_FALSE(reader.header());
  EXPECT_FALSE(reader.next());
}

TEST(BusMessages, MayHoldItemsOfAnUnknownKind) {
  BusWriter writer("n1", 2);
  writer.add(static_cast<ItemKind>(200), "of a later version");
  writer.add(ItemKind::beat, write_number(5));
  const std::string bytes = writer.take(1);
  BusReader reader(bytes);
  EXPECT_EQ(reader.next()->kind, 200);
  EXPECT_EQ(read_number(reader.next()->body), 5u);
}

TEST(BusMessages, FieldsOfALaterVersionAreIgnored) {
  const auto later = "more"s;
  EXPECT_TRUE(read_user_and_text(write_body(UserAndText{"/ws", "u", "r"}) + later));
  EXPECT_TRUE(read_for_everyone(write_body(ForEveryone{"/ws", some_parcel()}) + later));
  EXPECT_TRUE(read_entry(write_entry(some_parcel()) + later));
  EXPECT_TRUE(read_records(write_body(Records{7, {{"/ws", "bob", some_record()}}}) + later));
}

TEST(BusMessages, CutAnywhereAreNoMoreThanTheirWholeItems) {
  const std::string bytes = a_message();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    BusReader reader(std::string_view(bytes).substr(0, size));
    std::size_t items = 0;
    while (reader.next()) ++items;
    EXPECT_LT(items, 8u);
  }
}

TEST(BusMessages, BodiesCutAnywhereAreNone) {
  const auto none_when_cut = [](const std::string& body, auto&& read) {
    for (std::size_t size = 0; size < body.size(); ++size)
      EXPECT_FALSE(read(std::string_view(body).substr(0, size))) << size;
  };
  none_when_cut(write_body(ForEveryone{"/ws", some_parcel()}), read_for_everyone);
  none_when_cut(write_body(InRoom{"/ws", "lobby", some_parcel()}), read_in_room);
  none_when_cut(write_body(ForUsers{"/ws", {"bob"}, some_parcel()}), read_for_users);
  none_when_cut(write_body(UserAndText{"/ws", "u", "r"}), read_user_and_text);
  none_when_cut(write_body(Records{7, {{"/ws", "bob", some_record()}}}), read_records);
  none_when_cut(write_number(300), read_number);
  none_when_cut(write_entry(some_parcel()), read_entry);
}

TEST(BusMessages, NumbersHaveSixtyFourBits) {
  for (const std::uint64_t number : {0ull, 127ull, 128ull, 1ull << 63, ~0ull})
    EXPECT_EQ(read_number(write_number(number)), number);
  EXPECT_FALSE(read_number("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"));
  EXPECT_FALSE(read_number("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"));
}

TEST(Parcels, HoldWhatAPlainClientIsSent) {
  const base::SharedBuffer binary = base::SharedBuffer::make(
      5,
      [](base::MutableBytes to) {
        const auto from = base::as_bytes("\x82\x03xyz");
        std::copy(from.begin(), from.end(), to.begin());
      },
      2);
  base::Frame frame(binary);
  frame.set_shedding({base::Shedding::Rule::oldest, 9});
  hub::HiddenFrom hidden;
  hidden.users = {"bob"};
  hidden.session = "s1";
  const hub::Parcel parcel = parcel_of(frame, hidden);
  EXPECT_EQ(parcel.kind, hub::Parcel::Kind::binary);
  EXPECT_EQ(parcel.content, "xyz");
  EXPECT_EQ(parcel.shedding.stream, 9u);
  EXPECT_EQ(parcel.hidden_from, Texts{"bob"});
  EXPECT_EQ(parcel.hidden_session, "s1");
}

TEST(Parcels, SayWhatTheirContentIs) {
  using Kind = hub::Parcel::Kind;
  base::SharedBuffer json = test::buffer("5");
  json.set_json();
  EXPECT_EQ(parcel_of(base::Frame(test::buffer("5")), hub::HiddenFrom()).kind, Kind::text);
  EXPECT_EQ(parcel_of(base::Frame(json), hub::HiddenFrom()).kind, Kind::json);
  EXPECT_EQ(parcel_of(base::Frame(json).own_copy(), hub::HiddenFrom()).kind, Kind::json);
  for (const Kind kind : {Kind::text, Kind::json, Kind::binary}) {
    hub::Parcel parcel = some_parcel();
    parcel.kind = kind;
    const std::string bytes = write_parcel(parcel);
    const auto read = read_parcel(bytes);
    ASSERT_TRUE(read);
    expect_same(*read, parcel);
  }
}

}  // namespace
}  // namespace microframe::cluster
