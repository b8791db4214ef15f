/* RETURN options and ESEARCH responses: RFC 4731, RFC 5182, RFC 5267 section 4.4, RFC 9394. */
#include "lib/base/base.h"

#include "imapd/search_return.h"

#include "imapd/set.h"
#include "lib/message/imap_text.h"

#include <stdlib.h>

/* --- what the client wants --------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned option;
} options[] = {
    {"MIN",     RETURN_MIN    },
    {"MAX",     RETURN_MAX    },
    {"ALL",     RETURN_ALL    },
    {"COUNT",   RETURN_COUNT  },
    {"SAVE",    RETURN_SAVE   },
    {"PARTIAL", RETURN_PARTIAL},
    {"UPDATE",  RETURN_UPDATE },
    {"CONTEXT", RETURN_CONTEXT},
};

/* nz-number, after a '-' when it counts from the end */
static bool take_place(struct cursor *at, bool from_end, uint32_t *place_r)
{
    uint64_t number;

    if ((from_end && !cursor_take(at, '-')) || !parse_number(at, UINT32_MAX, &number) ||
        number == 0)
        return false;
    *place_r = (uint32_t)number;
    return true;
}

bool partial_parse(struct cursor *at, struct partial *partial_r)
{
    struct cursor here = *at;
    struct partial partial = {.from_end = cursor_left(here) > 0 && *here.next == '-'};
    uint32_t one, other;

    if (!take_place(&here, partial.from_end, &one) || !cursor_take(&here, ':') ||
        !take_place(&here, partial.from_end, &other))
        return false;
    partial.first = one < other ? one : other;
    partial.last = one < other ? other : one;
    *partial_r = partial;
    *at = here;
    return true;
}

void partial_slice(const struct partial *partial, size_t count, size_t *first_r, size_t *past_r)
{
    size_t first = partial->first - 1, past = partial->last;

    if (past > count)
        past = count;
    if (first > past)
        first = past;
    *first_r = partial->from_end ? count - past : first;
    *past_r = partial->from_end ? count - first : past;
}

static bool take_option(struct cursor *at, struct search_return *wanted)
{
    struct span word;

    if (!parse_atom(at, &word))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
        if (!span_equal_text_nocase(word, options[i].name))
            continue;
        if (options[i].option == RETURN_PARTIAL &&
            ((wanted->options & RETURN_PARTIAL) != 0 || !parse_space(at) ||
             !partial_parse(at, &wanted->partial)))
            return false;
        wanted->options |= options[i].option;
        return true;
    }
    return false;
}

/* RFC 9394 section 3.1: PARTIAL and ALL exclude each other. */
static bool is_sound(unsigned wanted)
{
    return (wanted & (RETURN_PARTIAL | RETURN_ALL)) != (RETURN_PARTIAL | RETURN_ALL);
}

bool search_return_parse(struct cursor *at, struct search_return *return_r)
{
    struct cursor here = *at;
    struct search_return wanted = {.given = true};

    *return_r = (struct search_return){.options = RETURN_ALL};
    if (!parse_space(&here) || !parse_word(&here, "RETURN"))
        return true;
    if (!parse_space(&here) || !cursor_take(&here, '('))
        return false;
    if (!cursor_take(&here, ')')) {
        do {
            if (!take_option(&here, &wanted))
                return false;
        } while (parse_more(&here));
        if (!cursor_take(&here, ')'))
            return false;
    }
    if ((wanted.options & ~(unsigned)RETURN_CONTEXT) == 0)
        wanted.options |= RETURN_ALL;
    *return_r = wanted;
    *at = here;
    return is_sound(wanted.options);
}

/* --- what was found ---------------------------------------------------------------------------- */

void found_add(struct found *found, uint32_t index)
{
    if (found->count == found->capacity) {
        found->capacity = found->capacity == 0 ? 256 : found->capacity * 2;
        found->indices = mem_resize(found->indices, found->capacity, sizeof(*found->indices));
    }
    found->indices[found->count++] = index;
}

void found_release(struct found *found)
{
    mem_free(found->indices);
    *found = (struct found){0};
}

