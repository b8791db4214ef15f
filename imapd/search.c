/* SEARCH: does a message match? Keys that cost nothing are asked before those that read files. */
#include "lib/base/base.h"

#include "imapd/search.h"

#include "imapd/command.h"
#include "imapd/date_time.h"
#include "lib/base/clock.h"
#include "lib/message/date.h"
#include "lib/message/encoding.h"
#include "lib/message/imap_text.h"

#define DECODED_MAX (16 * 1024 * 1024) /* octets of a text that are looked at */

/* --- preparing --------------------------------------------------------------------------------- */

static unsigned cost_of(const struct search_key *key)
{
    unsigned cost = 0;

    switch (key->kind) {
    case SEARCH_ALL:
    case SEARCH_FLAGS:
    case SEARCH_KEYWORD:
    case SEARCH_NUMBERS:
    case SEARCH_UIDS:
        return 0;
    case SEARCH_BEFORE:
    case SEARCH_ON:
    case SEARCH_SINCE:
    case SEARCH_OLDER:
    case SEARCH_YOUNGER:
    case SEARCH_LARGER:
    case SEARCH_SMALLER:
        return 1;
    case SEARCH_SENT_BEFORE:
    case SEARCH_SENT_ON:
    case SEARCH_SENT_SINCE:
    case SEARCH_HEADER:
        return 2;
    case SEARCH_BODY:
    case SEARCH_TEXT:
        return 3;
    case SEARCH_NOT:
    case SEARCH_OR:
    case SEARCH_AND:
        for (const struct search_key *child = key->child; child != NULL; child = child->next) {
            if (cost_of(child) > cost)
                cost = cost_of(child);
        }
        return cost;
    }
    return cost;
}

/* Children by cost, the order otherwise kept. */
static void sort_children(struct search_key *key)
{
    struct search_key *sorted = NULL, **last = &sorted;

    for (unsigned cost = 0; cost <= 3; cost++) {
        for (struct search_key **at = &key->child; *at != NULL;) {
            struct search_key *child = *at;
            if (cost_of(child) != cost) {
                at = &child->next;
                continue;
            }
            *at = child->next;
            child->next = NULL;
            *last = child;
            last = &child->next;
        }
    }
    key->child = sorted;
}

/* Sets become memberships; false: a sequence number is past the last message. */
static bool prepare(struct imapd_session *session, struct search_key *key)
{
    struct selection selection;

    if (key->kind == SEARCH_NUMBERS || key->kind == SEARCH_UIDS) {
        if (!set_resolve(session->arena, &key->set, session->mailbox, key->kind == SEARCH_UIDS,
                         &selection))
            return false;
        key->members = arena_alloc(session->arena, session->mailbox->count + 1);
        for (size_t i = 0; i < selection.count; i++)
            key->members[selection.indices[i]] = 1;
    }
    for (struct search_key *child = key->child; child != NULL; child = child->next) {
        if (!prepare(session, child))
            return false;
    }
    if (key->kind == SEARCH_AND || key->kind == SEARCH_OR)
        sort_children(key);
    return true;
}

/* --- matching ---------------------------------------------------------------------------------- */

bool search_need(struct search_match *match, unsigned wanted)
{
    if ((match->has & wanted) == wanted)
        return true;
    wanted |= match->has;
    if (!mailbox_metadata(match->mailbox, match->index, wanted, &match->search->fields,
                          &match->metadata, &match->err))
        return false;
    match->has = wanted;
    return true;
}

bool search_folded_has(struct search_match *match, struct span text, const struct search_key *key)
{
    buf_clear(&match->folded);
    encoding_put_folded(&match->folded, text);
    return key->text.len == 0 ||
           (match->folded.len > 0 &&
            memmem(match->folded.data, match->folded.len, key->text.data, key->text.len) != NULL);
}

static bool header_matches(struct search_match *match, const struct search_key *key)
{
    struct cursor at;
    struct span name, body;

    if (!search_need(match, WANT_HEADERS))
        return false;
    at = cursor_of(match->metadata.headers);
    while (mime_next_field(&at, &name, &body, NULL)) {
        if (!span_equal_text_nocase(name, key->name))
            continue;
        buf_clear(&match->decoded);
        encoding_put_header(&match->decoded, body);
        if (search_folded_has(match, buf_span(&match->decoded), key))
            return true;
    }
    return false;
}

