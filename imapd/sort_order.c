/*
 * Messages in an order: a key is made for each criterion of each message, or found in the index, where an earlier
 * SORT left it. No message file is read that the index knows.
 */
#include "lib/base/base.h"

#include "imapd/sort.h"

#include "imapd/sort_rows.h"
#include "lib/message/date.h"
#include "lib/message/encoding.h"
#include "lib/message/envelope.h"
#include "lib/message/subject.h"

#define NUMBER_LEN 7 /* octets of a number, the highest first */
#define NUMBER_MAX ((INT64_C(1) << 55) - 1)

/* Under which kind a criterion's keys are kept in the index: numbers for ever. 0: not at all, what they are
 * made of is as near. */
static const unsigned kept_as[SORT_KINDS] = {
    [SORT_CC] = 1,   [SORT_DATE] = 2,    [SORT_DISPLAY_FROM] = 3, [SORT_DISPLAY_TO] = 4,
    [SORT_FROM] = 5, [SORT_SUBJECT] = 6, [SORT_TO] = 7,
};

struct sorting {
    const struct sort_program *program;
    struct mailbox *mailbox;
    struct casemap *casemap;
    enum envelope_field last;
    struct arena *keys;    /* of the sort */
    struct arena *arena;   /* of one message */
    struct buf text, room; /* to work in */
    struct message_metadata metadata;
    struct envelope envelope;
};

/* --- what is compared -------------------------------------------------------------------------- */

void sort_map_header(struct casemap *casemap, struct buf *out, struct buf *room, struct span body)
{
    if (body.len == 0)
        return;
    if (memmem(body.data, body.len, "=?", 2) == NULL) {
        casemap_put(casemap, out, span_first(body, SORT_TEXT_MAX));
        return;
    }
    buf_clear(room);
    encoding_put_header(room, body);
    casemap_put(casemap, out, buf_span(room));
}

int64_t sort_sent_date(struct span date, uint64_t internal_date)
{
    time_t when;

    return date_parse(span_trim(date), &when, NULL) ? (int64_t)when : (int64_t)internal_date;
}

/* Dates before 1970 come first. */
static void put_number(struct buf *key, int64_t number)
{
    uint64_t bits;

    if (number > NUMBER_MAX || number < -NUMBER_MAX)
        number = number < 0 ? -NUMBER_MAX : NUMBER_MAX;
    bits = (uint64_t)(number + NUMBER_MAX);
    for (int i = NUMBER_LEN - 1; i >= 0; i--)
        buf_put_char(key, (char)(bits >> (8 * i)));
}

static void put_size(struct buf *key, uint64_t number)
{
    put_number(key, number > NUMBER_MAX ? NUMBER_MAX : (int64_t)number);
}

/* The local part of the first address (RFC 5256 section 3). */
static void put_mailbox(struct sorting *sorting, enum envelope_field field)
{
    struct cursor at = cursor_of(sorting->envelope.fields[field]);
    struct envelope_address address;

    if (envelope_next_address(sorting->arena, &at, &address))
        casemap_put(sorting->casemap, &sorting->text, address.mailbox);
}

/* Its name, or else the address: RFC 5957 section 3. A group has its own name. */
static void put_display_name(struct sorting *sorting, enum envelope_field field)
{
    struct cursor at = cursor_of(sorting->envelope.fields[field]);
    struct envelope_address address;

    if (!envelope_next_address(sorting->arena, &at, &address))
        return;
    if (address.name.len > 0) {
        sort_map_header(sorting->casemap, &sorting->text, &sorting->room, address.name);
        return;
    }
    casemap_put(sorting->casemap, &sorting->text, address.mailbox);
    if (address.host.data != NULL) {
        casemap_put(sorting->casemap, &sorting->text, SPAN_LITERAL("@"));
        casemap_put(sorting->casemap, &sorting->text, address.host);
    }
}

/* In sorting->text. What is less comes first. */
static struct span make_key(struct sorting *sorting, enum sort_kind kind)
{
    struct buf *text = &sorting->text;
    bool reply;

    buf_clear(text);
    switch (kind) {
    case SORT_ARRIVAL:
        put_size(text, sorting->metadata.internal_date);
        break;
    case SORT_DATE:
        put_number(text, sort_sent_date(sorting->envelope.fields[ENVELOPE_DATE],
                                        sorting->metadata.internal_date));
        break;
    case SORT_SIZE:
        put_size(text, sorting->metadata.virtual_size);
        break;
    case SORT_SUBJECT:
        sort_map_header(sorting->casemap, text, &sorting->room,
                        sorting->envelope.fields[ENVELOPE_SUBJECT]);
        return subject_base(text->data, text->len, &reply);
    case SORT_CC:
        put_mailbox(sorting, ENVELOPE_CC);
        break;
    case SORT_FROM:
        put_mailbox(sorting, ENVELOPE_FROM);
        break;
    case SORT_TO:
        put_mailbox(sorting, ENVELOPE_TO);
        break;
    case SORT_DISPLAY_FROM:
        put_display_name(sorting, ENVELOPE_FROM);
        break;
    case SORT_DISPLAY_TO:
        put_display_name(sorting, ENVELOPE_TO);
        break;
    case SORT_KINDS:
        break;
    }
    return buf_span(text);
}

