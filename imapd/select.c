/* SELECT, EXAMINE, CLOSE, UNSELECT: RFC 3501 sections 6.3.1, 6.3.2, 6.4.2, RFC 3691. */
#include "lib/base/base.h"

#include "imapd/command.h"

#include "imapd/search_context.h"
#include "imapd/select.h"

static void leave_mailbox(struct imapd_session *session)
{
    saved_set_clear(&session->saved);
    search_contexts_clear(&session->contexts);
    mailbox_close(&session->mailbox);
    session->state = STATE_AUTHENTICATED;
}

static void tell_mailbox(struct imapd_session *session, const struct mailbox_outline *outline)
{
    const struct mailbox *mailbox = session->mailbox;
    bool rev2 = (session->enabled & ENABLED_REV2) != 0;

    imapd_put_known_flags(session);
    imapd_put_counts(session, outline->messages, outline->recent);
    if (rev2)
        imapd_put_list(session, "", mailbox->name, NULL); /* RFC 9051 section 6.3.2 */
    else if (outline->first_unseen != 0)
        buf_put_printf(&session->response, "* OK [UNSEEN %zu] First unseen.\r\n",
                       outline->first_unseen);
    buf_put_printf(&session->response,
                   "* OK [UIDVALIDITY %" PRIu32 "] UIDs valid\r\n"
                   "* OK [UIDNEXT %" PRIu32 "] Predicted next UID\r\n",
                   mailbox->uidvalidity, mailbox->uidnext);
    imapd_put_highest_modseq(session);
    buf_put_printf(&session->response, "* OK [MAILBOXID (%s)] Identity\r\n", mailbox->guid);
}

/* RFC 7162 section 3.2.11: what came before this line is of the mailbox before. */
static void tell_closed(struct imapd_session *session)
{
    if (session->mailbox != NULL)
        buf_put_text(&session->response, "* OK [CLOSED] Previous mailbox closed.\r\n");
}

static bool resync(struct imapd_session *session, const struct select_parameters *parameters,
                   struct error *err)
{
    return !parameters->qresync || session->mailbox->no_modseqs ||
           (mailbox_show(session->mailbox, err) && resync_tell(session, &parameters->resync, err));
}

static void show_mailbox(struct imapd_session *session, const struct select_parameters *parameters,
                         const struct mailbox_outline *outline)
{
    struct error err = {0};

    session->state = STATE_SELECTED;
    if (parameters->condstore || parameters->qresync)
        session->enabled |= ENABLED_CONDSTORE;
    tell_mailbox(session, outline);
    if (!resync(session, parameters, &err)) {
        leave_mailbox(session);
        imapd_failed(session, &err);
        return;
    }
    imapd_ok(session, session->mailbox->read_only ? "[READ-ONLY] Examine completed."
                                                  : "[READ-WRITE] Select completed.");
}

static void open_mailbox(struct imapd_session *session, struct cursor at, bool read_only)
{
    struct select_parameters parameters;
    struct mailbox_outline outline;
    struct error err = {0};
    struct span text;
    const char *name;

    if (!parse_space(&at) || !parse_astring(session->arena, &at, &text)) {
        imapd_bad(session, "Error in IMAP command: Invalid arguments.");
        return;
    }
    if (!select_parameters_parse(session->arena, &at, &parameters)) {
        imapd_bad(session, "Error in IMAP command: Invalid parameters.");
        return;
    }
    if (parameters.qresync && (session->enabled & ENABLED_QRESYNC) == 0) {
        imapd_bad(session, "QRESYNC is not enabled.");
        return;
    }
    tell_closed(session);
    leave_mailbox(session); /* for good, also when the other one cannot be opened */
    if (!imapd_check_mailbox(session, text, &name))
        return;
    session->mailbox = mailbox_select(session->store, name, read_only, &outline, &err);
    if (session->mailbox == NULL)
        imapd_failed(session, &err);
    else
        show_mailbox(session, &parameters, &outline);
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
