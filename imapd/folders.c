/* CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE: RFC 3501 sections 6.3.3 to 6.3.7. */
#include "lib/base/base.h"

#include "imapd/command.h"
#include "imapd/special_use.h"

static bool take_last_mailbox(struct imapd_session *session, struct cursor *at, const char **name_r)
{
    if (!imapd_take_mailbox(session, at, name_r))
        return false;
    if (parse_end(at))
        return true;
    imapd_bad(session, "Error in IMAP command: Too many arguments.");
    return false;
}

/* SP "(USE (" [attribute *(SP attribute)] "))": RFC 6154 section 3 */
static bool take_use(struct cursor *at, struct span *uses_r)
{
    const unsigned char *first;

    if (!parse_space(at) || !cursor_take(at, '(') || !parse_word(at, "USE") || !parse_space(at) ||
        !cursor_take(at, '('))
        return false;
    for (first = at->next; !cursor_at_end(*at) && *at->next != ')';)
        at->next++;
    *uses_r = span_of(first, (size_t)(at->next - first));
    return cursor_take(at, ')') && cursor_take(at, ')') && parse_end(at);
}

/* A few more than the limit are possible: parents that are none, and other sessions. */
static bool has_room(struct imapd_session *session, struct error *err)
{
    const uint64_t limit = (uint64_t)session->config->mailbox_count_limit;
    size_t count;

    if (limit == 0)
        return true;
    if (!store_count(session->store, &count, err))
        return false;
    if (count < limit)
        return true;
    error_set(err, ERROR_PERMANENT, "Too many mailboxes");
    err->number = EDQUOT;
    return false;
}

/* With its use or not at all. */
static bool create(struct imapd_session *session, const char *name, struct span uses,
                   struct error *err)
{
    struct error ignored = {0};

    if (!has_room(session, err) || !store_create(session->store, name, err))
        return false;
    if (uses.len == 0 || special_use_set(session, name, uses, err))
        return true;
    (void)!store_delete(session->store, name, &ignored);
    return false;
}

static void reply_created(struct imapd_session *session, const char *name)
{
    struct store_status status;
    struct error err = {0};

    if (store_status(session->store, name, false, &status, &err)) {
        imapd_ok(session, "[MAILBOXID (%s)] Create completed.", status.guid);
        return;
    }
    imapd_log_error(session, &err);
    imapd_ok(session, "Create completed.");
}

void imapd_run_create(struct imapd_session *session, struct cursor at)
{
    struct span uses = SPAN_EMPTY;
    struct error err = {0};
    const char *name;

    if (!imapd_take_mailbox(session, &at, &name))
        return;
    if (!parse_end(&at) && !take_use(&at, &uses))
        imapd_bad(session, "Error in IMAP command: Invalid arguments.");
    else if (!special_use_is_valid(uses))
        imapd_no(session, "[USEATTR] Not a use that a mailbox can have.");
    else if (!create(session, name, uses, &err))
        imapd_failed(session, &err);
    else
        reply_created(session, name);
}

static bool is_selected(const struct imapd_session *session, const char *name)
{
    return session->mailbox != NULL && strcmp(session->mailbox->name, name) == 0;
}

/* A client that removes or renames the mailbox it works in leaves it by that. */
void imapd_run_delete(struct imapd_session *session, struct cursor at)
{
    struct error err = {0};
    const char *name;

    if (!take_last_mailbox(session, &at, &name))
        return;
    if (!store_delete(session->store, name, &err)) {
        imapd_failed(session, &err);
        return;
    }
    if (is_selected(session, name)) {
        mailbox_close(&session->mailbox);
        session->state = STATE_AUTHENTICATED;
    }
    imapd_ok(session, "Delete completed.");
}

void imapd_run_rename(struct imapd_session *session, struct cursor at)
{
    struct error err = {0};
    const char *old_name, *new_name;

    if (!imapd_take_mailbox(session, &at, &old_name) || !take_last_mailbox(session, &at, &new_name))
        return;
    if (!store_rename(session->store, old_name, new_name, &err)) {
        imapd_failed(session, &err);
        return;
    }
    if (is_selected(session, old_name) && strcmp(old_name, "INBOX") != 0) {
        mailbox_close(&session->mailbox);
        session->state = STATE_AUTHENTICATED;
    }
    if ((session->enabled & ENABLED_REV2) != 0) /* RFC 9051 section 6.3.6.1 */
        imapd_put_list(session, "", new_name, old_name);
    imapd_ok(session, "Rename completed.");
}

static void subscribe(struct imapd_session *session, struct cursor at, bool subscribed)
{
    struct error err = {0};
    const char *name;

    if (!take_last_mailbox(session, &at, &name))
        return;
    if (subscribed && !store_exists(session->store, name))
        imapd_no(session, "[NONEXISTENT] Mailbox doesn't exist: %s", name);
    else if (!store_subscribe(session->store, name, subscribed, &err))
        imapd_failed(session, &err);
    else
        imapd_ok(session, subscribed ? "Subscribe completed." : "Unsubscribe completed.");
}

void imapd_run_subscribe(struct imapd_session *session, struct cursor at)
{
    subscribe(session, at, true);
}

void imapd_run_unsubscribe(struct imapd_session *session, struct cursor at)
{
    subscribe(session, at, false);
}