/* The last field of the ENVELOPE that is looked at: what stands behind it need not be read. */
static enum envelope_field last_field(const struct sort_program *program)
{
    static const enum envelope_field fields[SORT_KINDS] = {
        [SORT_SUBJECT] = ENVELOPE_SUBJECT,
        [SORT_FROM] = ENVELOPE_FROM,
        [SORT_TO] = ENVELOPE_TO,
        [SORT_CC] = ENVELOPE_CC,
        [SORT_DISPLAY_FROM] = ENVELOPE_FROM,
        [SORT_DISPLAY_TO] = ENVELOPE_TO,
    };
    enum envelope_field last = ENVELOPE_DATE;

    for (size_t i = 0; i < program->count; i++) {
        if (fields[program->criteria[i].kind] > last)
            last = fields[program->criteria[i].kind];
    }
    return last;
}

static unsigned wanted_by(enum sort_kind kind)
{
    static const unsigned wanted[SORT_KINDS] = {
        [SORT_ARRIVAL] = WANT_DATE,
        [SORT_DATE] = WANT_ENVELOPE | WANT_DATE,
        [SORT_SIZE] = WANT_SIZE,
    };

    return wanted[kind] != 0 ? wanted[kind] : (unsigned)WANT_ENVELOPE;
}

/* --- the sort ---------------------------------------------------------------------------------- */

static bool read_message(struct sorting *sorting, uint32_t index, unsigned wanted,
                         struct error *err)
{
    arena_reset(sorting->arena);
    if (!mailbox_metadata(sorting->mailbox, index, wanted, NULL, &sorting->metadata, err))
        return false;
    sorting->envelope = (struct envelope){0};
    if ((wanted & WANT_ENVELOPE) != 0)
        (void)!envelope_read(sorting->arena, sorting->metadata.envelope, sorting->last,
                             &sorting->envelope);
    return true;
}

static struct span keep(struct sorting *sorting, struct span key)
{
    return span_of(arena_text(sorting->keys, key), key.len);
}

/* What the index knows; the bits of what must be read for the rest. */
static unsigned find_keys(struct sorting *sorting, uint32_t index, struct span *keys)
{
    const struct sort_program *program = sorting->program;
    unsigned wanted = 0;

    for (size_t i = 0; i < program->count; i++) {
        enum sort_kind kind = program->criteria[i].kind;
        if (kept_as[kind] != 0 &&
            mailbox_find_key(sorting->mailbox, index, kept_as[kind], &keys[i]))
            keys[i] = keep(sorting, keys[i]);
        else
            wanted |= wanted_by(kind);
    }
    return wanted;
}

/* A message that is gone has nothing to be compared; it stands where nothing leads. */
static bool take_keys(struct sorting *sorting, uint32_t index, struct span *keys, struct error *err)
{
    const struct sort_program *program = sorting->program;
    unsigned wanted = find_keys(sorting, index, keys);

    if (wanted == 0)
        return true;
    if (!read_message(sorting, index, wanted, err))
        return err->number == ENOENT;
    for (size_t i = 0; i < program->count; i++) {
        enum sort_kind kind = program->criteria[i].kind;
        if (keys[i].data != NULL)
            continue;
        keys[i] = keep(sorting, make_key(sorting, kind));
        if (kept_as[kind] != 0)
            mailbox_keep_key(sorting->mailbox, index, kept_as[kind], keys[i]);
    }
    return true;
}

static void put_in_order(const struct sort_program *program, const struct span *keys,
                         struct found *found)
{
    bool reverse[SORT_KINDS];
    struct sort_rows rows = {.keys = keys, .reverse = reverse, .width = program->count};
    uint32_t *order;

    for (size_t i = 0; i < program->count; i++)
        reverse[i] = program->criteria[i].reverse;
    sort_rows(&rows, found->count, &order);
    for (size_t i = 0; i < found->count; i++)
        order[i] = found->indices[order[i]];
    memcpy(found->indices, order, found->count * sizeof(*order));
    mem_free(order);
}

static bool sort_messages(struct sorting *sorting, struct progress *progress, struct found *found,
                          struct error *err)
{
    size_t width = sorting->program->count;
    struct span *keys = arena_array(sorting->keys, struct span, found->count * width);

    for (size_t i = 0; i < found->count; i++) {
        if (!take_keys(sorting, found->indices[i], keys + i * width, err) ||
            !progress_step(progress, err))
            return false;
    }
    put_in_order(sorting->program, keys, found);
    return true;
}

bool sort_found(struct mailbox *mailbox, const struct sort_program *program,
                struct casemap *casemap, struct progress *progress, struct found *found,
                struct error *err)
{
    struct sorting sorting = {
        .program = program,
        .mailbox = mailbox,
        .casemap = casemap,
        .last = last_field(program),
        .keys = arena_create(),
        .arena = arena_create(),
        .text = BUF(SORT_TEXT_MAX),
        .room = BUF(SORT_TEXT_MAX),
    };
    bool done = found->count == 0 || sort_messages(&sorting, progress, found, err);

    arena_free(&sorting.keys);
    arena_free(&sorting.arena);
    buf_release(&sorting.text);
    buf_release(&sorting.room);
    return done;
}
