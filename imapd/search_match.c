/*
 * Does a message match the keys of a search? Keys that cost nothing are asked before those that need
 * the index, and those before the ones that read files.
 */
#include "lib/base/base.h"

#include "imapd/search.h"

#include "imapd/date_time.h"
#include "imapd/thread_id.h"
#include "lib/base/clock.h"
#include "lib/message/date.h"

#define DECODED_MAX (16 * 1024 * 1024) /* octets of one text that are looked at */

/* --- what is known of the message -------------------------------------------------------------- */

bool search_need(struct search_match *match, unsigned wanted)
{
    if ((match->has & wanted) == wanted)
        return true;
    wanted |= match->has;
    if (!mailbox_metadata(match->mailbox, match->index, wanted, &match->search->fields,
                          &match->metadata, &match->err))
        return false;
    match->has = wanted;
    match->has_envelope = match->has_fields = false; /* they pointed to the metadata of before */
    return true;
}

bool search_need_envelope(struct search_match *match)
{
    if (match->has_envelope)
        return true;
    if (!search_need(match, WANT_ENVELOPE))
        return false;
    match->has_envelope = envelope_read(match->arena, match->metadata.envelope,
                                        match->search->last_field, &match->envelope);
    return match->has_envelope;
}

struct span search_map(struct search_match *match, struct span text)
{
    buf_clear(&match->mapped);
    casemap_put(match->search->casemap, &match->mapped, text);
    return buf_span(&match->mapped);
}

bool search_has(struct span mapped, const struct search_key *key)
{
    return key->text.len == 0 ||
           (mapped.len >= key->text.len &&
            memmem(mapped.data, mapped.len, key->text.data, key->text.len) != NULL);
}

/* --- dates and numbers ------------------------------------------------------------------------- */

/* The day that the sender's calendar showed; of a message without a date, the first of all. */
static bool sent_day(struct search_match *match, int64_t *day_r)
{
    time_t when;
    int zone_minutes;

    if (!search_need_envelope(match))
        return false;
    *day_r = 0;
    if (date_parse(span_trim(match->envelope.fields[ENVELOPE_DATE]), &when, &zone_minutes))
        *day_r = date_day_at((int64_t)when, zone_minutes);
    return true;
}

static bool compare_day(enum search_kind before, enum search_kind on, enum search_kind kind,
                        int64_t day, int64_t wanted)
{
    return kind == before ? day < wanted : kind == on ? day == wanted : day >= wanted;
}

static bool internal_day_matches(struct search_match *match, const struct search_key *key)
{
    return search_need(match, WANT_DATE) &&
           compare_day(SEARCH_BEFORE, SEARCH_ON, key->kind,
                       date_local_day(match->metadata.internal_date), key->number);
}

/* RFC 8514: where no save date is known the internal date serves. */
static bool saved_day_matches(struct search_match *match, const struct search_key *key)
{
    uint64_t date;

    if (!search_need(match, WANT_SAVE_DATE | WANT_DATE))
        return false;
    date = match->metadata.save_date;
    if (date == 0)
        date = match->metadata.internal_date;
    return compare_day(SEARCH_SAVED_BEFORE, SEARCH_SAVED_ON, key->kind, date_local_day(date),
                       key->number);
}

static bool email_id_matches(struct search_match *match, const struct search_key *key)
{
    return search_need(match, WANT_EMAIL_ID) &&
           span_equal_text(key->text, match->metadata.email_id);
}

static bool thread_id_matches(struct search_match *match, const struct search_key *key)
{
    char id[THREAD_ID_LEN + 1];

    if (!search_need(match, THREAD_ID_WANTS))
        return false;
    thread_id_put(&match->metadata, id);
    return span_equal_text(key->text, id);
}

static bool sent_day_matches(struct search_match *match, const struct search_key *key)
{
    int64_t day;

    return sent_day(match, &day) &&
           compare_day(SEARCH_SENT_BEFORE, SEARCH_SENT_ON, key->kind, day, key->number);
}

static bool age_matches(struct search_match *match, const struct search_key *key)
{
    int64_t age;

    if (!search_need(match, WANT_DATE))
        return false;
    age = match->now - (int64_t)match->metadata.internal_date;
    return key->kind == SEARCH_OLDER ? age >= key->number : age <= key->number;
}

