/* NOTIFY: RFC 5465. The command; what it asks for is told by notify_tell.c, while notify_wait.c waits. */
#include "lib/base/base.h"

#include "imapd/notify_watch.h"

#include "imapd/command.h"
#include "imapd/notify_metadata.h"

void notify_free(struct notify **notify)
{
    if (*notify == NULL)
        return;
    if ((*notify)->has_items)
        fetch_release(&(*notify)->items);
    notify_metadata_free(&(*notify)->metadata);
    notify_watch_free(&(*notify)->watch);
    arena_free(&(*notify)->arena);
    mem_free((*notify)->left);
    mem_free(*notify);
    *notify = NULL;
}

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

bool notify_set_selected(struct notify *notify)
{
    notify->selected = find_selected(&notify->request);
    return take_items(notify);
}

static void put_all_status(struct imapd_session *session)
{
    const struct notify_watch *watch = session->notify->watch;

    for (size_t i = 0; i < watch->count; i++) {
        if (notify_wants_messages(&watch->mailboxes[i]) &&
            !notify_is_selected(session, watch->mailboxes[i].name))
            notify_put_status(session, &watch->mailboxes[i], true, false);
    }
}

static void set_notify(struct imapd_session *session, struct notify *notify)
{
    struct error err = {0};
    enum notify_result result =
        notify_watch_create(session, &notify->request, &notify->watch, &err);

    if (result == NOTIFY_DONE)
        result = notify_metadata_create(session, notify->watch, &notify->metadata, &err);
    switch (result) {
    case NOTIFY_FAILED:
        notify_free(&notify);
        imapd_failed(session, &err);
        return;
    case NOTIFY_OVERFLOW:
        notify_free(&notify);
        notify_give_up(session);
        break;
    case NOTIFY_DONE:
        notify_free(&session->notify);
        session->notify = notify;
        if (session->parking != NULL)
            session->parking->is_refused = false; /* there may be less to watch now */
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
        imapd_no(
            session,
            "[BADEVENT (MessageNew MessageExpunge FlagChange MailboxName "
            "SubscriptionChange MailboxMetadataChange ServerMetadataChange)] Unsupported NOTIFY events.");
    } else if (check_names(session, &notify->request, notify->arena)) {
        if (notify_set_selected(notify)) {
            set_notify(session, notify);
            return;
        }
        imapd_bad(session, "Error in IMAP command: Invalid fetch items.");
    }
    notify_free(&notify);
}
