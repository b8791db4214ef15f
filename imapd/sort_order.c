/*
 * Messages in an order: what is compared is taken once of each, from an earlier SORT or else from the
 * index, and then sorted. No message file is read that the index knows.
 */
#include "lib/base/base.h"

#include "imapd/sort_cache.h"

#include "lib/message/date.h"
#include "lib/message/encoding.h"
#include "lib/message/envelope.h"
#include "lib/message/subject.h"

#include <stdlib.h>

struct item {
    uint64_t first; /* number of the first criterion; what is less comes first */
    uint32_t index;
    const struct sort_value *values; /* one for each criterion */
};

struct sorting {
    const struct sort_program *program;
    struct mailbox *mailbox;
    struct casemap *casemap;
    struct sort_cache *cache;
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

static void set_text(struct sorting *sorting, struct sort_value *value, struct span text)
{
    for (size_t i = 0; i < sizeof(value->number); i++)
        value->number = value->number << 8 | (i < text.len ? (unsigned char)text.data[i] : 0);
    if (text.len > sizeof(value->number)) {
        text = span_skip(text, sizeof(value->number));
        value->rest = arena_text(sort_cache_arena(sorting->cache), text);
        value->rest_len = (uint32_t)text.len; /* SORT_TEXT_MAX at most */
    }
}

static void set_subject(struct sorting *sorting, struct sort_value *value)
{
    bool reply;

    sort_map_header(sorting->casemap, &sorting->text, &sorting->room,
                    sorting->envelope.fields[ENVELOPE_SUBJECT]);
    set_text(sorting, value, subject_base(sorting->text.data, sorting->text.len, &reply));
}

/* The local part of the first address (RFC 5256 section 3). */
static void set_mailbox(struct sorting *sorting, struct sort_value *value,
                        enum envelope_field field)
{
    struct cursor at = cursor_of(sorting->envelope.fields[field]);
    struct envelope_address address;

    if (!envelope_next_address(sorting->arena, &at, &address))
        return;
    casemap_put(sorting->casemap, &sorting->text, address.mailbox);
    set_text(sorting, value, buf_span(&sorting->text));
}

/* Its name, or else the address: RFC 5957 section 3. A group has its own name. */
static void set_display_name(struct sorting *sorting, struct sort_value *value,
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

static void set_value(struct sorting *sorting, enum sort_kind kind, struct sort_value *value)
{
    static const int64_t first = INT64_MIN; /* dates before 1970 come first */

    buf_clear(&sorting->text);
    switch (kind) {
    case SORT_ARRIVAL:
        value->number = sorting->metadata.internal_date;
        return;
    case SORT_DATE:
        value->number = (uint64_t)sort_sent_date(sorting->envelope.fields[ENVELOPE_DATE],
                                                 sorting->metadata.internal_date) -
                        (uint64_t)first;
        return;
    case SORT_SIZE:
        value->number = sorting->metadata.virtual_size;
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

static unsigned wanted_by(enum sort_kind kind)
{
    static const unsigned wanted[SORT_KINDS] = {
        [SORT_ARRIVAL] = WANT_DATE,
        [SORT_DATE] = WANT_ENVELOPE | WANT_DATE,
        [SORT_SIZE] = WANT_SIZE,
    };

    return wanted[kind] != 0 ? wanted[kind] : (unsigned)WANT_ENVELOPE;
}

/* --- comparing --------------------------------------------------------------------------------- */

static int compare_rests(const struct sort_value *a, const struct sort_value *b)
{
    size_t len = a->rest_len < b->rest_len ? a->rest_len : b->rest_len;
    int order = len == 0 ? 0 : memcmp(a->rest, b->rest, len);

    return order != 0 ? order : a->rest_len < b->rest_len ? -1 : a->rest_len > b->rest_len;
}

static int compare_items(const void *a, const void *b, void *context)
{
    const struct sort_program *program = context;
    const struct item *first = a, *second = b;

    if (first->first != second->first)
        return first->first < second->first ? -1 : 1;
    for (size_t i = 0; i < program->count; i++) {
        const struct sort_value *one = &first->values[i], *other = &second->values[i];
        int order = one->number < other->number ? -1 : one->number > other->number;
        if (order == 0)
            order = compare_rests(one, other);
        if (order != 0)
            return program->criteria[i].reverse ? -order : order;
    }
    return first->index < second->index ? -1 : first->index > second->index;
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

/* What an earlier SORT left; the bits of what must be read for the rest. */
static unsigned recall_values(struct sorting *sorting, uint32_t uid, struct sort_value *values)
{
    const struct sort_program *program = sorting->program;
    unsigned wanted = 0;

    for (size_t i = 0; i < program->count; i++) {
        enum sort_kind kind = program->criteria[i].kind;
        const struct sort_value *known = sort_cache_find(sorting->cache, kind, uid);
        if (known != NULL)
            values[i] = *known;
        else
            wanted |= wanted_by(kind);
    }
    return wanted;
}

/* A message that is gone has nothing to be compared; it stands where nothing leads. */
static bool take_values(struct sorting *sorting, uint32_t index, struct sort_value *values,
                        struct error *err)
{
    const struct sort_program *program = sorting->program;
    uint32_t uid = sorting->mailbox->messages[index].uid;
    unsigned wanted = recall_values(sorting, uid, values);

    if (wanted == 0)
        return true;
    if (!read_message(sorting, index, wanted, err))
        return err->number == ENOENT;
    for (size_t i = 0; i < program->count; i++) {
        if (values[i].uid != 0)
            continue;
        values[i].uid = uid;
        set_value(sorting, program->criteria[i].kind, &values[i]);
        sort_cache_add(sorting->cache, program->criteria[i].kind, &values[i]);
    }
    return true;
}

static bool sort_items(struct sorting *sorting, struct progress *progress, struct found *found,
                       struct error *err)
{
    struct item *items = arena_array(sorting->values, struct item, found->count);
    size_t width = sorting->program->count;
    struct sort_value *values =
        arena_array(sorting->values, struct sort_value, found->count * width);
    uint64_t reverse = sorting->program->criteria[0].reverse ? UINT64_MAX : 0;
    union {
        const struct sort_program *program;
        void *context;
    } context = {sorting->program};

    for (size_t i = 0; i < found->count; i++, values += width) {
        if (!take_values(sorting, found->indices[i], values, err) || !progress_step(progress, err))
            return false;
        items[i] = (struct item){values[0].number ^ reverse, found->indices[i], values};
    }
    qsort_r(items, found->count, sizeof(*items), compare_items, context.context);
    for (size_t i = 0; i < found->count; i++)
        found->indices[i] = items[i].index;
    return true;
}

bool sort_found(struct mailbox *mailbox, const struct sort_program *program,
                struct casemap *casemap, struct sort_cache *cache, struct progress *progress,
                struct found *found, struct error *err)
{
    struct sorting sorting = {
        .program = program,
        .mailbox = mailbox,
        .casemap = casemap,
        .cache = cache,
        .last = last_field(program),
        .values = arena_create(),
        .arena = arena_create(),
        .text = BUF(SORT_TEXT_MAX),
        .room = BUF(SORT_TEXT_MAX),
    };
    bool done = found->count == 0 || sort_items(&sorting, progress, found, err);

    sort_cache_settle(cache);
    arena_free(&sorting.values);
    arena_free(&sorting.arena);
    buf_release(&sorting.text);
    buf_release(&sorting.room);
    return done;
}
