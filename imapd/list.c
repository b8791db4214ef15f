/*
 * LIST and LSUB: RFC 3501 sections 6.3.8 and 6.3.9; LIST-EXTENDED (RFC 5258) with CHILDREN (RFC 3348),
 * SPECIAL-USE (RFC 6154) and STATUS (RFC 5819).
 */
#include "lib/base/base.h"

#include "imapd/list.h"

#include "imapd/command.h"
#include "imapd/special_use.h"
#include "imapd/status.h"
#include "lib/store/name.h"
#include "lib/store/pattern.h"

/* A name, and what the request says of it. */
struct item {
    const struct store_entry *entry;
    const char *use; /* "\Sent"; NULL: for none, or nobody asked */
    bool matches;    /* a pattern */
    bool selected;   /* by all selection options */
    bool above;      /* of one that is selected, but not listed itself: RECURSIVEMATCH */
};

struct listing {
    const struct list_request *request;
    const struct mailbox_pattern **patterns;
    struct item *items;
    size_t count;
};

/* --- which ------------------------------------------------------------------------------------- */

static bool matches_any(struct imapd_session *session, const struct listing *listing,
                        const char *name)
{
    name = imapd_shown_name(session, name);
    for (size_t i = 0; i < listing->request->pattern_count; i++) {
        if (mailbox_pattern_match(listing->patterns[i], name))
            return true;
    }
    return false;
}

static bool is_there(const struct store_entry *entry)
{
    return entry->selectable || entry->has_children;
}

static bool is_selected(const struct listing *listing, const struct item *item)
{
    unsigned select = listing->request->select;

    return ((select & LIST_SUBSCRIBED) != 0 ? item->entry->subscribed : is_there(item->entry)) &&
           ((select & LIST_SPECIAL_USE) == 0 || item->use != NULL);
}

/* A mailbox whose attribute cannot be read is listed without: one that is damaged, or a directory that somebody else has
 * put there, takes nobody the sight of the others. */
static const char *use_of(struct imapd_session *session, const struct store_entry *entry)
{
    const char *use = NULL;
    struct error err = {0};

    if (!special_use_find(session, entry->name, &use, &err))
        imapd_log_error(session, &err);
    return use;
}

static void look_at(struct imapd_session *session, const struct listing *listing, struct item *item)
{
    const struct list_request *request = listing->request;
    bool by_use = (request->select & LIST_SPECIAL_USE) != 0;

    item->matches = matches_any(session, listing, item->entry->name);
    if (!item->matches && (request->select & LIST_RECURSIVE_MATCH) == 0)
        return;
    if ((by_use || (request->returns & LIST_SPECIAL_USE) != 0) && item->entry->selectable)
        item->use = use_of(session, item->entry);
    item->selected = is_selected(listing, item);
}

/* RFC 5258 section 3.5: a name that matches is also told when one below it is selected and does not
 * match. Names below one stand behind it, up to the first that is not. */
static void find_parents(const struct listing *listing, char separator)
{
    for (size_t i = 0; i < listing->count; i++) {
        struct item *item = &listing->items[i];
        const char *name = item->entry->name;
        size_t len = strlen(name);
        for (size_t j = i + 1; item->matches && !item->above && j < listing->count &&
                               strncmp(listing->items[j].entry->name, name, len) == 0;
             j++)
            item->above = mailbox_name_is_below(listing->items[j].entry->name, name, separator) &&
                          listing->items[j].selected && !listing->items[j].matches;
    }
}

static bool find_items(struct imapd_session *session, struct listing *listing, struct error *err)
{
    char separator = store_separator(session->store);
    const struct list_request *request = listing->request;
    struct store_entry *entries;

    if (!store_list(session->store, session->arena, (request->select & LIST_SUBSCRIBED) != 0,
                    &entries, &listing->count, err))
        return false;
    listing->items = arena_array(session->arena, struct item, listing->count);
    for (size_t i = 0; i < listing->count; i++) {
        listing->items[i].entry = &entries[i];
        look_at(session, listing, &listing->items[i]);
    }
    if ((request->select & LIST_RECURSIVE_MATCH) != 0)
        find_parents(listing, separator);
    return true;
}

/* --- what is said of them ------------------------------------------------------------------------ */

static void put_word(struct buf *out, bool *first, const char *word)
{
    buf_put_printf(out, "%s%s", *first ? "" : " ", word);
    *first = false;
}

static void put_attributes(struct buf *out, const struct list_request *request,
                           const struct item *item)
{
    const struct store_entry *entry = item->entry;
    bool first = true;

    if (!entry->selectable)
        put_word(out, &first, request->extended ? "\\NonExistent" : "\\Noselect");
    if ((request->returns & LIST_SUBSCRIBED) != 0 && entry->subscribed)
        put_word(out, &first, "\\Subscribed");
    if ((request->returns & LIST_CHILDREN) != 0 && is_there(entry))
        put_word(out, &first, entry->has_children ? "\\HasChildren" : "\\HasNoChildren");
    if (item->use != NULL && (request->returns & LIST_SPECIAL_USE) != 0)
        put_word(out, &first, item->use);
}

static void put_childinfo(struct buf *out, const struct list_request *request)
{
    bool first = true;

    buf_put_text(out, " (CHILDINFO (");
    if ((request->select & LIST_SUBSCRIBED) != 0)
        put_word(out, &first, "\"SUBSCRIBED\"");
    if ((request->select & LIST_SPECIAL_USE) != 0)
        put_word(out, &first, "\"SPECIAL-USE\"");
    buf_put_text(out, "))");
}

