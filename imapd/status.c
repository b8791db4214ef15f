/* STATUS: RFC 3501 section 6.3.10, and the line that LIST (RFC 5819) and NOTIFY use too. */
#include "lib/base/base.h"

#include "imapd/status.h"

#include "imapd/command.h"
#include "lib/message/imap_text.h"

static uint64_t value_of(const struct store_status *status, enum status_item item)
{
    switch (item) {
    case STATUS_MESSAGES:
        return status->messages;
    case STATUS_RECENT:
        return status->recent;
    case STATUS_UIDNEXT:
        return status->uidnext;
    case STATUS_UIDVALIDITY:
        return status->uidvalidity;
    case STATUS_UNSEEN:
        return status->unseen;
    case STATUS_SIZE:
        return status->size;
    case STATUS_DELETED:
        return status->deleted;
    case STATUS_DELETED_STORAGE:
        return status->deleted_size;
    }
    return 0;
}

bool status_put(struct imapd_session *session, const char *name, unsigned items, struct error *err)
{
    struct buf *out = &session->response;
    bool sizes = (items & (STATUS_SIZE | STATUS_DELETED_STORAGE)) != 0, first = true;
    struct store_status status;

    if (!store_status(session->store, name, sizes, &status, err))
        return false;
    buf_put_text(out, "* STATUS ");
    imap_put_string(out, span_text(name));
    buf_put_text(out, " (");
    for (size_t i = 0; status_item_name(i) != NULL; i++) {
        enum status_item item = (enum status_item)(1U << i);
        if ((items & item) == 0)
            continue;
        buf_put_printf(out, "%s%s %" PRIu64, first ? "" : " ", status_item_name(i),
                       value_of(&status, item));
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
