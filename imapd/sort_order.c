/*
 * Messages in an order: what is compared is taken once of each, from the index, and then sorted. No
 * message file is read that the index knows.
 */
#include "lib/base/base.h"

#include "imapd/sort.h"

#include "lib/message/date.h"
#include "lib/message/encoding.h"
#include "lib/message/envelope.h"
#include "lib/message/subject.h"

#include <stdlib.h>

/* A number; or a text, of which the first eight octets are in the number. */
struct value {
    uint64_t number;
    struct span rest;
};

struct item {
    uint64_t first; /* number of the first criterion; what is less comes first */
    uint32_t index;
    const struct value *values; /* one for each criterion */
};

struct sorting {
    const struct sort_program *program;
    struct mailbox *mailbox;
    struct casemap *casemap;
    enum envelope_field last;
    struct arena *values;  /* of the sort */
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

static void set_number(struct value *value, uint64_t number)
{
    value->number = number;
}

static void set_text(struct sorting *sorting, struct value *value, struct span text)
{
    for (size_t i = 0; i < sizeof(value->number); i++)
        value->number = value->number << 8 | (i < text.len ? (unsigned char)text.data[i] : 0);
    if (text.len > sizeof(value->number)) {
        text = span_skip(text, sizeof(value->number));
        value->rest = span_of(arena_text(sorting->values, text), text.len);
    }
}

static void set_subject(struct sorting *sorting, struct value *value)
{
    bool reply;

    sort_map_header(sorting->casemap, &sorting->text, &sorting->room,
                    sorting->envelope.fields[ENVELOPE_SUBJECT]);
    set_text(sorting, value, subject_base(sorting->text.data, sorting->text.len, &reply));
}

/* The local part of the first address (RFC 5256 section 3). */
static void set_mailbox(struct sorting *sorting, struct value *value, enum envelope_field field)
{
    struct cursor at = cursor_of(sorting->envelope.fields[field]);
    struct envelope_address address;

    if (!envelope_next_address(sorting->arena, &at, &address))
        return;
    casemap_put(sorting->casemap, &sorting->text, address.mailbox);
    set_text(sorting, value, buf_span(&sorting->text));
}

/* Its name, or else the address: RFC 5957 section 3. A group has its own name. */
static void set_display_name(struct sorting *sorting, struct value *value,
                             enum envelope_field field)
{
    struct cursor at = cursor_of(sorting->envelope.fields[field]);
    struct envelope_address address;