static void put_name(struct imapd_session *session, const char *name)
{
    buf_put_printf(&session->response, ") \"%c\" ", store_separator(session->store));
    imapd_put_mailbox(session, name);
}

static void end_line(struct imapd_session *session)
{
    buf_put_text(&session->response, "\r\n");
    if (session->response.len >= IMAPD_RESPONSE)
        imapd_flush(session);
}

/* A mailbox whose numbers cannot be had is listed without them (RFC 5819 section 2). */
static void put_status(struct imapd_session *session, const struct list_request *request,
                       const struct item *item)
{
    struct error err = {0};

    if ((request->returns & LIST_STATUS) == 0 || !item->entry->selectable || !item->selected)
        return;
    if (!status_put(session, item->entry->name, request->status_items, &err) &&
        err.kind != ERROR_PERMANENT)
        imapd_log_error(session, &err);
}

static void put_item(struct imapd_session *session, const struct list_request *request,
                     const struct item *item)
{
    buf_put_text(&session->response, "* LIST (");
    put_attributes(&session->response, request, item);
    put_name(session, item->entry->name);
    if (item->above)
        put_childinfo(&session->response, request);
    end_line(session);
    put_status(session, request, item);
}

static void put_root(struct imapd_session *session)
{
    buf_put_text(&session->response, "* LIST (\\Noselect");
    put_name(session, "");
    end_line(session);
}

static void compile_patterns(struct imapd_session *session, struct listing *listing)
{
    const struct list_request *request = listing->request;

    listing->patterns =
        arena_array(session->arena, const struct mailbox_pattern *, request->pattern_count + 1);
    for (size_t i = 0; i < request->pattern_count; i++)
        listing->patterns[i] = mailbox_pattern_compile(session->arena, request->patterns[i],
                                                       store_separator(session->store));
}

static void list(struct imapd_session *session, const struct list_request *request)
{
    struct listing listing = {.request = request};
    struct error err = {0};

    compile_patterns(session, &listing);
    if (!find_items(session, &listing, &err)) {
        imapd_failed(session, &err);
        return;
    }
    for (size_t i = 0; i < listing.count; i++) {
        const struct item *item = &listing.items[i];
        if (item->matches && (item->selected || item->above))
            put_item(session, request, item);
    }
    imapd_ok(session, "List completed.");
}

static bool take_request(struct imapd_session *session, struct cursor at,
                         struct list_request *request)
{
    const char *fault;

    switch (list_parse(session->arena, at, request, &fault)) {
    case LIST_PARSED:
        return true;
    case LIST_BAD:
        imapd_bad(session, arena_printf(session->arena, "Error in IMAP command: %s", fault));
        return false;
    case LIST_TOO_LONG:
        imapd_no(session, "[LIMIT] Mailbox pattern too long, or too many of them.");
        return false;
    }
    return false;
}

void imapd_run_list(struct imapd_session *session, struct cursor at)
{
    struct list_request request;

    if (!take_request(session, at, &request))
        return;
    if (!request.root) {
        list(session, &request);
        return;
    }
    if (!request
             .extended) /* only the separator is wanted; RFC 5258 section 3: of a list, nothing */
        put_root(session);
    imapd_ok(session, "List completed.");
}

/* --- LSUB -------------------------------------------------------------------------------------- */

/* Thunderbird wants to know which mailboxes cannot be selected from LSUB, which has another word for that
 * (a name that is only above of subscribed ones). */
static bool is_noselect(const struct imapd_session *session, const struct store_entry *entry)
{
    return !entry->subscribed ||
           (!entry->selectable &&
            strlist_text_has(session->config->imap_client_workarounds, ", \t", "tb-lsub-flags"));
}

static void put_subscription(struct imapd_session *session, const struct store_entry *entry)
{
    buf_put_printf(&session->response, "* LSUB (%s",
                   is_noselect(session, entry) ? "\\Noselect" : "");
    put_name(session, entry->name);
    end_line(session);
}

static bool has_subscription_below(const struct store_entry *entries, size_t count, size_t at,
                                   char separator)
{
    size_t len = strlen(entries[at].name);

    for (size_t i = at + 1; i < count && strncmp(entries[i].name, entries[at].name, len) == 0;
         i++) {
        if (entries[i].subscribed &&
            mailbox_name_is_below(entries[i].name, entries[at].name, separator))
            return true;
    }
    return false;
}

/*
 * A name that matches is listed as it is. Of one that does not, because the pattern ends in '%', the
 * parent that does is listed with \Noselect: RFC 3501 section 6.3.9.
 */
static void lsub(struct imapd_session *session, struct span text)
{
    char separator = store_separator(session->store);
    struct mailbox_pattern *pattern = mailbox_pattern_compile(session->arena, text, separator);
    bool parents = text.len > 0 && text.data[text.len - 1] == '%';
    struct store_entry *entries;
    struct error err = {0};
    size_t count;

    if (!store_list(session->store, session->arena, true, &entries, &count, &err)) {
        imapd_failed(session, &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!mailbox_pattern_match(pattern, imapd_shown_name(session, entries[i].name)))
            continue;
        if (entries[i].subscribed ||
            (parents && has_subscription_below(entries, count, i, separator)))
            put_subscription(session, &entries[i]);
    }
    imapd_ok(session, "Lsub completed.");
}

void imapd_run_lsub(struct imapd_session *session, struct cursor at)
{
    struct list_request request;

    if (!take_request(session, at, &request))
        return;
    if (request.extended)
        imapd_bad(session, "Error in IMAP command: Invalid arguments.");
    else
        lsub(session, request.patterns[0]);
}
