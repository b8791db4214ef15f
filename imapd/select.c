/* SELECT, EXAMINE, CLOSE, UNSELECT: RFC 3501 sections 6.3.1, 6.3.2, 6.4.2, RFC 3691. */
#include "lib/base/base.h"

#include "imapd/command.h"

#include "imapd/set.h"

static void leave_mailbox(struct imapd_session *session)
{
    mailbox_close(&session->mailbox);
    saved_set_clear(&session->saved);
    session->state = STATE_AUTHENTICATED;
}

static void tell_first_unseen(struct imapd_session *session)
{
    const struct mailbox *mailbox = session->mailbox;

    for (size_t i = 0; i < mailbox->count; i++) {
        if ((mailbox->messages[i].flags & FLAG_SEEN) == 0) {
            buf_put_printf(&session->response, "* OK [UNSEEN %zu] First unseen.\r\n", i + 1);
            return;
        }
    }
}

static void tell_mailbox(struct imapd_session *session)
{
    const struct mailbox *mailbox = session->mailbox;
    size_t recent = 0;

    for (size_t i = 0; i < mailbox->count; i++)
        recent += (mailbox->messages[i].flags & FLAG_RECENT) != 0;
    imapd_put_known_flags(session);
    buf_put_printf(&session->response, "* %zu EXISTS\r\n* %zu RECENT\r\n", mailbox->count, recent);
    tell_first_unseen(session);
    buf_put_printf(&session->response,
                   "* OK [UIDVALIDITY %" PRIu32 "] UIDs valid\r\n"
                   "* OK [UIDNEXT %" PRIu32 "] Predicted next UID\r\n"
                   "* OK [MAILBOXID (%s)] Identity\r\n",
                   mailbox->uidvalidity, mailbox->uidnext, mailbox->guid);
    session->told_count = mailbox->count;
}

static void open_mailbox(struct imapd_session *session, struct cursor at, bool read_only)
{
    struct error err = {0};
    const char *name;

    if (!imapd_take_mailbox(session, &at, &name))
        return;
    if (!parse_end(&at)) {
        imapd_bad(session, "Error in IMAP command: Too many arguments.");
        return;
    }
    leave_mailbox(session);
    session->mailbox = mailbox_open(session->store, name, read_only, &err);
    if (session->mailbox == NULL) {
        imapd_failed(session, &err);
        return;
    }
    session->state = STATE_SELECTED;
    tell_mailbox(session);
    imapd_ok(session,
             read_only ? "[READ-ONLY] Examine completed." : "[READ-WRITE] Select completed.");
}

void imapd_run_select(struct imapd_session *session, struct cursor at)
{
    open_mailbox(session, at, false);
}

void imapd_run_examine(struct imapd_session *session, struct cursor at)
{
    open_mailbox(session, at, true);
}

/* Messages with \Deleted go without a word. */
static bool expunge_silently(struct imapd_session *session)
{
    const struct mailbox *mailbox = session->mailbox;
    struct selection selection = {arena_array(session->arena, uint32_t, mailbox->count + 1), 0};
    struct error err = {0};

    for (size_t i = 0; i < mailbox->count; i++) {
        if ((mailbox->messages[i].flags & (FLAG_DELETED | FLAG_GONE)) == FLAG_DELETED)
            selection.indices[selection.count++] = (uint32_t)i;
    }
    if (selection.count > 0 &&
        !mailbox_expunge(session->mailbox, selection.indices, selection.count, &err)) {
        imapd_failed(session, &err);
        return false;
    }
    session->counters.expunged += selection.count;
    return true;
}

void imapd_run_close(struct imapd_session *session, struct cursor at)
{
    if (!parse_end(&at)) {
        imapd_bad(session, "Error in IMAP command: Too many arguments.");
        return;
    }
    if (!session->mailbox->read_only && !expunge_silently(session))
        return;
    leave_mailbox(session);
    imapd_ok(session, "Close completed.");
}

void imapd_run_unselect(struct imapd_session *session, struct cursor at)
{
    if (!parse_end(&at)) {
        imapd_bad(session, "Error in IMAP command: Too many arguments.");
        return;
    }
    leave_mailbox(session);
    imapd_ok(session, "Unselect completed.");
}
