/*
 * What is found out about keys before any message is looked at: which of them cost nothing and come
 * first, which messages their sets mean, and what a message must tell for all of them together.
 */
#include "lib/base/base.h"

#include "imapd/search.h"

#include "imapd/thread_id.h"

enum cost { COST_NOTHING, COST_RECORD, COST_METADATA, COST_FILE, COSTS };

static enum cost cost_of(const struct search_key *key)
{
    enum cost cost = COST_NOTHING;

    switch (key->kind) {
    case SEARCH_ALL:
    case SEARCH_FLAGS:
    case SEARCH_KEYWORD:
    case SEARCH_NUMBERS:
    case SEARCH_UIDS:
    case SEARCH_MODSEQ:
        return COST_NOTHING;
    case SEARCH_BEFORE:
    case SEARCH_ON:
    case SEARCH_SINCE:
    case SEARCH_SAVED_BEFORE:
    case SEARCH_SAVED_ON:
    case SEARCH_SAVED_SINCE:
    case SEARCH_OLDER:
    case SEARCH_YOUNGER:
    case SEARCH_EMAIL_ID:
    case SEARCH_LARGER:
    case SEARCH_SMALLER:
        return COST_RECORD;
    case SEARCH_SENT_BEFORE:
    case SEARCH_SENT_ON:
    case SEARCH_SENT_SINCE:
    case SEARCH_SUBJECT:
    case SEARCH_ADDRESSES:
    case SEARCH_HEADER:
    case SEARCH_THREAD_ID:
        return COST_METADATA;
    case SEARCH_BODY:
    case SEARCH_TEXT:
        return COST_FILE;
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

    for (enum cost cost = COST_NOTHING; cost < COSTS; cost++) {
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

/* What a search needs of each message; together, so that a file is read once. */
static unsigned wanted_by(enum search_kind kind)
{
    switch (kind) {
    case SEARCH_SENT_BEFORE:
    case SEARCH_SENT_ON:
    case SEARCH_SENT_SINCE:
    case SEARCH_SUBJECT:
    case SEARCH_ADDRESSES:
        return WANT_ENVELOPE;
    case SEARCH_HEADER:
        return WANT_HEADERS;
    case SEARCH_THREAD_ID:
        return THREAD_ID_WANTS;
    default:
        return 0;
    }
}

/* The last field of the ENVELOPE that is looked at: what stands behind it need not be read. */
static void note_field(struct search *search, const struct search_key *key)
{
    enum envelope_field field = ENVELOPE_DATE;

    if (key->kind == SEARCH_SUBJECT)
        field = ENVELOPE_SUBJECT;
    else if (key->kind == SEARCH_ADDRESSES)
        field = (enum envelope_field)key->mask;
    if (field > search->last_field)
        search->last_field = field;
}

static void prepare(struct arena *arena, struct search *search, struct search_key *key,
                    const struct mailbox *mailbox, const struct saved_set *saved)
{
    search->wanted |= wanted_by(key->kind);
    note_field(search, key);
    if (key->kind == SEARCH_NUMBERS || key->kind == SEARCH_UIDS)
        (void)!set_resolve_runs(arena, &key->set, mailbox, key->kind == SEARCH_UIDS, saved,
                                &key->runs); /* nobody is found under a number past the last */
    for (struct search_key *child = key->child; child != NULL; child = child->next)
        prepare(arena, search, child, mailbox, saved);
    if (key->kind == SEARCH_AND || key->kind == SEARCH_OR)
        sort_children(key);
}

/* What keys next to each other ask of flags is asked at once. */
static void gather_flags(struct search *search)
{
    search->mask = FLAG_GONE;
    search->flags = 0;
    search->flags_suffice = true;
    for (const struct search_key *key = search->root->child; key != NULL; key = key->next) {
        uint32_t wanted = (uint32_t)key->number;
        if (key->kind == SEARCH_ALL)
            continue;
        if (key->kind == SEARCH_FLAGS &&
            ((wanted ^ search->flags) & search->mask & key->mask) == 0) {
            search->mask |= key->mask;
            search->flags |= wanted;
        } else {
            search->flags_suffice = false;
        }
    }
}

void search_prepare(struct arena *arena, struct search *search, const struct mailbox *mailbox,
                    const struct saved_set *saved)
{
    prepare(arena, search, search->root, mailbox, saved);
    gather_flags(search);
}
