/* Special uses of mailboxes, and mailboxes that every account has. */
#include "lib/base/base.h"

#include "imapd/special_use.h"

#include "imapd/metadata.h"
#include "lib/store/annotations.h"
#include "lib/store/name.h"

/* \All and \Flagged are views of other mailboxes, which we do not have. */
static const char *const attributes[] = {
    "\\Archive", "\\Drafts", "\\Important", "\\Junk", "\\Sent", "\\Trash",
};

static bool is_attribute(struct span word)
{
    for (size_t i = 0; i < ARRAY_LENGTH(attributes); i++) {
        if (span_equal_text_nocase(word, attributes[i]))
            return true;
    }
    return false;
}

bool special_use_is_valid(struct span uses)
{
    while (uses.len > 0) {
        if (!is_attribute(span_take_until(&uses, ' ')))
            return false;
    }
    return true;
}

/* mailbox_special_use = name=\Use, name=\Use ...; in main.cf names stand without the prefix. */
static struct span find_configured(const struct imapd_session *session, const char *name)
{
    const char *text = session->config->mailbox_special_use;
    const char *prefix = store_prefix(session->store);

    if (strncmp(name, prefix, strlen(prefix)) == 0)
        name += strlen(prefix);
    for (struct span rest = span_text(text); rest.len > 0;) {
        struct span use = span_take_until(&rest, ','), configured = span_take_until(&use, '=');
        if (span_equal_text(span_trim(configured), name))
            return span_trim(use);
    }
    return SPAN_EMPTY;
}

bool special_use_find(struct imapd_session *session, const char *name, const char **use_r,
                      struct error *err)
{
    struct arena *arena = arena_create();
    struct annotations annotations;
    const struct annotation *chosen;
    struct span use = SPAN_EMPTY;
    bool done = store_annotations(session->store, name, arena, &annotations, err);

    if (!done && err->number == ENOENT) {
        error_clear(err);
        done = true;
    } else if (done) {
        chosen = annotations_find(&annotations, SPAN_LITERAL(SPECIAL_USE_ENTRY));
        use = chosen != NULL ? chosen->value : find_configured(session, name);
    }
    *use_r = use.len > 0 ? arena_text(session->arena, use) : NULL;
    arena_free(&arena);
    return done;
}

bool special_use_set(struct imapd_session *session, const char *name, struct span uses,
                     struct error *err)
{
    const struct annotation_limits limits = metadata_limits(session->config);
    const struct annotation change = {SPAN_LITERAL(SPECIAL_USE_ENTRY), uses};

    return store_annotate(session->store, name, &change, 1, &limits, err);
}

/* --- mailboxes that every account has ------------------------------------------------------------ */

static void make_mailbox(struct imapd_session *session, struct span text, bool subscribe)
{
    struct error err = {0};
    const char *name;

    if (!span_equal_text_nocase(text, "INBOX"))
        text = span_text(arena_printf(session->arena, "%s%.*s", store_prefix(session->store),
                                      SPAN_PRINTF(text)));
    if (!mailbox_name_check(session->arena, text, store_separator(session->store), &name, &err)) {
        error_prefix(&err, "mailbox_autocreate: %.*s", SPAN_PRINTF(text));
        imapd_log_error(session, &err);
        return;
    }
    if (store_exists(session->store, name))
        return;
    if (!store_create(session->store, name, &err) && err.number != EEXIST)
        imapd_log_error(session, &err);
    else if (subscribe && !store_subscribe(session->store, name, true, &err))
        imapd_log_error(session, &err);
}

static void make_mailboxes(struct imapd_session *session, const char *names, bool subscribe)
{
    for (struct span rest = span_text(names); rest.len > 0;) {
        struct span name = span_trim(span_take_until(&rest, ','));
        if (name.len > 0)
            make_mailbox(session, name, subscribe);
    }
}

void special_use_make_mailboxes(struct imapd_session *session)
{
    make_mailboxes(session, session->config->mailbox_autosubscribe, true);
    make_mailboxes(session, session->config->mailbox_autocreate, false);
}
