/* What NOTIFY tells: messages and flags of mailboxes that are not selected, names and subscriptions, and
 * what else of the selected mailbox. */
#include "lib/base/base.h"

#include "imapd/notify_metadata.h"

/* --- mailboxes that are not selected ------------------------------------------------------------- */

bool notify_is_selected(const struct imapd_session *session, const char *name)
{
    return session->mailbox != NULL && strcmp(session->mailbox->name, name) == 0;
}

bool notify_wants_messages(const struct notify_mailbox *mailbox)
{
    return mailbox->selectable && (mailbox->events & NOTIFY_MESSAGE_EVENTS) != 0;
}

/* RFC 5465 sections 5.1 to 5.3: what a STATUS response is made of depends on what happened. */
void notify_put_status(struct imapd_session *session, const struct notify_mailbox *mailbox,
                       bool messages, bool flags)
{
    const struct store_status *now = &mailbox->told;
    struct buf *out = &session->response;

    buf_put_text(out, "* STATUS ");
    imapd_put_mailbox(session, mailbox->name);
    buf_put_text(out, " (");
    if (messages)
        buf_put_printf(out, "MESSAGES %" PRIu32 " UIDNEXT %" PRIu32 " ", now->messages,
                       now->uidnext);
    buf_put_printf(out, "UIDVALIDITY %" PRIu32, now->uidvalidity);
    if (flags || (mailbox->events & NOTIFY_FLAG_CHANGE) != 0)
        buf_put_printf(out, " UNSEEN %" PRIu32, now->unseen);
    if ((session->enabled & ENABLED_CONDSTORE) != 0)
        buf_put_printf(out, " HIGHESTMODSEQ %" PRIu64, now->no_modseqs ? 0 : now->modseq);
    buf_put_text(out, ")\r\n");
    if (out->len >= IMAPD_RESPONSE)
        imapd_flush(session);
}

static void tell_difference(struct imapd_session *session, const struct notify_mailbox *mailbox,
                            const struct store_status *before)
{
    const struct store_status *now = &mailbox->told;
    bool messages = now->messages != before->messages || now->uidnext != before->uidnext ||
                    now->uidvalidity != before->uidvalidity;
    bool flags = !messages && now->modseq != before->modseq;

    if ((messages && (mailbox->events & NOTIFY_MESSAGE_NEW) != 0) ||
        (flags && (mailbox->events & NOTIFY_FLAG_CHANGE) != 0))
        notify_put_status(session, mailbox, messages, flags);
}

/* What changed in a mailbox; in silence when it is the selected one, which has news of its own. */
static void tell_mailbox(struct imapd_session *session, struct notify_mailbox *mailbox)
{
    struct store_status before = mailbox->told;
    struct error err = {0};

    mailbox->changed = false;
    if (!notify_wants_messages(mailbox))
        return;
    if (!store_status(session->store, mailbox->name, false, &mailbox->told, &err)) {
        mailbox->told = before; /* a mailbox that is gone is told of when its name is */
        if (err.kind != ERROR_PERMANENT)
            imapd_log_error(session, &err);
    } else if (!notify_is_selected(session, mailbox->name)) {
        tell_difference(session, mailbox, &before);
    }
}

/* The client knows all of a mailbox that it just left. */
static void forget_left(struct imapd_session *session)
{
    struct notify *notify = session->notify;
    struct notify_mailbox *mailbox;
    struct error err = {0};

    if (notify->left != NULL && notify_is_selected(session, notify->left))
        return;
    mailbox = notify->left == NULL ? NULL : notify_watch_find(notify->watch, notify->left);
    if (mailbox != NULL && notify_wants_messages(mailbox)) {
        struct store_status now;
        if (store_status(session->store, mailbox->name, false, &now, &err))
            mailbox->told = now;
    }
    mem_free(notify->left);
    notify->left = session->mailbox == NULL ? NULL : mem_text(session->mailbox->name);
}

/* --- names ------------------------------------------------------------------------------------- */

/* The mailbox of the same identity that is no more there under its name. */
static const struct notify_mailbox *find_renamed(const struct notify_watch *in,
                                                 const struct notify_watch *other,
                                                 const struct notify_mailbox *mailbox)
{
    for (size_t i = 0; i < in->count; i++) {
        const struct notify_mailbox *candidate = &in->mailboxes[i];
        const struct notify_mailbox *namesake;
        if (!candidate->selectable || strcmp(candidate->told.guid, mailbox->told.guid) != 0)
            continue;
        namesake = notify_watch_find(other, candidate->name);
        if (namesake == NULL || !namesake->selectable)
            return candidate;
    }
    return NULL;
}

static bool differ(const struct store_status *a, const struct store_status *b)
{
    return a->modseq != b->modseq || a->messages != b->messages || a->uidnext != b->uidnext ||
           a->uidvalidity != b->uidvalidity || a->unseen != b->unseen;
}

