/*
 * ESEARCH: RFC 7377, one search in many mailboxes. Each that is not selected is looked at as EXAMINE
 * does, one after the other; the answers are UIDs, and name the mailbox.
 */
#include "lib/base/base.h"

#include "imapd/multisearch.h"

#include "imapd/command.h"
#include "imapd/search_run.h"
#include "lib/store/name.h"

struct multisearch {
    struct imapd_session *session;
    struct search_places places;
    struct search_return wanted;
    struct search search;
    struct progress progress;
};

/* --- which mailboxes --------------------------------------------------------------------------- */

/* Names that are none find nothing; the others become ours. */
static void check_names(struct multisearch *multisearch)
{
    struct imapd_session *session = multisearch->session;
    size_t kept = 0;

    for (size_t i = 0; i < multisearch->places.count; i++) {
        struct search_place place = multisearch->places.places[i];
        struct error err;
        const char *name;
        if (place.name.data != NULL) {
            if (!imapd_encode_name(session, &place.name) ||
                !mailbox_name_check(session->arena, place.name, store_separator(session->store),
                                    &name, &err))
                continue;
            place.name = span_text(name);
        }
        multisearch->places.places[kept++] = place;
    }
    multisearch->places.count = kept;
}

/* Is `name` below `parent`? With `directly`, not further down. */
static bool is_below(const char *name, struct span parent, char separator, bool directly)
{
    const char *rest = name + parent.len;

    return strncmp(name, parent.data, parent.len) == 0 && *rest == separator &&
           (!directly || strchr(rest + 1, separator) == NULL);
}

static bool place_has(const struct imapd_session *session, const struct search_place *place,
                      const struct store_entry *entry)
{
    char separator = store_separator(session->store);
    bool same = span_equal_text(place->name, entry->name);

    switch (place->filter) {
    case FILTER_SELECTED:
        return session->mailbox != NULL && strcmp(session->mailbox->name, entry->name) == 0;
    case FILTER_INBOXES:
        return strcmp(entry->name, "INBOX") == 0;
    case FILTER_PERSONAL:
        return true;
    case FILTER_SUBSCRIBED:
        return entry->subscribed;
    case FILTER_SUBTREE:
        return same || is_below(entry->name, place->name, separator, false);
    case FILTER_SUBTREE_ONE:
        return same || is_below(entry->name, place->name, separator, true);
    case FILTER_MAILBOXES:
        return same;
    }
    return false;
}

static bool places_have(const struct multisearch *multisearch, const struct store_entry *entry)
{
    for (size_t i = 0; i < multisearch->places.count; i++) {
        if (entry->selectable &&
            place_has(multisearch->session, &multisearch->places.places[i], entry))
            return true;
    }
    return false;
}

/* --- the search -------------------------------------------------------------------------------- */

static bool search_one(struct multisearch *multisearch, struct mailbox *mailbox, struct error *err)
{
    struct imapd_session *session = multisearch->session;
    const struct search_source source = {
        .mailbox = mailbox,
        .by_uid = true,
        .with_modseq = multisearch->search.has_modseq && !mailbox->no_modseqs,
    };
    struct found found = {0};
    bool done;

    if (!mailbox_begin_reading(mailbox, err))
        return false;
    multisearch->progress.mailbox = mailbox;
    multisearch->progress.total += mailbox->count;
    done = search_run(session, mailbox, &multisearch->search, &multisearch->progress, &found, err);
    if (!session->ended)
        mailbox_end_reading(mailbox);
    if (done)
        search_put_response(session, &multisearch->wanted, &source, &found);
    if (done && (multisearch->wanted.options & RETURN_SAVE) != 0)
        search_save(session, &multisearch->wanted, &found);
    found_release(&found);
    return done;
}

/* One that was removed meanwhile has nothing to tell. */
static bool search_name(struct multisearch *multisearch, const char *name, struct error *err)
{
    struct imapd_session *session = multisearch->session;
    struct mailbox *mailbox;
    bool done;

    if (session->mailbox != NULL && strcmp(session->mailbox->name, name) == 0)
        return search_one(multisearch, session->mailbox, err);
    mailbox = mailbox_open(session->store, name, true, err);
    if (mailbox == NULL)
        return err->number == ENOENT;
    done = search_one(multisearch, mailbox, err);
    mailbox_close(&mailbox);
    return done;
}

static bool search_places(struct multisearch *multisearch, struct error *err)
{
    struct imapd_session *session = multisearch->session;
    struct store_entry *entries;
    size_t count;
    bool done = true;

    if (multisearch->places.count == 0)
        return search_one(multisearch, session->mailbox, err);
    check_names(multisearch);
    if (!store_list(session->store, session->arena, false, &entries, &count, err))
        return false;
    for (size_t i = 0; i < count && done; i++) {
        if (places_have(multisearch, &entries[i]))
            done = search_name(multisearch, entries[i].name, err);
        if (session->response.len >= IMAPD_RESPONSE)
            imapd_flush(session);
    }
    return done;
}

/* --- the command ------------------------------------------------------------------------------- */

/* Is it the selected mailbox alone? Only there are sequence numbers, and "$". */
static bool is_of_selected(const struct search_places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        if (places->places[i].filter != FILTER_SELECTED)
            return false;
    }
    return true;
}

/* RFC 7377 section 2.2 */
static bool may_search(const struct multisearch *multisearch)
{
    const struct search *search = &multisearch->search;
    bool selected = is_of_selected(&multisearch->places);

    if ((multisearch->wanted.options & RETURN_UPDATE) != 0 ||
        (selected && multisearch->session->mailbox == NULL))
        return false;
    return selected || (!search->has_numbers && !search->has_saved &&
                        (multisearch->wanted.options & RETURN_SAVE) == 0);
}

static void run(struct multisearch *multisearch)
{
    struct imapd_session *session = multisearch->session;
    struct error err = {0};

    multisearch->wanted.given = true;
    if (multisearch->search.has_modseq && !imapd_need_modseqs(session, "ESEARCH", "MODSEQ"))
        return;
    progress_begin(&multisearch->progress, session, NULL, 0);
    if (search_places(multisearch, &err))
        imapd_ok(session, "Search completed.");
    else
        search_failed(session, &err);
}

void imapd_run_esearch(struct imapd_session *session, struct cursor at)
{
    struct multisearch multisearch = {.session = session};
    enum search_parsed parsed = SEARCH_MALFORMED;

    if (search_places_parse(session->arena, &at, &multisearch.places) &&
        search_return_parse(&at, &multisearch.wanted))
        parsed = search_parse(session->arena, &at, &multisearch.search);
    if ((parsed == SEARCH_PARSED && !may_search(&multisearch)) ||
        (multisearch.search.has_charset && (session->enabled & ENABLED_UTF8) != 0))
        parsed = SEARCH_MALFORMED;
    if (parsed == SEARCH_PARSED)
        run(&multisearch);
    else
        search_refuse(session, parsed);
    search_release(&multisearch.search);
}
