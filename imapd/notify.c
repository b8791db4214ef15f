/*
 * NOTIFY: RFC 5465. The command, and what is told while nobody asks: between commands and in IDLE.
 */
#include "lib/base/base.h"

#include "imapd/notify.h"

#include "imapd/command.h"
#include "imapd/fetch.h"
#include "imapd/notify_watch.h"
#include "imapd/park.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/service/service.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

struct notify {
    struct arena *arena;
    struct notify_request request;
    const struct notify_group *selected; /* NULL: nothing of the selected mailbox */
    bool has_items;
    struct fetch items; /* of new messages in the selected mailbox */
    struct notify_watch *watch;
    char *left; /* the mailbox that was selected when there was last anything to tell */
};

void notify_free(struct notify **notify)
{
    if (*notify == NULL)
        return;
    if ((*notify)->has_items)
        fetch_release(&(*notify)->items);
    notify_watch_free(&(*notify)->watch);
    arena_free(&(*notify)->arena);
    mem_free((*notify)->left);
    mem_free(*notify);
    *notify = NULL;
}

/* --- mailboxes that are not selected ------------------------------------------------------------- */

static bool is_selected(const struct imapd_session *session, const char *name)
{
    return session->mailbox != NULL && strcmp(session->mailbox->name, name) == 0;
}

static bool wants_messages(const struct notify_mailbox *mailbox)
{
    return mailbox->selectable && (mailbox->events & NOTIFY_MESSAGE_EVENTS) != 0;
}

/* RFC 5465 sections 5.1 to 5.3: what a STATUS response is made of depends on what happened. */
static void put_status(struct imapd_session *session, const struct notify_mailbox *mailbox,
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
        buf_put_printf(out, " HIGHESTMODSEQ %" PRIu64, now->modseq);
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
        put_status(session, mailbox, messages, flags);
}

/* What changed in a mailbox; in silence when it is the selected one, which has news of its own. */
static void tell_mailbox(struct imapd_session *session, struct notify_mailbox *mailbox)
{
    struct store_status before = mailbox->told;
    struct error err = {0};

    mailbox->changed = false;
    if (!wants_messages(mailbox))
        return;
    if (!store_status(session->store, mailbox->name, false, &mailbox->told, &err)) {
        mailbox->told = before; /* a mailbox that is gone is told of when its name is */
        if (err.kind != ERROR_PERMANENT)
            imapd_log_error(session, &err);
    } else if (!is_selected(session, mailbox->name)) {
        tell_difference(session, mailbox, &before);
    }
}

/* The client knows all of a mailbox that it just left. */
static void forget_left(struct imapd_session *session)
{
    struct notify *notify = session->notify;
    struct notify_mailbox *mailbox;
    struct error err = {0};

    if (notify->left != NULL && is_selected(session, notify->left))
        return;
    mailbox = notify->left == NULL ? NULL : notify_watch_find(notify->watch, notify->left);
    if (mailbox != NULL && wants_messages(mailbox)) {
        struct store_status now;
        if (store_status(session->store, mailbox->name, false, &now, &err))
            mailbox->told = now;
    }
    mem_free(notify->left);
    notify->left = session->mailbox == NULL ? NULL : mem_text(session->mailbox->name);
}

/* --- names ------------------------------------------------------------------------------------- */

static void put_list(struct imapd_session *session, const char *attributes, const char *name,
                     const char *old_name)
{
    buf_put_printf(&session->response, "* LIST (%s) \"%c\" ", attributes,
                   store_separator(session->store));
    imapd_put_mailbox(session, name);
    if (old_name != NULL) {
        buf_put_text(&session->response, " (\"OLDNAME\" (");
        imapd_put_mailbox(session, old_name);
        buf_put_text(&session->response, "))");
    }
    buf_put_text(&session->response, "\r\n");
    if (session->response.len >= IMAPD_RESPONSE)
        imapd_flush(session);
}

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

