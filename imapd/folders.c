/* CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS: RFC 3501 sections 6.3.3 to 6.3.7 and 6.3.10. */
#include "lib/base/base.h"

#include "imapd/command.h"

#include "lib/message/imap_text.h"

static bool take_last_mailbox(struct imapd_session *session, struct cursor *at, const char **name_r)
{
    if (!imapd_take_mailbox(session, at, name_r))
        return false;
    if (parse_end(at))
        return true;
    imapd_bad(session, "Error in IMAP command: Too many arguments.");
    return false;
}

void imapd_run_create(struct imapd_session *session, struct cursor at)
{
    struct error err = {0};
    const char *name;

    if (!take_last_mailbox(session, &at, &name))
        return;
    if (store_create(session->store, name, &err))
        imapd_ok(session, "Create completed.");
    else
        imapd_failed(session, &err);
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

/* --- STATUS ------------------------------------------------------------------------------------ */

enum status_item { MESSAGES = 1, RECENT = 2, UIDNEXT = 4, UIDVALIDITY = 8, UNSEEN = 16, SIZE = 32 };

static const struct {
    const char *name;
    enum status_item item;
} status_items[] = {
    {"MESSAGES",    MESSAGES   },
    {"RECENT",      RECENT     },
    {"UIDNEXT",     UIDNEXT    },
    {"UIDVALIDITY", UIDVALIDITY},
    {"UNSEEN",      UNSEEN     },
    {"SIZE",        SIZE       },
};

static bool take_status_items(struct cursor *at, unsigned *items_r)
{
    *items_r = 0;
    if (!parse_space(at) || !cursor_take(at, '('))
        return false;
    do {
        struct span word;
        size_t i = 0;
        if (!parse_atom(at, &word))
            return false;
        while (i < ARRAY_LENGTH(status_items) &&
               !span_equal_text_nocase(word, status_items[i].name))
            i++;
        if (i == ARRAY_LENGTH(status_items))
            return false;
        *items_r |= status_items[i].item;
    } while (parse_space(at));
    return cursor_take(at, ')') && parse_end(at);
}

static uint64_t status_value(const struct store_status *status, enum status_item item)
{
    switch (item) {
    case MESSAGES:
        return status->messages;
    case RECENT:
        return status->recent;
    case UIDNEXT:
        return status->uidnext;
    case UIDVALIDITY:
        return status->uidvalidity;
    case UNSEEN:
        return status->unseen;
    case SIZE:
        return status->size;
    }
    return 0;
}

void imapd_run_status(struct imapd_session *session, struct cursor at)
{
    struct store_status status;
    struct error err = {0};
    const char *name;
    unsigned items;
    bool first = true;

    if (!imapd_take_mailbox(session, &at, &name))
        return;
    if (!take_status_items(&at, &items)) {
        imapd_bad(session, "Error in IMAP command: Invalid status items.");
        return;
    }
    if (!store_status(session->store, name, (items & SIZE) != 0, &status, &err)) {
        imapd_failed(session, &err);
        return;
    }
    buf_put_text(&session->response, "* STATUS ");
    imap_put_string(&session->response, span_text(name));
    buf_put_text(&session->response, " (");
    for (size_t i = 0; i < ARRAY_LENGTH(status_items); i++) {
        if ((items & status_items[i].item) == 0)
            continue;
        buf_put_printf(&session->response, "%s%s %" PRIu64, first ? "" : " ", status_items[i].name,
                       status_value(&status, status_items[i].item));
        first = false;
    }
    buf_put_text(&session->response, ")\r\n");
    imapd_ok(session, "Status completed.");
}