/* The day that the sender's calendar showed. */
static bool sent_day(struct search_match *match, int64_t *day_r)
{
    struct span date;
    time_t when;
    int zone_minutes;

    if (!search_need(match, WANT_HEADERS))
        return false;
    date = mime_find_field(match->metadata.headers, "Date");
    if (!date_parse(span_trim(date), &when, &zone_minutes))
        return false;
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

static bool any_child_matches(struct search_match *match, struct search_key *key)
{
    for (struct search_key *child = key->child; child != NULL; child = child->next) {
        if (search_matches(match, child))
            return true;
    }
    return false;
}

static bool all_children_match(struct search_match *match, struct search_key *key)
{
    for (struct search_key *child = key->child; child != NULL; child = child->next) {
        if (!search_matches(match, child))
            return false;
    }
    return true;
}

bool search_matches(struct search_match *match, struct search_key *key)
{
    switch (key->kind) {
    case SEARCH_ALL:
        return true;
    case SEARCH_FLAGS:
        return (match->mailbox->messages[match->index].flags & key->mask) == (uint32_t)key->number;
    case SEARCH_KEYWORD:
        return keyword_matches(match, key);
    case SEARCH_NUMBERS:
    case SEARCH_UIDS:
        return key->members[match->index] != 0;
    case SEARCH_BEFORE:
    case SEARCH_ON:
    case SEARCH_SINCE:
        return internal_day_matches(match, key);
    case SEARCH_SENT_BEFORE:
    case SEARCH_SENT_ON:
    case SEARCH_SENT_SINCE:
        return sent_day_matches(match, key);
    case SEARCH_OLDER:
    case SEARCH_YOUNGER:
        return age_matches(match, key);
    case SEARCH_LARGER:
    case SEARCH_SMALLER:
        return size_matches(match, key);
    case SEARCH_HEADER:
        return header_matches(match, key);
    case SEARCH_BODY:
    case SEARCH_TEXT:
        return search_text_matches(match, key);
    case SEARCH_NOT:
        return !search_matches(match, key->child);
    case SEARCH_OR:
        return any_child_matches(match, key);
    case SEARCH_AND:
        return all_children_match(match, key);
    }
    return false;
}

/* --- the command ------------------------------------------------------------------------------- */

/* Trouble with one message must not hide the others; one that is gone matches nothing. */
static bool matches(struct search_match *match, size_t index)
{
    bool matched;

    if ((match->mailbox->messages[index].flags & FLAG_GONE) != 0)
        return false;
    match->index = index;
    match->has = 0;
    error_clear(&match->err);
    matched = search_matches(match, match->search->root);
    search_forget_message(match);
    return matched && match->err.kind == ERROR_NONE;
}

static void put_matches(struct imapd_session *session, struct search_match *match)
{
    struct error trouble = {0};

    buf_put_text(&session->response, "* SEARCH");
    for (size_t i = 0; i < session->mailbox->count; i++) {
        if (matches(match, i)) {
            buf_put_char(&session->response, ' ');
            imap_put_number(&session->response,
                            session->by_uid ? session->mailbox->messages[i].uid : i + 1);
        }
        if (match->err.kind == ERROR_TEMPORARY)
            trouble = match->err;
    }
    buf_put_text(&session->response, "\r\n");
    mailbox_end_reading(session->mailbox);
    if (trouble.kind == ERROR_NONE)
        imapd_ok(session, "Search completed.");
    else
        imapd_failed(session, &trouble);
}

static void search_all(struct imapd_session *session, struct search *search)
{
    struct search_match match = {
        .mailbox = session->mailbox,
        .search = search,
        .arena = arena_create(),
        .file = BUF(BUF_UNLIMITED),
        .decoded = BUF(DECODED_MAX),
        .folded = BUF(4 * DECODED_MAX),
        .now = (int64_t)clock_wall().tv_sec,
    };
    struct error err = {0};

    if (!prepare(session, search->root))
        imapd_bad(session, "Error in IMAP command: Invalid messageset");
    else if (!mailbox_begin_reading(session->mailbox, &err))
        imapd_failed(session, &err);
    else
        put_matches(session, &match);
    arena_free(&match.arena);
    buf_release(&match.file);
    buf_release(&match.decoded);
    buf_release(&match.folded);
}

void imapd_run_search(struct imapd_session *session, struct cursor at)
{
    struct search search;

    switch (search_parse(session->arena, &at, &search)) {
    case SEARCH_PARSED:
        search_all(session, &search);
        break;
    case SEARCH_MALFORMED:
        imapd_bad(session, "Error in IMAP command SEARCH: Invalid arguments.");
        break;
    case SEARCH_BAD_CHARSET:
        imapd_no(session, "[BADCHARSET (US-ASCII UTF-8)] Unknown charset.");
        break;
    }
    search_release(&search);
}
