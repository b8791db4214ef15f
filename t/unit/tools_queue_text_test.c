/* What mailq shows: columns and JSON to the letter, as scripts know them from Postfix 3.7. */
#include "t/unit/unit.h"

#include "tools/queue_text.h"

#define RECIPIENTS_MAX 4
#define ENTRIES_MAX    3

static const struct text_case {
    const char *name;
    bool json, long_ids;
    struct {
        const char *queue, *id, *sender;
        uint64_t size;
        bool forced, continued;
        const char *recipients[RECIPIENTS_MAX][3]; /* address, reason, original address */
    } entries[ENTRIES_MAX];
    const char *text;
} cases[] = {
    {.name = "an empty queue",                                                      .text = "Mail queue is empty\n"},
    { .name = "no JSON objects for an empty queue",                                                                 .json = true,                      .text = ""},
    { .name = "deferred: a reason stands before those who share it",
     .entries = {{"deferred",
                  "E0F81A74040",
                  "nobody@example.test",
                  3415,
                  false,
                  false,
                  {{"a b@defer.test", "connect to 127.0.0.9[127.0.0.9]:2598: Connection refused"},
                   {"y@defer.test", "connect to 127.0.0.9[127.0.0.9]:2598: Connection refused"},
                   {"x@dead.test", "mail transport unavailable"}}},
                 {"deferred",
                  "7E170A7403A",
                  "",
                  277,
                  false,
                  false,
                  {{"x@[127.0.0.9]", "mail transport unavailable"}}}},
     .text = "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
             "E0F81A74040    3415 Mon Nov 23 13:10:13  nobody@example.test\n"
             "                    (connect to 127.0.0.9[127.0.0.9]:2598: Connection refused)\n"
             "                                         \"a b\"@defer.test\n"
             "                                         y@defer.test\n"
             "                                                  (mail transport unavailable)\n"
             "                                         x@dead.test\n"
             "\n"
             "7E170A7403A     277 Mon Nov 23 13:10:13  MAILER-DAEMON\n"
             "                                                  (mail transport unavailable)\n"
             "                                         x@[127.0.0.9]\n"
             "\n"
             "-- 3 Kbytes in 2 Requests.\n"},
    {                                                                         .name = "active, on hold and expired messages have their marks",
     .entries = {{"active", "9BF4EA74161", "a@b", 100, false, false, {{"c@d", ""}}},
                 {"hold", "9BF4EA74162", "a@b", 100, false, false, {{"c@d", ""}}},
                 {"hold", "9BF4EA74163", "a@b", 100, true, false, {{"c@d", ""}}}},
     .text = "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
             "9BF4EA74161*     100 Mon Nov 23 13:10:13  a@b\n"
             "                                         c@d\n"
             "\n"
             "9BF4EA74162!     100 Mon Nov 23 13:10:13  a@b\n"
             "                                         c@d\n"
             "\n"
             "9BF4EA74163!#     100 Mon Nov 23 13:10:13  a@b\n"
             "                                         c@d\n"
             "\n"
             "-- 0 Kbytes in 3 Requests.\n"},
    {                                                                         .name = "long queue ids have wider columns",
     .long_ids = true,
     .entries = {{"deferred",
                  "4jY70w6hYHz1bdW5",
                  "",
                  2646,
                  false,
                  false,
                  {{"a@defer.test",
                    "a very long reason for being late that goes on and on and on and "
                    "on until it is longer than a line could ever be"}}}},
     .text =
         "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
         "4jY70w6hYHz1bdW5      2646 Mon Nov 23 13:10:13 MAILER-DAEMON\n"
         "(a very long reason for being late that goes on and on and on and on until it is longer "
         "than a line could ever be)\n"
         "                                               a@defer.test\n"
         "\n"
         "-- 2 Kbytes in 1 Request.\n"},
    {                                                                                .name = "JSON: one object a line",
     .json = true,
     .entries = {{"deferred",
                  "7963BA7403B",
                  "nobody@example.test",
                  287,
                  false,
                  false,
                  {{"a b@[127.0.0.9]", "connect to 127.0.0.9[127.0.0.9]:25: Connection refused"},
                   {"c@d", ""}}},
                 {"hold", "7963BA7403C", "", 0, true, false, {{NULL, NULL}}}},
     .text = "{\"queue_name\": \"deferred\", \"queue_id\": \"7963BA7403B\", \"arrival_time\": "
             "1795439413, \"message_size\": 287, \"forced_expire\": false, \"sender\": "
             "\"nobody@example.test\", \"recipients\": [{\"address\": "
             "\"\\\"a b\\\"@[127.0.0.9]\", \"delay_reason\": \"connect to "
             "127.0.0.9[127.0.0.9]:25: Connection refused\"}, {\"address\": \"c@d\"}]}\n"
             "{\"queue_name\": \"hold\", \"queue_id\": \"7963BA7403C\", \"arrival_time\": "
             "1795439413, \"message_size\": 0, \"forced_expire\": true, \"sender\": "
             "\"MAILER-DAEMON\", \"recipients\": []}\n"},
    {                                         .name = "JSON: octets that no string may hold",
     .json = true,
     .entries = {{"deferred",
                  "7963BA7403B",
                  "s@t",
                  1,
                  false,
                  false,
                  {{"a@b", "a \"quoted\" \\ \x01 \xc3\xa4"}, {"c@d", "no UTF-8: \xe4"}}}},
     .text = "{\"queue_name\": \"deferred\", \"queue_id\": \"7963BA7403B\", \"arrival_time\": "
             "1795439413, \"message_size\": 1, \"forced_expire\": false, \"sender\": \"s@t\", "
             "\"recipients\": [{\"address\": \"a@b\", \"delay_reason\": "
             "\"a \\\"quoted\\\" \\\\ \\u0001 \xc3\xa4\"}, {\"address\": \"c@d\", "
             "\"delay_reason\": \"no UTF-8: ?\"}]}\n"},
    {                                                                                                     .name = "JSON: a message in several pieces",
     .json = true,
     .entries = {{"active", "7963BA7403B", "s@t", 1, false, true, {{"a@b", ""}}},
                 {"active", "7963BA7403B", "s@t", 1, false, false, {{"c@d", ""}}}},
     .text = "{\"queue_name\": \"active\", \"queue_id\": \"7963BA7403B\", \"arrival_time\": "
             "1795439413, \"message_size\": 1, \"forced_expire\": false, \"sender\": \"s@t\", "
             "\"recipients\": [{\"address\": \"a@b\"}, {\"address\": \"c@d\"}]}\n"},
    {.name = "JSON: an alias, as Postfix 3.11 has it, behind what all have",
     .json = true,
     .entries = {{"active", "7963BA7403B", "s@t", 1, false, false, {{"a@b", "late", "l i@b"}}}},
     .text = "{\"queue_name\": \"active\", \"queue_id\": \"7963BA7403B\", \"arrival_time\": "
             "1795439413, \"message_size\": 1, \"forced_expire\": false, \"sender\": \"s@t\", "
             "\"recipients\": [{\"address\": \"a@b\", \"delay_reason\": \"late\", "
             "\"orig_address\": \"\\\"l i\\\"@b\"}]}\n"},
    {                                  .name = "a message in several pieces is one request",
     .entries = {{"deferred", "7963BA7403B", "s@t", 1, false, true, {{"a@b", "late"}}},
                 {"deferred", "7963BA7403B", "s@t", 1, false, false, {{"c@d", "late"}}}},
     .text = "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
             "7963BA7403B       1 Mon Nov 23 13:10:13  s@t\n"
             "                                                                        (late)\n"
             "                                         a@b\n"
             "                                         c@d\n"
             "\n"
             "-- 0 Kbytes in 1 Request.\n"},
};