static uint32_t number_of(const struct mailbox *mailbox, bool by_uid, uint32_t index)
{
    return by_uid ? mailbox->messages[index].uid : index + 1;
}

void search_put_set(struct buf *out, const struct mailbox *mailbox, bool by_uid,
                    const uint32_t *indices, size_t count)
{
    for (size_t i = 0; i < count;) {
        uint32_t first = number_of(mailbox, by_uid, indices[i]), last = first;

        if (i > 0)
            buf_put_char(out, ',');
        for (i++; i < count && number_of(mailbox, by_uid, indices[i]) == last + 1; i++)
            last++;
        imap_put_number(out, first);
        if (last != first) {
            buf_put_char(out, ':');
            imap_put_number(out, last);
        }
    }
}

/* The index with the lowest place in the mailbox, or the highest. */
static uint32_t extreme(const struct found *found, bool highest)
{
    uint32_t best = found->indices[0];

    for (size_t i = 1; i < found->count; i++) {
        if (highest ? found->indices[i] > best : found->indices[i] < best)
            best = found->indices[i];
    }
    return best;
}

/* Of SORT, MIN and MAX are the first and the last one (RFC 5267 section 3.1). */
static uint32_t first_of(const struct search_source *source, const struct found *found)
{
    return source->is_sorted ? found->indices[0] : extreme(found, false);
}

static uint32_t last_of(const struct search_source *source, const struct found *found)
{
    return source->is_sorted ? found->indices[found->count - 1] : extreme(found, true);
}

static uint64_t modseq_of(const struct search_source *source, uint32_t index)
{
    return source->mailbox->messages[index].modseq;
}

/* RFC 4731 section 3.2: of MIN and MAX alone, theirs; else the highest of all. */
static uint64_t highest_modseq(unsigned wanted, const struct search_source *source,
                               const struct found *found)
{
    static const unsigned of_all = RETURN_ALL | RETURN_COUNT | RETURN_PARTIAL;
    uint64_t first = modseq_of(source, first_of(source, found)), highest = 0;
    uint64_t last = modseq_of(source, last_of(source, found));

    if ((wanted & of_all) == 0 && (wanted & (RETURN_MIN | RETURN_MAX)) != 0) {
        if ((wanted & RETURN_MAX) == 0)
            return first;
        return (wanted & RETURN_MIN) == 0 || last > first ? last : first;
    }
    for (size_t i = 0; i < found->count; i++) {
        if (modseq_of(source, found->indices[i]) > highest)
            highest = modseq_of(source, found->indices[i]);
    }
    return highest;
}

/* --- the responses ----------------------------------------------------------------------------- */

void search_put_tag(struct buf *out, struct span tag)
{
    buf_put_text(out, "(TAG ");
    imap_put_string(out, tag);
}

static void put_source(struct imapd_session *session, const struct search_source *source)
{
    struct buf *out = &session->response;

    buf_put_text(out, "* ESEARCH ");
    search_put_tag(out, session->tag);
    if (!source->is_selected) {
        buf_put_text(out, " MAILBOX ");
        imapd_put_mailbox(session, source->mailbox->name);
        buf_put_printf(out, " UIDVALIDITY %" PRIu32, source->mailbox->uidvalidity);
    }
    buf_put_text(out, source->by_uid ? ") UID" : ")");
}

static void put_number(struct buf *out, const char *name, uint64_t number)
{
    buf_put_char(out, ' ');
    buf_put_text(out, name);
    buf_put_char(out, ' ');
    imap_put_number(out, number);
}

static void put_partial(struct buf *out, const struct partial *partial,
                        const struct search_source *source, const struct found *found)
{
    const char *sign = partial->from_end ? "-" : "";
    size_t first, past;

    partial_slice(partial, found->count, &first, &past);
    buf_put_printf(out, " PARTIAL (%s%" PRIu32 ":%s%" PRIu32 " ", sign, partial->first, sign,
                   partial->last);
    if (first == past)
        buf_put_text(out, "NIL");
    else
        search_put_set(out, source->mailbox, source->by_uid, found->indices + first, past - first);
    buf_put_char(out, ')');
}