static bool size_matches(struct search_match *match, const struct search_key *key)
{
    if (!search_need(match, WANT_SIZE))
        return false;
    return key->kind == SEARCH_LARGER ? match->metadata.virtual_size > (uint64_t)key->number
                                      : match->metadata.virtual_size < (uint64_t)key->number;
}

static bool keyword_matches(const struct search_match *match, const struct search_key *key)
{
    int index = keywords_find(&match->mailbox->keywords, key->text);

    return index >= 0 && (match->mailbox->messages[match->index].keywords & 1U << index) != 0;
}

/* --- the tree of keys -------------------------------------------------------------------------- */

static bool key_matches(struct search_match *match, struct search_key *key);

static bool any_child_matches(struct search_match *match, struct search_key *key)
{
    for (struct search_key *child = key->child; child != NULL; child = child->next) {
        if (key_matches(match, child))
            return true;
    }
    return false;
}

static bool all_children_match(struct search_match *match, struct search_key *key)
{
    for (struct search_key *child = key->child; child != NULL; child = child->next) {
        if (!key_matches(match, child))
            return false;
    }
    return true;
}

static bool key_matches(struct search_match *match, struct search_key *key)
{
    const struct mailbox_message *shown = &match->mailbox->messages[match->index];

    switch (key->kind) {
    case SEARCH_ALL:
        return true;
    case SEARCH_FLAGS:
        return (shown->flags & key->mask) == (uint32_t)key->number;
    case SEARCH_KEYWORD:
        return keyword_matches(match, key);
    case SEARCH_NUMBERS:
    case SEARCH_UIDS:
        return index_runs_have(&key->runs, match->index);
    case SEARCH_MODSEQ:
        return shown->modseq >= (uint64_t)key->number;
    case SEARCH_BEFORE:
    case SEARCH_ON:
    case SEARCH_SINCE:
        return internal_day_matches(match, key);
    case SEARCH_SENT_BEFORE:
    case SEARCH_SENT_ON:
    case SEARCH_SENT_SINCE:
        return sent_day_matches(match, key);
    case SEARCH_SAVED_BEFORE:
    case SEARCH_SAVED_ON:
    case SEARCH_SAVED_SINCE:
        return saved_day_matches(match, key);
    case SEARCH_OLDER:
    case SEARCH_YOUNGER:
        return age_matches(match, key);
    case SEARCH_EMAIL_ID:
        return email_id_matches(match, key);
    case SEARCH_THREAD_ID:
        return thread_id_matches(match, key);
    case SEARCH_LARGER:
    case SEARCH_SMALLER:
        return size_matches(match, key);
    case SEARCH_SUBJECT:
        return search_subject_matches(match, key);
    case SEARCH_ADDRESSES:
        return search_addresses_match(match, key);
    case SEARCH_HEADER:
        return search_header_matches(match, key);
    case SEARCH_BODY:
    case SEARCH_TEXT:
        return search_text_matches(match, key);
    case SEARCH_NOT:
        return !key_matches(match, key->child);
    case SEARCH_OR:
        return any_child_matches(match, key);
    case SEARCH_AND:
        return all_children_match(match, key);
    }
    return false;
}

/* --- message after message --------------------------------------------------------------------- */

void search_match_begin(struct search_match *match, struct mailbox *mailbox, struct search *search)
{
    *match = (struct search_match){
        .mailbox = mailbox,
        .search = search,
        .arena = arena_create(),
        .decoded = BUF(DECODED_MAX),
        .mapped = BUF(2 * DECODED_MAX),
        .charset = BUF(DECODED_MAX),
        .now = (int64_t)clock_wall().tv_sec,
    };
}

void search_match_end(struct search_match *match)
{
    arena_free(&match->arena);
    buf_release(&match->decoded);
    buf_release(&match->mapped);
    buf_release(&match->charset);
}

bool search_match(struct search_match *match, size_t index)
{
    bool matched;

    error_clear(&match->err);
    if ((match->mailbox->messages[index].flags & FLAG_GONE) != 0)
        return false;
    match->index = index;
    match->has = 0;
    match->has_envelope = match->has_fields = false;
    match->part = 0;
    match->header_done = false;
    for (struct search_key *key = match->search->texts; key != NULL; key = key->next_text)
        key->found = false;
    arena_reset(match->arena);
    matched = key_matches(match, match->search->root);
    return matched && match->err.kind == ERROR_NONE;
}
