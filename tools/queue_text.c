/* Listings for people and scripts. Column widths are Postfix's, which scripts count on. */
#include "lib/base/base.h"

#include "tools/queue_text.h"

#include "lib/message/address.h"
#include "tools/json_text.h"

#include <time.h>

#define REASON_COLUMN 78 /* where reasons end, if they are not longer */

static const char *sender_of(const struct listing_entry *entry)
{
    return entry->sender[0] == '\0' ? "MAILER-DAEMON" : entry->sender;
}

/* --- for people --------------------------------------------------------------------------------------------- */

static void put_printable(struct buf *text, const char *value)
{
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;
        buf_put_char(text, c < ' ' || c == 0x7f ? '?' : *value);
    }
}

static const char *mark_of(const struct listing_entry *entry)
{
    if (strcmp(entry->queue, "active") == 0)
        return entry->forced_expire ? "*#" : "*";
    if (strcmp(entry->queue, "hold") == 0)
        return entry->forced_expire ? "!#" : "!";
    return entry->forced_expire ? "#" : "";
}

static void put_heading(const struct queue_text *state, struct buf *text)
{
    buf_put_text(text,
                 state->long_ids
                     ? "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
                     : "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n");
}

static void put_message(const struct queue_text *state, struct buf *text, struct arena *arena,
                        const struct listing_entry *entry)
{
    time_t arrival = (time_t)entry->arrival_s;
    char date[sizeof("Mon Nov 23 13:05:06 ")] = "";
    struct tm local;
    char *id = arena_printf(arena, "%s%s", entry->queue_id, mark_of(entry));

    if (localtime_r(&arrival, &local) != NULL)
        (void)strftime(date, sizeof(date), "%a %b %e %H:%M:%S ", &local);
    if (state->long_ids)
        buf_put_printf(text, "%-17s %8" PRIu64 " %.19s ", id, entry->size, date);
    else
        buf_put_printf(text, "%-11s %7" PRIu64 " %s ", id, entry->size, date);
    put_printable(text, address_quote(arena, sender_of(entry)));
    buf_put_char(text, '\n');
}

static void put_reason(struct queue_text *state, struct buf *text, const char *reason)
{
    int padding =
        REASON_COLUMN - 2 - (int)(strlen(reason) < REASON_COLUMN ? strlen(reason) : REASON_COLUMN);

    if (reason[0] == '\0' ||
        (state->last_reason != NULL && strcmp(state->last_reason, reason) == 0))
        return;
    mem_free(state->last_reason);
    state->last_reason = mem_text(reason);
    buf_put_printf(text, "%*s(", padding > 0 ? padding : 0, "");
    put_printable(text, reason);
    buf_put_text(text, ")\n");
}

static void put_recipients(struct queue_text *state, struct buf *text, struct arena *arena,
                           const struct listing_entry *entry)
{
    for (size_t i = 0; i < entry->recipient_count; i++) {
        const struct listing_recipient *recipient = &entry->recipients[i];
        put_reason(state, text, recipient->reason);
        buf_put_printf(text, "%*s", state->long_ids ? 47 : 41, "");
        put_printable(text, address_quote(arena, recipient->address));
        buf_put_char(text, '\n');
    }
}

static void put_traditional(struct queue_text *state, struct buf *text, struct arena *arena,
                            const struct listing_entry *entry)
{
    if (!state->continued) {
        if (state->messages == 1)
            put_heading(state, text);
        put_message(state, text, arena, entry);
    }
    put_recipients(state, text, arena, entry);
    if (!entry->continued)
        buf_put_char(text, '\n');
}

/* --- for programs --------------------------------------------------------------------------------------------- */

static void put_json(struct queue_text *state, struct buf *text, struct arena *arena,
                     const struct listing_entry *entry)
{
    if (!state->continued) {
        buf_put_printf(text, "{\"queue_name\": \"%s\", \"queue_id\": \"%s\", ", entry->queue,
                       entry->queue_id);
        buf_put_printf(text, "\"arrival_time\": %" PRIu64 ", \"message_size\": %" PRIu64 ", ",
                       entry->arrival_s, entry->size);
        buf_put_printf(
            text, "\"forced_expire\": %s, \"sender\": ", entry->forced_expire ? "true" : "false");
        json_put_string(text, span_text(address_quote(arena, sender_of(entry))));
        buf_put_text(text, ", \"recipients\": [");
    }
    for (size_t i = 0; i < entry->recipient_count; i++) {
        buf_put_text(text, i > 0 || state->continued ? ", {\"address\": " : "{\"address\": ");
        json_put_string(text, span_text(address_quote(arena, entry->recipients[i].address)));
        if (entry->recipients[i].reason[0] != '\0') {
            buf_put_text(text, ", \"delay_reason\": ");
            json_put_string(text, span_text(entry->recipients[i].reason));
        }
        if (entry->recipients[i].original[0] != '\0') {
            buf_put_text(text, ", \"orig_address\": ");
            json_put_string(text, span_text(address_quote(arena, entry->recipients[i].original)));
        }
        buf_put_char(text, '}');
    }
    if (!entry->continued)
        buf_put_text(text, "]}\n");
}

/* --- both -------------------------------------------------------------------------------------------------------- */

void queue_text_entry(struct queue_text *state, struct buf *text, const struct listing_entry *entry)
{
    struct arena *arena = arena_create();

    if (!state->continued) {
        state->messages++;
        state->octets += entry->size;
        mem_free(state->last_reason);
        state->last_reason = NULL;
    }
    if (state->json)
        put_json(state, text, arena, entry);
    else
        put_traditional(state, text, arena, entry);
    state->continued = entry->continued;
    arena_free(&arena);
}

void queue_text_end(struct queue_text *state, struct buf *text)
{
    if (!state->json && state->messages == 0)
        buf_put_text(text, "Mail queue is empty\n");
    else if (!state->json)
        buf_put_printf(text, "-- %" PRIu64 " Kbytes in %zu Request%s.\n", state->octets / 1024,
                       state->messages, state->messages == 1 ? "" : "s");
    mem_free(state->last_reason);
    state->last_reason = NULL;
}