static void put_items(struct buf *out, const struct search_return *wanted,
                      const struct search_source *source, const struct found *found)
{
    const struct mailbox *mailbox = source->mailbox;

    if ((wanted->options & RETURN_MIN) != 0 && found->count > 0)
        put_number(out, "MIN", number_of(mailbox, source->by_uid, first_of(source, found)));
    if ((wanted->options & RETURN_MAX) != 0 && found->count > 0)
        put_number(out, "MAX", number_of(mailbox, source->by_uid, last_of(source, found)));
    if ((wanted->options & RETURN_ALL) != 0 && found->count > 0) {
        buf_put_text(out, " ALL ");
        search_put_set(out, mailbox, source->by_uid, found->indices, found->count);
    }
    if ((wanted->options & RETURN_PARTIAL) != 0)
        put_partial(out, &wanted->partial, source, found);
    if ((wanted->options & RETURN_COUNT) != 0)
        put_number(out, "COUNT", found->count);
    if (source->with_modseq && found->count > 0)
        put_number(out, "MODSEQ", highest_modseq(wanted->options, source, found));
}

/* The response of RFC 3501 and RFC 5256. */
static void put_plain(struct buf *out, const struct search_source *source,
                      const struct found *found)
{
    buf_put_text(out, source->is_sorted ? "* SORT" : "* SEARCH");
    for (size_t i = 0; i < found->count; i++) {
        buf_put_char(out, ' ');
        imap_put_number(out, number_of(source->mailbox, source->by_uid, found->indices[i]));
    }
    if (source->with_modseq && found->count > 0)
        buf_put_printf(out, " (MODSEQ %" PRIu64 ")", highest_modseq(RETURN_ALL, source, found));
    buf_put_text(out, "\r\n");
}

void search_put_response(struct imapd_session *session, const struct search_return *wanted,
                         const struct search_source *source, const struct found *found)
{
    static const unsigned silent = RETURN_SAVE | RETURN_CONTEXT;

    if (!wanted->given) {
        put_plain(&session->response, source, found);
        return;
    }
    if ((wanted->options & ~silent) == 0 || (!source->is_selected && found->count == 0))
        return;
    put_source(session, source);
    put_items(&session->response, wanted, source, found);
    buf_put_text(&session->response, "\r\n");
}

/* --- SAVE -------------------------------------------------------------------------------------- */

static int compare_indices(const void *a, const void *b)
{
    const uint32_t *first = a, *second = b;

    return *first < *second ? -1 : *first > *second;
}

/* RFC 5182 section 2.1, RFC 9394 section 3.1: COUNT or ALL, or none of the others, saves everything. */
void search_save(struct imapd_session *session, const struct search_return *wanted,
                 const struct found *found)
{
    static const unsigned some = RETURN_MIN | RETURN_MAX | RETURN_PARTIAL;
    struct found saved = {0};
    size_t first = 0, past = found->count;
    bool all =
        (wanted->options & (RETURN_ALL | RETURN_COUNT)) != 0 || (wanted->options & some) == 0;

    saved_set_clear(&session->saved);
    if (!all && (wanted->options & RETURN_PARTIAL) != 0)
        partial_slice(&wanted->partial, found->count, &first, &past);
    else if (!all)
        past = 0;
    for (size_t i = first; i < past; i++)
        found_add(&saved, found->indices[i]);
    if (!all && (wanted->options & RETURN_MIN) != 0 && found->count > 0)
        found_add(&saved, extreme(found, false));
    if (!all && (wanted->options & RETURN_MAX) != 0 && found->count > 0)
        found_add(&saved, extreme(found, true));
    if (saved.count > 0)
        qsort(saved.indices, saved.count, sizeof(*saved.indices), compare_indices);
    for (size_t i = 0; i < saved.count; i++) {
        if (i == 0 || saved.indices[i] != saved.indices[i - 1])
            saved_set_add(&session->saved, session->mailbox->messages[saved.indices[i]].uid);
    }
    found_release(&saved);
}