static void show(void **state)
{
    const struct text_case *c = *state;
    struct queue_text shown = {.json = c->json, .long_ids = c->long_ids};
    struct buf text = BUF(100000);

    for (size_t i = 0; i < ENTRIES_MAX && c->entries[i].queue != NULL; i++) {
        struct listing_recipient recipients[RECIPIENTS_MAX];
        struct listing_entry entry = {
            .queue = c->entries[i].queue,
            .queue_id = c->entries[i].id,
            .arrival_s = 1795439413,
            .size = c->entries[i].size,
            .forced_expire = c->entries[i].forced,
            .continued = c->entries[i].continued,
            .sender = c->entries[i].sender,
            .recipients = recipients,
        };
        for (; c->entries[i].recipients[entry.recipient_count][0] != NULL;
             entry.recipient_count++) {
            const char *const *said = c->entries[i].recipients[entry.recipient_count];
            recipients[entry.recipient_count] =
                (struct listing_recipient){said[0], said[1], said[2] == NULL ? "" : said[2]};
        }
        queue_text_entry(&shown, &text, &entry);
    }
    queue_text_end(&shown, &text);
    assert_string_equal(buf_text(&text), c->text);
    buf_release(&text);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    setenv("TZ", "UTC", 1);
    UNIT_ADD_ROWS(tests, used, cases, show);
    return unit_run("tools_queue_text", tests, used);
}