static void tell_name(struct imapd_session *session, const struct notify_watch *old,
                      const struct notify_watch *now, struct notify_mailbox *mailbox)
{
    const struct notify_mailbox *before = notify_watch_find(old, mailbox->name);
    bool was_there = before != NULL && before->selectable;
    bool was_subscribed = before != NULL && before->subscribed;

    if (mailbox->selectable && was_there) {
        mailbox->changed = mailbox->changed || differ(&mailbox->told, &before->told);
        mailbox->told = before->told;
    } else if (mailbox->selectable) {
        const struct notify_mailbox *renamed = find_renamed(old, now, mailbox);
        if ((mailbox->events & NOTIFY_MAILBOX_NAME) != 0)
            imapd_put_list(session, "", mailbox->name, renamed == NULL ? NULL : renamed->name);
        if (notify_wants_messages(mailbox) && !notify_is_selected(session, mailbox->name))
            notify_put_status(session, mailbox, true, false);
    }
    if (mailbox->subscribed != was_subscribed &&
        (mailbox->events & NOTIFY_SUBSCRIPTION_CHANGE) != 0)
        imapd_put_list(session,
                       mailbox->subscribed
                           ? (mailbox->selectable ? "\\Subscribed" : "\\Subscribed \\NonExistent")
                           : (mailbox->selectable ? "" : "\\NonExistent"),
                       mailbox->name, NULL);
}

/* One that is still there under another name was told of with that. */
static void tell_gone(struct imapd_session *session, const struct notify_watch *old,
                      const struct notify_watch *now, const struct notify_mailbox *mailbox)
{
    const struct notify_mailbox *after = notify_watch_find(now, mailbox->name);

    if (mailbox->selectable && (mailbox->events & NOTIFY_MAILBOX_NAME) != 0 &&
        (after == NULL || !after->selectable) && find_renamed(now, old, mailbox) == NULL)
        imapd_put_list(session, "\\NonExistent", mailbox->name, NULL);
    if (after == NULL && mailbox->subscribed && (mailbox->events & NOTIFY_SUBSCRIPTION_CHANGE) != 0)
        imapd_put_list(session, "\\NonExistent", mailbox->name, NULL);
}

void notify_give_up(struct imapd_session *session)
{
    notify_free(&session->notify);
    buf_put_text(&session->response,
                 "* OK [NOTIFICATIONOVERFLOW] Too much to watch: notifications are off.\r\n");
}

/* false: there is nothing to be watched any more. */
static bool watch_anew(struct imapd_session *session)
{
    struct notify *notify = session->notify;
    struct notify_watch *old = notify->watch, *now;
    struct notify_metadata *old_metadata = notify->metadata, *metadata;
    struct error err = {0};
    enum notify_result result = notify_watch_create(session, &notify->request, &now, &err);

    if (result == NOTIFY_DONE) {
        result = notify_metadata_create(session, now, &metadata, &err);
        if (result != NOTIFY_DONE)
            notify_watch_free(&now);
    }
    switch (result) {
    case NOTIFY_DONE:
        break;
    case NOTIFY_OVERFLOW:
        notify_give_up(session);
        return false;
    case NOTIFY_FAILED:
        imapd_log_error(session, &err);
        old->names_changed = old->is_stale = true; /* try again */
        return true;
    }
    for (size_t i = 0; i < old->count; i++)
        tell_gone(session, old, now, &old->mailboxes[i]);
    for (size_t i = 0; i < now->count; i++)
        tell_name(session, old, now, &now->mailboxes[i]);
    notify_metadata_tell_since(session, old_metadata, metadata);
    notify_metadata_free(&old_metadata);
    notify_watch_free(&old);
    notify->watch = now;
    notify->metadata = metadata;
    return true;
}

/* Of mailboxes that are not selected; notify may be gone then. */
static void tell_others(struct imapd_session *session)
{
    struct notify *notify = session->notify;

    notify_watch_read(notify->watch);
    forget_left(session);
    if (notify->watch->names_changed && !notify_watch_is_current(session, notify->watch) &&
        !watch_anew(session))
        return;
    for (size_t i = 0; i < notify->watch->count && !session->ended; i++) {
        if (notify->watch->mailboxes[i].changed)
            tell_mailbox(session, &notify->watch->mailboxes[i]);
    }
    notify_metadata_tell(session, notify->metadata);
}

/* --- the selected mailbox ------------------------------------------------------------------------ */

bool notify_wants_selected(const struct imapd_session *session)
{
    const struct notify *notify = session->notify;

    return notify == NULL || (notify->selected != NULL && notify->selected->events != 0);
}

void notify_tell_new(struct imapd_session *session, size_t first)
{
    struct notify *notify = session->notify;

    if (notify != NULL && notify->has_items)
        fetch_put_new(session, &notify->items, first);
}

/* Numbers of messages may change between commands when the client wants it so. */
static void tell_selected(struct imapd_session *session)
{
    if (session->mailbox == NULL || !notify_wants_selected(session))
        return;
    session->by_uid = false;
    session->no_expunges = session->notify->selected->filter == NOTIFY_SELECTED_DELAYED;
    session->keeps_still = false;
    imapd_tell_news(session);
}

void notify_tell_all(struct imapd_session *session)
{
    if (session->notify != NULL)
        tell_others(session);
    if (session->notify != NULL && !session->ended)
        tell_selected(session);
}
