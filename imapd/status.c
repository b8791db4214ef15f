/* STATUS: RFC 3501 section 6.3.10, and the line that LIST (RFC 5819) and NOTIFY use too. */
#include "lib/base/base.h"

#include "imapd/status.h"

#include "imapd/command.h"
#include "lib/message/imap_text.h"

static void put_append_limit(struct imapd_session *session)
{
    int64_t limit = session->config->message_size_limit;

    if (limit > 0)
        imap_put_number(&session->response, (uint64_t)limit);
    else
        buf_put_text(&session->response, "NIL");
}

static void put_value(struct imapd_session *session, const struct store_status *status,
                      enum status_item item)
{
    struct buf *out = &session->response;

    switch (item) {
    case STATUS_MESSAGES:
        imap_put_number(out, status->messages);
        break;
    case STATUS_RECENT:
        imap_put_number(out, status->recent);
        break;
    case STATUS_UIDNEXT:
        imap_put_number(out, status->uidnext);
        break;
    case STATUS_UIDVALIDITY:
        imap_put_number(out, status->uidvalidity);
        break;
    case STATUS_UNSEEN:
        imap_put_number(out, status->unseen);
        break;
    case STATUS_SIZE:
        imap_put_number(out, status->size);
        break;
    case STATUS_DELETED:
        imap_put_number(out, status->deleted);
        break;
    case STATUS_DELETED_STORAGE:
        imap_put_number(out, status->deleted_size);
        break;
    case STATUS_APPENDLIMIT:
        put_append_limit(session);
        break;
    case STATUS_MAILBOXID:
        buf_put_printf(out, "(%s)", status->guid);
        break;
    case STATUS_HIGHESTMODSEQ:
        imap_put_number(out, status->no_modseqs ? 0 : status->modseq); /* RFC 7162 section 3.1.7 */
        break;
    }
}

bool status_put(struct imapd_session *session, const char *name, unsigned items, struct error *err)
{
    struct buf *out = &session->response;
    bool sizes = (items & (STATUS_SIZE | STATUS_DELETED_STORAGE)) != 0, first = true;
    struct store_status status;

    if (!store_status(session->store, name, sizes, &status, err))
        return false;
    if ((items & STATUS_HIGHESTMODSEQ) != 0)
        imapd_enable(session, ENABLED_CONDSTORE);
    buf_put_text(out, "* STATUS ");
    imapd_put_mailbox(session, name);
    buf_put_text(out, " (");
    for (size_t i = 0; status_item_name(i) != NULL; i++) {
        enum status_item item = (enum status_item)(1U << i);
        if ((items & item) == 0)
            continue;
        buf_put_printf(out, "%s%s ", first ? "" : " ", status_item_name(i));
        put_value(session, &status, item);
        first = false;
    }
    buf_put_text(out, ")\r\n");
    return true;
}

void imapd_run_status(struct imapd_session *session, struct cursor at)
{
    struct error err = {0};
    const char *name;
    unsigned items;

    if (!imapd_take_mailbox(session, &at, &name))
        return;
    if (!parse_space(&at) || !status_items_parse(&at, &items) || !parse_end(&at))
        imapd_bad(session, "Error in IMAP command: Invalid status items.");
    else if (!status_put(session, name, items, &err))
        imapd_failed(session, &err);
    else
        imapd_ok(session, "Status completed.");
}