static void tell_name(struct imapd_session *session, const struct notify_watch *old,
                      const struct notify_watch *now, struct notify_mailbox *mailbox)
{
    const struct notify_mailbox *before = notify_watch_find(old, mailbox->name);
    bool was_there = before != NULL && before->selectable;
    bool was_subscribed = before != NULL && before->subscribed;

    if (mailbox->selectable && was_there) {
        struct store_status told = before->told;
        mailbox->changed = mailbox->changed || mailbox->told.modseq != told.modseq;
        mailbox->told = told;
    } else if (mailbox->selectable) {
        const struct notify_mailbox *renamed = find_renamed(old, now, mailbox);
        if ((mailbox->events & NOTIFY_MAILBOX_NAME) != 0)
            put_list(session, "", mailbox->name, renamed == NULL ? NULL : renamed->name);
        if (wants_messages(mailbox) && !is_selected(session, mailbox->name))
            put_status(session, mailbox, true, false);
    }
    if (mailbox->subscribed != was_subscribed &&
        (mailbox->events & NOTIFY_SUBSCRIPTION_CHANGE) != 0)
        put_list(session,
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
        put_list(session, "\\NonExistent", mailbox->name, NULL);
    if (after == NULL && mailbox->subscribed && (mailbox->events & NOTIFY_SUBSCRIPTION_CHANGE) != 0)
        put_list(session, "\\NonExistent", mailbox->name, NULL);
}

static void give_up(struct imapd_session *session)
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
    struct error err = {0};

    switch (notify_watch_create(session, &notify->request, &now, &err)) {
    case NOTIFY_DONE:
        break;
    case NOTIFY_OVERFLOW:
        give_up(session);
        return false;
    case NOTIFY_FAILED:
        imapd_log_error(session, &err);
        return true;
    }
    for (size_t i = 0; i < old->count; i++)
        tell_gone(session, old, now, &old->mailboxes[i]);
    for (size_t i = 0; i < now->count; i++)
        tell_name(session, old, now, &now->mailboxes[i]);
    notify_watch_free(&old);
    notify->watch = now;
    return true;
}

void notify_tell(struct imapd_session *session)
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

/* --- waiting ----------------------------------------------------------------------------------- */

struct waiting {
    int64_t ends_ms;  /* the client said nothing for too long */
    int64_t shows_ms; /* when a line is due that shows that the connection lives; 0: never */
    int selected;     /* watches the selected mailbox; -1: nothing does */
};

static int wait_ms(const struct imapd_session *session, const struct waiting *waiting)
{
    int64_t now_ms = clock_monotonic_ms(), left_ms = waiting->ends_ms - now_ms;
    int recheck_ms = session->mailbox != NULL && waiting->selected >= 0
                         ? mailbox_recheck_ms(session->mailbox)
                         : -1;

    if (waiting->shows_ms != 0 && waiting->shows_ms - now_ms < left_ms)
        left_ms = waiting->shows_ms - now_ms;
    if (recheck_ms >= 0 && recheck_ms < left_ms)
        left_ms = recheck_ms;
    return left_ms < 0 ? 0 : (int)left_ms;
}

/* true: the client said something, or is gone. */
static bool wait_for_event(struct imapd_session *session, const struct waiting *waiting)
{
    struct pollfd watched[] = {
        {.fd = stream_fd(session->client),                                      .events = POLLIN},
        {.fd = session->notify == NULL ? -1 : session->notify->watch->notifier, .events = POLLIN},
        {.fd = waiting->selected,                                               .events = POLLIN},
    };
    char events[4096];

    if (stream_has_input(session->client))
        return true;
    if (poll(watched, ARRAY_LENGTH(watched), wait_ms(session, waiting)) <= 0)
        return false;
    if (watched[2].revents != 0)
        (void)!read(waiting->selected, events, sizeof(events)); /* that there are any is enough */
    return watched[0].revents != 0;
}

static bool show_life(struct imapd_session *session, struct waiting *waiting)
{
    int64_t now_ms = clock_monotonic_ms();

    if (now_ms >= waiting->ends_ms) {
        imapd_bye(session, "Disconnected for inactivity.");
        return false;
    }
    if (waiting->shows_ms != 0 && now_ms >= waiting->shows_ms) {
        buf_put_text(&session->response, "* OK Still here\r\n");
        waiting->shows_ms = now_ms + (int64_t)session->config->imap_idle_notify_interval * 1000;
    }
    return true;
}

static bool flush(struct imapd_session *session)
{
    enum stream_status status;

    imapd_flush(session);
    status = stream_flush(session->client);
    if (status != STREAM_OK)
        imapd_input_failed(session, status);
    return status == STREAM_OK;
}

static void wait_for_client(struct imapd_session *session, struct waiting *waiting)
{
    bool client = false;

    while (!session->ended && !client) {
        arena_reset(session->arena); /* there may be no end of news */
        if (session->notify != NULL)
            notify_tell(session);
        if (session->notify != NULL && !session->ended)
            tell_selected(session);
        if (session->ended || !show_life(session, waiting) || !flush(session))
            return;
        client = wait_for_event(session, waiting);
    }
}

