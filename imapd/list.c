/* LIST and LSUB: RFC 3501 sections 6.3.8 and 6.3.9, with RFC 3348's \HasChildren. */
#include "lib/base/base.h"

#include "imapd/command.h"

#include "lib/message/imap_text.h"
#include "lib/store/name.h"

#define PATTERN_MAX 1000

struct listing {
    struct span pattern; /* reference and mailbox, joined; the arena's */
    struct store_entry *entries;
    size_t count;
};

static void put_entry(struct imapd_session *session, const char *response, const char *attributes,
                      const char *name)
{
    buf_put_printf(&session->response, "* %s (%s) \"%c\" ", response, attributes,
                   store_separator(session->store));
    imap_put_string(&session->response, span_text(name));
    buf_put_text(&session->response, "\r\n");
    if (session->response.len >= IMAPD_RESPONSE)
        imapd_flush(session);
}

static const char *attributes_of(const struct store_entry *entry)
{
    if (entry->selectable)
        return entry->has_children ? "\\HasChildren" : "\\HasNoChildren";
    return "\\Noselect \\HasChildren";
}

/* false: the client has its reply. */
static bool take_pattern(struct imapd_session *session, struct cursor *at, struct span *pattern_r,
                         bool *root_r)
{
    struct span reference, mailbox;

    if (!parse_space(at) || !parse_astring(session->arena, at, &reference) || !parse_space(at) ||
        !parse_list_mailbox(session->arena, at, &mailbox) || !parse_end(at)) {
        imapd_bad(session, "Error in IMAP command: Invalid arguments.");
        return false;
    }
    if (reference.len + mailbox.len > PATTERN_MAX) {
        imapd_no(session, "[LIMIT] Mailbox pattern too long.");
        return false;
    }
    *root_r = mailbox.len == 0;
    *pattern_r = span_text(
        arena_printf(session->arena, "%.*s%.*s", SPAN_PRINTF(reference), SPAN_PRINTF(mailbox)));
    return true;
}

void imapd_run_list(struct imapd_session *session, struct cursor at)
{
    struct listing listing = {0};
    struct error err = {0};
    bool root;

    if (!take_pattern(session, &at, &listing.pattern, &root))
        return;
    if (root) { /* only the separator is wanted */
        put_entry(session, "LIST", "\\Noselect", "");
        imapd_ok(session, "List completed.");
        return;
    }
    if (!store_list(session->store, session->arena, &listing.entries, &listing.count, &err)) {
        imapd_failed(session, &err);
        return;
    }
    for (size_t i = 0; i < listing.count; i++) {
        if (mailbox_pattern_match(listing.pattern, listing.entries[i].name,
                                  store_separator(session->store)))
            put_entry(session, "LIST", attributes_of(&listing.entries[i]), listing.entries[i].name);
    }
    imapd_ok(session, "List completed.");
}

/*
 * A name that matches is listed as it is. Of one that does not, because the pattern ends in '%', the
 * parent that does is listed with \Noselect, once: RFC 3501 section 6.3.9.
 */
static void put_subscription(struct imapd_session *session, const struct listing *listing,
                             const char *name, const struct strlist *all, struct strlist *parents)
{
    char separator = store_separator(session->store);

    if (mailbox_pattern_match(listing->pattern, name, separator)) {
        put_entry(session, "LSUB", "", name);
        return;
    }
    if (listing->pattern.len == 0 || listing->pattern.data[listing->pattern.len - 1] != '%')
        return;
    for (size_t len; (len = mailbox_name_parent(name, separator)) > 0;) {
        name = arena_text(session->arena, span_of(name, len));
        if (mailbox_pattern_match(listing->pattern, name, separator) && !strlist_has(all, name) &&
            !strlist_has(parents, name)) {
            put_entry(session, "LSUB", "\\Noselect", name);
            strlist_add(parents, name);
        }
    }
}

void imapd_run_lsub(struct imapd_session *session, struct cursor at)
{
    struct listing listing = {0};
    struct strlist names = STRLIST_EMPTY, parents = STRLIST_EMPTY;
    struct error err = {0};
    bool root;

    if (!take_pattern(session, &at, &listing.pattern, &root))
        return;
    if (!store_subscriptions(session->store, &names, &err)) {
        imapd_failed(session, &err);
    } else {
        for (size_t i = 0; i < names.count; i++)
            put_subscription(session, &listing, names.items[i], &names, &parents);
        imapd_ok(session, "Lsub completed.");
    }
    strlist_release(&names);
    strlist_release(&parents);
}
