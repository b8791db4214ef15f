/* COPY and MOVE: RFC 3501 section 6.4.7, RFC 6851, with COPYUID of RFC 4315. */
#include "lib/base/base.h"

#include "imapd/command.h"

#include "imapd/set.h"

#define TRASH "Trash" /* what is moved there counts as trashed in the log */

static void put_copyuid(struct buf *out, const struct mailbox_copied *copied)
{
    buf_put_printf(out, "[COPYUID %" PRIu32 " ", copied->uidvalidity);
    set_put_uids(out, copied->source_uids, copied->count);
    buf_put_char(out, ' ');
    set_put_uids(out, copied->target_uids, copied->count);
    buf_put_text(out, "] ");
}

static void reply_failed(struct imapd_session *session, const struct error *err)
{
    if (err->number == ENOENT && err->kind == ERROR_PERMANENT)
        imapd_no(session, "[TRYCREATE] %s", err->text);
    else
        imapd_failed(session, err);
}

/* MOVE tells the UIDs before the EXPUNGE responses (RFC 6851 section 4.3), COPY in its tagged OK. */
static void reply_copied(struct imapd_session *session, const struct mailbox_copied *copied,
                         bool move)
{
    struct buf code = BUF(BUF_UNLIMITED);

    if (copied->count > 0)
        put_copyuid(&code, copied);
    if (move) {
        if (copied->count > 0)
            buf_put_printf(&session->response, "* OK %sMoved UIDs.\r\n", buf_text(&code));
        session->counters.expunged += copied->count;
        imapd_ok_modseq(session, "Move completed.");
    } else {
        imapd_ok_code(session, buf_span(&code), "Copy completed.");
    }
    buf_release(&code);
}

static void copy(struct imapd_session *session, struct cursor at, bool move)
{
    struct mailbox_copied copied = {0};
    struct selection selection;
    struct error err = {0};
    const char *target;

    if (!imapd_take_messages(session, &at, &selection) ||
        !imapd_take_mailbox(session, &at, &target))
        return;
    if (!parse_end(&at)) {
        imapd_bad(session, "Error in IMAP command: Too many arguments.");
        return;
    }
    if (move && session->mailbox->read_only) {
        imapd_no(session, "[READ-ONLY] Mailbox is read-only.");
        return;
    }
    if (!mailbox_copy(session->mailbox, selection.indices, selection.count, target, move,
                      session->arena, &copied, &err)) {
        reply_failed(session, &err);
        return;
    }
    if (strcmp(target, TRASH) == 0)
        session->counters.trashed += copied.count;
    reply_copied(session, &copied, move);
}

void imapd_run_copy(struct imapd_session *session, struct cursor at)
{
    copy(session, at, false);
}

void imapd_run_move(struct imapd_session *session, struct cursor at)
{
    copy(session, at, true);
}