/* -1: it cannot be watched, or need not. */
static int watch_selected(const struct imapd_session *session)
{
    int notifier = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    const char *const *path = mailbox_watch(session->mailbox);

    for (; notifier >= 0 && *path != NULL; path++) {
        if (inotify_add_watch(notifier, *path, IMAPD_WATCHED) < 0)
            fd_close(&notifier);
    }
    return notifier;
}

bool notify_wait(struct imapd_session *session, bool still_here)
{
    const struct config *config = session->config;
    int64_t now_ms = clock_monotonic_ms();
    struct waiting waiting = {
        .ends_ms = now_ms + (int64_t)config->imap_idle_timeout * 1000,
        .selected = -1,
    };

    if (still_here && config->imap_idle_notify_interval > 0)
        waiting.shows_ms = now_ms + (int64_t)config->imap_idle_notify_interval * 1000;
    if (session->mailbox != NULL && notify_wants_selected(session))
        waiting.selected = watch_selected(session);
    service_quiet(true);
    wait_for_client(session, &waiting);
    service_quiet(false);
    fd_close(&waiting.selected);
    return !session->ended;
}

/* --- the command ------------------------------------------------------------------------------- */

/* Names as they are inside; false: the client has its reply. */
static bool check_names(struct imapd_session *session, const struct notify_request *request,
                        struct arena *arena)
{
    for (size_t i = 0; i < request->group_count; i++) {
        struct notify_group *group = &request->groups[i];
        struct span *names = arena_array(arena, struct span, group->name_count + 1);
        for (size_t j = 0; j < group->name_count; j++) {
            const char *name;
            if (!imapd_check_mailbox(session, group->names[j], &name))
                return false;
            names[j] = span_text(arena_copy(arena, name));
        }
        group->names = names;
    }
    return true;
}

static bool has_unsupported(const struct notify_request *request)
{
    for (size_t i = 0; i < request->group_count; i++) {
        if ((request->groups[i].events & NOTIFY_UNSUPPORTED) != 0)
            return true;
    }
    return false;
}

static const struct notify_group *find_selected(const struct notify_request *request)
{
    for (size_t i = 0; i < request->group_count; i++) {
        if (request->groups[i].filter == NOTIFY_SELECTED ||
            request->groups[i].filter == NOTIFY_SELECTED_DELAYED)
            return &request->groups[i];
    }
    return NULL;
}

/* The items of new messages are FETCH's; what marks messages as seen is not for those nobody saw. */
static bool take_items(struct notify *notify)
{
    struct span text = notify->selected == NULL ? SPAN_EMPTY : notify->selected->items;
    struct cursor at;

    if (text.len == 0)
        return true;
    at = cursor_of(span_text(arena_printf(notify->arena, " %s", text.data)));
    notify->has_items = true;
    return fetch_parse(notify->arena, &at, &notify->items) && parse_end(&at);
}

static void put_all_status(struct imapd_session *session)
{
    const struct notify_watch *watch = session->notify->watch;

    for (size_t i = 0; i < watch->count; i++) {
        if (wants_messages(&watch->mailboxes[i]) && !is_selected(session, watch->mailboxes[i].name))
            put_status(session, &watch->mailboxes[i], true, false);
    }
}

static void set_notify(struct imapd_session *session, struct notify *notify)
{
    struct error err = {0};

    switch (notify_watch_create(session, &notify->request, &notify->watch, &err)) {
    case NOTIFY_FAILED:
        notify_free(&notify);
        imapd_failed(session, &err);
        return;
    case NOTIFY_OVERFLOW:
        notify_free(&notify);
        give_up(session);
        break;
    case NOTIFY_DONE:
        notify_free(&session->notify);
        session->notify = notify;
        if (notify->request.status)
            put_all_status(session);
        break;
    }
    imapd_ok(session, "NOTIFY completed.");
}

void imapd_run_notify(struct imapd_session *session, struct cursor at)
{
    struct notify *notify = mem_new(struct notify);

    notify->arena = arena_create();
    if (!notify_parse(notify->arena, &at, &notify->request)) {
        imapd_bad(session, "Error in IMAP command: Invalid arguments.");
    } else if (notify->request.group_count == 0) {
        notify_free(&session->notify);
        imapd_ok(session, "NOTIFY completed.");
    } else if (has_unsupported(&notify->request)) {
        imapd_no(session, "[BADEVENT (MessageNew MessageExpunge FlagChange MailboxName "
                          "SubscriptionChange)] Unsupported NOTIFY events.");
    } else if (check_names(session, &notify->request, notify->arena)) {
        notify->selected = find_selected(&notify->request);
        if (take_items(notify)) {
            set_notify(session, notify);
            return;
        }
        imapd_bad(session, "Error in IMAP command: Invalid fetch items.");
    }
    notify_free(&notify);
}