    if (!envelope_next_address(sorting->arena, &at, &address))
        return;
    if (address.name.len > 0) {
        sort_map_header(sorting->casemap, &sorting->text, &sorting->room, address.name);
    } else {
        casemap_put(sorting->casemap, &sorting->text, address.mailbox);
        if (address.host.data != NULL) {
            casemap_put(sorting->casemap, &sorting->text, SPAN_LITERAL("@"));
            casemap_put(sorting->casemap, &sorting->text, address.host);
        }
    }
    set_text(sorting, value, buf_span(&sorting->text));
}

static void set_value(struct sorting *sorting, enum sort_kind kind, struct value *value)
{
    static const int64_t first = INT64_MIN; /* dates before 1970 come first */

    buf_clear(&sorting->text);
    switch (kind) {
    case SORT_ARRIVAL:
        set_number(value, sorting->metadata.internal_date);
        return;
    case SORT_DATE:
        set_number(value, (uint64_t)sort_sent_date(sorting->envelope.fields[ENVELOPE_DATE],
                                                   sorting->metadata.internal_date) -
                              (uint64_t)first);
        return;
    case SORT_SIZE:
        set_number(value, sorting->metadata.virtual_size);
        return;
    case SORT_SUBJECT:
        set_subject(sorting, value);
        return;
    case SORT_CC:
        set_mailbox(sorting, value, ENVELOPE_CC);
        return;
    case SORT_FROM:
        set_mailbox(sorting, value, ENVELOPE_FROM);
        return;
    case SORT_TO:
        set_mailbox(sorting, value, ENVELOPE_TO);
        return;
    case SORT_DISPLAY_FROM:
        set_display_name(sorting, value, ENVELOPE_FROM);
        return;
    case SORT_DISPLAY_TO:
        set_display_name(sorting, value, ENVELOPE_TO);
        return;
    case SORT_KINDS:
        break;
    }
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

static unsigned wanted_by(const struct sort_program *program)
{
    static const unsigned wanted[SORT_KINDS] = {
        [SORT_ARRIVAL] = WANT_DATE,
        [SORT_DATE] = WANT_ENVELOPE | WANT_DATE,
        [SORT_SIZE] = WANT_SIZE,
    };
    unsigned all = 0;

    for (size_t i = 0; i < program->count; i++) {
        unsigned one = wanted[program->criteria[i].kind];
        all |= one != 0 ? one : (unsigned)WANT_ENVELOPE;
    }
    return all;
}

/* --- comparing --------------------------------------------------------------------------------- */

static int compare_rests(struct span a, struct span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);

    return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

static int compare_items(const void *a, const void *b, void *context)
{
    const struct sort_program *program = context;
    const struct item *first = a, *second = b;

    if (first->first != second->first)
        return first->first < second->first ? -1 : 1;
    for (size_t i = 0; i < program->count; i++) {
        const struct value *one = &first->values[i], *other = &second->values[i];
        int order = one->number < other->number ? -1 : one->number > other->number;
        if (order == 0)
            order = compare_rests(one->rest, other->rest);
        if (order != 0)
            return program->criteria[i].reverse ? -order : order;
    }
    return first->index < second->index ? -1 : first->index > second->index;
}

/* --- the sort ---------------------------------------------------------------------------------- */

/* A message that is gone has nothing to be compared; it stands where nothing leads. */
static bool take_values(struct sorting *sorting, unsigned wanted, struct item *item,
                        struct error *err)
{
    const struct sort_program *program = sorting->program;
    struct value *values = arena_array(sorting->values, struct value, program->count);

    item->values = values;
    arena_reset(sorting->arena);
    if (!mailbox_metadata(sorting->mailbox, item->index, wanted, NULL, &sorting->metadata, err))
        return err->number == ENOENT;
    sorting->envelope = (struct envelope){0};
    if ((wanted & WANT_ENVELOPE) != 0)
        (void)!envelope_read(sorting->arena, sorting->metadata.envelope, sorting->last,
                             &sorting->envelope);
    for (size_t i = 0; i < program->count; i++)
        set_value(sorting, program->criteria[i].kind, &values[i]);
    item->first = program->criteria[0].reverse ? ~values[0].number : values[0].number;
    return true;
}

static bool sort_items(struct sorting *sorting, struct progress *progress, struct found *found,
                       struct error *err)
{
    struct item *items = arena_array(sorting->values, struct item, found->count + 1);
    unsigned wanted = wanted_by(sorting->program);
    union {
        const struct sort_program *program;
        void *context;
    } context = {sorting->program};

    for (size_t i = 0; i < found->count; i++) {
        items[i].index = found->indices[i];
        if (!take_values(sorting, wanted, &items[i], err) || !progress_step(progress, err))
            return false;
    }
    qsort_r(items, found->count, sizeof(*items), compare_items, context.context);
    for (size_t i = 0; i < found->count; i++)
        found->indices[i] = items[i].index;
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
        .values = arena_create(),
        .arena = arena_create(),
        .text = BUF(SORT_TEXT_MAX),
        .room = BUF(SORT_TEXT_MAX),
    };
    bool done = found->count == 0 || sort_items(&sorting, progress, found, err);

    arena_free(&sorting.values);
    arena_free(&sorting.arena);
    buf_release(&sorting.text);
    buf_release(&sorting.room);
    return done;
}
